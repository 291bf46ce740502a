import t from 'tap'
import { Reader, stream } from '../support/feeds.ts'
import { gate, settled } from '../support/notes.ts'

t.test(
  'a feed catches up with a follower that is ahead of it, and the others get those changes',
  async (t) => {
    const { table, feeds } = stream(t)
    const feed = await feeds.open(1)
    const behind = new Reader()
    const ahead = new Reader()
    await feed.follow(behind, undefined)
    table.say(3)

    await feed.follow(ahead, 2)
    await feeds.publish(1, table.say(1))

    await Promise.all([behind.at(4), ahead.at(4)])
    t.same(
      [behind.revs, ahead.revs],
      [
        [1, 2, 3, 4],
        [3, 4],
      ],
    )
  },
)

t.test(
  'a follower who turns out to be ahead of the database loads the history, and goes on live',
  async (t) => {
    const { table, feeds } = stream(t)
    table.say(3)
    const feed = await feeds.open(1)
    const reader = new Reader()

    await feed.follow(reader, 4)
    await feeds.publish(1, table.say(1))

    await reader.at(4)
    t.same(reader.revs, [-3, 4])
  },
)

t.test(
  'after the store went back, every follower loads the history again and goes on from there',
  async (t) => {
    const { table, feeds, warnings } = stream(t)
    table.say(6)
    const feed = await feeds.open(1)
    const readers = [new Reader(), new Reader()]
    for (const reader of readers) await feed.follow(reader, undefined)

    table.goBackTo(2)
    await feeds.heal()
    await feeds.publish(1, table.say(1))

    for (const reader of readers) {
      await reader.at(3)
      t.same(reader.revs, [-2, 3])
    }
    t.match(warnings, [/went back/])
  },
)

t.test('another change with a number that was sent shows that the store went back', async (t) => {
  const { table, feeds } = stream(t)
  const feed = await feeds.open(1)
  const reader = new Reader()
  await feed.follow(reader, undefined)
  await feeds.publish(1, table.say(4))
  await reader.at(4)

  table.goBackTo(2)
  const said = table.say(3)
  await feeds.publish(1, said.slice(0, 1))

  await reader.at(-5)
  t.same(reader.revs, [1, 2, 3, 4, -5])
})

t.test(
  'another history is noticed also where it has as many changes, and nothing was heard of them',
  async (t) => {
    const { table, feeds } = stream(t)
    const feed = await feeds.open(1)
    const reader = new Reader()
    await feed.follow(reader, undefined)
    await feeds.publish(1, table.say(4))
    await reader.at(4)

    table.goBackTo(2)
    table.say(2)
    await feeds.heal()

    await reader.at(-4)
    t.same(reader.revs, [1, 2, 3, 4, -4])
  },
)

t.test('a row with another id shows that the store went back', async (t) => {
  const { table, feeds } = stream(t)
  table.say(1)
  const feed = await feeds.open(1)
  const reader = new Reader()
  await feed.follow(reader, undefined)
  await feeds.publish(1, table.commit(1))
  await reader.at(2)

  table.goBackTo(0)
  table.say(2)
  await feeds.publish(1, table.commit(1))

  await reader.at(-3)
  t.same(reader.revs, [2, 3, -3])
})

t.test('a client whose newest row is lost while it is looked up has to load the history again', async (t) => {
  const { table, feeds } = stream(t)
  table.say(3)
  const feed = await feeds.open(1)
  table.say(1)
  const { opened, open } = gate()
  table.delay = opened
  const outOfReach = feed.outOfReach(4, { seq: 4, id: '4-1' })

  table.goBackTo(3)
  table.say(1)
  open()
  t.equal(await outOfReach, true)
})

t.test(
  'a client whose history is lost after it was looked up, and before it follows, has to load the history',
  async (t) => {
    const { table, feeds } = stream(t)
    table.say(3)
    const feed = await feeds.open(1)
    const { history } = feed
    t.equal(await feed.outOfReach(3, { seq: 3, id: '3-1' }), false)
    table.goBackTo(2)
    table.say(2)
    await feeds.heal()

    const reader = new Reader()
    await feed.follow(reader, 3, history)
    await reader.at(-4)
    t.same(reader.revs, [-4])
  },
)

t.test('changes published before the store went back are not waited for', async (t) => {
  const { table, feeds } = stream(t, { gapPatience: 1 })
  const feed = await feeds.open(1)
  const reader = new Reader()
  await feed.follow(reader, undefined)
  const lost = table.say(5)
  await feeds.publish(1, lost.slice(4))
  table.goBackTo(1)
  await feeds.heal()
  await reader.at(1)
  const { queries } = table

  await feeds.publish(1, table.say(1))

  await reader.at(2)
  t.same(reader.revs, [1, 2])
  t.ok(table.queries - queries < 5, 'and nothing is read again and again')
})

t.test(
  'a client has to load the history again if its newest row is missing, or older than it says',
  async (t) => {
    const { table, feeds } = stream(t)
    table.say(3)
    const feed = await feeds.open(1)
    t.notOk(await feed.outOfReach(3, { seq: 3, id: '3-1' }))
    t.notOk(await feed.outOfReach(2, { seq: 2, id: '2-1' }))
    t.ok(await feed.outOfReach(3, { seq: 3, id: 'other' }), 'another')
    t.ok(await feed.outOfReach(3, { seq: 2, id: '2-1' }), 'an older one')
    t.ok(await feed.outOfReach(3, { seq: 77, id: '77-1' }), 'none')
  },
)

t.test('a client is brought up to date if few rows changed often, but not if many did', async (t) => {
  const { table, feeds } = stream(t)
  table.say(5)
  for (let times = 0; times < 1_200; times += 1) table.commit(1 + (times % 5))
  const feed = await feeds.open(1)
  t.notOk(await feed.outOfReach(5), 'five messages changed 1,200 times')
  table.say(1_100)
  await feeds.heal()
  t.ok(await feed.outOfReach(5))
})

t.test('a follower that is ahead of a read under way waits for the next one', async (t) => {
  const { table, feeds } = stream(t, { gapPatience: 0 })
  const feed = await feeds.open(1)
  table.say(1)
  await feeds.heal()
  const { opened, open } = gate()
  table.delay = opened
  while (table.queries < 3) await settled()
  const { opened: rows, open: openRows } = gate()
  table.delay = rows
  open()
  while (table.reads < 1) await settled()
  table.delay = undefined
  table.say(1)
  const reader = new Reader()

  const following = feed.follow(reader, 2)
  openRows()
  await following
  await feeds.publish(1, table.say(1))

  await reader.at(3)
  t.same(reader.revs, [3])
})

t.test(
  'out of reach is who missed more than a thousand changes, or knows more than the database',
  async (t) => {
    const { table, feeds } = stream(t)
    table.say(1_500)
    const feed = await feeds.open(1)
    table.say(1)

    t.equal(await feed.outOfReach(500), false)
    t.equal(await feed.outOfReach(499), true)
    t.equal(await feed.outOfReach(1_500), false)
    t.equal(await feed.outOfReach(1_501), false, 'the feed has not seen it yet')
    t.equal(await feed.outOfReach(1_502), true)
  },
)
