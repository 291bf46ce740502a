import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { channelsApp, WARNING } from '../support/channels.ts'
import { answers, Echo, echoServer, Peer } from '../support/peer.ts'

t.test('a page of the same host may open sockets, and so may a client that is not a browser', async (t) => {
  const { url, address } = await echoServer(t)
  const own = address.replace('ws:', 'http:')
  for (const headers of [{ origin: own }, { origin: own.toUpperCase() }, {}]) {
    t.equal(await new Peer(url, { headers }).status(), 101)
  }
})

t.test('a page of another origin gets 403 before the upgrade', async (t) => {
  const { url, address } = await echoServer(t)
  const host = address.slice('ws://'.length)
  const foreign = [
    'http://evil.example',
    'null',
    '',
    'file://',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    `https://${host}`,
    `http://${host}.evil.example`,
    `http://evil.example/${host}`,
    `ws://${host}`,
    `javascript://${host}`,
    host,
  ]
  for (const origin of foreign) t.equal(await new Peer(url, { headers: { origin } }).status(), 403, origin)
})

t.test('a page of the same host that was loaded over another scheme may not open sockets', async (t) => {
  const behind = await echoServer(t, {}, { trustProxy: true })
  const alone = await echoServer(t)
  const host = 'chat.example.com'
  const status = (url: string, origin: string, more: Record<string, string>) =>
    new Peer(url, { headers: { host, origin, ...more } }).status()
  const https = { 'x-forwarded-proto': 'https' }
  const http = { 'x-forwarded-proto': 'http' }
  t.equal(await status(behind.url, 'https://chat.example.com', https), 101)
  t.equal(await status(behind.url, 'https://chat.example.com:443', https), 101)
  t.equal(await status(behind.url, 'http://chat.example.com', http), 101)
  t.equal(await status(behind.url, 'http://chat.example.com', https), 403)
  t.equal(await status(behind.url, 'http://chat.example.com:443', https), 403)
  t.equal(await status(behind.url, 'https://chat.example.com', http), 403)
  t.equal(await status(behind.url, 'https://chat.example.com', {}), 403, 'nobody stands between')
  t.equal(await status(alone.url, 'https://chat.example.com', {}), 403)
  // A proxy stands between that is not believed, and may have taken the TLS away.
  for (const more of [https, http, { 'x-forwarded-for': '192.0.2.1' }, { forwarded: 'proto=https' }]) {
    t.equal(await status(alone.url, 'https://chat.example.com', more), 101, Object.keys(more).join())
    t.equal(await status(alone.url, 'http://chat.example.com', more), 101)
    t.equal(await status(alone.url, 'https://evil.example', more), 403)
  }
})

t.test(
  'a refused handshake is counted, and logged with the origin that came and those that are allowed',
  async (t) => {
    const namesHost = ({ headers }: FastifyRequest) => headers.host !== 'a b'
    const { listen, logged, metric } = await channelsApp(
      t,
      { '/ws/echo': Echo },
      { namesHost, connectionsPerUser: 1 },
    )
    const url = `${await listen()}/ws/echo`
    const version = { 'Sec-WebSocket-Version': '13' }
    const valid = { ...version, 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzaWQiOiJ4In0.c2lnbmF0dXJl'
    const handshakes: Record<
      string,
      [url: string, headers: Record<string, string>, status: number, log: object]
    > = {
      origin: [
        url,
        { ...valid, Origin: 'https://evil.example' },
        403,
        { origin: 'https://evil.example', host: 'x', accepted: 'http://x' },
      ],
      host: [url, { ...valid, Host: 'a b' }, 400, { host: 'a b', accepted: /one Host/ }],
      version: [url, { ...valid, 'Sec-WebSocket-Version': '8' }, 426, { version: '8', accepted: '13' }],
      key: [
        url,
        { ...version, 'Sec-WebSocket-Key': 'short' },
        400,
        { key: '5 characters', accepted: /16 bytes/ },
      ],
      path: [
        url.replace('echo', `none/${token}`),
        valid,
        404,
        { path: '/ws/none/…', accepted: ['/ws/echo'] },
      ],
      upgrade: [
        url,
        { ...valid, Upgrade: '', Connection: 'close' },
        404,
        { connection: 'close', accepted: /Upgrade: websocket/ },
      ],
      session: [
        url,
        { ...valid, 'X-User': '', Cookie: 'theirs=secret; a-secret; other=secret; =too' },
        101,
        { credentials: /^cookies: theirs, other, one without a name$/, accepted: /cookie of a session/ },
      ],
    }
    for (const [reason, [address, headers, status, log]] of Object.entries(handshakes)) {
      t.match(await answerTo(address, '1.1', headers), `HTTP/1.1 ${status} `, reason)
      t.match(logged.pop(), { level: WARNING, reason, address: '127.0.0.1', ...log }, reason)
      t.equal(await metric('partyline_handshakes_refused_total', { reason }), 1, reason)
    }
    await new Peer(url, { as: 'eve' }).opened()
    t.match(await new Peer(url, { as: 'eve' }).closed(), { code: 1013 })
    t.match(logged.pop(), { reason: 'connections', user: 'eve', ofPerson: 1, accepted: /^1 of a person/ })
    t.same(logged, [])
  },
)

t.test('a handshake full of text that looks like secrets takes no time to log', async (t) => {
  const { listen, logged } = await channelsApp(t, { '/ws/echo': Echo })
  const url = await listen()
  const began = process.cpuUsage()
  for (const text of [
    'eyJ'.repeat(5_000),
    '-eyJ'.repeat(3_750),
    '.eyJ'.repeat(3_750),
    '-pl_'.repeat(3_750),
  ]) {
    await answerTo(`${url}/ws/echo`, '1.1', { 'Sec-WebSocket-Version': text })
    await answerTo(`${url}/${text}`, '1.1', {})
  }
  await answerTo(`${url}/${'a'.repeat(15_000)}`, '1.1', {})
  const { user } = process.cpuUsage(began)
  t.ok(user < 300_000, `${user / 1000} ms`)
  t.equal(logged.length, 9)
})

t.test('refused handshakes are all counted, and logged a few at a time', async (t) => {
  const { app, listen, logged, metric } = await channelsApp(t, { '/ws/echo': Echo })
  const url = await listen()
  await answerTo(`${url}/ws/none`, '1.1', { 'User-Agent': `from pl_${'x'.repeat(43)}` })
  const refused = () => logged.filter(({ reason }) => reason === 'version')
  const refuse = () => answerTo(`${url}/ws/echo`, '1.1', { 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' })
  await Promise.all(Array.from({ length: 100 }, refuse))

  t.equal(await metric('partyline_handshakes_refused_total', { reason: 'version' }), 100)
  const remembered = app.sockets.refused()
  t.equal(remembered.length, 41, 'so many of each reason are remembered, whatever else is refused')
  const other = remembered.find(({ reason }) => reason === 'path')
  t.equal(other?.userAgent, 'from …')
  const lines = refused().length
  t.ok(lines >= 20 && lines < 60, `${lines} lines`)
  while (refused().length === lines) {
    await refuse()
  }
  const leftOut = refused().reduce((sum, line) => sum + Number(line.leftOut ?? 0), 0)
  const count = await metric('partyline_handshakes_refused_total', { reason: 'version' })
  t.equal(refused().length + leftOut, count, 'and how many there were is in the log')
})

/** The answer to an upgrade as it is written here. */
async function answerTo(url: string, version: string, headers: Record<string, string>): Promise<string> {
  const { port, pathname } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  const all = { Host: 'x', Connection: 'Upgrade', Upgrade: 'websocket', 'X-User': 'ada', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET ${pathname} HTTP/${version}\r\n${lines.join('')}\r\n`)
  const [answer] = await once(socket, 'data')
  socket.destroy()
  return String(answer)
}

t.test('an upgrade that does not follow RFC 6455 is refused', async (t) => {
  const { url } = await echoServer(t)
  const version = { 'Sec-WebSocket-Version': '13' }
  const key = { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }
  t.match(await answerTo(url, '1.1', { ...version, ...key }), /^HTTP\/1.1 101 /)
  t.match(await answerTo(url, '1.0', { ...version, ...key }), /^HTTP\/1.[01] 400 /)
  for (const other of ['8', '0', '14', '13, 8', '']) {
    const answer = await answerTo(url, '1.1', { ...key, 'Sec-WebSocket-Version': other })
    t.match(answer, /^HTTP\/1.1 426 /, other)
    t.match(answer, /\r\nsec-websocket-version: 13\r\n/i)
  }
  t.match(await answerTo(url, '1.1', key), /^HTTP\/1.1 426 /)
  for (const other of [{}, { 'Sec-WebSocket-Key': 'short' }, { 'Sec-WebSocket-Key': `${'a'.repeat(30)}==` }])
    t.match(await answerTo(url, '1.1', { ...version, ...other }), /^HTTP\/1.1 400 /)
})

t.test('no subprotocol is selected, whatever the client offers', async (t) => {
  const { url } = await echoServer(t)
  const headers = { 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }
  const answer = await answerTo(url, '1.1', { ...headers, 'Sec-WebSocket-Protocol': 'graphql-ws, chat' })
  t.match(answer, /^HTTP\/1.1 101 /)
  t.notMatch(answer, /sec-websocket-protocol/i)
})

t.test('only the allowed origins may open sockets, where some are named', async (t) => {
  const allowedOrigins = ['https://chat.example.com', '*.example.org']
  const { url, address } = await echoServer(t, { allowedOrigins })
  const status = (origin: string) => new Peer(url, { headers: { origin } }).status()

  for (const origin of [
    'https://chat.example.com',
    'https://chat.example.com:443',
    'https://a.example.org',
    'http://a.b.example.org:8080',
  ]) {
    t.equal(await status(origin), 101, origin)
  }
  for (const origin of [
    address.replace('ws:', 'http:'),
    'http://chat.example.com',
    'https://chat.example.com:444',
    'https://chat.example.com.evil.example',
    'https://example.org',
    'https://evilexample.org',
    'https://a.example.org.evil.example',
    'null',
  ]) {
    t.equal(await status(origin), 403, origin)
  }
  t.equal(await new Peer(url).status(), 101, 'no browser')
})

t.test(
  'an upgrade to a path without a socket gets 404, and the route of a page there does not run',
  async (t) => {
    const server = await channelsApp(t, { '/ws/echo': Echo })
    let asked = 0
    server.app.get('/page', async () => {
      asked += 1
      return 'a page'
    })
    const address = await server.listen()

    for (const path of ['/page', '/', '/ws/', '/ws/none', '/ws/echo/more', '/ws/echo%2f']) {
      t.equal(await new Peer(address + path).status(), 404, path)
    }
    t.equal(asked, 0)
    t.equal((await fetch(`${address.replace('ws:', 'http:')}/ws/echo`)).status, 404)
  },
)

/** An upgrade that Fastify answers by itself, without a hook, and leaves as it is. */
async function undecidedUpgrade(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address)
  const headers = 'Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
  const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='
  const peer = connect(Number(port), hostname)
  peer.write(`GET http:/// HTTP/1.1\r\nHost: a\r\n${headers}\r\n${key}\r\n\r\n`)
  const [answer] = await once(peer, 'data')
  if (!String(answer).startsWith('HTTP/1.1 400 ')) throw new Error(`it was answered: ${answer}`)
  return peer
}

t.test('an upgrade that is neither accepted nor refused is cut off', async (t) => {
  const { address } = await echoServer(t, { limits: { upgradeTimeout: 50 } })
  await once(await undecidedUpgrade(address), 'close')
})

t.test('stopping does not wait for an upgrade that is neither accepted nor refused', async (t) => {
  const { app, address } = await echoServer(t, { limits: { upgradeTimeout: 600_000 } })
  const peer = await undecidedUpgrade(address)
  await Promise.all([once(peer, 'close'), app.close()])
})

t.test('a socket that was accepted is not cut off for being silent', async (t) => {
  const { url } = await echoServer(t, { limits: { upgradeTimeout: 50, pingInterval: 500 } })
  const peer = await new Peer(url).opened()
  await once(peer.socket, 'ping')
  t.ok(await answers(peer))
})

t.test('a path serves its sockets with and without a trailing slash', async (t) => {
  const { url } = await echoServer(t)
  for (const path of [url, `${url}/`, `${url}/?since=1`]) t.ok(await answers(await new Peer(path).opened()))
})
