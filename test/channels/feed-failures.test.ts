import t from 'tap'
import { Reader, stream } from '../support/feeds.ts'
import { gate, settled } from '../support/notes.ts'

t.test('a read that fails is tried again at the next comparison, and not before', async (t) => {
  const { table, feeds, warnings } = stream(t, { gapPatience: 0 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  table.fault = new Error('the database is away')
  await feeds.publish(1, table.say(2).slice(1))
  while (warnings.length === 0) await settled()
  const queries = table.queries
  for (let pause = 0; pause < 5; pause += 1) await new Promise((resolve) => setTimeout(resolve, 2))
  t.equal(table.queries, queries)
  t.same(warnings, ['a feed could not read; this will be tried again'])

  table.fault = undefined
  await feeds.heal()

  await reader.at(2)
  t.same(reader.revs, [1, 2])
})

t.test('a read that fails does not hold back changes that are next', async (t) => {
  const { table, feeds, warnings } = stream(t, { gapPatience: 0 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  const [first, second] = [table.say(1), table.say(1)]
  const { opened, open } = gate()
  table.delay = opened
  table.fault = new Error('the database is away')
  const queries = table.queries
  await feeds.publish(1, second)
  while (table.queries === queries) await settled()
  await feeds.publish(1, first)
  t.same(reader.revs, [], 'while it reads it sends nothing else')

  open()

  await reader.at(2)
  t.same(reader.revs, [1, 2])
  t.equal(warnings.length, 1)
})

t.test('a follower is told if its changes cannot be read, and the feed goes on', async (t) => {
  const { table, feeds } = stream(t)
  table.say(2)
  const feed = await feeds.open(1)
  table.fault = new Error('the database is away')
  await t.rejects(feed.follow(new Reader(), 0), /away/)
  await t.rejects(feed.follow(new Reader(), 3), /away/)
  table.fault = undefined

  const reader = new Reader()
  await feed.follow(reader, 0)
  await feeds.publish(1, table.say(1))

  await reader.at(3)
  t.same(reader.revs, [1, 2, 3])
})

t.test('a comparison that fails is logged, and the next one finds what is missing', async (t) => {
  const { table, feeds, warnings } = stream(t, { gapPatience: 0, healInterval: 2 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  table.say(1)
  table.fault = new Error('the database is away')
  while (warnings.length === 0) await settled()
  t.match(warnings[0], 'could not be compared')

  table.fault = undefined

  await reader.at(1)
  t.same(reader.revs, [1])
})

t.test('feeds do not log outages that the store logs itself', async (t) => {
  const { table, feeds, warnings } = stream(t, { gapPatience: 0, healInterval: 2 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  table.fault = Object.assign(new Error('the database is away'), { logged: true })
  await feeds.publish(1, table.say(2).slice(1))
  const failed = table.queries
  while (table.queries < failed + 3) await settled()

  table.fault = undefined

  await reader.at(2)
  t.same(warnings, [])
})

t.test(
  'a feed that cannot begin fails all that wait for it, and the next attempt begins afresh',
  async (t) => {
    const { table, layer, feeds } = stream(t)
    table.fault = new Error('the database is away')
    const [one, other] = await Promise.allSettled([feeds.open(1), feeds.open(1)])
    t.equal(one.status, 'rejected')
    t.equal(other.status, 'rejected')
    t.equal(layer.open.size, 0)
    table.fault = undefined

    const feed = await feeds.open(1)

    t.equal(feed.rev, 0)
    t.equal(layer.open.size, 1)
  },
)
