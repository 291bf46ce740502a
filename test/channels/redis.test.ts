import { once } from 'node:events'
import { connect } from 'node:net'
import pino from 'pino'
import t, { type Test } from 'tap'
import type { Follower } from '../../src/channels/feed/feed-options.ts'
import type { Change, FeedSource } from '../../src/channels/feed/feed-source.ts'
import { Feeds } from '../../src/channels/feed/feeds.ts'
import type { RedisLayer } from '../../src/channels/layers/redis.ts'
import { readRedisAddress } from '../../src/channels/redis/address.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, withRedis } from '../support/redis.ts'
import { isBack, join, onlooker, openLayer, say } from '../support/redis-layer.ts'
import { testLayer, testProcesses } from './conformance.ts'

t.test('addresses of Redis', async (t) => {
  t.test('an address gives the hosts, user, password and database, in four forms', async (t) => {
    const nobody = { username: undefined, password: undefined, database: 0, name: '' }
    const cases = {
      'redis://host': { ...nobody, kind: 'single', tls: false, nodes: [{ host: 'host', port: 6379 }] },
      'rediss://me:p%40ss@[::1]:6380/3': {
        ...nobody,
        ...{ kind: 'single', tls: true, nodes: [{ host: '::1', port: 6380 }] },
        ...{ username: 'me', password: 'p@ss', database: 3 },
      },
      'redis+sentinel://:secret@a,b:2/main/1': {
        ...{
          kind: 'sentinel',
          tls: false,
          name: 'main',
          username: undefined,
          password: 'secret',
          database: 1,
        },
        nodes: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 2 },
        ],
      },
      'redis+cluster://a:1,b:2/': {
        ...{ ...nobody, kind: 'cluster', tls: false },
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
    }
    for (const [url, address] of Object.entries(cases)) t.same(readRedisAddress(url), address, url)
  })

  t.test('an invalid address is a TypeError that does not repeat it', async (t) => {
    const wrong = ['host', 'redis://', 'redis://a,b', 'redis://a:0', 'redis://a:65536', 'redis://a/x']
    wrong.push('redis+sentinel://a', 'redis+cluster://a/1', 'redis://a?b=c', 'http://a', 'redis://a/0/1')
    for (const url of wrong) t.throws(() => readRedisAddress(url), TypeError, url)
    t.throws(() => readRedisAddress('redis://:hunter2@host/x'), { message: /^(?!.*hunter2)/ })
  })
})

t.test('a layer over Redis', withRedis, async (t) => {
  const redis = await startRedis(t)
  const make = async (t: Test) => (await openLayer(t, redis.url)).layer
  testLayer(t, make)
  testProcesses(t, make)
})

t.test('a process subscribes to a group once, as long as it has members', withRedis, async (t) => {
  const redis = await startRedis(t)
  const { layer } = await openLayer(t, redis.url)
  const client = onlooker(t, redis)
  const subscriptions = async () => Number((await client.pubsub('NUMSUB', 'partyline:0:group:room.1'))[1])
  const channels = [layer.newChannel(() => true), layer.newChannel(() => true)]

  for (const channel of channels) await layer.groupAdd('room.1', channel)
  t.equal(await subscriptions(), 1)

  await layer.groupDiscard('room.1', channels[0] ?? '')
  t.equal(await subscriptions(), 1)
  await layer.closeChannel(channels[1] ?? '')
  await eventually('the subscription ends', async () => (await subscriptions()) === 0)
})

t.test('Partylines with different databases on one Redis do not hear each other', withRedis, async (t) => {
  const redis = await startRedis(t)
  const [one, other] = [await openLayer(t, `${redis.url}/1`), await openLayer(t, `${redis.url}/2`)]
  const heard = await join(other.layer, 'room.1')

  await say(one.layer, 'room.1', 1)
  const same = await openLayer(t, `${redis.url}/2`)
  await say(same.layer, 'room.1', 2)

  await eventually('the second event', () => heard.length > 0)
  t.same(heard, [2])
})

t.test('messages that others publish in our names do no harm, and are logged once', withRedis, async (t) => {
  const redis = await startRedis(t)
  const { layer, logged } = await openLayer(t, redis.url)
  const client = onlooker(t, redis)
  const heard = await join(layer, 'room.1')
  const channel = layer.newChannel(() => true)
  const sender = 'x'.repeat(16)
  const ours = channel.slice(0, 16)

  for (const name of ['partyline:0:group:room.1', `partyline:0:process:${ours}`]) {
    for (const text of ['', 'short', '{', '[]', 'null', '"type"', '{"type":1}', '\n', `${channel}\n{`, '\0'])
      for (const payload of [text, sender + text]) await client.publish(name, payload)
    await client.publish(name, Buffer.from([...Buffer.from(sender), 0xff, 0xfe, 0x00]))
  }
  await client.publish('partyline:0:group:room.1', `${sender}{"type":"test.event","number":7}`)

  await eventually('the event that is one', () => heard.length > 0)
  t.same(heard, [7])
  t.equal(logged.length, 1)
})

t.test(
  'a start without Redis says so in one line, works alone, and connects when Redis is up',
  withRedis,
  async (t) => {
    const redis = await startRedis(t, ['--requirepass', 'hunter2'])
    const url = redis.url.replace('//', '//:hunter2@')
    await redis.kill()

    const [one, other] = await Promise.all([openLayer(t, url), openLayer(t, url)])
    const [near, far] = [await join(one.layer, 'room.1'), await join(other.layer, 'room.1')]
    await say(one.layer, 'room.1', 1)

    t.same([near, far], [[1], []])
    t.notOk(one.layer.connected())
    t.equal(one.logged.length, 1)
    t.match(one.logged[0], `REDIS_URL: Redis at 127.0.0.1:${redis.port} does not answer`)
    t.notMatch(one.logged.join(), 'hunter2')

    await redis.start()
    await isBack(one, other)
    await say(one.layer, 'room.1', 2)
    await eventually('an event from the other process', () => far.includes(2))
    t.same(near, [1, 2])
    t.match(one.logged.slice(1).join(), 'is back')
  },
)

t.test('a wrong password is reported in the same line, without repeating it', withRedis, async (t) => {
  const redis = await startRedis(t, ['--requirepass', 'right'])
  const { layer, logged } = await openLayer(t, redis.url.replace('//', '//:hunter2@'))
  t.notOk(layer.connected())
  t.equal(logged.length, 1)
  t.match(logged[0], 'WRONGPASS')
  t.notMatch(logged.join(), 'hunter2')
})

t.test(
  'a Redis that accepts no writes counts as away, with its own reason, until it does',
  withRedis,
  async (t) => {
    const redis = await startRedis(t)
    const client = onlooker(t, redis)
    const states = {
      OOM: ['maxmemory', '1', '0'],
      NOREPLICAS: ['min-replicas-to-write', '1', '0'],
    } as const
    for (const [code, [setting, off, on]] of Object.entries(states)) {
      const { layer, logged } = await openLayer(t, redis.url)
      await client.config('SET', setting, off)
      await eventually('it is away', () => !layer.connected())
      t.match(logged.join(''), new RegExp(`REDIS_URL: Redis at \\S+ refuses \\(${code}`))
      await client.config('SET', setting, on)
      await eventually('it is back', () => layer.connected())
      t.equal(logged.length, 2)
    }
  },
)

t.test('while Redis is away', withRedis, async (t) => {
  const redis = await startRedis(t)
  const [one, other] = await Promise.all([openLayer(t, redis.url), openLayer(t, redis.url)])
  const [near, far] = [await join(one.layer, 'room.1'), await join(other.layer, 'room.1')]
  const first = one.back()

  t.test('members in one process get each other’s events, once and in order', async (t) => {
    const numbers = Array.from({ length: 300 }, (_, number) => number)
    for (const number of numbers) {
      await say(one.layer, 'room.1', number)
      if (number === 100) await redis.kill()
      // One turn for each, so that the end of Redis is noticed between them.
      await new Promise((resolve) => setImmediate(resolve))
    }
    t.same(near, numbers)
    await eventually('the loss is seen', () => !one.layer.connected() && !other.layer.connected())
  })

  let late: number[] = []
  t.test('channels can join and leave groups', async () => {
    late = await join(other.layer, 'room.2')
    const channel = other.layer.newChannel(() => true)
    await other.layer.groupAdd('room.3', channel)
    await other.layer.groupDiscard('room.3', channel)
  })

  t.test('when Redis is back, everyone gets later events and is told to look for missed ones', async (t) => {
    await redis.start()
    await isBack(one, other)
    t.ok(one.back() > first)

    await say(one.layer, 'room.1', 1_000)
    await say(one.layer, 'room.2', 2_000)

    await eventually('the events', () => far.includes(1_000) && late.includes(2_000))
    t.same(
      far,
      [...new Set(far)].sort((one, other) => one - other),
      'waiting events come first, and none twice',
    )
    t.equal(one.logged.length, 2, one.logged.join())
    const client = onlooker(t, redis)
    t.same(await client.pubsub('CHANNELS', '*room.3'), [])
  })
})

t.test('a process that is told that Redis is back misses nothing from then on', withRedis, async (t) => {
  const redis = await startRedis(t)
  const [one, other] = await Promise.all([openLayer(t, redis.url), openLayer(t, redis.url)])
  const heard = await join(other.layer, 'room.1')
  for (let round = 1; round <= 5; round += 1) {
    await redis.kill()
    const told = new Promise<void>((resolve) => other.layer.onReconnect(resolve))
    await redis.start()
    await Promise.all([told, isBack(one)])
    await say(one.layer, 'room.1', round)
    await eventually(`event ${round}`, () => heard.includes(round))
  }
})

t.test('a Redis that hangs does not block anybody', withRedis, async (t) => {
  const redis = await startRedis(t)
  const watched = await openLayer(t, redis.url)
  const { layer } = watched
  const near = await join(layer, 'room.1')

  redis.pause()
  const joining = join(layer, 'room.2')
  await say(layer, 'room.1', 1)
  t.same(near, [1])
  await joining
  t.notOk(layer.connected(), 'joining waits no longer than until the loss is noticed')

  redis.resume()
  await isBack(watched)
  const other = await openLayer(t, redis.url)
  await say(other.layer, 'room.1', 2)
  await eventually('an event from the other process', () => near.includes(2))

  redis.pause()
  await layer.close()
  redis.resume()
})

t.test(
  'events that wait for Redis are bounded: the oldest is dropped, logged and counted',
  withRedis,
  async (t) => {
    const redis = await startRedis(t)
    const [one, other] = await Promise.all([openLayer(t, redis.url), openLayer(t, redis.url)])
    const heard = await join(other.layer, 'room.1')
    await redis.kill()
    await eventually('the loss is seen', () => !one.layer.connected())

    const text = 'x'.repeat(1_000_000)
    for (let number = 0; number < 100; number += 1)
      await one.layer.groupSend('room.2', { type: 'test.event', number, text })
    await say(one.layer, 'room.1', 1)
    await redis.start()
    await isBack(one, other)
    await say(one.layer, 'room.1', 2)

    await eventually('the event said when it was back', () => heard.includes(2))
    t.equal(one.logged.filter((line) => line.includes('are dropped')).length, 1)
    const dropped = /"dropped":(\d+)/.exec(one.logged.join())?.[1]
    t.ok(Number(dropped) >= 90 && Number(dropped) <= 100, `${dropped} dropped`)
  },
)

t.test('a process that has stopped reading does not affect others', withRedis, async (t) => {
  const redis = await startRedis(t)
  const [one, other] = await Promise.all([openLayer(t, redis.url), openLayer(t, redis.url)])
  const heard = await join(other.layer, 'room.1')
  const stuck = connect(redis.port, '127.0.0.1')
  t.teardown(() => stuck.destroy())
  stuck.write('SUBSCRIBE partyline:0:group:room.1\r\n')
  await once(stuck, 'readable')

  const text = 'x'.repeat(1_000_000)
  for (let number = 0; number < 60; number += 1) {
    await one.layer.groupSend('room.1', { type: 'test.event', number, text })
    await eventually(`event ${number}`, () => heard.length === number + 1)
  }
  t.same([one.logged, other.logged], [[], []])
})

t.test('a layer closes at once while Redis is away, and delivers nothing more', withRedis, async (t) => {
  const redis = await startRedis(t)
  const { layer } = await openLayer(t, redis.url)
  const near = await join(layer, 'room.1')
  await redis.kill()
  await say(layer, 'room.1', 1)
  await layer.close()
  await say(layer, 'room.1', 2)
  t.same(near, [1])
})

t.test('events sent just before a layer closes still arrive', withRedis, async (t) => {
  const redis = await startRedis(t)
  const [one, other] = await Promise.all([openLayer(t, redis.url), openLayer(t, redis.url)])
  const heard = await join(other.layer, 'room.1')
  for (let number = 0; number < 1_000; number += 1) void say(one.layer, 'room.1', number)
  await one.layer.close()
  await eventually('all events', () => heard.length === 1_000)
})

t.test(
  'feeds neither lose, repeat nor reorder anything while Redis restarts under load',
  withRedis,
  async (t) => {
    const redis = await startRedis(t)
    const table = new Table()
    const processes = await Promise.all(
      [0, 1, 2].map(async () => {
        const { layer } = await openLayer(t, redis.url)
        const feeds = feedsOf(layer, table)
        t.teardown(() => feeds.close())
        return { layer, feeds }
      }),
    )
    const streams = [1, 2, 3, 4]
    const readers = await Promise.all(
      processes.flatMap(({ feeds }) =>
        streams.map(async (stream) => {
          const feed = await feeds.open(stream)
          const reader = new Reader()
          await feed.follow(reader, 0)
          return { stream, feed, reader }
        }),
      ),
    )

    const load = { on: true }
    const writers = processes.map(async ({ feeds }, index) => {
      for (let turn = 0; load.on; turn += 1) {
        const stream = (turn % streams.length) + 1
        await feeds.publish(stream, table.commit(stream, (turn % 3) + 1))
        // Now and then a connection breaks, and is restored with what it had received.
        const left = turn % 50 === 0 ? readers[(turn + index) % readers.length] : undefined
        left?.feed.unfollow(left.reader)
        await new Promise((resolve) => setImmediate(resolve))
        if (left) await left.feed.follow(left.reader, left.reader.revs.at(-1) ?? 0)
      }
    })
    for (let outage = 0; outage < 4; outage += 1) {
      await redis.kill()
      await eventually('the loss is seen', () => processes.every(({ layer }) => !layer.connected()))
      await redis.start()
      await eventually('Redis is back', () => processes.every(({ layer }) => layer.connected()))
    }
    load.on = false
    await Promise.all(writers)

    for (const { stream, reader } of readers) {
      const rev = table.rev(stream)
      await eventually(`${rev} in stream ${stream}`, () => reader.revs.at(-1) === rev)
      const all = Array.from({ length: rev }, (_, index) => index + 1)
      t.ok(String(reader.revs) === String(all), `${rev} changes of stream ${stream}, each once and in order`)
    }
  },
)

/** Streams in which nothing is edited. */
class Table implements FeedSource<Change> {
  readonly #revs = new Map<number, number>()

  rev(stream: number): number {
    return this.#revs.get(stream) ?? 0
  }

  commit(stream: number, count: number): Change[] {
    const first = this.rev(stream) + 1
    this.#revs.set(stream, first + count - 1)
    return Array.from({ length: count }, (_, index) => ({ rev: first + index }))
  }

  async revs(streams: readonly number[]): Promise<Map<number, number>> {
    return new Map(streams.map((stream) => [stream, this.rev(stream)]))
  }

  async changes(stream: number, after: number, upTo = this.rev(stream), limit = 0): Promise<Change[]> {
    return Array.from({ length: Math.min(limit, upTo - after) }, (_, index) => ({ rev: after + index + 1 }))
  }
}

/** A connection that notes the revs it was sent. */
class Reader implements Follower {
  readonly revs: number[] = []
  readonly open = true

  send(frame: Buffer): void {
    this.write(frame)
  }

  write(joined: Buffer): void {
    for (const rev of joined.toString().trimEnd().split('\n')) this.revs.push(Number(rev))
  }

  sendPromptly(): void {}

  async drained(): Promise<void> {}
  joined(): void {}
  left(): void {}
}

function feedsOf(layer: RedisLayer, source: FeedSource<Change>): Feeds<Change> {
  return new Feeds({
    layer,
    log: pino({ enabled: false }),
    source,
    group: (stream) => `stream.${stream}`,
    event: 'stream.changed',
    encode: ({ rev }) => Buffer.from(`${rev}\n`),
    healInterval: 500,
  })
}
