import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { Usage } from '../src/accounts/index.ts'
import { up as countUsage } from '../src/storage/migrations/006-usage.ts'
import { enter, messages, newRoom, roomRow } from './support/chat.ts'
import { stopClock } from './support/clock.ts'
import { eventually } from './support/eventually.ts'
import { at, startTwoProcesses } from './support/processes.ts'
import { withRedis } from './support/redis.ts'
import { startServer, type TestServer, temporaryFolder } from './support/server.ts'
import type { Frame, TestSocket } from './support/socket.ts'
import type { Answer, Visitor } from './support/visitor.ts'

const LOBBY = '/ws/chat/lobby'
const CROWDED = { code: 1013, reason: 'too many sockets' }
const MEBIBYTE = 1024 * 1024

/** The headers with which a proxy says where a request comes from. */
function from(address: string): Record<string, string> {
  return { 'x-forwarded-for': address }
}

t.test('sockets of an address', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback', CONNECTIONS_PER_ADDRESS: '2' })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const here = from('192.0.2.1')
  const first = ada.socket(LOBBY, here)
  const second = bob.socket('/ws/calculator', here)
  await first.next('welcome')
  await second.next('welcome')

  t.test('an address may have only so many sockets, and one more is closed with 1013', async (t) => {
    t.same(await ada.socket(LOBBY, here).closed(), CROWDED)
    t.same(await bob.socket('/ws/calculator/lobby', here).closed(), CROWDED)
  })

  t.test('the address is the one that the proxy names, not the one that the client claims', async (t) => {
    t.same(await ada.socket(LOBBY, from('198.51.100.7, 192.0.2.1')).closed(), CROWDED)
    for (const address of ['192.0.2.2', '192.0.2.1, 192.0.2.3', '2001:db8::1']) {
      const socket = ada.socket(LOBBY, from(address))
      t.match(await socket.next(), { type: 'welcome' }, address)
      socket.close()
    }
  })

  t.test('closing a socket makes room for another, however it ends', async (t) => {
    first.close()
    await server.app.sockets.endSession((await server.app.sessions.list(2))[0]?.id ?? '')
    t.match(await second.closed(), { code: 4001 })
    await eventually('two places are free', async () => {
      const sockets = [ada.socket(LOBBY, here), ada.socket(LOBBY, here)]
      const opened = await Promise.all(sockets.map((socket) => socket.next().catch(() => undefined)))
      for (const socket of sockets) socket.close()
      await Promise.all(sockets.map((socket) => socket.closed()))
      return opened.every((frame) => frame?.type === 'welcome')
    })
  })
})

t.test('all IPv6 addresses of a network count as one', async (t) => {
  const server = await startServer(t, {
    TRUST_PROXY: 'loopback',
    CONNECTIONS_PER_ADDRESS: '2',
    SIGN_UPS_PER_ADDRESS: '2',
  })
  const ada = await server.person('ada')

  t.test('for sockets', async (t) => {
    const sockets = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2'].map((address) =>
      ada.socket(LOBBY, from(address)),
    )
    for (const socket of sockets) await socket.next('welcome')
    t.same(await ada.socket(LOBBY, from('2001:0db8:1:2:3:4:5:6')).closed(), CROWDED)
    t.match(
      await ada.socket(LOBBY, from('2001:db8:1:3::1')).next(),
      { type: 'welcome' },
      'of the next network',
    )
  })

  t.test('for new accounts', async (t) => {
    const signUp = async (address: string, name: string) =>
      (await server.visitor(from(address)).signUp(name)).status
    t.equal(await signUp('2001:db8:5:6::1', 'one'), 303)
    t.equal(await signUp('2001:db8:5:6::2', 'two'), 303)
    t.equal(await signUp('2001:db8:5:6::3', 'three'), 429)
    t.equal(await signUp('2001:db8:5:7::1', 'four'), 303)
  })

  t.test('for wrong passwords', async (t) => {
    const signIn = async (host: number) =>
      (await server.visitor(from(`2001:db8:8:9::${host}`)).signIn('ada', 'not her password')).status
    for (let host = 1; host <= 10; host += 1) t.equal(await signIn(host), 401)
    t.equal(await signIn(11), 429)
  })

  t.test('an IPv4 address written as IPv6 is the same address', async (t) => {
    const sockets = ['192.0.2.1', '::ffff:192.0.2.1'].map((address) => ada.socket(LOBBY, from(address)))
    for (const socket of sockets) await socket.next('welcome')
    t.same(await ada.socket(LOBBY, from('::ffff:c000:0201')).closed(), CROWDED)
    t.match(await ada.socket(LOBBY, from('192.0.2.2')).next(), { type: 'welcome' })
  })
})

t.test('addresses with ports and zones from a proxy', async (t) => {
  const server = await startServer(t, {
    TRUST_PROXY: 'loopback',
    CONNECTIONS_PER_ADDRESS: '2',
    SIGN_UPS_PER_ADDRESS: '2',
  })
  const ada = await server.person('ada')

  t.test('they make no difference for sockets', async (t) => {
    for (const [first, second, third] of [
      ['192.0.2.1:4001', '192.0.2.1:4002', '192.0.2.1'],
      ['[2001:db8:1:2::1]:4001', '2001:db8:1:2::1', '[2001:db8:1:2::1]'],
      ['fe80::1%eth0', 'fe80::1%eth1', '[fe80::1%eth2]:4001'],
      ['[::ffff:192.0.2.7]:4001', '192.0.2.7:4002', '198.51.100.7:1, 192.0.2.7:4003'],
    ] as const) {
      const sockets = [ada.socket(LOBBY, from(first)), ada.socket(LOBBY, from(second))]
      for (const socket of sockets) await socket.next('welcome')
      t.same(await ada.socket(LOBBY, from(third)).closed(), CROWDED, third)
      for (const socket of sockets) socket.close()
    }
  })

  t.test('they make no difference for new accounts and wrong passwords', async (t) => {
    const signUp = async (port: number, name: string) =>
      (await server.visitor(from(`192.0.2.3:${port}`)).signUp(name)).status
    t.equal(await signUp(4001, 'one'), 303)
    t.equal(await signUp(4002, 'two'), 303)
    t.equal(await signUp(4003, 'three'), 429)
    const signIn = async (port: number) =>
      (await server.visitor(from(`192.0.2.4:${port}`)).signIn('ada', 'not her password')).status
    for (let port = 4001; port <= 4010; port += 1) t.equal(await signIn(port), 401)
    t.equal(await signIn(4011), 429)
  })

  t.test('they are not shown in the list of sessions', async (t) => {
    await server.visitor(from('192.0.2.5:4001')).signIn('ada')
    t.match((await ada.get('/account')).text, /192\.0\.2\.5 ·/)
  })

  t.test('an invalid address counts as that of the proxy', async (t) => {
    for (const [what, shown] of [
      ['unknown', '127.0.0.1'],
      ['192.0.2.6, <script>', '127.0.0.1'],
      ['1234', '127.0.0.1'],
      ['_hidden:80, 192.0.2.6:80', '192.0.2.6'],
    ] as const) {
      await server.visitor({ ...from(what), 'user-agent': `${shown}-for/1` }).signIn('ada')
      const sessions = await server.app.sessions.list(1)
      t.equal(sessions.find(({ device }) => device === 'Unknown device')?.address, shown, what)
      await server.app.sessions.endAll(1)
    }
  })
})

t.test('without a trusted proxy, nobody can claim another address', async (t) => {
  const server = await startServer(t, { CONNECTIONS_PER_ADDRESS: '1' })
  const ada = await server.person('ada')
  await ada.socket(LOBBY, from('192.0.2.1')).next('welcome')
  t.same(await ada.socket(LOBBY, from('192.0.2.2')).closed(), CROWDED)
})

t.test('a person may have only so many sockets, over all sessions, addresses and kinds', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback', CONNECTIONS_PER_USER: '2' })
  const ada = await server.person('ada')
  const elsewhere = server.visitor()
  await elsewhere.signIn('ada')
  const first = ada.socket(LOBBY, from('192.0.2.1'))
  await first.next('welcome')
  await elsewhere.socket('/ws/calculator', from('192.0.2.2')).next('welcome')

  t.same(await ada.socket('/ws/calculator').closed(), CROWDED)
  t.same(await elsewhere.socket(LOBBY).closed(), CROWDED)
  const bob = await server.person('bob')
  t.match(await bob.socket(LOBBY).next(), { type: 'welcome' }, 'another person is not affected')
  first.close()
  await first.closed()
  await eventually(
    'a place is free',
    async () =>
      (await ada
        .socket(LOBBY)
        .next()
        .catch(() => null)) !== null,
  )
})

t.test('a person may open only so many sockets, however soon they close them', async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '1', CONNECTIONS_PER_USER: '10' })
  const ada = await server.person('ada')
  stopClock(t)
  const codes = []
  for (let count = 0; count < 25; count += 1) {
    const socket = ada.socket(LOBBY)
    const { type } = await socket.next().catch(() => ({ type: 'closed' }))
    codes.push(type === 'welcome' ? 'welcome' : (await socket.closed()).code)
    socket.close()
    await socket.closed()
  }
  t.same(codes, [...Array(20).fill('welcome'), ...Array(5).fill(1013)], 'twice as many as they may have')
  const bob = await server.person('bob')
  t.match(await bob.socket(LOBBY).next(), { type: 'welcome' }, 'another person is not affected')
})

t.test('0 means no limit', async (t) => {
  const server = await startServer(t, { CONNECTIONS_PER_USER: '0', CONNECTIONS_PER_ADDRESS: '0' })
  const ada = await server.person('ada')
  const sockets = Array.from({ length: 110 }, () => ada.socket(LOBBY))
  for (const socket of sockets) t.match(await socket.next(), { type: 'welcome' })
})

/** Sends frames at once. @returns how many were accepted, and the longest wait that was asked for */
async function outcomes(sockets: TestSocket[], each: number): Promise<{ taken: number; wait: number }> {
  // A frame of an unknown kind is accepted, answered at once, and changes nothing.
  for (const socket of sockets) for (let id = 0; id < each; id += 1) socket.send({ type: 'nothing', id })
  let [taken, wait] = [0, 0]
  for (const socket of sockets) {
    for (let answers = 0; answers < each; answers += 1) {
      const { code, retry_after } = await socket.next('error')
      if (code === 'invalid') taken += 1
      else wait = Math.max(wait, Number(retry_after))
    }
  }
  return { taken, wait }
}

async function opened(sockets: TestSocket[]): Promise<TestSocket[]> {
  for (const socket of sockets) await socket.next('welcome')
  return sockets
}

t.test('a person may send only so much, over all their sockets and over HTTP', async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '2' })
  const ada = await server.person('ada')
  const elsewhere = server.visitor()
  await elsewhere.signIn('ada')
  const sockets = await opened(
    [ada, elsewhere].flatMap((visitor) => [
      visitor.socket(LOBBY),
      visitor.socket('/ws/calculator'),
      visitor.socket('/ws/calculator/lobby'),
    ]),
  )
  const started = performance.now()
  const token = await ada.token('/account')
  const post = () => ada.postBare('/rooms/lobby/messages', { message: 'hi', _csrf: token })
  t.equal((await post()).status, 303)
  const { taken, wait } = await outcomes(sockets, 5)
  const seconds = (performance.now() - started) / 1000
  t.ok(taken >= 5 && taken <= 5 + Math.ceil(2 * seconds), `${taken} in ${seconds} s`)
  t.ok(wait > 0 && wait <= 500)
  const posted = await Promise.all(Array.from({ length: 20 }, post))
  const refused = posted.filter(({ status }) => status === 429)
  t.ok(refused.length > 10, `${refused.length} of 20 are refused over HTTP as well`)
  t.equal(refused[0]?.headers.get('retry-after'), '1')
  const bob = await server.person('bob')
  const [other] = await opened([bob.socket(LOBBY)])
  t.equal((await outcomes(other ? [other] : [], 5)).taken, 5, 'another person is not affected')
})

t.test('pages may be read four times as often as something may be sent', async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '1', TRUST_PROXY: 'loopback' }, {}, async (app) => {
    app.get('/read', { onRequest: app.rateLimits.reading }, async () => 'this')
    app.get('/api/read', { onRequest: app.rateLimits.reading }, async () => ({ read: 'this' }))
  })
  const ada = await server.person('ada')
  const refused = async (visitor: Visitor, path: string) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => visitor.get(path)))
    return answers.filter(({ status }) => status === 429)
  }
  const pages = await refused(ada, '/read')
  t.ok(pages.length > 0 && pages.length <= 8, `${pages.length} of 20, where 12 are let through at once`)
  t.equal(pages[0]?.headers.get('retry-after'), '1')
  t.match(pages[0]?.text, /Wait a moment/)
  t.equal((await refused(ada, '/api/read')).length > 15, true, 'the API is not a way around it')
  t.equal(
    (await ada.post('/rooms/lobby/messages', { message: 'hi' })).status,
    303,
    'and sending counts separately',
  )

  t.test('visitors count by their network', async (t) => {
    const neighbours = ['2001:db8:1:2::1', '2001:db8:1:2::2'].map((address) => server.visitor(from(address)))
    const paths = ['/sign-in', '/sign-up', ...Array<string>(8).fill('/read')]
    const all = neighbours.flatMap((visitor) => paths.map((path) => refused(visitor, path)))
    const counts = (await Promise.all(all)).map(({ length }) => length)
    const count = counts.reduce((sum, length) => sum + length, 0)
    t.ok(count > 0 && count <= 340, `${count} of 400, where 60 are let through at once`)
    t.equal((await server.visitor(from('2001:db8:1:3::2')).get('/read')).status, 200)
  })

  t.test('the limit applies to every page', async (t) => {
    const there = ['/', '/rooms', '/rooms/lobby', '/calculator', '/rooms/lobby/calculator', '/account']
    const nowhere = ['/nothing', '/api/nothing', '/ws/nothing', '/assets/nothing']
    for (const path of [...there, ...nowhere]) {
      const answers = await Promise.all([path, path, path].map((path) => refused(ada, path)))
      t.ok(answers.flat().length > 0, path)
    }
  })
})

t.test(
  'a person gets only so many tokens a minute for their session, without affecting others',
  async (t) => {
    const { person } = await startServer(t)
    const [ada, bob] = [await person('ada'), await person('bob')]
    const _csrf = await ada.token('/account')
    const began = performance.now()
    const answers: Answer[] = []
    const refusals = () => answers.filter(({ status }) => status === 429)
    // On a slow machine, the budget of a minute is restored meanwhile.
    while (refusals().length === 0 && answers.length < 1_000)
      answers.push(
        ...(await Promise.all(Array.from({ length: 140 }, () => ada.postBare('/api/token', { _csrf })))),
      )
    const seconds = (performance.now() - began) / 1000
    const given = answers.filter(({ status }) => status === 200).length

    t.ok(given >= 120 && given <= 121 + 2 * seconds, `${given} are given`)
    t.equal(given + refusals().length, answers.length)
    t.ok(Number(refusals()[0]?.headers.get('retry-after')) >= 1)
    t.equal((await bob.postJson('/api/token', {})).status, 200)
  },
)

t.test('processes over one Redis', withRedis, async (t) => {
  const partyline = await startTwoProcesses(t, { RATE_LIMIT: '1' })
  const both = async (name: string) => {
    const person = await partyline.person(name)
    return opened([person.socket(LOBBY), at(partyline.second, person).socket(LOBBY)])
  }

  t.test('they count together what a person sends', async () => {
    const sockets = await both('ada')
    // Frames that another process let through make the wait longer. A process that counts alone never asks for more than a second.
    await eventually('both know of the other', async () => {
      await outcomes(sockets, 3)
      const { wait } = await outcomes(sockets, 1)
      // By then both let as much through again as at first, which on a busy machine may not have come at the same time.
      if (wait <= 2_000) await delay(3_000)
      return wait > 2_000
    })
  })

  t.test('they count separately while Redis is away', async (t) => {
    const sockets = await both('bob')
    await partyline.redis.kill()
    const { taken } = await outcomes(sockets, 4)
    t.ok(taken >= 6)
  })
})

t.test('storage of a person', async (t) => {
  const folder = temporaryFolder(t)
  const settings = { DATA_DIR: folder, DISK_PER_USER: '3000' }
  const server = await startServer(t, settings)
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const socket = await enter(ada, 'lobby')
  const message = 'é'.repeat(500)
  const say = async (id: string) => {
    socket.send({ message, id })
    for (;;) {
      const frame = await socket.next()
      if (frame.id === id) return frame
    }
  }

  t.test('storage is counted in bytes, and more is refused with advice', async (t) => {
    t.match(await say('first'), { type: 'message', seq: 1 })
    t.match(await say('second'), { type: 'message', seq: 2 })
    t.match(await say('first'), { type: 'message', seq: 1, repeat: true })
    const refused = await say('third')
    t.match(refused, { type: 'error', code: 'limit', error: /all of your 2.9 KiB .* Ask whoever runs/ })
  })

  t.test('the limit is the same over HTTP and on sheets', async (t) => {
    const form = await ada.post('/rooms/lobby/messages', { message })
    t.equal(form.status, 413)
    t.match(form.text, 'Ask whoever runs this server')
    t.match(form.text, message, 'what was typed is not lost')
    t.match(await ada.postJson('/api/rooms/lobby/messages', { message }), {
      status: 413,
      text: /Ask whoever runs/,
    })
    const sheet = ada.socket('/ws/calculator')
    await sheet.next('welcome')
    sheet.send({ expression: `1${' '.repeat(700)}+1`, id: 'line' })
    t.match(await sheet.next('error'), { code: 'limit', error: /Ask whoever runs/, id: 'line' })
    sheet.send({ expression: '1+1', id: 'small' })
    t.match(await sheet.next('result'), { id: 'small', text: '2' }, 'something smaller may still fit')
  })

  t.test('a full storage loses nothing, and does not affect others', async (t) => {
    t.match(await say('second'), { type: 'message', seq: 2, repeat: true })
    t.equal((await ada.get('/rooms/lobby')).status, 200)
    t.equal((await bob.post('/rooms/lobby/messages', { message })).status, 303)
  })

  t.test('the usage is known after a restart', async (t) => {
    await server.app.close()
    const again = await startServer(t, settings)
    const back = again.visitor()
    await back.signIn('ada')
    t.equal((await back.post('/rooms/lobby/messages', { message })).status, 413)
    await again.app.usage.save()
    const { database } = again.app
    const sums = () => database.selectFrom('usage').selectAll().orderBy('user_id').execute()
    const counted = await sums()
    t.equal(counted.length, 2)
    await database.schema.dropTable('usage').execute()
    await database.schema.dropIndex('rooms_by_maker').execute()
    // By its type, it takes a database without tables.
    await Reflect.apply(countUsage, undefined, [database])
    t.same(await sums(), counted, 'and it is estimated for an older database')
  })
})

t.test('saving also loads the usage that other processes saved', async (t) => {
  const { app, person } = await startServer(t)
  await person('ada')
  const [here, there] = [new Usage(app.database, 1_000), new Usage(app.database, 1_000)]
  t.same([await here.spend(1, 600), await there.spend(1, 300)], [true, true])
  await here.save()
  await there.save()
  t.equal(await there.spend(1, 200), false)
  await here.save()
  t.equal(await here.spend(1, 300), true, 'a process that saved nothing has loaded nothing')
  here.refund(1, 600)
  await here.save()
  await there.save()
  t.equal(await here.spend(1, 401), false)
  t.equal(await here.spend(1, 400), true)
})

t.test('a person may make only so many rooms a day', async (t) => {
  const { app, person } = await startServer(t, { ROOMS_PER_USER: '2' })
  const ada = await person('ada')
  const bob = await person('bob')
  const make = (visitor: Visitor, name: string) => visitor.post('/rooms', { name }, '/')
  t.equal((await make(ada, 'one')).status, 303)
  t.equal((await make(ada, 'two')).status, 303)
  const refused = await make(ada, 'three')
  t.equal(refused.status, 429)
  t.match(refused.text, /the limit for one person\. You can create the next one in 24 hours\./)
  t.match(refused.text, 'value="three"', 'the name is kept in the form')
  const wait = Number(refused.headers.get('retry-after'))
  t.ok(wait > 86_000 && wait <= 86_400, `${wait}`)
  t.equal((await make(bob, 'four')).status, 303, 'another person is not affected')

  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1_000).toISOString()
  await app.database.updateTable('rooms').set({ created_at: yesterday }).where('slug', '=', 'one').execute()
  t.equal((await make(ada, 'three')).status, 303)
  t.equal((await make(ada, 'five')).status, 429)

  const eve = await person('eve')
  const _csrf = await eve.token('/account')
  const names = ['six', 'seven', 'eight', 'nine', 'ten', 'eleven']
  const atOnce = await Promise.all(names.map((name) => eve.postBare('/rooms', { name, _csrf })))
  const statuses = atOnce.map(({ status }) => status).sort()
  t.same(statuses, [303, 303, 429, 429, 429, 429], 'also when the forms are sent at the same time')
})

/** A client that can stop reading. */
class Reader {
  readonly socket: WebSocket
  readonly frames: Frame[] = []
  closed: number | undefined

  constructor(person: Visitor, path: string) {
    this.socket = new WebSocket(person.address.replace('http', 'ws') + path, {
      headers: { cookie: person.cookie },
    })
    this.socket.on('message', (text) => this.frames.push(JSON.parse(text.toString())))
    this.socket.on('error', () => {})
    this.socket.on('close', (code) => {
      this.closed = code
    })
  }

  /** Resolves when this frame has arrived, and everything before it. */
  has(what: string, is: (frame: Frame) => boolean): Promise<void> {
    return eventually(what, () => this.frames.some(is))
  }

  of(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type)
  }
}

/** What waits in the server for a client: how much now, how much at most, and how much one write added at most. */
interface Held {
  readonly stream: Duplex
  most: number
  write: number
}

/** The lobby with a person who stops reading, and a neighbour who reads. */
async function busyLobby(t: Test) {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const held: Held[] = []
  server.app.server.prependListener('upgrade', (_request, stream: Duplex) => {
    const mine: Held = { stream, most: 0, write: 0 }
    held.push(mine)
    const write = stream.write
    stream.write = function (this: Duplex, ...parameters: unknown[]) {
      const [chunk] = parameters
      mine.write = Math.max(mine.write, Buffer.isBuffer(chunk) ? chunk.length : 0)
      const taken: boolean = Reflect.apply(write, this, parameters)
      mine.most = Math.max(mine.most, this.writableLength)
      return taken
    }
  })
  const eve = await server.person('eve')
  const bob = await server.person('bob')
  const slow = new Reader(eve, LOBBY)
  await slow.has('the welcome', ({ type }) => type === 'welcome')
  const ofSlow = held[0]
  if (!ofSlow) throw new Error('nobody came')
  const neighbour = await enter(bob, 'lobby')
  return { server, eve, bob, slow, ofSlow, neighbour, tell: await teller(server) }
}

/** @returns a function that posts so many messages of 32 KiB a frame, all in one turn, and resolves to the `rev` of the last one */
async function teller({ app, person }: TestServer): Promise<(count: number) => Promise<number>> {
  await person('ada')
  const { id } = await roomRow(app, 'lobby')
  const { id: user } = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'ada')
    .executeTakeFirstOrThrow()
  // A link makes the frame carry its text a second time, as HTML.
  const text = `${'😀'.repeat(3_980)} http://a.example`
  return async (count) => {
    const said = await Promise.all(
      Array.from({ length: count }, () => app.chat.writer.post(id, { id: user, name: 'ada' }, text)),
    )
    return said.at(-1)?.message.rev ?? 0
  }
}

const BATCH = 10

t.test('a client that stops reading', async (t) => {
  const { server, eve, bob, slow, ofSlow, neighbour, tell } = await busyLobby(t)
  const { app } = server
  const evicted = async () => {
    const { text } = await server.visitor().get('/metrics')
    return Number(/partyline_evictions_total\{reason="slow"\} (\d+)/.exec(text)?.[1] ?? 0)
  }
  let latest = 0
  const tellOthers = async () => {
    latest = await tell(BATCH)
    const came = await messages(neighbour, BATCH)
    t.equal(came.at(-1)?.rev, latest, 'the neighbour has all of it')
  }

  t.test('beyond a mebibyte it gets no frames that are useless later, but all others', async (t) => {
    const before = slow.frames.length
    slow.socket.pause()
    while (ofSlow.stream.writableLength <= MEBIBYTE) await tellOthers()
    t.ok(ofSlow.stream.writableLength < 4 * MEBIBYTE)

    const cleo = await server.person('cleo')
    const typist = await enter(cleo, 'lobby')
    typist.send({ type: 'typing', on: true })
    // Earlier arrivals may be announced as late as this.
    for (let joined: unknown = []; !Array.isArray(joined) || !joined.includes('cleo'); )
      ({ joined } = await neighbour.next('presence'))
    t.match(await neighbour.next('typing'), { sender: 'cleo', on: true })
    typist.close()
    await tellOthers()
    slow.socket.resume()
    await slow.has('the last message', ({ rev }) => rev === latest)

    t.same(
      slow.of('message').map(({ rev }) => rev),
      Array.from({ length: latest }, (_, index) => index + 1),
    )
    const sinceThen = slow.frames.slice(before).filter(({ type }) => type !== 'message')
    t.notOk(JSON.stringify(sinceThen).includes('cleo'))
    t.equal(await evicted(), 0)
  })

  t.test('at 4 MiB it is closed with 4008 or cut off, and uses no more memory than that', async (t) => {
    slow.socket.pause()
    while ((await evicted()) === 0) await tellOthers()
    t.ok(ofSlow.most > 4 * MEBIBYTE, 'that much was waiting')
    t.ok(ofSlow.most <= 4 * MEBIBYTE + ofSlow.write, `${ofSlow.most} waited, ${ofSlow.write} in one write`)
    await tellOthers()
    await eventually('nothing is held any more', () => ofSlow.stream.destroyed)
    slow.socket.resume()
    await eventually('the end', () => slow.closed !== undefined)
    t.match(String(slow.closed), /^(4008|1006)$/)
    t.equal(app.sockets.sessions().length, 1, 'the neighbour’s socket')
  })

  t.test('it reconnects with the last revision it read, and has missed nothing', async (t) => {
    const seen = Number(slow.of('message').at(-1)?.rev)
    t.ok(seen < latest)
    const again = new Reader(eve, `${LOBBY}?since=${seen}`)
    await again.has('the last message', ({ rev, type }) => rev === latest && type === 'message')
    await tellOthers()
    await again.has('what came since', ({ rev, type }) => rev === latest && type === 'message')
    t.same(
      [...slow.of('message'), ...again.of('message')].map(({ rev }) => rev),
      Array.from({ length: latest }, (_, index) => index + 1),
    )
    again.socket.terminate()
  })

  t.test('a client that keeps sending pings without reading is cut off too', async (t) => {
    const pinging = new Reader(bob, LOBBY)
    await pinging.has('the welcome', ({ type }) => type === 'welcome')
    pinging.socket.pause()
    const ping = Buffer.alloc(125)
    while (pinging.closed === undefined) {
      for (let count = 0; count < 5_000; count += 1) pinging.socket.ping(ping, undefined, () => {})
      await new Promise((resolve) => setImmediate(resolve))
    }
    t.equal(pinging.closed, 1006)
    t.match(await bob.get('/account'), { status: 200 })
  })
})

t.test('a room has at most 50 polls, which count towards storage together with votes', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0', DISK_PER_USER: '11800' })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const path = `/rooms/${await newRoom(ada, 'Party')}/polls`
  const question = { question: 'Cake?', options: 'yes\nno', hours: '1' }
  for (let polls = 0; polls < 50; polls += 1) await ada.post(path, question)
  t.match(await bob.post(path, question), { status: 413, text: /at most 50 polls/ })
  const votes = Array.from({ length: 50 }, (_, index) => ada.post(`${path}/${index + 1}`, { option: '1' }))
  const statuses = (await Promise.all(votes)).map(({ status }) => status)
  t.strictSame(new Set(statuses), new Set([303, 413]))
  t.equal((await ada.post(`${path}/1`, { option: '0' })).status, 303, 'a vote can be changed')
})
