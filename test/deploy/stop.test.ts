import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { WebSocket } from 'ws'
import { enter } from '../support/chat.ts'
import { Fleet } from '../support/fleet.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'
import { launch, startProcess } from '../support/process.ts'
import { type RedisServer, startRedis, withRedis } from '../support/redis.ts'
import { temporaryFolder } from '../support/server.ts'
import type { Closed, Frame } from '../support/socket.ts'
import { history } from '../support/town.ts'
import { Visitor } from '../support/visitor.ts'

/** In two waves (docs/protocol.md: 1,000 at once). */
const SOCKETS = 1_200
/** The contract's. */
const SECONDS = 10

t.setTimeout(600_000)
// One of these tests waits for a timeout of the server. (tap writes into the options of tests that run together.)
t.jobs = 2

/** One of many clients, as small as possible. */
class Client {
  readonly messages: Frame[] = []
  readonly closed: Promise<Closed>
  readonly #welcomed: Promise<void>
  readonly #socket: WebSocket
  readonly #since: number
  /** Its own messages that are not stored yet, by id. */
  readonly #awaited = new Map<string, (frame: Frame) => void>()
  #wake = () => {}

  constructor(address: string, cookie: string, since = 0) {
    const url = `${address.replace('http', 'ws')}/ws/chat/lobby?since=${since}`
    this.#since = since
    this.#socket = new WebSocket(url, { headers: { cookie }, perMessageDeflate: false })
    this.#socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      this.#socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    this.#welcomed = new Promise((resolve) => {
      this.#socket.on('message', (content) => {
        const frame: Frame = JSON.parse(content.toString())
        if (frame.type === 'welcome') resolve()
        if (frame.type !== 'message') return
        this.messages.push(frame)
        this.#awaited.get(String(frame.id))?.(frame)
        this.#wake()
      })
    })
  }

  /** The `since` to reconnect with. */
  get rev(): number {
    return Number(this.messages.at(-1)?.rev ?? this.#since)
  }

  async welcome(): Promise<this> {
    await this.#welcomed
    return this
  }

  say(id: string): void {
    this.#socket.send(JSON.stringify({ message: `said as ${id}`, id }))
  }

  /** Posts one message after another until the socket is closed. @returns the acknowledged ones */
  async talk(id: string): Promise<Frame[]> {
    const acknowledged: Frame[] = []
    for (;;) {
      const next = `${id}-${acknowledged.length}`
      this.say(next)
      const own = await Promise.race([this.#own(next), this.closed])
      if (!('id' in own)) return acknowledged
      acknowledged.push(own)
    }
  }

  /** Resolves with its own message when that is stored. */
  #own(id: string): Promise<Frame> {
    return new Promise((resolve) => {
      this.#awaited.set(id, resolve)
    })
  }

  /** Resolves when it has received `count` messages. */
  async heard(count: number): Promise<void> {
    while (this.messages.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  close(): void {
    this.#socket.close()
  }
}

/** The sockets of one person, in the order in which they were opened. */
async function crowd(visitor: Visitor, size: number): Promise<Client[]> {
  const clients: Client[] = []
  while (clients.length < size) {
    const some = Array.from({ length: 100 }, () => new Client(visitor.address, visitor.cookie))
    clients.push(...(await Promise.all(some.map((client) => client.welcome()))))
  }
  return clients
}

t.test('stopping a server with thousands of sockets', async (t) => {
  const settings = {
    DATA_DIR: temporaryFolder(t),
    CONNECTIONS_PER_USER: '0',
    CONNECTIONS_PER_ADDRESS: '0',
    RATE_LIMIT: '0',
  }
  const server = await startProcess(t, settings)
  const ada = new Visitor(server.address)
  await ada.signUp('ada')
  const clients = await crowd(ada, SOCKETS)
  const [early] = clients
  const late = clients.slice(-25)

  const start = performance.now()
  const ended = server.stop()
  const next = launch(t, settings)
  // Each posts the next message when the last was acknowledged, so that the server always has something to read.
  const acknowledged = Promise.all(late.map((client, index) => client.talk(`late-${index}`)))
  const { code, signal } = await ended
  const seconds = (performance.now() - start) / 1000
  const closes = await Promise.all(clients.map(({ closed }) => closed))

  t.test('it exits in time without an error', (t) => {
    t.strictSame({ code, signal }, { code: 0, signal: null })
    t.ok(seconds < SECONDS, `${seconds} s`)
    t.end()
  })

  t.test('it tells all clients when to reconnect, spread over some time', (t) => {
    t.strictSame([...new Set(closes.map(({ code }) => code))], [1012])
    const hints = closes.map(({ reason }) => Number(reason))
    t.ok(hints.every((hint) => Number.isInteger(hint) && hint >= 500 && hint <= 500 + SOCKETS))
    for (let from = 500; from < 500 + SOCKETS; from += SOCKETS / 5) {
      const then = hints.filter((hint) => hint >= from && hint < from + SOCKETS / 5).length
      t.ok(then > SOCKETS / 10 && then < SOCKETS / 3, `${then} come back in the half second after ${from} ms`)
    }
    t.end()
  })

  t.test(
    'it serves the others until their turn, and the next server has everything acknowledged',
    async (t) => {
      const address = await next.address()
      const stored = await history(address, ada, 'lobby')
      const said = (await acknowledged).flat()
      const after = said.filter(({ rev }) => Number(rev) > (early?.rev ?? 0))
      t.ok(after.length > 0, `${after.length} of ${said.length} were acknowledged after the first had gone`)
      const ids = new Set(stored.map(({ id }) => id))
      t.strictSame(
        said.filter(({ id }) => !ids.has(id)),
        [],
      )

      for (const client of clients.filter((_, index) => index % 50 === 0)) {
        const again = new Client(address, ada.cookie, client.rev)
        await again.heard(stored.length - client.messages.length)
        t.strictSame([...client.messages, ...again.messages], stored)
        again.close()
      }
    },
  )
})

t.test('an incomplete request does not hold up a stop', async (t) => {
  const server = await startProcess(t)
  const { hostname, port } = new URL(server.address)
  const half = connect(Number(port), hostname)
  half.on('error', () => {})
  half.write('POST /sign-in HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n')
  // The server asks for the rest, so it has the first half.
  await new Promise((resolve) => half.once('data', resolve))
  const start = performance.now()
  t.match(await server.stop(), { code: 0, signal: null })
  t.ok(performance.now() - start < SECONDS * 1000)
})

t.test('an upgrade that comes too late is refused, and does not hold up a stop', async (t) => {
  const server = await startProcess(t)
  const ada = new Visitor(server.address)
  await ada.signUp('ada')
  const { hostname, port } = new URL(server.address)
  const late = connect(Number(port), hostname)
  // Half of an upgrade, since a connection without any data is closed at once.
  late.write('GET /ws/chat/lobby HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n')
  const socket = await enter(ada, 'lobby')
  const start = performance.now()
  const stopped = server.stop()
  await socket.closed()
  late.write('sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
  const [answer] = await once(late, 'data')
  t.match(String(answer), /^HTTP\/1.1 503 /)
  t.match(await stopped, { code: 0, signal: null })
  t.ok(performance.now() - start < SECONDS * 1000)
})

t.test(
  'processes are replaced one after the other, and nobody misses a message',
  { ...withRedis },
  async (t) => {
    const redis = await startRedis(t)
    const fleet = await Fleet.open(t, 2, {
      DATA_DIR: temporaryFolder(t),
      REDIS_URL: redis.url,
      RATE_LIMIT: '0',
      CONNECTIONS_PER_USER: '0',
    })
    const [first = '', second = ''] = fleet.addresses
    const ada = new Visitor(first)
    await ada.signUp('ada')
    const atSecond = new Visitor(second)
    for (const [name, value] of ada.cookies) atSecond.cookies.set(name, value)

    let clients = await crowd(ada, 100)
    const logs: Frame[][] = clients.map(() => [])
    for (const [index, next] of [atSecond, ada].entries()) {
      const stopped = fleet.stop(index)
      const closes = await Promise.all(clients.map(({ closed }) => closed))
      t.ok(
        closes.every(({ code }) => code === 1012),
        'everyone is told',
      )
      for (let said = 1; said <= 10; said += 1) {
        const answer = await next.postJson('/api/rooms/lobby/messages', {
          message: `said at ${index}: ${said}`,
        })
        t.equal(answer.status, 201)
      }
      t.match(await stopped, { code: 0 })
      clients.forEach(({ messages }, client) => {
        logs[client]?.push(...messages)
      })
      clients = await Promise.all(
        clients.map(({ rev }) => new Client(next.address, ada.cookie, rev).welcome()),
      )
      await fleet.start(index)
    }

    const stored = await history(first, ada, 'lobby')
    t.equal(stored.length, 20)
    for (const [index, client] of clients.entries()) {
      const log = logs[index] ?? []
      await client.heard(stored.length - log.length)
      t.strictSame([...log, ...client.messages], stored)
      client.close()
    }
  },
)

for (const [what, lose] of [
  ['lost', (redis: RedisServer) => redis.kill()],
  ['hanging', async (redis: RedisServer) => redis.pause()],
] as const) {
  t.test(`a ${what} Redis does not hold up a stop`, { ...withRedis }, async (t) => {
    const redis = await startRedis(t)
    const server = await startProcess(t, { REDIS_URL: redis.url, LOG_LEVEL: 'silent' })
    const ada = new Visitor(server.address)
    await ada.signUp('ada')
    const socket = await enter(ada, 'lobby')
    await lose(redis)
    const start = performance.now()
    t.match(await server.stop(), { code: 0, signal: null })
    t.ok(performance.now() - start < SECONDS * 1000)
    t.equal((await socket.closed()).code, 1012)
  })
}

t.test('a hanging database does not hold up a stop', { ...withPostgres }, async (t) => {
  const postgres = await startPostgres(t)
  const server = await startProcess(t, { DATABASE_URL: await postgres.database(), LOG_LEVEL: 'silent' })
  const ada = new Visitor(server.address)
  await ada.signUp('ada')
  const socket = await enter(ada, 'lobby')
  postgres.pause()
  socket.send({ message: 'said into the void', id: 'void' })
  const start = performance.now()
  t.match(await server.stop(), { code: 0, signal: null })
  t.ok(performance.now() - start < SECONDS * 1000)
  t.equal((await socket.closed()).code, 1012)
  postgres.resume()
})
