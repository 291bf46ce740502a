import t from 'tap'
import { eventually } from '../support/eventually.ts'
import { exchange, INSIDE } from '../support/exchange.ts'
import { startServer } from '../support/server.ts'
import type { Answer } from '../support/visitor.ts'

/** The local links of a page. */
function links({ text }: Answer): string[] {
  return [...text.replaceAll('&quot;', '"').matchAll(/href"?[=:]"(\/[^"]*)"/g)].map(([, href = '']) => href)
}

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
