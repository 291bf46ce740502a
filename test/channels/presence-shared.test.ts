import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { Redis } from 'ioredis'
import pino from 'pino'
import t, { type Test } from 'tap'
import { Consumer } from '../../src/channels/consumers/consumer.ts'
import type { ChannelEvent, ChannelLayer } from '../../src/channels/layers/layer.ts'
import { MemoryLayer } from '../../src/channels/layers/memory.ts'
import { RedisLayer } from '../../src/channels/layers/redis.ts'
import type { LiveSnapshot, LiveStore, LiveUpdate } from '../../src/channels/live/live-store.ts'
import type { LiveTimes } from '../../src/channels/live/live-times.ts'
import { openLiveState } from '../../src/channels/live/open-live-state.ts'
import { Presence } from '../../src/channels/live/presence.ts'
import { RedisLive } from '../../src/channels/live/redis-live.ts'
import { encodeJson } from '../../src/channels/sockets/framing.ts'
import { communicate } from '../../src/channels/testing/communicator.ts'
import { channelsApp, person } from '../support/channels.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, startRedisCluster, withRedis } from '../support/redis.ts'
import { onlooker } from '../support/redis-layer.ts'
import { seedFrom } from '../support/seed.ts'
import { Dice } from './dice.ts'

// On a busy machine.
t.setTimeout(600_000)

const GROUP = 'room'
const log = pino({ enabled: false })

const openStore = async (url: string) => (await RedisLive.open(url)).store('presence')

/** The presence of one process, and what its members were told. */
class Process {
  readonly presence: Presence
  readonly told: Pick<ChannelEvent, 'joined' | 'left'>[] = []
  readonly #layer: ChannelLayer
  #welcome: string[] | undefined

  constructor(layer: ChannelLayer, store: LiveStore, times: Partial<LiveTimes>) {
    this.#layer = layer
    this.presence = new Presence(layer, log, { gather: 20, grace: 300, ...times }, store)
  }

  async listen(): Promise<void> {
    const channel = this.#layer.newChannel(({ joined, left }) => this.told.push({ joined, left }) > 0)
    await this.#layer.groupAdd(GROUP, channel)
  }

  async join(name: string, connection = `${name}.1`): Promise<void> {
    await this.presence.join(GROUP, name, connection)
    this.#welcome ??= this.names.filter((other) => other !== name)
  }

  leave(name: string, connection = `${name}.1`): void {
    this.presence.leave(GROUP, name, connection)
  }

  get names(): string[] {
    return this.presence.list(GROUP, 100_000).names
  }

  get joined(): string[] {
    return this.told.flatMap(({ joined }) => joined as string[])
  }

  get left(): string[] {
    return this.told.flatMap(({ left }) => left as string[])
  }

  /** Who is there according to the list that the first newcomer got and all announcements since. */
  get believed(): string[] {
    const names = new Set(this.#welcome)
    for (const { joined, left } of this.told as { joined: string[]; left: string[] }[]) {
      for (const name of joined) if (names.has(name)) throw new Error(`${name} came, who was there`)
      for (const name of joined) names.add(name)
      for (const name of left) if (!names.delete(name)) throw new Error(`${name} left, who was away`)
    }
    return [...names].sort()
  }

  /** Resolves when exactly these people are listed. */
  lists(...names: string[]): Promise<void> {
    const seen = () => `but ${this.names.join(', ')}`
    return eventually(`${names.join(', ')} are listed`, () => this.names.join() === names.join(), seen)
  }

  tellsJoined(name: string): Promise<void> {
    return eventually(`${name} is told to have come`, () => this.joined.includes(name))
  }

  tellsLeft(name: string): Promise<void> {
    return eventually(`${name} is told to have left`, () => this.left.includes(name))
  }

  async close(): Promise<void> {
    await this.presence.close()
    await this.#layer.close()
  }
}

async function processAt(t: Test, url: string, times: Partial<LiveTimes> = {}): Promise<Process> {
  const [layer, store] = await Promise.all([RedisLayer.open(url, log), openStore(url)])
  return begin(t, layer, store, times)
}

async function begin(
  t: Test,
  layer: ChannelLayer,
  store: LiveStore,
  times: Partial<LiveTimes> = {},
): Promise<Process> {
  const process = new Process(layer, store, times)
  t.teardown(() => process.close())
  await process.listen()
  return process
}

/** A store that keeps nothing but notes what it was told. */
class EmptyStore implements LiveStore {
  readonly updates: LiveUpdate[] = []
  /** Exchanges in progress, and the most at any time. */
  underWay = 0
  most = 0

  async exchange(_group: string, update: LiveUpdate): Promise<LiveSnapshot> {
    this.updates.push(update)
    this.underWay += 1
    this.most = Math.max(this.most, this.underWay)
    await new Promise((resolve) => setImmediate(resolve))
    this.underWay -= 1
    return { version: '1', changed: false, lost: false, members: undefined }
  }

  async count(groups: readonly string[]): Promise<number[]> {
    return groups.map(() => 0)
  }

  names(which: 'here' | 'gone'): number {
    return this.updates.reduce((sum, update) => sum + update[which].length, 0)
  }

  forget(): void {
    this.updates.length = 0
    this.most = 0
  }

  close(): void {}
}

/** A store that a test can take away from one process. */
class LateStore implements LiveStore {
  away = false
  readonly #store: LiveStore

  constructor(store: LiveStore) {
    this.#store = store
  }

  async exchange(group: string, update: LiveUpdate): Promise<LiveSnapshot> {
    if (this.away) throw new Error('away')
    return this.#store.exchange(group, update)
  }

  async count(groups: readonly string[], limit: number): Promise<number[]> {
    if (this.away) throw new Error('away')
    return this.#store.count(groups, limit)
  }

  close(): void {
    this.#store.close()
  }
}

t.test('processes that share a Redis', withRedis, async (t) => {
  t.test('people who join at any process are listed and announced by all, once', async (t) => {
    const { url } = await startRedis(t)
    const [one, two] = [await processAt(t, url), await processAt(t, url)]
    await one.join('ada')
    await two.join('bob')
    t.same(two.names, ['ada', 'bob'], 'a newcomer knows at once who is there')
    await one.lists('ada', 'bob')
    await one.join('cyd, with a space')
    await two.lists('ada', 'bob', 'cyd, with a space')

    for (const process of [one, two]) {
      await process.tellsJoined('cyd, with a space')
      t.same(process.left, [])
    }
    t.same(one.joined, ['ada', 'bob', 'cyd, with a space'])
    t.same(two.joined, ['bob', 'cyd, with a space'], 'a person who was already listed is not announced')
  })

  t.test('a person with a tab at each of two processes stays until both are closed', async (t) => {
    const { url } = await startRedis(t)
    const [one, two] = [await processAt(t, url), await processAt(t, url)]
    for (const name of ['zoe', 'yan', 'watcher']) await one.join(name)
    await two.join('watcher')
    await one.join('ada', 'first')
    await two.join('ada', 'second')

    // A person who leaves altogether at the same moment is announced as gone when ada would be.
    one.leave('ada', 'first')
    one.leave('zoe')
    for (const process of [one, two]) {
      await process.tellsLeft('zoe')
      t.same(process.left, ['zoe'])
      t.same(process.names, ['ada', 'watcher', 'yan'])
    }
    two.leave('ada', 'second')

    for (const process of [one, two]) {
      await process.tellsLeft('ada')
      t.same(process.left, ['zoe', 'ada'])
      t.same(process.names, ['watcher', 'yan'])
    }
  })

  t.test('a reload that reaches another process is not announced', async (t) => {
    const { url } = await startRedis(t)
    const times = { grace: 1_500 }
    const [one, two] = [await processAt(t, url, times), await processAt(t, url, times)]
    await one.join('watcher')
    await two.join('watcher')
    for (const name of ['ada', 'zoe']) await one.join(name)
    await two.lists('ada', 'watcher', 'zoe')

    one.leave('ada')
    one.leave('zoe')
    await one.join('marker')
    // From then on the second process knows that they are no longer at the first.
    await two.tellsJoined('marker')
    await two.join('ada')

    for (const process of [one, two]) {
      await process.tellsLeft('zoe')
      t.same(process.left, ['zoe'])
      t.notOk(process.joined.filter((name) => name === 'ada').length > 1)
    }
  })

  t.test('people of a process that died are announced as gone, once, and no longer listed', async (t) => {
    const { url } = await startRedis(t)
    const [one, two] = [await processAt(t, url, { renewal: 50 }), await processAt(t, url, { renewal: 50 })]
    await one.join('ada')
    await two.join('bob')
    const layer = new MemoryLayer(log)
    const store = await openStore(url)
    const doomed = new Process(layer, store, { lease: 300, renewal: 60_000 })
    await doomed.join('cyd')
    await doomed.join('bob', 'another tab of bob')
    await one.lists('ada', 'bob', 'cyd')
    store.close()

    for (const process of [one, two]) {
      await process.tellsLeft('cyd')
      t.same(process.left, ['cyd'])
      t.same(process.names, ['ada', 'bob'])
    }
    await doomed.close()
  })

  t.test('people of a process that stops are announced as gone without waiting for a lease', async (t) => {
    const { url } = await startRedis(t)
    const [one, two] = [await processAt(t, url), await processAt(t, url)]
    await one.join('ada')
    await two.join('bob')
    await one.lists('ada', 'bob')

    await two.close()

    await one.tellsLeft('bob')
    t.same(one.names, ['ada'])
  })

  t.test('a renewal makes up for lost hints', async (t) => {
    const { url } = await startRedis(t)
    const alone = async () => begin(t, new MemoryLayer(log), await openStore(url), { renewal: 50 })
    const [one, two] = [await alone(), await alone()]
    await one.join('ada')
    await two.join('bob')
    await one.lists('ada', 'bob')
    await two.join('cyd')
    await one.lists('ada', 'bob', 'cyd')
    two.leave('bob')
    await one.tellsLeft('bob')
  })

  t.test('a process with nobody in the group forgets who is elsewhere', async (t) => {
    const { url } = await startRedis(t)
    const [one, two] = [await processAt(t, url), await processAt(t, url)]
    await one.join('ada')
    await two.join('bob')
    two.leave('bob')
    await two.lists()
    await one.tellsLeft('bob')
    await one.join('cyd')
    await two.join('dan')
    t.same(two.names, ['ada', 'cyd', 'dan'], 'and asks again when somebody joins')
  })
})

/** Live state with values in one process, and what its members were told. */
async function liveStateAt(t: Test, url: string, { lasts = 2_000 } = {}) {
  const [layer, live] = await Promise.all([RedisLayer.open(url, log), RedisLive.open(url)])
  const options = { name: 'cursor', gather: 5, lasts, keys: 100, valueLength: 10 }
  const state = openLiveState(layer, log, options, live.store('cursor'))
  const told: Record<string, string | undefined>[] = []
  const channel = layer.newChannel(({ set, gone }) => {
    told.push({
      ...(set as object),
      ...Object.fromEntries((gone as string[]).map((key) => [key, undefined])),
    })
    return true
  })
  await layer.groupAdd(GROUP, channel)
  const close = async () => {
    await state.close()
    await layer.close()
  }
  t.teardown(close)
  const values = () => Object.fromEntries(state.list(GROUP, 99).entries)
  return {
    state,
    layer,
    /** The values that a member has after all announcements. */
    believed: () => JSON.parse(JSON.stringify(Object.assign({}, ...told))),
    holds: (expected: object) =>
      eventually(`${JSON.stringify(expected)} is held`, () => isDeepStrictEqual(values(), expected), values),
    values,
  }
}

t.test('people are counted in groups in which a process has nobody', withRedis, async (t) => {
  const { url } = await startRedis(t)
  const store = new LateStore(await openStore(url))
  const [one, another, asks] = [
    await processAt(t, url, { lease: 2_000 }),
    await processAt(t, url),
    await begin(t, await RedisLayer.open(url, log), store),
  ]
  const counts = (limit = 10) => asks.presence.counts([GROUP, 'nobody'], limit)
  t.same(await counts(), [0, 0])
  for (const name of ['ada', 'bob']) await one.join(name)
  await one.lists('ada', 'bob')
  for (const name of ['bob', 'cyd']) await another.join(name)
  await one.lists('ada', 'bob', 'cyd')
  t.same(await counts(), [3, 0], 'each once')
  t.same(await counts(2), [2, 0], 'up to a limit')
  store.away = true
  t.same(await counts(), [0, 0], 'nobody counts while the store is away')
  store.away = false
  await one.presence.close()
  await another.lists('bob', 'cyd')
  t.same(await counts(), [2, 0])
  t.same(await another.presence.counts([GROUP], 10), [2], 'also by a process with somebody there')
})

t.test('shared live state with values', withRedis, async (t) => {
  t.test('values are known to processes that only watch, and to those that come later', async (t) => {
    const { url } = await startRedis(t)
    const one = await liveStateAt(t, url)
    const two = await liveStateAt(t, url)
    await two.state.watch(GROUP, 'watcher')
    one.state.set(GROUP, 'ada', 'tab', '1,1')
    await two.holds({ ada: '1,1' })
    one.state.set(GROUP, 'ada', 'tab', '2,2')
    await two.holds({ ada: '2,2' })
    const three = await liveStateAt(t, url)
    await three.state.watch(GROUP, 'watcher')
    t.same(three.values(), { ada: '2,2' }, 'at once')
    one.state.clear(GROUP, 'ada', 'tab')
    await Promise.all([two.holds({}), three.holds({})])
    await eventually('it was told', () => isDeepStrictEqual(two.believed(), {}))
  })

  t.test('a value expires everywhere unless it is set again', async (t) => {
    const { url } = await startRedis(t)
    const [one, two] = [await liveStateAt(t, url, { lasts: 400 }), await liveStateAt(t, url, { lasts: 400 })]
    await two.state.watch(GROUP, 'watcher')
    const setting = setInterval(() => one.state.set(GROUP, 'ada', 'tab', 'here'), 50)
    t.teardown(() => clearInterval(setting))
    await two.holds({ ada: 'here' })
    const until = performance.now() + 1_000
    await eventually(
      'two leases have gone by',
      () => performance.now() > until || two.values().ada !== 'here',
    )
    t.same(two.values(), { ada: 'here' })
    clearInterval(setting)
    await two.holds({})
  })

  t.test('a value of a process that died expires as usual', async (t) => {
    const { url } = await startRedis(t)
    const dying = (await RedisLive.open(url)).store('cursor')
    await dying.exchange(GROUP, { known: '', here: ['ada'], values: ['1,1'], gone: [], lease: 500 })
    dying.close()
    const two = await liveStateAt(t, url, { lasts: 600 })
    await two.state.watch(GROUP, 'watcher')
    t.same(two.values(), { ada: '1,1' })
    await two.holds({})
  })

  t.test('values recover after hints are lost and Redis forgets', async (t) => {
    const { url, port } = await startRedis(t)
    const [one, two] = [await liveStateAt(t, url, { lasts: 600 }), await liveStateAt(t, url, { lasts: 600 })]
    t.intercept(one.layer, 'groupSend', { value: async () => {} })
    await two.state.watch(GROUP, 'watcher')
    two.state.set(GROUP, 'bob', 'tab', '9')
    const setting = setInterval(() => {
      one.state.set(GROUP, 'ada', 'tab', '1')
      two.state.set(GROUP, 'bob', 'tab', '9')
    }, 50)
    t.teardown(() => clearInterval(setting))
    await two.holds({ ada: '1', bob: '9' })
    const client = new Redis(port, '127.0.0.1')
    await client.flushall()
    client.disconnect()
    await Promise.all([one.holds({ ada: '1', bob: '9' }), two.holds({ ada: '1', bob: '9' })])
  })
})

t.test('presence without Redis', withRedis, async (t) => {
  t.test(
    'people are listed and announced in their own process, and everywhere when Redis is back',
    async (t) => {
      const redis = await startRedis(t)
      const [one, two] = [await processAt(t, redis.url), await processAt(t, redis.url)]
      await one.join('ada')
      await two.join('bob')
      await one.lists('ada', 'bob')
      await redis.kill()

      await one.join('cyd')
      one.leave('ada')
      await one.join('ada', 'another connection')
      await one.tellsJoined('cyd')
      t.same(one.names, ['ada', 'bob', 'cyd'], 'people elsewhere still count as present')
      await two.join('dan')
      t.same(two.names, ['ada', 'bob', 'dan'])
      await redis.start()

      for (const process of [one, two]) await process.lists('ada', 'bob', 'cyd', 'dan')
      one.leave('cyd')
      for (const process of [one, two]) {
        await process.tellsLeft('cyd')
        t.same(process.left, ['cyd'], 'nobody else was announced as gone meanwhile')
        t.same(process.believed, ['ada', 'bob', 'dan'], 'nor as having joined twice')
      }
    },
  )

  t.test('a Redis that returns as a replica counts as away, and presence recovers afterwards', async (t) => {
    const [redis, primary] = [await startRedis(t), await startRedis(t)]
    const logged: string[] = []
    const heard = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) })
    const layers = [await RedisLayer.open(redis.url, heard), await RedisLayer.open(redis.url, log)]
    const processes: Process[] = []
    for (const layer of layers) processes.push(await begin(t, layer, await openStore(redis.url)))
    const [one, two] = processes
    if (!one || !two) return
    await one.join('ada')
    await two.join('bob')
    await one.lists('ada', 'bob')
    const client = onlooker(t, redis)
    await client.replicaof('127.0.0.1', primary.port)

    await eventually('it is away', () => layers.every((layer) => !layer.connected()))
    await one.join('cyd')
    one.leave('ada')
    await client.call('REPLICAOF', 'NO', 'ONE')
    await eventually('it is back', () => layers.every((layer) => layer.connected()))
    for (const process of processes) await process.lists('bob', 'cyd')
    t.equal(logged.length, 2, logged.join(''))
    t.match(logged[0], /refuses \(READONLY/)
    t.match(logged[1], 'is back')
  })

  t.test('nobody is announced as gone because their process notices the return of Redis later', async (t) => {
    const redis = await startRedis(t)
    const one = await processAt(t, redis.url)
    const late = new LateStore(await openStore(redis.url))
    const two = await begin(t, await RedisLayer.open(redis.url, log), late)
    for (const name of ['ada', 'zoe']) await one.join(name)
    await two.join('bob')
    await one.lists('ada', 'bob', 'zoe')
    await redis.kill()
    late.away = true
    await redis.start()
    const three = await processAt(t, redis.url)
    await three.join('cyd')
    await one.lists('ada', 'bob', 'cyd', 'zoe')

    one.leave('zoe')
    await one.tellsLeft('zoe')
    t.same(one.left, ['zoe'])
    late.away = false
    await three.lists('ada', 'bob', 'cyd')
  })

  t.test('people at other processes count as gone after a lease', async (t) => {
    const redis = await startRedis(t)
    const [one, two] = [await processAt(t, redis.url, { lease: 1_000 }), await processAt(t, redis.url)]
    await one.join('ada')
    await two.join('bob')
    await one.lists('ada', 'bob')
    await redis.kill()
    await one.join('cyd')
    await one.tellsLeft('bob')
    t.same(one.names, ['ada', 'cyd'])
    await redis.start()
    await one.lists('ada', 'bob', 'cyd')
  })

  t.test('people who do not return with Redis are gone after a renewal', async (t) => {
    const redis = await startRedis(t)
    const one = await processAt(t, redis.url, { renewal: 500 })
    const store = await openStore(redis.url)
    const doomed = new Process(new MemoryLayer(log), store, {})
    await one.join('ada')
    await doomed.join('bob')
    await one.lists('ada', 'bob')
    await redis.kill()
    store.close()
    await redis.start()
    await one.tellsLeft('bob')
    t.same(one.names, ['ada'])
    await doomed.close()
  })

  t.test('when Redis does not answer, nobody waits long for the names of others', async (t) => {
    const redis = await startRedis(t)
    const one = await processAt(t, redis.url)
    redis.pause()
    t.teardown(() => redis.resume())
    await one.join('ada')
    t.same(one.names, ['ada'])
    await one.tellsJoined('ada')
  })

  t.test('when Redis has lost everything, the first process to notice makes all fill it again', async (t) => {
    const { url, port } = await startRedis(t)
    const times = { renewal: 600_000 }
    const [one, two] = [await processAt(t, url, times), await processAt(t, url, times)]
    await one.join('ada')
    await two.join('bob')
    await one.lists('ada', 'bob')
    const client = new Redis(port, '127.0.0.1')
    await client.flushall()
    client.disconnect()

    await one.join('cyd')

    await two.lists('ada', 'bob', 'cyd')
    const three = await processAt(t, url)
    await three.join('dan')
    await three.lists('ada', 'bob', 'cyd', 'dan')
    one.leave('cyd')
    for (const process of [one, two, three]) {
      await process.tellsLeft('cyd')
      t.same(process.left, ['cyd'], 'nobody was announced as gone and back')
    }
  })
})

t.test('a Redis that does not permit presence is logged once', withRedis, async (t) => {
  const { url } = await startRedis(t, ['--rename-command', 'EVAL', '', '--rename-command', 'EVALSHA', ''])
  const logged: string[] = []
  const warnings = pino({ level: 'warn' }, { write: (line) => void logged.push(line) })
  const layer = await RedisLayer.open(url, log)
  const presence = new Presence(layer, warnings, {}, await openStore(url))
  t.teardown(() => layer.close())
  t.teardown(() => presence.close())

  for (const group of ['one', 'two']) await presence.join(group, 'ada', group)

  t.same(presence.list('one', 9).names, ['ada'], 'each process goes on alone')
  await eventually('it is logged', () => logged.length > 0)
  await presence.join('three', 'ada', 'three')
  t.equal(logged.length, 1)
  t.match(JSON.parse(logged[0] ?? ''), { reason: /^ERR unknown command/ })
})

t.test(
  'whatever hints are lost, everyone ends with the right list, and was told of it',
  withRedis,
  async (t) => {
    const seed = seedFrom('PRESENCE_SEED')
    t.comment(`seed ${seed} (PRESENCE_SEED=${seed})`)
    const dice = new Dice(seed)
    const { url } = await startRedis(t)
    const processes: Process[] = []
    for (let number = 0; number < 3; number += 1) {
      const layer = await RedisLayer.open(url, log)
      const send = layer.groupSend.bind(layer)
      t.intercept(layer, 'groupSend', {
        value: async (group: string, event: ChannelEvent) => {
          if (dice.chance(0.5)) await send(group, event)
        },
      })
      const some = { gather: 2, grace: 20, renewal: 100 }
      processes.push(await begin(t, layer, await openStore(url), some))
    }
    const here = processes.map(() => new Map<string, string>())
    for (const [index, process] of processes.entries()) {
      await process.join(`watcher-${index}`)
      here[index]?.set('watcher', `watcher-${index}`)
    }
    for (let step = 0; step < 500; step += 1) {
      const index = dice.between(0, processes.length - 1)
      const connection = `tab-${dice.between(0, 9)}`
      const name = here[index]?.get(connection)
      if (name === undefined) {
        const other = `person-${dice.between(0, 5)}`
        void processes[index]?.join(other, connection)
        here[index]?.set(connection, other)
      } else {
        processes[index]?.leave(name, connection)
        here[index]?.delete(connection)
      }
      if (dice.chance(0.2)) await delay(dice.between(0, 10))
    }

    const truth = [...new Set(here.flatMap((connections) => [...connections.values()]))].sort()
    for (const process of processes) {
      await process.lists(...truth)
      const what = () => `but ${process.believed}`
      await eventually(`${truth} is believed`, () => process.believed.join() === truth.join(), what)
    }
  },
)

t.test(
  'a thousand people who open one room at two processes are announced in few frames',
  withRedis,
  async (t) => {
    class Room extends Consumer {
      override async connect() {
        await this.groupAdd(GROUP)
        await this.app.presence.join(GROUP, this.identity.user.name, this.channel)
        this.send(JSON.stringify({ joined: this.app.presence.list(GROUP, 1_000).names }))
      }
      'presence.changed'(event: ChannelEvent) {
        this.connection.send(encodeJson(event))
      }
      override disconnect() {
        this.app.presence.leave(GROUP, this.identity.user.name, this.channel)
      }
    }
    const { url } = await startRedis(t)
    const servers = await Promise.all(
      [1, 2].map(async () => {
        const [layer, presenceStore] = await Promise.all([RedisLayer.open(url, log), openStore(url)])
        return channelsApp(t, { '/ws/room': Room }, { layer, presenceStore })
      }),
    )
    const start = performance.now()
    const guests = servers.flatMap(({ app }, server) =>
      Array.from({ length: 500 }, (_, number) =>
        communicate(app, '/ws/room', { as: person(`guest-${server}-${number}`) }),
      ),
    )
    let names = 0
    await Promise.all(
      guests.map(async (guest) => {
        await guest.connect()
        const known = new Set<string>()
        while (known.size < 1_000) {
          const { joined } = (await guest.receive()) as { joined: string[] }
          for (const name of joined) known.add(name)
          names += joined.length
        }
      }),
    )
    const seconds = (performance.now() - start) / 1_000

    let frames = 0
    for (const { metric } of servers)
      frames += await metric('partyline_messages_sent_total', { consumer: 'room' })
    t.comment(`${frames} frames with ${names} names in ${seconds.toFixed(1)} s`)
    t.ok(frames <= 1_000 * (4 * seconds + 2), 'everyone gets at most four frames a second')
    t.ok(names <= 2_000_000, 'and each person once, or twice if they joined at the same moment')
  },
)

t.test('thousands of people are renewed in small steps, few of them at a time', async (t) => {
  const store = new EmptyStore()
  const layer = new MemoryLayer(log)
  const reconnected: (() => void)[] = []
  t.intercept(layer, 'onReconnect', { value: (listener: () => void) => reconnected.push(listener) })
  const process = await begin(t, layer, store)
  const groups = Array.from({ length: 2_000 }, (_, number) => `room.${number}`)
  await Promise.all([
    ...groups.map((_, number) => process.join(`person-${number}`)),
    ...groups.map((group) => process.presence.join(group, 'ada', group)),
  ])
  const allSaid = () => store.names('here') === 4_000 && store.underWay === 0
  await eventually('all were said', allSaid)

  store.forget()
  for (const renew of reconnected) renew()
  await eventually('all were said again', allSaid)
  t.ok(store.updates.every(({ here }) => here.length <= 500))
  t.ok(store.most <= 50, `${store.most} at the same time`)

  store.forget()
  await process.presence.close()
  t.equal(store.names('gone'), 4_000, 'and are announced as gone in the end')
  t.ok(store.most <= 50, `${store.most} at the same time`)
})

t.test('presence on a Redis Cluster', withRedis, async (t) => {
  const cluster = await startRedisCluster(t)
  // Without all its nodes, a cluster loses many hints, which renewals make up for.
  const times = { renewal: 500 }
  const [one, two] = [await processAt(t, cluster.url, times), await processAt(t, cluster.url, times)]
  const groups = Array.from({ length: 30 }, (_, number) => `room.${number}`)
  const join = ({ presence }: Process, name: string) =>
    Promise.all(groups.map((group) => presence.join(group, name, group)))
  const listing = ({ presence }: Process, names: string) =>
    groups.filter((group) => presence.list(group, 9).names.join() === names).length

  t.test('groups in all slots are shared', async (t) => {
    await join(one, 'ada')
    await join(two, 'bob')
    t.equal(listing(two, 'ada,bob'), groups.length, 'a newcomer knows at once who is there')
    await eventually('all are listed', () => listing(one, 'ada,bob') === groups.length)
  })

  t.test('values are shared', async (t) => {
    const [first, second] = [await liveStateAt(t, cluster.url), await liveStateAt(t, cluster.url)]
    await second.state.watch(GROUP, 'watcher')
    first.state.set(GROUP, 'ada', 'tab', '1,1')
    await second.holds({ ada: '1,1' })
  })

  t.test('groups on a lost node are not shared until it is back, while the others are', async (t) => {
    await cluster.nodes[0]?.kill()
    await join(one, 'cyd')
    t.equal(listing(one, 'ada,bob,cyd'), groups.length)
    await eventually('most know of each other', () => listing(two, 'ada,bob,cyd') > groups.length / 3)
    t.ok(listing(two, 'ada,bob,cyd') < groups.length)
    await cluster.nodes[0]?.start()
    await eventually('all do again', () => listing(two, 'ada,bob,cyd') === groups.length)
  })
})
