import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'
import { startServer, temporaryFolder } from '../support/server.ts'
import type { Answer } from '../support/visitor.ts'

t.test('assets have names that change with their content, and are cached for ever', async (t) => {
  const server = await startServer(t)
  const visitor = server.visitor()
  const { names } = await (await import('../../src/web/asset-build.ts')).buildAssets()
  for (const [name, type] of [
    ['app.css', 'text/css; charset=utf-8'],
    ['room.js', 'text/javascript; charset=utf-8'],
    ['icon.svg', 'image/svg+xml'],
    ['bricolage-grotesque-latin-wght-normal.woff2', 'font/woff2'],
  ] as const) {
    t.match(names[name], /-[A-Z0-9]{8}\.\w+$/)
    const answer = await visitor.get(`/assets/${names[name]}`)
    t.equal(answer.status, 200, name)
    t.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    t.equal(answer.headers.get('content-type'), type)
    t.same(answer.headers.getSetCookie(), [])
    const head = await visitor.request('HEAD', `/assets/${names[name]}`)
    t.equal(head.status, 200)
    t.equal(head.text, '')
  }
  const page = (await visitor.get('/sign-in')).text
  const typeface = `/assets/${names['bricolage-grotesque-latin-wght-normal.woff2']}`
  t.match(page, `<link rel="preload" href="${typeface}" as="font"`)
  const styles = (await visitor.get(`/assets/${names['app.css']}`)).text
  t.match(
    styles,
    typeface.replace('/assets/', './'),
    'it is the one that the styles name, and is loaded once',
  )

  const compressed = `${names['room.js']}.br`
  for (const path of [
    'room.js',
    compressed,
    '..%2f..%2fpackage.json',
    '%2e%2e/package.json',
    'constructor',
    '',
  ]) {
    const answer = await visitor.get(`/assets/${path}`)
    t.equal(answer.status, 404, path)
    t.notMatch(answer.headers.get('cache-control'), 'immutable')
  }

  const script = `/assets/${names['room.js']}`
  const asked = (accepted: string, more: Record<string, string> = {}, method = 'GET') =>
    visitor.request(method, script, undefined, { 'accept-encoding': accepted, ...more })
  const length = ({ headers }: Answer) => Number(headers.get('content-length'))
  const plain = await asked('identity')

  t.test('assets are compressed with the encoding that the browser prefers', async (t) => {
    t.equal(plain.headers.get('content-encoding'), null)
    t.equal(length(plain), Buffer.byteLength(plain.text))
    for (const [accepted, encoding] of [
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip', 'gzip'],
      ['X-GZIP', 'gzip'],
      ['*', 'br'],
      ['gzip;q=1, br; q=0.2', 'gzip'],
      ['br;q=0, gzip;q=0.1', 'gzip'],
      ['br;q=0.5, identity', null],
      ['*;q=0', null],
      ['br;q=nonsense, deflate', null],
      ['', null],
    ] as const) {
      const answer = await asked(accepted)
      t.equal(answer.headers.get('content-encoding'), encoding, accepted)
      t.equal(answer.headers.get('vary'), 'accept-encoding')
      t.equal(answer.text, plain.text)
      if (encoding) t.ok(length(answer) < length(plain) / 2)
      const head = await asked(accepted, {}, 'HEAD')
      t.equal(length(head), length(answer), 'HEAD gets the same headers')
      t.equal(head.headers.get('etag'), answer.headers.get('etag'))
    }
  })

  t.test('each encoding of an asset has its own ETag, which saves loading it again', async (t) => {
    const tags = new Set<string>()
    for (const accepted of ['identity', 'gzip', 'br']) {
      const tag = (await asked(accepted)).headers.get('etag') ?? ''
      t.match(tag, /^"[\w-]+"$/)
      tags.add(tag)
      for (const held of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
        const answer = await asked(accepted, { 'if-none-match': held })
        t.match([answer.status, answer.text, answer.headers.get('etag')], [304, '', tag], held)
        t.equal(answer.headers.get('vary'), 'accept-encoding')
      }
    }
    t.equal(tags.size, 3)
    const [first = ''] = tags
    t.equal((await asked('br', { 'if-none-match': first })).status, 200, 'a tag of another encoding')
  })

  t.test('an asset is sent whole to a client that asks for a part', async (t) => {
    for (const range of ['bytes=0-9', 'bytes=-5', 'bytes=0-1,4-5']) {
      const answer = await asked('br', { range })
      t.match([answer.status, answer.text], [200, plain.text])
      t.match([answer.headers.get('content-range'), answer.headers.get('accept-ranges')], [null, 'none'])
    }
  })

  t.test('pages, which have private content, are never compressed', async (t) => {
    const ada = await server.person('ada')
    for (const path of ['/', '/rooms/lobby', '/account', '/api/rooms/lobby/messages', '/calculator']) {
      const { status, headers } = await ada.get(path, { 'accept-encoding': 'br, gzip' })
      t.match([status, headers.get('content-encoding')], [200, null], path)
    }
  })
})

t.test('a start uses the last build unless something has changed since', async (t) => {
  const { keepBuild, keptBuild, ROOT } = await import('../../src/kept-build.ts')
  const folder = temporaryFolder(t)
  const path = join(folder, 'cache/assets')
  const source = join(folder, 'source.ts')
  writeFileSync(source, 'one')
  const build = { sources: [relative(ROOT, source)], files: new Map([['built.js', Buffer.from('one')]]) }
  const later = () => new Date(Date.now() + 1000)
  t.equal(keptBuild(path), undefined, 'there is none at first')
  keepBuild(path, build, new Date('2020-01-01'))
  t.equal(keptBuild(path), undefined, 'a build is not kept if its sources changed since it began')
  keepBuild(path, build, later())
  t.strictSame(keptBuild(path), build)
  writeFileSync(source, 'two')
  utimesSync(source, new Date('2020-01-01'), new Date('2020-01-01'))
  t.equal(keptBuild(path), undefined, 'a source has changed, even if it claims to be older')
  writeFileSync(source, 'one')
  t.strictSame(keptBuild(path), build)
  rmSync(source)
  t.equal(keptBuild(path), undefined, 'a source is gone')
  writeFileSync(path, 'damaged')
  t.equal(keptBuild(path), undefined)
  keepBuild(join(path, 'under-a-file'), build, later())
})

t.test('a build that lacks a script is not complete', async (t) => {
  const { buildAssets, isWhole } = await import('../../src/web/asset-build.ts')
  const { names } = await buildAssets()
  t.equal(isWhole(names), true)
  t.equal(isWhole({ ...names, 'room.js': '' }), false)
})
