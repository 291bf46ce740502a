import t from 'tap'
import { Reader, span, stream } from '../support/feeds.ts'
import { gate, settled } from '../support/notes.ts'

t.test('a follower gets the changes since its position, and then the live ones', async (t) => {
  const { table, feeds } = stream(t)
  table.say(5)
  const feed = await feeds.open(1)
  const reader = new Reader()

  await feed.follow(reader, 2)
  await feeds.publish(1, table.say(1))

  await reader.at(6)
  t.same(reader.revs, [3, 4, 5, 6])
})

t.test('a follower that is up to date, or gives no position, gets only live changes', async (t) => {
  const { table, feeds } = stream(t)
  table.say(5)
  const feed = await feeds.open(1)
  const abreast = new Reader()
  const fresh = new Reader()
  table.reads = 0
  await feed.follow(abreast, 5)
  await feed.follow(fresh, undefined)

  await feeds.publish(1, table.say(1))

  await Promise.all([abreast.at(6), fresh.at(6)])
  t.same([abreast.revs, fresh.revs], [[6], [6]])
  t.equal(table.reads, 0)
})

t.test('a follower that joins does not get changes that were sent earlier in the same turn', async (t) => {
  const { table, feeds } = stream(t)
  const feed = await feeds.open(1)
  const before = new Reader()
  const after = new Reader()
  await feed.follow(before, undefined)

  await feeds.publish(1, table.say(1))
  t.equal(feed.rev, 1)
  await feed.follow(after, undefined)
  await feeds.publish(1, table.say(1))

  await after.at(2)
  t.same([before.revs, after.revs], [[1, 2], [2]])
})

t.test(
  'a slow follower holds nobody up, and goes live once it has read all that was said meanwhile',
  async (t) => {
    const { table, feeds } = stream(t)
    table.say(450)
    const feed = await feeds.open(1)
    const slow = new Reader()
    const quick = new Reader()
    const { opened, open } = gate()
    slow.slow = opened
    await feed.follow(quick, undefined)
    const following = feed.follow(slow, 0)

    await feeds.publish(1, table.say(100))
    await quick.at(550)
    t.same(slow.revs, span(1, 200), 'one page, and then it waits')
    open()
    await following
    await feeds.publish(1, table.say(1))

    await slow.at(551)
    t.same(slow.revs, span(1, 551))
    t.same(quick.revs, span(451, 551))
  },
)

t.test('a follower that catches up is sent at most a quarter of a mebibyte at once', async (t) => {
  const { table, feeds } = stream(t, {
    encode: (row) => Buffer.from(`${String(row.rev).padStart(65_535)}\n`),
  })
  table.say(20)
  const feed = await feeds.open(1)
  const slow = new Reader()
  const { opened, open } = gate()
  slow.slow = opened

  const following = feed.follow(slow, 0)
  await slow.at(4)
  await settled()
  t.same(slow.revs, [1, 2, 3, 4])
  open()
  await following

  t.same(slow.revs, span(1, 20))
})

t.test('a follower that leaves while it catches up gets nothing more', async (t) => {
  const { table, feeds } = stream(t)
  table.say(450)
  const feed = await feeds.open(1)
  const reader = new Reader()
  const { opened, open } = gate()
  reader.slow = opened
  const following = feed.follow(reader, 0)
  await settled()

  reader.open = false
  open()
  await following
  await feeds.publish(1, table.say(1))
  await settled()

  t.same(reader.revs, span(1, 200))
})

t.test('a follower that stops while it catches up gets nothing more, and may begin again', async (t) => {
  const { table, feeds } = stream(t)
  table.say(450)
  const feed = await feeds.open(1)
  const reader = new Reader()
  const { opened, open } = gate()
  reader.slow = opened
  const following = feed.follow(reader, 0)
  await settled()

  feed.unfollow(reader)
  const again = feed.follow(reader, 200)
  feed.unfollow(reader)
  open()
  await Promise.all([following, again])
  await feeds.publish(1, table.say(1))
  await settled()
  t.same(reader.revs, span(1, 200))

  await feed.follow(reader, 200)
  await feeds.publish(1, table.say(1))
  await reader.at(452)
  t.same(reader.revs, span(1, 452))
})

t.test('a follower catches up with a stream that never rests', async (t) => {
  const { table, feeds } = stream(t)
  table.say(450)
  const feed = await feeds.open(1)
  table.reads = 0
  const busy = { talks: true }
  const talk = async () => {
    while (busy.talks) {
      await feeds.publish(1, table.say(3))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  table.delay = new Promise((resolve) => setTimeout(resolve, 5))
  const talking = talk()
  const reader = new Reader()

  await feed.follow(reader, 0)
  busy.talks = false
  await talking
  await feeds.publish(1, table.say(1))

  await reader.at(feed.rev)
  t.same(reader.revs, span(1, feed.rev))
  t.equal(table.reads, 3, 'what was there when it came, and no more')
})

t.test('what a thousand returning followers missed is read and encoded once', async (t) => {
  const { table, feeds, encoded } = stream(t)
  table.say(150)
  const feed = await feeds.open(1)
  table.reads = 0
  encoded.length = 0
  const readers = Array.from({ length: 1_000 }, () => new Reader())

  await Promise.all(readers.slice(0, 500).map((reader) => feed.follow(reader, 30)))
  await feeds.publish(1, table.say(1))
  for (const reader of readers.slice(500)) await feed.follow(reader, 30)

  await Promise.all(readers.map((reader) => reader.at(151)))
  const missed = String(span(31, 151))
  t.ok(readers.every((reader) => String(reader.revs) === missed))
  t.equal(table.reads, 1)
  t.same(encoded, span(31, 151))
})
