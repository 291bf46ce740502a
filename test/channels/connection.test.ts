import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { mock } from 'node:test'
import type { FastifyRequest } from 'fastify'
import pino from 'pino'
import t, { type Test } from 'tap'
import { type ClientOptions, WebSocket } from 'ws'
import { Consumer, JsonConsumer } from '../../src/channels/consumers/consumer.ts'
import type { ChannelEvent } from '../../src/channels/layers/layer.ts'
import { MemoryLayer } from '../../src/channels/layers/memory.ts'
import { Budget } from '../../src/channels/sockets/budget.ts'
import { Budgets } from '../../src/channels/sockets/budgets.ts'
import { CloseCode } from '../../src/channels/sockets/close-codes.ts'
import { MAXIMUM_FRAME } from '../../src/channels/sockets/connection.ts'
import { FanOut } from '../../src/channels/sockets/fan-out.ts'
import { FrameSplitter } from '../../src/channels/sockets/frame-splitter.ts'
import { encodeJson, encodeText } from '../../src/channels/sockets/framing.ts'
import { writeScheduler } from '../../src/channels/sockets/write-scheduler.ts'
import { busyProcess } from '../support/busy.ts'
import { channelsApp, ERROR, person, WARNING } from '../support/channels.ts'
import { eventually } from '../support/eventually.ts'
import { gate, Notes, settled } from '../support/notes.ts'

const PATIENCE = 10_000

interface PeerOptions extends ClientOptions {
  readonly as?: string
}

/** A client on the other end of a real line. */
class Peer {
  readonly socket: WebSocket
  readonly received: string[] = []
  #closed: { code: number; reason: string } | undefined
  #wake = () => {}

  constructor(url: string, { as = 'ada', headers, ...options }: PeerOptions = {}) {
    this.socket = new WebSocket(url, { ...options, headers: { 'x-user': as, ...headers } })
    this.socket.on('message', (content) => {
      this.received.push(content.toString())
      this.#wake()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', (code, reason) => {
      this.#closed = { code, reason: reason.toString() }
      this.#wake()
    })
  }

  /** The status of the answer to the upgrade: 101 when the socket is open. */
  async status(): Promise<number> {
    return new Promise((resolve) => {
      this.socket.on('open', () => resolve(101))
      this.socket.on('unexpected-response', (_request, response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
    })
  }

  async opened(): Promise<this> {
    const status = await this.status()
    if (status !== 101) throw new Error(`the upgrade was answered with ${status}`)
    return this
  }

  /** The next frame, as it was sent. */
  async next(): Promise<string> {
    for (;;) {
      const frame = this.received.shift()
      if (frame !== undefined) return frame
      if (this.#closed) throw new Error(`closed with ${this.#closed.code} ${this.#closed.reason}`)
      await this.#change()
    }
  }

  async closed(): Promise<{ code: number; reason: string }> {
    while (!this.#closed) await this.#change()
    return this.#closed
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing came, and the line is open')), PATIENCE)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

class Echo extends Consumer {
  override receive(text: string) {
    this.send(text)
  }
}

async function echoServer(
  t: Test,
  options: Parameters<typeof channelsApp>[2] = {},
  fastify: Parameters<typeof channelsApp>[3] = {},
) {
  const server = await channelsApp(t, { '/ws/echo': Echo }, options, fastify)
  const address = await server.listen()
  return { ...server, address, url: `${address}/ws/echo` }
}

/** Whether this line still works. */
async function answers(peer: Peer): Promise<boolean> {
  peer.socket.send('are you there?')
  return (await peer.next()) === 'are you there?'
}

t.test('a page of the own host may open sockets, as may a client that is no browser', async (t) => {
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

t.test('a page of the own host that came another way than the socket may open none', async (t) => {
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

t.test('a refused handshake is logged with what came and what would be taken, and counted', async (t) => {
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
    path: [url.replace('echo', `none/${token}`), valid, 404, { path: '/ws/none/…', accepted: ['/ws/echo'] }],
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
})

t.test('a handshake full of what looks like secrets costs no time to log', async (t) => {
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

t.test('refused handshakes are counted one by one, and logged a few at a time', async (t) => {
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

t.test('an upgrade keeps to RFC 6455, or is refused', async (t) => {
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

t.test('no subprotocol is agreed to, whatever is offered', async (t) => {
  const { url } = await echoServer(t)
  const headers = { 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }
  const answer = await answerTo(url, '1.1', { ...headers, 'Sec-WebSocket-Protocol': 'graphql-ws, chat' })
  t.match(answer, /^HTTP\/1.1 101 /)
  t.notMatch(answer, /sec-websocket-protocol/i)
})

t.test('where origins are named, they alone may open sockets', async (t) => {
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

t.test('where there is no socket the upgrade gets 404, and a page there is not run', async (t) => {
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
})

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

t.test('an upgrade that nothing takes or refuses is cut', async (t) => {
  const { address } = await echoServer(t, { limits: { upgradeTimeout: 50 } })
  await once(await undecidedUpgrade(address), 'close')
})

t.test('a stop waits for no upgrade that nothing takes or refuses', async (t) => {
  const { app, address } = await echoServer(t, { limits: { upgradeTimeout: 600_000 } })
  const peer = await undecidedUpgrade(address)
  await Promise.all([once(peer, 'close'), app.close()])
})

t.test('a socket that was taken is not cut for being silent after it', async (t) => {
  const { url } = await echoServer(t, { limits: { upgradeTimeout: 50, pingInterval: 500 } })
  const peer = await new Peer(url).opened()
  await once(peer.socket, 'ping')
  t.ok(await answers(peer))
})

t.test('a path serves its sockets with and without a trailing slash', async (t) => {
  const { url } = await echoServer(t)
  for (const path of [url, `${url}/`, `${url}/?since=1`]) t.ok(await answers(await new Peer(path).opened()))
})

t.test('a frame of 64 KiB is taken, and one byte more closes with 1009', async (t) => {
  const { url } = await echoServer(t)
  const neighbour = await new Peer(url).opened()
  const peer = await new Peer(url).opened()
  const largest = 'é'.repeat(MAXIMUM_FRAME / 2)

  peer.socket.send(largest)
  t.equal(await peer.next(), largest)
  peer.socket.send(`${largest}!`)

  t.equal((await peer.closed()).code, 1009)
  t.ok(await answers(neighbour))
})

t.test('a frame in pieces is measured as a whole', async (t) => {
  const { url } = await echoServer(t)
  const peer = await new Peer(url).opened()
  peer.socket.send('in ', { fin: false })
  peer.socket.send('pieces', { fin: true })
  t.equal(await peer.next(), 'in pieces')

  peer.socket.send('x'.repeat(MAXIMUM_FRAME), { fin: false })
  peer.socket.send('x', { fin: true })

  t.equal((await peer.closed()).code, 1009)
})

t.test('a binary frame closes with 1003', async (t) => {
  const { url } = await echoServer(t)
  const peer = await new Peer(url).opened()
  peer.socket.send(Buffer.from('"text"'), { binary: true })
  t.equal((await peer.closed()).code, CloseCode.unsupportedData)
})

t.test('a text frame that is no UTF-8 closes with 1007, and nobody else notices', async (t) => {
  const { url } = await echoServer(t)
  const neighbour = await new Peer(url).opened()
  const peer = await new Peer(url).opened()
  peer.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false })
  t.equal((await peer.closed()).code, 1007)
  t.ok(await answers(neighbour))
})

t.test('a budget is so many a second for each, and three seconds of them at once', async (t) => {
  const budget = new Budget({ perSecond: 10, atOnce: 30 })
  const takes = (who: string, now: number) => Array.from({ length: 31 }, () => budget.take(who, now))
  t.same(takes('ada', 1_000), [...Array.from({ length: 30 }, () => 0), 100])
  t.equal(budget.take('ada', 1_101), 0)
  t.not(budget.take('ada', 1_101), 0)
  t.equal(budget.take('bob', 1_101), 0, 'somebody else has their own')
  t.same(takes('ada', 60_000), [...Array.from({ length: 30 }, () => 0), 100], 'no more is saved up')
})

t.test('a budget of 0 a second has no end, and remembers nobody', async (t) => {
  const budget = new Budget({ perSecond: 0, atOnce: 0 })
  for (let count = 0; count < 1_000; count += 1) t.equal(budget.take('ada', 0), 0)
  t.equal(budget.size, 0)
})

t.test('a budget remembers those alone whose bucket is not full', async (t) => {
  const budget = new Budget({ perSecond: 10, atOnce: 30 })
  for (let person = 0; person < 1_000; person += 1) budget.take(person, 0)
  budget.settle(50)
  t.equal(budget.size, 1_000)
  budget.settle(100)
  t.equal(budget.size, 0)
})

t.test('what one process lets through is taken out of the budget in the others', async (t) => {
  const layer = new MemoryLayer(pino({ level: 'silent' }))
  const size = { perSecond: 0.001, atOnce: 30 }
  const [here, there, later] = [1, 2, 3].map(() => new Budgets(layer, pino({ level: 'silent' })))
  if (!here || !there || !later) return
  t.teardown(() => Promise.all([here.close(), there.close(), later.close()]))
  const [mine, theirs] = [here.add('sending', size), there.add('sending', size)]
  later.add('another', size)
  const now = () => performance.now()
  for (let count = 0; count < 20; count += 1) t.equal(mine.take('ada', now()), 0)
  mine.take('bob', now())
  here.settle(now())
  await settled()

  for (let count = 0; count < 10; count += 1) t.equal(theirs.take('ada', now()), 0)
  t.not(theirs.take('ada', now()), 0, 'all of it is spent')
  t.equal(theirs.size, 1, 'one of thirty is not worth a word')
  here.settle(now())
  there.settle(now())
  await settled()
  t.not(mine.take('ada', now()), 0, 'and that is known where it began')
})

t.test(
  'a spender whom other processes let through too much waits for so long, and not for ever',
  async (t) => {
    const budget = new Budget({ perSecond: 10, atOnce: 30 })
    budget.deduct('ada', 60, 0)
    t.equal(budget.take('ada', 0), 3_100)
    budget.deduct('ada', 1e9, 0)
    t.equal(budget.take('ada', 0), 9_100)
  },
)

t.test('frames beyond the rate are refused with when to try again, and the hundredth ends it', async (t) => {
  const { url, metric } = await echoServer(t, { limits: { framesPerSecond: 1 } })
  const neighbour = await new Peer(url, { as: 'bob' }).opened()
  const peer = await new Peer(url).opened()
  for (let id = 0; id < 200; id += 1) peer.socket.send(JSON.stringify({ id: String(id) }))

  t.same(await peer.closed(), { code: CloseCode.rateLimited, reason: 'too many frames' })
  const frames = peer.received.map((frame) => JSON.parse(frame))
  t.same(frames.slice(0, 3), [{ id: '0' }, { id: '1' }, { id: '2' }])
  const refused = frames.filter((frame) => frame.type === 'error')
  t.equal(refused.length, 100)
  t.match(refused[0], { code: 'rate_limited', error: String, id: '3' })
  const { retry_after: wait } = refused[0]
  t.ok(Number.isInteger(wait) && wait > 0 && wait <= 1_000)
  t.equal(await metric('partyline_errors_total', { consumer: 'echo', code: 'rate_limited' }), 100)
  t.equal(await metric('partyline_evictions_total', { reason: 'rate' }), 1)
  t.ok(await answers(neighbour))
})

const kinds: Record<string, (socket: WebSocket) => void> = {
  pings: (socket) => socket.ping(),
  'pongs that nobody asked for': (socket) => socket.pong(),
  'empty messages': (socket) => socket.send(''),
  'pieces of messages': (socket) => socket.send('', { fin: false }),
}
for (const [kind, send] of Object.entries(kinds)) {
  t.test(`${kind} are frames like all others, and too many of them end it`, async (t) => {
    const { url, metric } = await echoServer(t, { limits: { framesPerSecond: 1 } })
    const peer = await new Peer(url).opened()
    let answered = 0
    peer.socket.on('pong', () => {
      answered += 1
    })
    for (let count = 0; count < 200; count += 1) send(peer.socket)

    t.same(await peer.closed(), { code: CloseCode.rateLimited, reason: 'too many frames' })
    t.equal(await metric('partyline_errors_total', { consumer: 'echo', code: 'rate_limited' }), 100)
    t.ok(answered <= 3, 'and a ping that is refused is not answered')
  })
}

t.test('a ping within the rate is answered, and so is one without a rate', async (t) => {
  for (const framesPerSecond of [10, 0]) {
    const { url } = await echoServer(t, { limits: { framesPerSecond } })
    const peer = await new Peer(url).opened()
    peer.socket.ping('here')
    const [content] = await once(peer.socket, 'pong')
    t.equal(String(content), 'here')
  }
})

t.test('a pong that answers a ping counts for nothing', async (t) => {
  const { url } = await echoServer(t, { limits: { framesPerSecond: 1, pingInterval: 10 } })
  const peer = await new Peer(url).opened()
  for (let count = 0; count < 10; count += 1) await once(peer.socket, 'ping')
  for (const frame of ['1', '2', '3']) {
    peer.socket.send(frame)
    t.equal(await peer.next(), frame)
  }
})

/** A client that writes bytes of its own making. */
async function rawPeer(t: Test, url: string, user?: string): Promise<Socket> {
  const { port, pathname } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      (user === undefined ? '' : `X-User: ${user}\r\n`) +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await once(socket, 'data')
  return socket
}

/** A masked frame without content. */
const emptyFrame = (first: number) => Buffer.from([first, 0x80, 1, 2, 3, 4])

t.test(
  'of ten thousand frames in one piece no more are looked at than it takes to refuse them',
  async (t) => {
    const { url, metric } = await echoServer(t, { limits: { framesPerSecond: 1 } })
    const socket = await rawPeer(t, url, 'ada')
    socket.write(Buffer.concat(Array.from({ length: 10_000 }, () => emptyFrame(0x81))))
    socket.resume()
    await once(socket, 'end')
    t.equal(await metric('partyline_messages_received_total', { consumer: 'echo' }), 103)
  },
)

t.test('whoever is not let in is not listened to either', async (t) => {
  const { url, metric } = await echoServer(t)
  const socket = await rawPeer(t, url)
  socket.write(Buffer.concat(Array.from({ length: 10_000 }, () => emptyFrame(0x89))))
  socket.resume()
  const started = performance.now()
  await once(socket, 'end')
  t.ok(performance.now() - started < 1_500, 'long before the close has to be answered')
  t.equal(await metric('partyline_messages_received_total', { consumer: 'echo' }), 0)
})

t.test('refused frames are answered to so many for a person, over all their sockets', async (t) => {
  const { url, metric } = await echoServer(t, { limits: { framesPerSecond: 1 } })
  const peers = await Promise.all(Array.from({ length: 20 }, () => new Peer(url).opened()))
  const neighbour = await new Peer(url, { as: 'bob' }).opened()
  for (const { socket } of peers) for (let count = 0; count < 50; count += 1) socket.send('{}')
  // Those whose frames came while there were answers left sent none after that, and stay.
  const isClosed = ({ socket }: Peer) => socket.readyState === WebSocket.CLOSED
  await eventually('most are closed', () => peers.filter(isClosed).length >= 12)
  const refused = await metric('partyline_errors_total', { consumer: 'echo', code: 'rate_limited' })
  t.ok(refused >= 300 && refused < 400, `${refused} of 1,000`)
  t.ok(await answers(neighbour))
})

t.test('frames are told apart wherever the stream is cut', async (t) => {
  const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]
  const frames = lengths.flatMap((length) => [true, false].map((masked) => headed(length, masked)))
  const stream = Buffer.concat(frames)
  const ends = frames.map((_, index) => Buffer.concat(frames.slice(0, index + 1)).length)
  for (const size of [1, 2, 3, 5, 1_000, 65_536, stream.length]) {
    const splitter = new FrameSplitter()
    const found: number[] = []
    for (let from = 0; from < stream.length; from += size) {
      const chunk = stream.subarray(from, from + size)
      for (let start = 0; start < chunk.length; ) {
        start = splitter.endOf(chunk, start)
        if (splitter.atStart) found.push(from + start)
      }
    }
    t.same(found, ends, `cut every ${size} bytes`)
  }
})

/** A frame of so many bytes, all of them what begins a frame. */
function headed(length: number, masked: boolean): Buffer {
  const mask = masked ? 0x80 : 0
  const extended = Buffer.alloc(8)
  extended.writeBigUInt64BE(BigInt(length))
  const head =
    length < 126
      ? [0x81, mask | length]
      : length < 65_536
        ? [0x81, mask | 126, ...extended.subarray(6)]
        : [0x81, mask | 127, ...extended]
  return Buffer.concat([Buffer.from(head), Buffer.alloc((masked ? 4 : 0) + length, 0x81)])
}

t.test('a frame beyond the rate that is no JSON is refused too, without an id', async (t) => {
  const { url } = await echoServer(t, { limits: { framesPerSecond: 1 } })
  const peer = await new Peer(url).opened()
  for (let frame = 0; frame < 4; frame += 1) peer.socket.send('{')
  for (let frame = 0; frame < 3; frame += 1) t.equal(await peer.next(), '{')
  const refusal = JSON.parse(await peer.next())
  t.match(refusal, { code: 'rate_limited', id: undefined })
})

t.test('with a rate of 0 there is no limit', async (t) => {
  const { url } = await echoServer(t, { limits: { framesPerSecond: 0 } })
  const peer = await new Peer(url).opened()
  for (let frame = 0; frame < 2_000; frame += 1) peer.socket.send(String(frame))
  for (let frame = 0; frame < 2_000; frame += 1) {
    if ((await peer.next()) !== String(frame)) return t.fail(`${frame} is missing`)
  }
})

t.test(
  'who says nothing for the idle time is closed with 4009, however alive; who speaks is not',
  async (t) => {
    const limits = { framesPerSecond: 0, idleTimeout: 1_000, pingInterval: 50 }
    const { url, metric } = await echoServer(t, { limits })
    const speaker = await new Peer(url).opened()
    speaker.socket.on('message', () => speaker.socket.send('and on'))
    speaker.socket.send('and on')
    const idle = await new Peer(url).opened()

    t.equal((await idle.closed()).code, CloseCode.idle)
    t.equal(speaker.socket.readyState, WebSocket.OPEN)
    t.equal(await metric('partyline_evictions_total', { reason: 'idle' }), 1)
  },
)

t.test('peers are pinged, and one that stays silent is dropped', async (t) => {
  const limits = { pingInterval: 50, silenceTimeout: 1_000 }
  const { url, metric } = await echoServer(t, { limits })
  const alive = await new Peer(url).opened()
  const silent = await new Peer(url, { autoPong: false }).opened()
  await once(silent.socket, 'ping')

  t.equal((await silent.closed()).code, 1006)
  t.equal(await metric('partyline_evictions_total', { reason: 'silent' }), 1)
  t.ok(await answers(alive))
})

t.test('a clock that is set forward or back drops nobody and refuses nothing', async (t) => {
  const { url } = await echoServer(t, { limits: { pingInterval: 10, idleTimeout: 60_000 } })
  const peer = await new Peer(url).opened()
  t.teardown(() => mock.timers.reset())
  for (const change of [24 * 3_600_000, -24 * 3_600_000]) {
    mock.timers.enable({ apis: ['Date'], now: Date.now() + change })
    await once(peer.socket, 'ping')
    await once(peer.socket, 'ping')
    t.ok(await answers(peer))
    mock.timers.reset()
  }
})

t.test('one person may hold so many sockets, and one more is closed with 1013', async (t) => {
  const { url, metric } = await echoServer(t, { connectionsPerUser: 2 })
  const first = await new Peer(url).opened()
  const second = await new Peer(url).opened()
  t.equal((await (await new Peer(url).opened()).closed()).code, CloseCode.overloaded)
  t.ok(await answers(await new Peer(url, { as: 'bob' }).opened()), 'others may')
  t.ok(await answers(second))
  t.equal(await metric('partyline_evictions_total', { reason: 'connections' }), 1)

  first.socket.close()
  await first.closed()
  await settled()

  t.ok(await answers(await new Peer(url).opened()), 'a place is free again')
})

t.test('one address may hold so many sockets, signed in or not', async (t) => {
  class Open extends Echo {
    static override readonly anonymous = true
  }
  const { listen } = await channelsApp(
    t,
    { '/ws/open': Open },
    { connectionsPerAddress: 2, identify: () => null },
  )
  const url = `${await listen()}/ws/open`
  await new Peer(url).opened()
  await new Peer(url).opened()
  t.equal((await (await new Peer(url).opened()).closed()).code, CloseCode.overloaded)
})

t.test('the sockets of a session are closed with 4001 when it ends, and no others', async (t) => {
  const { app, url } = await echoServer(t)
  const [one, two] = [await new Peer(url).opened(), await new Peer(url).opened()]
  const other = await new Peer(url, { as: 'bob' }).opened()
  const { id } = person('ada').session
  t.same(app.sockets.sessions().sort(), [id, person('bob').session.id].sort())

  app.sockets.endSession(id)

  t.equal((await one.closed()).code, CloseCode.signedOut)
  t.equal((await two.closed()).code, CloseCode.signedOut)
  t.ok(await answers(other))
  t.same(app.sockets.sessions(), [person('bob').session.id])
})

const BIG = { type: 'big', text: 'x'.repeat(60_000) }

/** Its peers are told things by events of the group `all`. */
class Crowd extends JsonConsumer {
  static notes = new Notes()

  override async connect() {
    await this.groupAdd('all')
    this.sendJson({ type: 'welcome' })
  }

  'test.tell'(event: ChannelEvent) {
    this.sendJson(event)
  }

  'test.big'() {
    this.sendJson(BIG)
  }

  'test.fill'() {
    if (this.identity.user.name === 'bob') return
    Crowd.notes.add(this.connection.congested ? 'congested' : 'filled')
    if (!this.connection.congested) this.sendJson(BIG)
  }

  'test.lossy'() {
    this.sendLossy({ type: 'lossy' })
  }

  override disconnect(code: number) {
    Crowd.notes.add(`${this.identity.user.name} ends with ${code}`)
  }
}

t.test('who does not read is closed with 4008 or cut, while a neighbour gets everything', async (t) => {
  Crowd.notes = new Notes()
  const { app, listen, metric } = await channelsApp(
    t,
    { '/ws/crowd': Crowd },
    { limits: { lossyBuffer: 64 * 1024, fullBuffer: 128 * 1024 } },
  )
  const url = `${await listen()}/ws/crowd`
  const slow = await new Peer(url, { as: 'ada' }).opened()
  const neighbour = await new Peer(url, { as: 'bob' }).opened()
  await slow.next()
  await neighbour.next()
  slow.socket.pause()

  let told = 0
  while ((await metric('partyline_evictions_total', { reason: 'slow' })) === 0) {
    await app.channelLayer.groupSend('all', { type: 'test.big' })
    told += 1
    t.equal(await neighbour.next(), JSON.stringify(BIG))
  }

  await Crowd.notes.has(`ada ends with ${CloseCode.tooSlow}`)
  slow.socket.resume()
  t.match((await slow.closed()).code, /^(4008|1006)$/)
  await app.channelLayer.groupSend('all', { type: 'test.tell', text: 'the end' })
  t.match(JSON.parse(await neighbour.next()), { text: 'the end' })
  t.ok(slow.received.length <= told)
  t.equal(await metric('partyline_evictions_total', { reason: 'slow' }), 1)
})

t.test(
  'who takes nothing of what waits for so long is closed with 4008 or cut, however little it is',
  async (t) => {
    Crowd.notes = new Notes()
    const { app, listen, metric } = await channelsApp(
      t,
      { '/ws/crowd': Crowd },
      { limits: { writeTimeout: 1_000, pingInterval: 100, silenceTimeout: 60_000 } },
    )
    const url = `${await listen()}/ws/crowd`
    const peers = {
      slow: await new Peer(url, { as: 'ada' }).opened(),
      reader: await new Peer(url, { as: 'bob' }).opened(),
    }
    for (const peer of Object.values(peers)) await peer.next()
    peers.slow.socket.pause()
    while (!Crowd.notes.list.includes('congested')) {
      await app.channelLayer.groupSend('all', { type: 'test.fill' })
      await settled()
    }
    await Crowd.notes.has(`ada ends with ${CloseCode.tooSlow}`)
    t.equal(await metric('partyline_evictions_total', { reason: 'slow' }), 1)
    t.equal(peers.reader.socket.readyState, WebSocket.OPEN)
  },
)

t.test(
  'no more waits for all sockets of a person than for some, and the fullest is closed first',
  async (t) => {
    Crowd.notes = new Notes()
    const { app, listen, metric } = await channelsApp(
      t,
      { '/ws/crowd': Crowd },
      { limits: { personBuffer: 1.5 * 1024 * 1024 } },
    )
    const url = `${await listen()}/ws/crowd`
    const slow = await Promise.all(['ada', 'ada', 'cleo'].map((as) => new Peer(url, { as }).opened()))
    for (const peer of slow) {
      await peer.next()
      peer.socket.pause()
    }
    while (!Crowd.notes.list.includes(`ada ends with ${CloseCode.tooSlow}`)) {
      await app.channelLayer.groupSend('all', { type: 'test.fill' })
      await settled()
    }
    t.equal(await metric('partyline_evictions_total', { reason: 'slow' }), 1)
  },
)

t.test('what may be lost is left out for who reads slowly, and only that', async (t) => {
  Crowd.notes = new Notes()
  const { app, listen } = await channelsApp(t, { '/ws/crowd': Crowd }, { limits: { lossyBuffer: 1 } })
  const url = `${await listen()}/ws/crowd`
  const slow = await new Peer(url, { as: 'ada' }).opened()
  const neighbour = await new Peer(url, { as: 'bob' }).opened()
  await slow.next()
  await neighbour.next()
  slow.socket.pause()
  while (!Crowd.notes.list.includes('congested')) {
    await app.channelLayer.groupSend('all', { type: 'test.fill' })
    await settled()
  }

  await app.channelLayer.groupSend('all', { type: 'test.lossy' })
  await app.channelLayer.groupSend('all', { type: 'test.tell', text: 'kept' })
  slow.socket.resume()

  t.same(JSON.parse(await neighbour.next()), { type: 'lossy' })
  t.match(JSON.parse(await neighbour.next()), { text: 'kept' })
  const filled = Crowd.notes.list.filter((note) => note === 'filled').length
  for (let frame = 0; frame < filled; frame += 1)
    t.equal((await slow.next()).length, JSON.stringify(BIG).length)
  t.match(JSON.parse(await slow.next()), { text: 'kept' })
})

/** All sockets of one path as one audience; a frame `direct` is answered, anything else is told to all. */
function choir() {
  const audience = new FanOut(writeScheduler)
  class Choir extends Consumer {
    override connect() {
      audience.add(this.connection)
      this.send('"in"')
    }
    override receive(text: string) {
      for (const [index, word] of text.split(' ').entries()) {
        if (word === 'direct') this.send(JSON.stringify(`direct ${index}`))
        else audience.send(encodeText(JSON.stringify(`all ${index}`)))
      }
      this.connection.sendPromptly()
    }
  }
  return { audience, Choir }
}

/** A method that reports its calls. */
function counted(method: (...parameters: never[]) => unknown, called: () => void) {
  return function (this: unknown, ...parameters: unknown[]) {
    called()
    return Reflect.apply(method, this, parameters)
  }
}

t.test('what one socket is sent in one turn is one write', async (t) => {
  const { Choir } = choir()
  const { app, listen, metric } = await channelsApp(t, { '/ws/choir': Choir })
  const writes: number[] = []
  app.server.on('upgrade', (_request, stream) => {
    const index = writes.push(0) - 1
    const write = counted(stream.write, () => {
      writes[index] = (writes[index] ?? 0) + 1
    })
    Object.defineProperty(stream, 'write', { value: write })
  })
  const url = `${await listen()}/ws/choir`
  const one = await new Peer(url).opened()
  await one.next()
  const other = await new Peer(url).opened()
  await other.next()
  const before = [...writes]

  one.socket.send('all all all all all')
  for (let frame = 0; frame < 5; frame += 1) t.equal(await other.next(), `"all ${frame}"`)
  for (let frame = 0; frame < 5; frame += 1) await one.next()
  t.same(
    writes.map((count, index) => count - (before[index] ?? 0)),
    [1, 1],
  )

  one.socket.send('direct direct direct')
  for (let frame = 0; frame < 3; frame += 1) await one.next()
  t.same(
    writes.map((count, index) => count - (before[index] ?? 0)),
    [2, 1],
  )
  t.equal(await metric('partyline_messages_sent_total', { consumer: 'choir' }), 15)
})

/** Two of a choir, who have just heard something, in a busy process. */
async function busyChoir(t: Test) {
  const { audience, Choir } = choir()
  const { app, listen } = await channelsApp(t, { '/ws/choir': Choir })
  const url = `${await listen()}/ws/choir`
  const one = await new Peer(url).opened()
  const other = await new Peer(url).opened()
  t.same([await one.next(), await other.next()], ['"in"', '"in"'])
  const pass = busyProcess(t)
  one.socket.send('all')
  t.same([await one.next(), await other.next()], ['"all 0"', '"all 0"'])
  return { app, audience, one, other, pass }
}

t.test('in a busy process only those who listen wait', async (t) => {
  const { audience, one, other, pass } = await busyChoir(t)
  for (let saying = 0; saying < 3; saying += 1) {
    one.socket.send('all')
    t.equal(await one.next(), '"all 0"')
  }
  t.same([audience.waiting, other.received], [3, []])
  pass(32)
  for (let saying = 0; saying < 3; saying += 1) t.equal(await other.next(), '"all 0"')
  t.same(one.received, [])
})

t.test('a direct answer in a busy process does not overtake what waits', async (t) => {
  const { one, other } = await busyChoir(t)
  one.socket.send('all')
  t.equal(await one.next(), '"all 0"')
  other.socket.send('direct')
  t.same([await other.next(), await other.next()], ['"all 0"', '"direct 0"'])
})

t.test('what waits in a busy process goes out before a close', async (t) => {
  const { app, one, other } = await busyChoir(t)
  one.socket.send('all')
  t.equal(await one.next(), '"all 0"')
  await app.close()
  t.equal(await other.next(), '"all 0"')
  t.match(await other.closed(), { code: CloseCode.restarting })
})

t.test('a direct answer does not overtake what was told to all before it, nor the other way', async (t) => {
  const { Choir } = choir()
  const { listen } = await channelsApp(t, { '/ws/choir': Choir })
  const url = `${await listen()}/ws/choir`
  const other = await new Peer(url).opened()
  const one = await new Peer(url).opened()
  t.equal(await other.next(), '"in"')
  t.equal(await one.next(), '"in"')

  one.socket.send('direct all direct all all direct')

  for (const frame of ['direct 0', 'all 1', 'direct 2', 'all 3', 'all 4', 'direct 5']) {
    t.equal(await one.next(), JSON.stringify(frame))
  }
  for (const frame of ['all 1', 'all 3', 'all 4']) t.equal(await other.next(), JSON.stringify(frame))
})

t.test('who leaves an audience leaves nothing behind in it', async (t) => {
  const { audience, Choir } = choir()
  const { listen } = await channelsApp(t, { '/ws/choir': Choir })
  const url = `${await listen()}/ws/choir`
  const one = await new Peer(url).opened()
  const other = await new Peer(url).opened()
  await one.next()
  await other.next()
  t.equal(audience.size, 2)

  one.socket.terminate()
  await one.closed()
  while (audience.size > 1) await settled()
  other.socket.send('all')

  t.equal(await other.next(), '"all 0"')
})

t.test('frames of every length are framed as RFC 6455 has it', async (t) => {
  const texts = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000].map((length) => 'x'.repeat(length))
  class Long extends Consumer {
    override connect() {
      for (const text of [...texts, 'é😀\u2028']) this.send(text)
    }
  }
  const { listen } = await channelsApp(t, { '/ws/long': Long })
  const peer = await new Peer(`${await listen()}/ws/long`).opened()
  for (const text of [...texts, 'é😀\u2028']) t.equal(await peer.next(), text)
})

t.test('an object is encoded once, however many it is sent to', async (t) => {
  let encoded = 0
  const object = {
    toJSON: () => {
      encoded += 1
      return {}
    },
  }
  t.equal(encodeJson(object), encodeJson(object))
  t.equal(encoded, 1)
})

t.test(
  'a stopping server tells each socket when to return, and ends after the last disconnect',
  async (t) => {
    const { opened, open } = gate()
    const notes = new Notes()
    class Leaving extends Echo {
      override async disconnect(code: number) {
        notes.add(`disconnect ${code}`)
        await opened
        notes.add('disconnected')
      }
    }
    const { app, listen } = await channelsApp(t, { '/ws/leaving': Leaving })
    app.addHook('onClose', async () => notes.add('closed'))
    const url = `${await listen()}/ws/leaving`
    const early = await new Peer(url).opened()
    const peers = [await new Peer(url).opened(), await new Peer(url).opened()]
    early.socket.close()
    await notes.has('disconnect 1005')

    const closing = app.close()
    for (const peer of peers) {
      const { code, reason } = await peer.closed()
      t.equal(code, CloseCode.restarting)
      t.match(reason, /^\d+$/)
    }
    await notes.has('disconnect 1012', 2)
    // Longer than the server waits for a peer to answer its close.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    t.notOk(notes.list.includes('closed'))
    open()
    await closing

    t.same(notes.list, [
      'disconnect 1005',
      'disconnect 1012',
      'disconnect 1012',
      'disconnected',
      'disconnected',
      'disconnected',
      'closed',
    ])
  },
)

t.test('a frame that is being handled when the server stops is handled to its end', async (t) => {
  const { opened, open } = gate()
  const notes = new Notes()
  class Storing extends Consumer {
    override async receive() {
      notes.add('storing')
      await opened
      notes.add('stored')
    }
    override disconnect() {
      notes.add('disconnect')
    }
  }
  const { app, listen } = await channelsApp(t, { '/ws/storing': Storing })
  app.addHook('onClose', async () => notes.add('closed'))
  const peer = await new Peer(`${await listen()}/ws/storing`).opened()
  peer.socket.send('a frame')
  await notes.has('storing')

  const closing = app.close()
  await peer.closed()
  open()
  await closing

  t.same(notes.list, ['storing', 'stored', 'disconnect', 'closed'])
})

t.test('a handler that never ends does not hold up a stop for ever, nor does half a request', async (t) => {
  const notes = new Notes()
  class Stuck extends Consumer {
    override async receive() {
      notes.add('stuck')
      await new Promise(() => {})
    }
  }
  const { app, listen, logged } = await channelsApp(t, { '/ws/stuck': Stuck }, { stopWithin: 100 })
  app.addHook('onRequest', async ({ ws }) => void (ws || notes.add('half a request')))
  const url = await listen()
  const peer = await new Peer(`${url}/ws/stuck`).opened()
  peer.socket.send('a frame')
  await notes.has('stuck')
  const half = connect(Number(new URL(url).port), '127.0.0.1')
  half.on('error', () => {})
  half.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf')
  await notes.has('half a request')
  await app.close()

  t.equal((await peer.closed()).code, CloseCode.restarting)
  t.match(logged, [{ level: ERROR, msg: /still busy/ }])
})

t.test('a socket whose frames are held back is still closed without delay', async (t) => {
  const { opened, open } = gate()
  const notes = new Notes()
  class Busy extends Consumer {
    override async receive() {
      notes.add('busy')
      await opened
      this.close(CloseCode.forbidden)
    }
    override disconnect() {
      notes.add('disconnect')
    }
  }
  const { listen } = await channelsApp(t, { '/ws/busy': Busy }, { limits: { framesPerSecond: 0 } })
  const peer = await new Peer(`${await listen()}/ws/busy`).opened()
  for (let frame = 0; frame < 200; frame += 1) peer.socket.send('x'.repeat(1_000))
  await notes.has('busy')
  await settled()
  const before = performance.now()

  open()

  t.equal((await peer.closed()).code, CloseCode.forbidden)
  await notes.has('disconnect')
  t.ok(performance.now() - before < 1_500, 'the answer to the close was read')
})

t.test('connections, frames and how long they took are counted', async (t) => {
  const { url, metric } = await echoServer(t)
  const labels = { consumer: 'echo' }
  const peer = await new Peer(url).opened()
  const other = await new Peer(url).opened()
  t.ok(await answers(peer))
  t.ok(await answers(other))
  t.ok(await answers(peer))

  t.equal(await metric('partyline_connections', labels), 2)
  t.equal(await metric('partyline_messages_received_total', labels), 3)
  t.equal(await metric('partyline_messages_sent_total', labels), 3)
  t.equal(await metric('partyline_message_duration_seconds', labels), 3)
  other.socket.close()
  await other.closed()
  await settled()
  t.equal(await metric('partyline_connections', labels), 1)
})
