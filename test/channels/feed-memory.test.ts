import t from 'tap'
import { FeedMemory } from '../../src/channels/feed/feed-memory.ts'
import { Reader, type Row, span, stream } from '../support/feeds.ts'

t.test(
  'a follower that missed only the latest changes needs no read: a thousand are kept, or 256 KiB',
  async (t) => {
    const live = new Reader()
    for (const [size, kept] of [
      [10, 1_000],
      [4_096, 64],
    ] as const) {
      const { table, feeds } = stream(t, { encode: ({ rev }) => Buffer.from(`${rev}\n`.padStart(size)) })
      const feed = await feeds.open(1)
      await feed.follow(live, undefined)
      for (let said = 0; said < 2_000; said += 500) await feeds.publish(1, table.say(500))
      const [near, far] = [new Reader(), new Reader()]

      await feed.follow(near, 2_000 - kept)
      await near.at(2_000)
      t.equal(table.reads, 0)
      await feed.follow(far, 2_000 - kept - 1)
      await far.at(2_000)
      t.equal(table.reads, 1)
      t.same([near.revs.length, far.revs.length], [kept, kept + 1])
    }
  },
)

t.test('large changes that are read are encoded a few a turn, in order', async (t) => {
  const encodedInTurn = new Map<number, number>()
  let turn = 0
  let counting = true
  t.teardown(() => {
    counting = false
  })
  const nextTurn = () => {
    turn += 1
    if (counting) setImmediate(nextTurn)
  }
  nextTurn()
  const encode = ({ rev }: Row) => {
    encodedInTurn.set(turn, (encodedInTurn.get(turn) ?? 0) + 1)
    return Buffer.from(`${rev}\n`.padStart(10_000))
  }
  const { table, feeds } = stream(t, { encode, gapPatience: 0 })
  const feed = await feeds.open(1)
  const reader = new Reader()

  table.say(100)
  await feeds.heal()
  await feed.follow(reader, 0)
  await reader.at(100)
  table.say(100)
  await feeds.heal()
  await reader.at(200)

  t.same(reader.revs, span(1, 200))
  t.ok(Math.max(...encodedInTurn.values()) < 20, 'four by each of those who read at the time')
})

t.test('early changes that are large are dropped, and read instead', async (t) => {
  const memory = new FeedMemory()
  const { table, feeds } = stream(t, {
    memory,
    encode: ({ rev }) => Buffer.from(`${rev}\n`.padStart(100_000)),
  })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)

  await feeds.publish(1, table.say(100).slice(1))
  const held = memory.bytes
  await feeds.publish(1, [{ rev: 1, seq: 1, id: '1-1' }])
  await reader.at(1)

  t.ok(held > 0 && held < 1_100_000, `${held} bytes were held`)
  t.same(reader.revs, [1])
})

t.test(
  'all feeds together keep no more than their memory allows, and drop first those that were used longest ago',
  async (t) => {
    const memory = new FeedMemory(100_000)
    const { table, feeds } = stream(t, {
      memory,
      encode: ({ rev }) => Buffer.from(`${rev}\n`.padStart(10_000)),
    })
    const changes = table.say(4)
    const open = async (id: number) => {
      const feed = await feeds.open(id)
      await feed.follow(new Reader(), 0)
      return feed
    }
    const first = await open(1)
    const second = await open(2)
    t.ok(memory.bytes > 80_000 && memory.bytes <= 100_000, `${memory.bytes} bytes are kept`)
    const comeBack = async (feed: typeof first) => {
      const before = table.reads
      const reader = new Reader()
      await feed.follow(reader, 0)
      t.same(reader.revs, span(1, changes.length))
      return table.reads - before
    }

    t.equal(await comeBack(first), 0)
    await open(3)

    t.ok(memory.bytes <= 100_000, `${memory.bytes} bytes are kept`)
    t.equal(await comeBack(first), 0)
    t.equal(await comeBack(second), 1)
  },
)

t.test('the frames that a feed keeps take little more memory than their bytes', async (t) => {
  const encode = ({ rev }: Row) => {
    // What else the server makes at the same time, and lets go of.
    for (let other = 0; other < 4; other += 1) Buffer.from('x'.repeat(1_500))
    return Buffer.from(`${rev}\n`.padStart(100))
  }
  const { table, feeds } = stream(t, { encode })
  const feed = await feeds.open(1)
  await feed.follow(new Reader(), undefined)
  for (let said = 0; said < 1_000; said += 100) await feeds.publish(1, table.say(100))
  const memory = new Set<ArrayBufferLike>()
  const reader = new Reader()
  reader.write = (frame) => void memory.add(frame.buffer)

  await feed.follow(reader, 0)

  const bytes = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0)
  t.ok(bytes > 0 && bytes < 110_000, `${bytes} bytes`)
})

t.test('a feed without followers keeps nothing', async (t) => {
  const memory = new FeedMemory()
  const { table, feeds } = stream(t, { memory })
  const feed = await feeds.open(1)
  await feed.follow(new Reader(), undefined)
  await feeds.publish(1, table.say(5))
  await feeds.publish(1, table.say(2).slice(1))
  t.ok(memory.bytes > 0)

  feeds.release(feed)

  t.equal(memory.bytes, 0)
})
