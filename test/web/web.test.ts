import { once } from 'node:events'
import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, relative } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { skeletons } from '../../src/text/look-alike.ts'
import { slowReaders } from '../../src/web/slow-readers.ts'
import { eventually } from '../support/eventually.ts'
import { startProcess } from '../support/process.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { type Answer, PASSWORD, Visitor } from '../support/visitor.ts'

/** Internals that must never be in an answer. */
const INSIDE = /\bat .+:\d+:\d+|node_modules|\/src\/|sqlite|kysely|FST_|secret detail/i

function policyOf({ headers }: Answer): Map<string, string[]> {
  const directives = (headers.get('content-security-policy') ?? '').split(';').filter(Boolean)
  return new Map(
    directives.map((directive) => {
      const [name = '', ...values] = directive.trim().split(' ')
      return [name, values]
    }),
  )
}

/** The local links of a page. */
function links({ text }: Answer): string[] {
  return [...text.replaceAll('&quot;', '"').matchAll(/href"?[=:]"(\/[^"]*)"/g)].map(([, href = '']) => href)
}

/** Sends bytes unchanged, which fetch would correct, and reads to the end. */
function exchange(address: string, request: string): Promise<string> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text
    })
    socket.on('error', reject).on('end', () => resolve(answer))
    // Node closes a connection whose client has ended its half before a page that queries the database is ready.
    if (/^connection: close/im.test(request)) socket.write(request)
    else socket.end(request)
  })
}

t.test('the content security policy', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const { host } = new URL(server.address)

  t.test(
    'every answer has a content security policy that allows nothing inline and nothing from elsewhere',
    async (t) => {
      for (const path of [
        '/',
        '/account',
        '/rooms/lobby',
        '/nothing',
        '/healthz',
        '/api/nothing',
        '/assets/nothing',
      ]) {
        const policy = policyOf(await ada.get(path))
        t.same(policy.get('default-src'), ["'none'"], path)
        t.same(policy.get('script-src'), ["'self'"])
        t.same(policy.get('style-src'), ["'self'"])
        t.same(policy.get('form-action'), ["'self'"])
        t.same(policy.get('frame-ancestors'), ["'none'"])
        t.same(policy.get('base-uri'), ["'none'"])
        t.same(policy.get('require-trusted-types-for'), ["'script'"])
        t.same(policy.get('trusted-types'), ['partyline', 'partyline-inert'])
        t.notMatch([...policy.values()].flat().join(' '), /unsafe|\*|data:|blob:/)
      }
    },
  )

  t.test('only one page may be shown in a frame, and only by our own pages', async (t) => {
    const sheet = await ada.get('/rooms/lobby/calculator?beside=on')
    t.same(policyOf(sheet).get('frame-ancestors'), ["'self'"])
    t.equal(sheet.headers.get('x-frame-options'), 'SAMEORIGIN')
    t.same(policyOf(await ada.get('/calculator')).get('frame-ancestors'), ["'none'"])
  })

  t.test('the content security policy names the address of the sockets', async (t) => {
    t.same(policyOf(await ada.get('/')).get('connect-src'), ["'self'", `ws://${host}`, `wss://${host}`])
  })

  t.test('a Host header cannot inject anything into the content security policy', async (t) => {
    for (const host of ["evil.example; script-src 'unsafe-inline'", 'evil.example *', 'a,b']) {
      const answer = await exchange(
        server.address,
        `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      t.match(answer, /connect-src 'self' 'self'|^HTTP\/1.1 400/)
      t.notMatch(answer, 'evil.example')
    }
  })

  t.test('pages have the other security headers too', async (t) => {
    const { headers } = await ada.get('/account')
    t.equal(headers.get('x-content-type-options'), 'nosniff')
    t.equal(headers.get('x-frame-options'), 'DENY')
    t.equal(headers.get('referrer-policy'), 'same-origin')
    t.equal(headers.get('cache-control'), 'no-store', 'nothing that a person sees is cached')
    t.equal(headers.get('x-powered-by'), null)
  })
})

t.test('forms', async (t) => {
  // A fast machine sends more forms than a person may.
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const visitor = server.visitor()
  const tokens = {
    none: '',
    nonsense: 'nonsense',
    'of another session': await bob.token('/account'),
    'of a visitor': await visitor.token('/sign-in'),
    'cut short': (await ada.token('/account')).slice(0, -1),
  }
  const routes = [
    '/sign-out',
    '/account/password',
    `/account/sessions/${'a'.repeat(43)}/end`,
    '/rooms',
    '/rooms/lobby/messages',
    '/rooms/lobby/leave',
    '/sign-in',
    '/sign-up',
    '/api/token',
    '/api/rooms/lobby/messages',
  ]

  for (const [which, token] of Object.entries(tokens)) {
    t.test(`a form with a token that is ${which} changes nothing`, async (t) => {
      for (const path of routes) {
        const fields = {
          username: 'cleo',
          password: PASSWORD,
          name: 'A room',
          message: 'a message',
          current: PASSWORD,
        }
        const answer = await ada.postBare(path, { ...fields, _csrf: token })
        t.equal(answer.status, 403, path)
        t.match(answer.text, 'This form is out of date')
      }
      t.equal((await ada.get('/account')).status, 200)
      t.equal((await server.visitor().signIn('cleo')).status, 401)
    })
  }

  t.test('a form token is accepted for every page of its session', async (t) => {
    const token = await ada.token('/account')
    t.equal((await ada.postBare('/rooms', { name: 'One', _csrf: token })).status, 303)
    t.equal((await ada.postBare('/rooms', { name: 'Two', _csrf: token })).status, 303, 'again')
    const headers = { 'x-csrf-token': token }
    t.equal(
      (await ada.request('POST', '/rooms', new URLSearchParams({ name: 'Three' }), headers)).status,
      303,
    )
    t.match(await ada.postJson('/api/rooms/lobby/messages', { message: 'hello' }), { status: 201 })
  })

  t.test('a form token from before signing in is no longer accepted', async (t) => {
    const cleo = server.visitor()
    const before = await cleo.token('/sign-up')
    await cleo.postBare('/sign-up', { username: 'dana', password: PASSWORD, _csrf: before })
    t.equal((await cleo.postBare('/rooms', { name: 'Late', _csrf: before })).status, 403)
  })

  t.test('a form token without its cookie is not accepted', async (t) => {
    const _csrf = await visitor.token('/sign-in')
    t.equal(
      (await server.visitor().postBare('/sign-in', { username: 'ada', password: PASSWORD, _csrf })).status,
      403,
    )
    const forger = server.visitor()
    forger.cookies.set('_csrf', 'aaaaaaaaaaaaaaaaaaaaaaaa')
    t.equal((await forger.postBare('/sign-in', { username: 'ada', password: PASSWORD, _csrf })).status, 403)
  })

  t.test('forms that are not UTF-8 are refused, and nothing of them is stored', async (t) => {
    const ada = await server.person('ada-of-utf-8')
    const form = 'application/x-www-form-urlencoded'
    const room = '/rooms/lobby/messages'
    const api = `/api${room}`
    const token = await ada.token('/account')
    const post = async (path: string, type: string, body: string, encoding: BufferEncoding = 'utf8') => {
      const bytes = Uint8Array.from(Buffer.from(body, encoding))
      const { status } = await ada.request('POST', path, bytes, {
        'content-type': type,
        'x-csrf-token': token,
      })
      return status
    }
    const said = async () => {
      const page: { messages: Record<string, string>[] } = JSON.parse((await ada.get(api)).text)
      return page.messages.filter(({ sender }) => sender === 'ada-of-utf-8').map(({ message }) => message)
    }
    for (const bad of ['100%', '100%25+%C3', '%C3%28', '%zz', '%ED%A0%80', '%FF&id=a'])
      t.equal(await post(room, form, `message=${bad}`), 400, bad)
    t.equal(await post(room, form, 'message=caf\xe9', 'latin1'), 400)
    t.equal(await post(room, `${form}; charset=iso-8859-1`, 'message=caf\xe9', 'latin1'), 415)
    t.equal(await post(api, 'application/json', '{"message":"caf\xe9"}', 'latin1'), 400)
    t.equal(await post(api, 'application/json; charset=ISO-8859-1', '{"message":"caf\xe9"}', 'latin1'), 415)
    t.equal(await post(api, 'application/json; charset="utf-16"', '{"message":"x"}', 'utf16le'), 415)
    t.strictSame(await said(), [])

    t.equal(await post(room, form, 'message=100%25+%C3%A9 é'), 303)
    t.equal(await post(room, `${form};charset=UTF-8`, 'message=more'), 303)
    t.equal(await post(api, 'application/json; charset="utf-8"', '{"message":"é"}'), 201)
    t.strictSame(await said(), ['100% é é', 'more', 'é'])
  })

  t.test('a program that sends a form without a token gets an error as JSON', async (t) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await ada.request('POST', '/api/rooms/lobby/messages', '{"message":"hello"}', headers)
    t.equal(answer.status, 403)
    t.match(JSON.parse(answer.text), { error: /This form is out of date/ })
  })
})

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

t.test('addresses that every site has', async (t) => {
  const server = await startServer(t, {
    SECURITY_CONTACT: 'mailto:security@example.com, https://example.com/report',
    PUBLIC_URL: 'https://chat.example.com',
  })
  const visitor = server.visitor()

  t.test('robots.txt excludes search engines', async (t) => {
    const { status, headers, text } = await visitor.get('/robots.txt')
    t.match([status, headers.get('content-type')], [200, /^text\/plain/])
    t.equal(text, 'User-agent: *\nDisallow: /\n')
  })

  t.test('security.txt says whom to tell about a vulnerability, and expires in some weeks', async (t) => {
    const { status, headers, text } = await visitor.get('/.well-known/security.txt')
    t.match([status, headers.get('content-type')], [200, 'text/plain; charset=utf-8'])
    const [, expires = ''] = /^Expires: (.+)$/m.exec(text) ?? []
    t.equal(
      text.replace(expires, 'THEN'),
      'Contact: mailto:security@example.com\nContact: https://example.com/report\n' +
        'Expires: THEN\nCanonical: https://chat.example.com/.well-known/security.txt\n',
    )
    const days = (Date.parse(expires) - Date.now()) / (24 * 60 * 60 * 1000)
    t.ok(days >= 30 && days < 32, expires)
  })

  t.test('/.well-known/change-password leads to the form for that', async (t) => {
    const { status, headers } = await visitor.get('/.well-known/change-password')
    t.equal(status, 303)
    const [page = '', place = ''] = (headers.get('location') ?? '').split('#')
    t.match((await (await server.person('ada')).get(page)).text, `id="${place}"`)
  })

  t.test('other addresses under /.well-known do not exist', async (t) => {
    const nowhere = '/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200'
    t.equal((await visitor.get(nowhere)).status, 404)
  })
})

t.test('docs/security.md names tests that exist', async (t) => {
  const root = join(import.meta.dirname, '../..')
  const rows = readFileSync(join(root, 'docs/security.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split(' | ').at(-1) ?? '')
  const cited = rows.flatMap((cell) =>
    cell.split('`test/').flatMap((part) => {
      const [file = '', names = ''] = part.split('`: ')
      return [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => ({ file, name }))
    }),
  )
  t.ok(cited.length > 50)
  for (const { file, name } of cited) {
    const text = readFileSync(join(root, 'test', file), 'utf8')
    t.ok(text.includes(`test('${name}'`) || text.includes(`  '${name}',`), `${file}: ${name}`)
  }
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

t.test('errors', async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '12' }, {}, async (app) => {
    for (const path of ['/fails', '/api/fails']) {
      app.get(path, async () => {
        throw new Error('a secret detail at node_modules/inside.js:1:1')
      })
    }
    app.get('/fails-with-a-status', async () => {
      throw Object.assign(new Error('a secret detail'), { statusCode: 502 })
    })
    app.get('/fails-oddly', async () => {
      throw { statusCode: 7, message: 'a secret detail' }
    })
  })
  const visitor = server.visitor()
  const ada = await server.person('ada')
  const large = new URLSearchParams({ username: 'x'.repeat(300 * 1024) })
  const xml = { 'content-type': 'application/xml' }
  const json = { 'content-type': 'application/json' }
  const long = `/rooms/${'a'.repeat(300)}`
  const token = await ada.token('/account')
  const bob = await server.person('bob')
  const tooMuch = async () => {
    const fields = { message: 'm', _csrf: await bob.token('/account') }
    const all = Array.from({ length: 100 }, () => bob.postBare('/rooms/lobby/messages', fields))
    const refused = (await Promise.all(all)).find(({ status }) => status !== 303)
    if (!refused) throw new Error('all were taken')
    return refused
  }

  const pages: [string, number, () => Promise<Answer>][] = [
    ['an address that is mistyped', 404, () => visitor.get('/nothing')],
    ['a contact for weaknesses that nobody has set', 404, () => visitor.get('/.well-known/security.txt')],
    ['an address that is mistyped, for someone signed in', 404, () => ada.get('/nothing')],
    ['a room that is not there', 404, () => ada.get('/rooms/nothing')],
    ['a room whose name is too long', 404, () => ada.get(long)],
    ['a method that an address does not take', 405, () => ada.request('DELETE', '/account')],
    ['a page that is asked for what it cannot show', 400, () => ada.get('/rooms/lobby?before=x')],
    ['an address that cannot be decoded', 404, () => ada.get('/rooms/%zz')],
    ['a form without a token', 403, () => visitor.postBare('/sign-in', {})],
    ['a body that is too large', 413, () => visitor.request('POST', '/sign-in', large)],
    ['a body of a kind that nobody reads', 415, () => visitor.request('POST', '/sign-in', '<a/>', xml)],
    ['one message too many', 429, tooMuch],
    ['a fault of ours', 500, () => visitor.get('/fails')],
    ['a fault of ours, for someone signed in', 500, () => ada.get('/fails')],
    ['a fault of ours with a status', 502, () => visitor.get('/fails-with-a-status')],
    ['a fault that is not even an error', 500, () => visitor.get('/fails-oddly')],
  ]
  for (const [what, status, ask] of pages) {
    t.test(`${what}: a page with ${status} that links somewhere and reveals no internals`, async (t) => {
      const answer = await ask()
      t.equal(answer.status, status)
      t.match(answer.headers.get('content-type'), 'text/html')
      t.match(answer.headers.get('content-security-policy'), "default-src 'none'")
      t.notMatch(answer.text, INSIDE)
      const ways = links(answer).filter((href) => !href.startsWith('/assets/'))
      t.ok(ways.includes('/'), ways.join(' '))
      for (const way of ways) t.ok((await ada.get(way)).status < 400, way)
      if (status === 429) t.ok(Number(answer.headers.get('retry-after')) > 0)
    })
  }

  const api = '/api/rooms/lobby/messages'
  const sent = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json) =>
    ada.request('POST', api, body, { ...headers, 'x-csrf-token': token })
  const answers: [string, number, string, () => Promise<Answer>][] = [
    ['a visitor', 401, 'unauthorized', () => visitor.get(api)],
    ['a token that is not good', 401, 'unauthorized', () => visitor.get(`${api}?token=x`)],
    ['an address that is mistyped', 404, 'not_found', () => ada.get('/api/nothing')],
    ['a room that is not there', 404, 'not_found', () => ada.get('/api/rooms/nothing/messages')],
    ['a room whose name is too long', 404, 'not_found', () => ada.get(`/api${long}/messages`)],
    ['a query that is wrong', 400, 'invalid', () => ada.get(`${api}?before=-1`)],
    ['a query that contradicts itself', 400, 'invalid', () => ada.get(`${api}?before=1&around=1`)],
    ['an address that cannot be decoded', 404, 'not_found', () => ada.get('/api/rooms/%zz/messages')],
    ['a method that is not taken', 405, 'method_not_allowed', () => ada.request('PATCH', api)],
    ['a body that is no JSON', 400, 'malformed', () => sent('{')],
    ['a body that is no UTF-8', 400, 'malformed', () => sent(new Uint8Array([0x22, 0xff, 0x22]))],
    ['a body that poisons prototypes', 400, 'malformed', () => sent('{"__proto__":{}}')],
    ['a body that lacks something', 400, 'invalid', () => ada.postJson(api, {})],
    ['a body that is too large', 413, 'too_large', () => sent(`{"message":"${'x'.repeat(300 * 1024)}"}`)],
    [
      'a body of another type',
      415,
      'unsupported_media_type',
      () => sent('<message/>', { 'content-type': 'application/xml' }),
    ],
    [
      'a body of plain text',
      415,
      'unsupported_media_type',
      () => sent('{"message":"hi"}', { 'content-type': 'text/plain' }),
    ],
    ['a missing token', 403, 'forbidden', () => ada.request('POST', api, '{"message":"m"}', json)],
    [
      'a page made for somebody else',
      403,
      'forbidden',
      () => sent('{"message":"m"}', { ...json, 'x-partyline-user': 'bob' }),
    ],
    ['a fault of ours', 500, 'internal', () => ada.get('/api/fails')],
  ]
  for (const [what, status, wanted, ask] of answers) {
    t.test(`${what}, under /api: JSON with ${status} and one sentence`, async (t) => {
      const answer = await ask()
      t.equal(answer.status, status)
      t.match(answer.headers.get('content-type'), 'application/json')
      const { error, code, ...rest }: Record<string, unknown> = JSON.parse(answer.text)
      t.type(error, 'string')
      t.equal(code, wanted)
      t.same(rest, {})
      t.notMatch(answer.text, INSIDE)
    })
  }

  t.test('a request that is not valid HTTP is refused, and the server goes on', async (t) => {
    t.match(await exchange(server.address, 'nonsense\r\n\r\n'), /^HTTP\/1.1 400 /)
    const both = 'Content-Length: 3\r\nTransfer-Encoding: chunked'
    for (const lengths of [both, 'Content-Length: 3\r\nContent-Length: 4', 'Transfer-Encoding: nonsense']) {
      const form = `POST /sign-in HTTP/1.1\r\nHost: a\r\n${lengths}\r\n\r\n0\r\n\r\n`
      t.match(await exchange(server.address, form), /^HTTP\/1.1 400 /, lengths)
    }
    const header = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`
    t.match(await exchange(server.address, header), /^HTTP\/1.1 431 /)
    t.equal((await visitor.get('/healthz')).status, 200)
  })
})

t.test('an address says which methods it accepts', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const takes: Record<string, string> = {
    '/': 'GET, HEAD, OPTIONS',
    '/rooms': 'GET, HEAD, OPTIONS, POST',
    '/sign-out': 'OPTIONS, POST',
    '/rooms/lobby/?before=1': 'GET, HEAD, OPTIONS',
    '/api/rooms/lobby/messages': 'GET, HEAD, OPTIONS, POST',
    '/healthz': 'GET, HEAD, OPTIONS',
  }
  for (const [path, methods] of Object.entries(takes)) {
    const wrong = await ada.request('DELETE', path)
    t.equal(wrong.status, 405, path)
    t.equal(wrong.headers.get('allow'), methods, path)
    const asked = await ada.request('OPTIONS', path)
    t.match([asked.status, asked.headers.get('allow'), asked.text], [204, methods, ''], path)
  }
  t.match(await ada.request('DELETE', '/api/rooms/lobby/messages'), {
    text: /^{"error":"That cannot be done here/,
  })
  for (const path of ['/nothing', '/ws/chat/lobby', '/api/nothing']) {
    t.match(await ada.request('DELETE', path), { status: 404 }, path)
    t.match(await ada.request('OPTIONS', path), { status: 404 }, path)
  }
  t.match(
    await ada.get('/rooms/nothing'),
    { status: 404 },
    'nor does a page whose address may only be guessed',
  )
})

t.test('an address that only accepts a form leads to the page of the form', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const pages: Record<string, string> = {
    '/account/password': '/account',
    '/account/picture/remove/': '/account',
    '/people/bob/block': '/people/bob',
    '/rooms/lobby/messages': '/rooms/lobby',
    '/rooms/lobby/messages?at=//elsewhere/x': '/rooms/lobby',
    '/rooms/lobby/members': '/rooms/lobby/settings',
    '/rooms/l%C3%B6bby/invitation': '/rooms/l%C3%B6bby/settings',
    '/rooms/lobby/messages/1/delete': '/rooms/lobby/messages/1',
    '/rooms/direct': '/rooms/new',
    '/scheduled/3/cancel': '/scheduled',
    '/scheduled/3/send': '/scheduled',
    '/sign-out': '/',
  }
  for (const [path, page] of Object.entries(pages)) {
    const answer = await ada.get(path)
    t.match([answer.status, answer.headers.get('location')], [303, page], path)
    t.equal((await ada.request('DELETE', path)).status, 405, path)
  }
  t.match(await ada.get('/rooms/lobby/schedule'), {
    status: 200,
    text: /<textarea id="message" name="message"[^>]*><\/textarea>/,
  })
  const hook = await ada.get('/hooks/1/secret')
  t.equal(hook.status, 405, 'nor is a program redirected to a page')
  t.equal((await ada.get('/api/token')).status, 405)
})

t.test('HEAD gets a page without its body', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  for (const path of ['/', '/account', '/rooms/lobby', '/healthz', '/readyz']) {
    const answer = await ada.request('HEAD', path)
    t.equal(answer.status, 200, path)
    t.equal(answer.text, '')
  }
  t.equal((await ada.request('HEAD', '/nothing')).status, 404)
  for (const path of ['/calculator.csv', '/rooms/lobby/calculator.md'])
    t.equal((await ada.request('HEAD', path)).status, 405, 'a file would be read for nothing')
})

t.test('an address with a trailing slash is the same as without', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  for (const path of ['/account/', '/rooms/lobby/', '/api/rooms/lobby/messages/']) {
    t.equal((await ada.get(path)).status, 200, path)
  }
})

t.test('an absolute address, as for a proxy, is the same as its path', async (t) => {
  const server = await startServer(t)
  const ask = (address: string, more = '') =>
    exchange(server.address, `GET ${address} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}\r\n`)

  for (const name of [
    'http://a',
    'https://a:1',
    'http://a@256.256.256.256',
    'http://a:99999',
    'http://',
    'HTTP://[::1',
  ]) {
    t.match(await ask(`${name}/healthz`), /^HTTP\/1.1 200 /, name)
    const answer = await ask(`${name}/nothing`, 'Accept: text/html\r\n')
    t.match(answer, /^HTTP\/1.1 404 /, name)
    t.match(answer, /content-security-policy: default-src 'none'/i)
    t.notMatch(answer, INSIDE)
  }
  t.match(await ask('http://a?x'), /^HTTP\/1.1 200 /)
  // The server has to end the connection of an upgrade.
  const upgrade =
    'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
  for (const name of ['http://a', 'http://', 'http://a:99999'])
    t.match(await ask(`${name}/ws/nothing`, `Connection: upgrade\r\n${upgrade}`), /^HTTP\/1.1 404 /, name)
})

t.test('a request or upgrade that does not name exactly one host is refused with 400', async (t) => {
  const server = await startServer(t)
  const upgrade = [
    'Connection: upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]
  const ask = (path: string, headers: readonly string[]) =>
    exchange(server.address, [`GET ${path} HTTP/1.1`, ...headers, '', ''].join('\r\n'))
  for (const hosts of [
    ['Host: a', 'Host: b'],
    ['Host: a', 'host: a'],
    ['Host: a b'],
    ['Host: a/b'],
    ['Host: user@a'],
    ['Host: a:port'],
    ['Host: a,b'],
    [],
  ]) {
    t.match(await ask('/', [...hosts, 'Connection: close']), /^HTTP\/1.1 400 /, hosts.join())
    t.match(await ask('/ws/chat/lobby', [...hosts, ...upgrade]), /^HTTP\/1.1 400 /, hosts.join())
  }
  for (const host of ['a', 'a.example.', 'a_b:80', '192.0.2.1:3000', '[::1]', '[2001:db8::1]:443', ''])
    t.match(await ask('/healthz', [`Host: ${host}`, 'Connection: close']), /^HTTP\/1.1 200 /, host)
  t.match(await exchange(server.address, 'GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200 /)
})

t.test('a client that offers a protocol other than WebSocket is answered over HTTP', async (t) => {
  const server = await startServer(t)
  const offer =
    'Host: a\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__'
  t.match(await exchange(server.address, `GET /sign-in HTTP/1.1\r\n${offer}\r\n\r\n`), /^HTTP\/1.1 200 /)
  const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b'
  t.match(await exchange(server.address, `POST /sign-in HTTP/1.1\r\n${offer}\r\n${form}`), /^HTTP\/1.1 403 /)
})

t.test('pages can be requested with Fastify’s `inject`, which has no connection', async (t) => {
  const { app } = await startServer(t)
  const { statusCode, body } = await app.inject('/sign-in')
  t.equal(statusCode, 200)
  t.match(body, '<h1>')
})

t.test('a client that does not read an answer is closed, and may leave at most 8 MiB unread', async (t) => {
  const app = Fastify()
  await app.register(slowReaders, { patience: 1_000 })
  const closed: Promise<unknown>[] = []
  app.get('/', async (_request, reply) => {
    closed.push(once(reply.raw, 'close'))
    return 'x'.repeat(24 * 1024 * 1024)
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const asked = once(app.server, 'request')
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {}).pause()
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await asked
  const refused = await fetch(address)
  t.equal(refused.status, 429)
  await Promise.all(closed)
  t.equal((await fetch(address)).status, 200, 'all of it is released')
})

t.test('health', async (t) => {
  const server = await startServer(t)
  const visitor = server.visitor()
  const ada = await server.person('ada')
  const read = async (path: string) => {
    const { status, text } = await visitor.get(path)
    return { status, body: JSON.parse(text) }
  }
  t.same(await read('/healthz'), { status: 200, body: { status: 'ok' } })
  t.same(await read('/readyz'), { status: 200, body: { status: 'ok', database: 'ok', channels: 'ok' } })

  await server.app.database.destroy()

  t.test('without its database, the server is alive but not ready', async (t) => {
    await eventually('it is not ready', async () => (await read('/readyz')).status === 503)
    t.same(await read('/readyz'), {
      status: 503,
      body: { status: 'unavailable', database: 'away', channels: 'ok' },
    })
    t.same(await read('/healthz'), { status: 200, body: { status: 'ok' } })
  })

  t.test('without its database, a page says that something went wrong, without details', async (t) => {
    const answer = await ada.get('/account')
    t.equal(answer.status, 500)
    t.match(answer.headers.get('content-type'), 'text/html')
    t.match(answer.text, 'Something went wrong')
    t.notMatch(answer.text, INSIDE)
    t.ok(ada.sessionCookie, 'and they stay signed in')
    const program = await ada.get('/api/rooms/lobby/messages')
    t.equal(program.status, 500)
    t.match(JSON.parse(program.text), { error: /Something went wrong/ })
  })
})

t.test('names that look alike share a skeleton, and others do not', async (t) => {
  const alike = (one: string, other: string) => skeletons(one).some((each) => skeletons(other).includes(each))
  for (const [one, other] of [
    ['lobby', 'LOBBY'],
    ['lobby', 'Iobby'],
    ['lobby', '1obby'],
    ['lobby', 'lоbby'],
    ['LIST', 'list'],
    ['LIST', 'llst'],
    ['Bob', 'Вob'],
    ['modern', 'modem'],
    ['Lobby', '𝐋𝗈𝖻𝖻𝗒'],
    ['Lobby', 'Ｌｏｂｂｙ'],
    ['Lobby', 'Lo\u200bb\u00adb\ufe0fy\u{e0100}'],
    ['Lobby', '\u2800Lobby\u3164'],
    ['Lab 2', ' lab\u00a0\u2003 2 '],
    ['Café', 'Cafe\u0301'],
  ] as const)
    t.ok(alike(one, other), `${one} and ${other}`)
  for (const [one, other] of [
    ['lobby', 'hobby'],
    ['mail', 'mall'],
    ['Cafe', 'Café'],
    ['Lab 2', 'Lab 3'],
    ['日本', '日木'],
    ['Lab 2', 'Lab-2'],
  ] as const)
    t.notOk(alike(one, other), `${one} and ${other}`)
})

t.test('the log never contains a cookie, token or password, even at level trace', async (t) => {
  const SECRET = 'the key that signs: not for any log'
  const server = await startProcess(t, { DATA_DIR: temporaryFolder(t), LOG_LEVEL: 'trace', SECRET })
  const ada = new Visitor(server.address)
  const password = 'a password for no log'
  await ada.signUp('ada', password)
  const first = ada.cookie
  await ada.signOut()
  await ada.signIn('ada', 'a wrong password for no log')
  await ada.signIn('ada', password)
  const token = await ada.token('/account')
  await ada.post('/account/password', { current: password, password: 'a new password for no log' })
  const { token: ofSession } = JSON.parse((await ada.postJson('/api/token', {})).text)
  const program = new Visitor(server.address)
  const asking = (given: string) =>
    program.request('POST', '/api/token', JSON.stringify({ username: 'ada', password: given }), {
      'content-type': 'application/json',
    })
  await asking('a wrong password for no log')
  const { token: ofPassword } = JSON.parse((await asking('a new password for no log')).text)
  await ada.request('POST', '/api/rooms/lobby/messages', '{"password":"a broken body for no log"', {
    'content-type': 'application/json',
    'x-csrf-token': token,
  })
  const wrong = 'a-token-for-no-log'
  for (const given of [ofSession, ofPassword, wrong]) {
    const authorization = `Bearer ${given}`
    const inAddress = `since=0&token=${given}&more=1`
    for (const path of [
      '/api/rooms/lobby/messages',
      '/api/nothing',
      '/rooms/lobby',
      '/nothing',
      '/rooms/%zz',
    ]) {
      await program.get(`${path}?${inAddress}`)
      await program.get(path, { authorization })
      await ada.get(`${path}?${inAddress}`, { authorization })
      if (given === wrong) continue
      await program.get(`${path}?t%6Fken=${given}`)
      await program.get(`/sign-in?next=${encodeURIComponent(`${path}?${inAddress}`)}`)
    }
    const broken = { authorization, 'content-type': 'application/json' }
    await program.request('POST', '/api/rooms/lobby/messages', `{"token":"${given}"`, broken)
    await program.request('POST', `/api/token?${inAddress}`, `{"token":"${given}"`, broken)
    await program.socket(`/ws/nothing?${inAddress}`, { authorization }).closed()
    const origin = given === wrong ? 'http://elsewhere.example' : `http://${given}`
    await program.socket('/ws/chat/lobby?since=0', { authorization, origin }).closed()
    for (const socket of [
      program.socket(`/ws/chat/lobby?${inAddress}`),
      program.socket('/ws/chat/lobby?since=0', { authorization }),
    ]) {
      if (given === wrong) await socket.closed()
      else await socket.next('welcome')
      socket.send({ type: 'nothing' })
      socket.send(new ArrayBuffer(1))
      await socket.closed()
    }
  }
  const { key } = JSON.parse((await ada.postJson('/api/keys', { name: 'key', scopes: ['write'] })).text)
  const hook = JSON.parse(
    (await ada.postJson('/api/rooms/lobby/hooks', { direction: 'in', name: 'hook' })).text,
  )
  const withKey = { authorization: `Bearer ${key}` }
  for (const path of [
    '/api/rooms',
    '/account',
    `/api/rooms?key=${key}&token=${key}`,
    `/${key}`,
    `/?next=%3D${key}`,
  ]) {
    await program.get(path, withKey)
    await program.get(path)
  }
  await program.socket('/ws/chat/lobby', { ...withKey, origin: `http://${key}` }).closed()
  for (const end of ['', 'x', '?x', '/'])
    await program.request('POST', `${new URL(hook.url).pathname}${end}`, '{"text":"hi"}', {
      'content-type': 'application/json',
    })
  const began = performance.now()
  for (const text of ['eyJ', '-eyJ'])
    for (let request = 0; request < 25; request++) await program.get(`/?${text.repeat(15_000 / text.length)}`)
  const took = performance.now() - began
  t.ok(took < 2_500, `what looks like thousands of tokens costs no time to log: ${took} ms`)
  const unreadable = `Cookie: ${ada.cookie}\r\nAuthorization: Bearer ${ofSession}\r\nno header`
  const request = `GET /?token=${ofPassword} HTTP/1.1\r\nHost: a\r\n${unreadable}\r\n\r\n`
  t.match(await exchange(server.address, request), /^HTTP\/1.1 400 /)
  const { stdout, stderr } = await server.stop()

  t.match(stdout, '"msg":"client error"')
  t.match(stdout, '"url":"/account/password"', 'it does log something')
  t.match(stdout, '"url":"/ws/nothing?since=0&token=…&more=1"')
  const cookies = [first, ada.cookie].flatMap((line) =>
    line.split('; ').map((pair) => pair.replace(/^\w+=/, '')),
  )
  for (const secret of [
    ...cookies,
    ...cookies.map(decodeURIComponent),
    token,
    ofSession,
    ofPassword,
    ofSession.split('.')[2],
    ofPassword.split('.')[2],
    key,
    hook.url.split('/').at(-1),
    'for no log',
    'for-no-log',
    SECRET,
  ]) {
    t.ok(secret)
    for (const written of [secret, [...Buffer.from(secret)].join(',')])
      t.notOk((stdout + stderr).includes(written), secret)
  }
})
