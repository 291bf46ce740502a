import { setImmediate as turnEnded } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { FanOut, type Receiver } from '../../src/channels/sockets/fan-out.ts'
import { MEASURED_OVER, WriteScheduler } from '../../src/channels/sockets/write-scheduler.ts'

/** How many frames for one audience do not wait, and how many milliseconds fewer ones do. */
const ENOUGH = 8
const PATIENCE = 32

/** Notes each write as an entry. */
class Listener implements Receiver {
  readonly writes: string[] = []

  write(joined: Buffer, frames: number): void {
    if (joined.length !== frames) throw new Error(`${joined.length} frames are said to be ${frames}`)
    this.writes.push(joined.toString())
  }

  joined(): void {}

  left(): void {}
}

/** A scheduler on a clock that tests advance, in a process as busy as a test wants, and rooms that use it. */
function stage(t: Test, utilization = 0) {
  const clock = { now: 1_000 }
  const load = { utilization }
  const scheduler = new WriteScheduler({ clock: () => clock.now, utilization: () => load.utilization })
  const timers: { run: () => void; milliseconds: number }[] = []
  t.intercept(globalThis, 'setTimeout', {
    value: (run: () => void, milliseconds: number) => timers.push({ run, milliseconds }),
  })
  const room = (size: number) => {
    const listeners = Array.from({ length: size }, () => new Listener())
    const audience = new FanOut(scheduler)
    for (const listener of listeners) audience.add(listener)
    return { audience, listeners, say: (text: string) => tell(audience, text) }
  }
  return { clock, load, timers, scheduler, room }
}

/** Frames of one character each. */
function tell(audience: FanOut, text: string): void {
  for (const character of text) audience.send(Buffer.from(character))
}

/** A busy process with a room that has just been written to. */
async function busyStage(t: Test) {
  const { room, ...rest } = stage(t, 0.9)
  const known = room(3)
  known.say('a')
  await turnEnded()
  return { ...rest, room, ...known }
}

t.test('frames of one turn are written when it ends, once for each listener', async (t) => {
  const { room } = stage(t)
  const { listeners, say } = room(2)
  for (const text of ['ab', 'c', 'd']) {
    say(text)
    await turnEnded()
  }
  for (const { writes } of listeners) t.same(writes, ['ab', 'c', 'd'])
})

t.test('in a busy process, frames for recent listeners share a write', async (t) => {
  const { clock, timers, listeners, say } = await busyStage(t)
  for (const text of ['b', 'c']) {
    say(text)
    await turnEnded()
  }
  for (const { writes } of listeners) t.same(writes, ['a'])
  t.same(
    timers.map(({ milliseconds }) => milliseconds),
    [PATIENCE],
  )

  clock.now += PATIENCE
  timers[0]?.run()
  for (const { writes } of listeners) t.same(writes, ['a', 'bc'])
})

t.test('frames do not wait when there are enough of them', async (t) => {
  const { listeners, say } = await busyStage(t)
  const many = 'bcdefghi'
  t.equal(many.length, ENOUGH)
  for (const character of many) {
    for (const { writes } of listeners) t.same(writes, ['a'])
    say(character)
    await turnEnded()
  }
  for (const { writes } of listeners) t.same(writes, ['a', many])
})

t.test(
  'a room is written when its own delay is over, again and again while the process is busy',
  async (t) => {
    const { clock, timers, listeners, say } = await busyStage(t)
    clock.now += 10
    say('b')
    await turnEnded()
    t.equal(timers[0]?.milliseconds, PATIENCE - 10)
    clock.now += PATIENCE - 10
    timers[0]?.run()

    say('c')
    await turnEnded()
    for (const { writes } of listeners) t.same(writes, ['a', 'b'])
    t.equal(timers[1]?.milliseconds, PATIENCE)
    clock.now += PATIENCE
    timers[1]?.run()
    for (const { writes } of listeners) t.same(writes, ['a', 'b', 'c'])
  },
)

t.test('frames for one receiver are written before frames for all', async (t) => {
  const { scheduler, room } = stage(t)
  const order: string[] = []
  const audience = new FanOut(scheduler)
  audience.add({ write: () => order.push('all'), joined() {}, left() {} })
  audience.send(Buffer.from('a'))
  scheduler.flushAtEnd({ flush: () => order.push('one place') })
  scheduler.sendPromptly({ catchUp: () => order.push('in a hurry') })
  room(1).say('b')
  await turnEnded()
  t.same(order, ['one place', 'all', 'in a hurry'])
})

t.test('a quiet room does not wait, however busy the process is', async (t) => {
  const { room } = await busyStage(t)
  const { listeners, say } = room(2)
  say('b')
  await turnEnded()
  for (const { writes } of listeners) t.same(writes, ['b'])
})

t.test(
  'a process writes at the end of the turn when it is no longer busy, and waits when it is again',
  async (t) => {
    const { clock, load, listeners, say } = await busyStage(t)
    const at = async (milliseconds: number, utilization: number, text: string) => {
      clock.now = 1_000 + milliseconds
      load.utilization = utilization
      say(text)
      await turnEnded()
    }
    await at(MEASURED_OVER, 0.5, 'b')
    await at(MEASURED_OVER + 1, 0.9, 'c')
    for (const { writes } of listeners)
      t.same(writes, ['a', 'b', 'c'], 'the load is not measured all the time')
    await at(2 * MEASURED_OVER, 0.9, 'd')
    await at(2 * MEASURED_OVER + 1, 0.9, 'e')
    for (const { writes } of listeners) t.same(writes, ['a', 'b', 'c', 'd'])
  },
)

t.test('a listener may be ahead of the others, and gets nothing twice', async (t) => {
  const { clock, timers, audience, listeners, say } = await busyStage(t)
  const [first, second, third] = listeners
  if (!first || !second || !third) throw new Error('somebody is missing')
  say('b')
  await turnEnded()
  audience.flushTo(first)
  audience.flushTo(first)
  say('c')
  await turnEnded()
  audience.flushTo(second)
  clock.now += PATIENCE
  timers[0]?.run()
  clock.now += PATIENCE
  say('d')
  await turnEnded()
  t.same(first.writes, ['a', 'b', 'c', 'd'])
  t.same(second.writes, ['a', 'bc', 'd'])
  t.same(third.writes, ['a', 'bc', 'd'])
})

t.test('listeners that are equally far ahead share one buffer', async (t) => {
  const { audience, say } = await busyStage(t)
  const buffers = new Set<Buffer>()
  const others = Array.from({ length: 5 }, () => ({
    write: (joined: Buffer) => buffers.add(joined),
    joined() {},
    left() {},
  }))
  for (const other of others) audience.add(other)
  say('bc')
  for (const other of others) audience.flushTo(other)
  t.equal(buffers.size, 1)
  await turnEnded()
})

t.test(
  'a listener that is added twice, or leaves and returns, gets the frames while it is there',
  async (t) => {
    const { clock, timers, audience, listeners, say } = await busyStage(t)
    const [twice, back] = listeners
    if (!twice || !back) throw new Error('somebody is missing')
    say('b')
    await turnEnded()
    audience.add(twice)
    audience.flushTo(back)
    audience.delete(back)
    say('c')
    audience.add(back)
    say('d')
    await turnEnded()
    clock.now += PATIENCE
    timers[0]?.run()
    t.same(twice.writes, ['a', 'bcd'])
    t.same(back.writes, ['a', 'b', 'd'])
  },
)

t.test('a newcomer gets only later frames, and a listener that has left gets none', async (t) => {
  const { clock, timers, audience, listeners, say } = await busyStage(t)
  const [leaver] = listeners
  const newcomer = new Listener()
  say('b')
  await turnEnded()
  audience.add(newcomer)
  if (leaver) audience.delete(leaver)
  say('c')
  await turnEnded()
  if (leaver) audience.flushTo(leaver)
  clock.now += PATIENCE
  timers[0]?.run()
  t.same(newcomer.writes, ['c'])
  t.same(
    listeners.map(({ writes }) => writes),
    [['a'], ['a', 'bc'], ['a', 'bc']],
  )
})
