import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import pino from 'pino'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { MemoryLayer } from '../../src/channels/layers/memory.ts'
import { Budget } from '../../src/channels/sockets/budget.ts'
import { Budgets } from '../../src/channels/sockets/budgets.ts'
import { CloseCode } from '../../src/channels/sockets/close-codes.ts'
import { eventually } from '../support/eventually.ts'
import { settled } from '../support/notes.ts'
import { answers, echoServer, Peer } from '../support/peer.ts'

t.test("a budget allows each key so many a second, and three seconds' worth at once", async (t) => {
  const budget = new Budget({ perSecond: 10, atOnce: 30 })
  const takes = (who: string, now: number) => Array.from({ length: 31 }, () => budget.take(who, now))
  t.same(takes('ada', 1_000), [...Array.from({ length: 30 }, () => 0), 100])
  t.equal(budget.take('ada', 1_101), 0)
  t.not(budget.take('ada', 1_101), 0)
  t.equal(budget.take('bob', 1_101), 0, 'somebody else has their own')
  t.same(takes('ada', 60_000), [...Array.from({ length: 30 }, () => 0), 100], 'no more is saved up')
})

t.test('a budget of 0 a second is unlimited, and remembers nobody', async (t) => {
  const budget = new Budget({ perSecond: 0, atOnce: 0 })
  for (let count = 0; count < 1_000; count += 1) t.equal(budget.take('ada', 0), 0)
  t.equal(budget.size, 0)
})

t.test('a budget remembers only keys whose bucket is not full', async (t) => {
  const budget = new Budget({ perSecond: 10, atOnce: 30 })
  for (let person = 0; person < 1_000; person += 1) budget.take(person, 0)
  budget.settle(50)
  t.equal(budget.size, 1_000)
  budget.settle(100)
  t.equal(budget.size, 0)
})

t.test('what one process lets through is taken from the budget in the others', async (t) => {
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
  'a key that overspent in other processes waits for as long as that takes to fill up, and not for ever',
  async (t) => {
    const budget = new Budget({ perSecond: 10, atOnce: 30 })
    budget.deduct('ada', 60, 0)
    t.equal(budget.take('ada', 0), 3_100)
    budget.deduct('ada', 1e9, 0)
    t.equal(budget.take('ada', 0), 9_100)
  },
)

t.test(
  'frames beyond the rate are refused with a time to try again, and the hundredth closes the socket',
  async (t) => {
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
  },
)

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

t.test('a pong that answers a ping does not count', async (t) => {
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

t.test('of ten thousand frames in one chunk, no more are read than it takes to refuse them', async (t) => {
  const { url, metric } = await echoServer(t, { limits: { framesPerSecond: 1 } })
  const socket = await rawPeer(t, url, 'ada')
  socket.write(Buffer.concat(Array.from({ length: 10_000 }, () => emptyFrame(0x81))))
  socket.resume()
  await once(socket, 'end')
  t.equal(await metric('partyline_messages_received_total', { consumer: 'echo' }), 103)
})

t.test('frames of a client that is not let in are not read', async (t) => {
  const { url, metric } = await echoServer(t)
  const socket = await rawPeer(t, url)
  socket.write(Buffer.concat(Array.from({ length: 10_000 }, () => emptyFrame(0x89))))
  socket.resume()
  const started = performance.now()
  await once(socket, 'end')
  t.ok(performance.now() - started < 1_500, 'long before the close has to be answered')
  t.equal(await metric('partyline_messages_received_total', { consumer: 'echo' }), 0)
})

t.test('a person gets only so many answers to refused frames, over all their sockets', async (t) => {
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

t.test('a frame beyond the rate that is not JSON is refused too, without an id', async (t) => {
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
  'a client that sends no frame for the idle time is closed with 4009, even if it answers pings',
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
