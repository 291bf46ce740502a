import { mock } from 'node:test'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { calmProcess } from '../support/busy.ts'
import { enter, fill, framesUntil, handled, messages, newRoom, unread } from '../support/chat.ts'
import { refuse } from '../support/database.ts'
import { startServer } from '../support/server.ts'

const server = await startServer(t, { RATE_LIMIT: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

t.test('typing is shown only to others, until the message arrives', async (t) => {
  const room = await newRoom(ada, 'typing')
  const desk = await enter(ada, room)
  const phone = await enter(ada, room)
  const other = await enter(bob, room)
  const clock = stoppedClock(t)

  desk.send({ type: 'typing', on: true })
  await handled(desk)
  clock.tick(250)
  desk.send({ message: 'done', id: 'done' })
  await handled(desk)
  clock.tick(250)
  desk.send({ message: 'end', id: 'end' })

  const told = (await framesUntil(other, 'end')).filter(({ type }) => type === 'typing')
  t.strictSame(told, [
    { type: 'typing', sender: 'ada', on: true },
    { type: 'typing', sender: 'ada', on: false },
  ])
  const own = await framesUntil(phone, 'end')
  t.notOk(
    own.some(({ type }) => type === 'typing'),
    'not to the person who types, on any device',
  )
})

t.test('a person who leaves while typing has stopped typing', async (t) => {
  const room = await newRoom(ada, 'typing and gone')
  const desk = await enter(ada, room)
  const other = await enter(bob, room)
  const begun = Date.now()
  desk.send({ type: 'typing', on: true })
  t.match(await other.next('typing'), { sender: 'ada', on: true })
  desk.close()
  t.match(await other.next('typing'), { sender: 'ada', on: false })
  t.ok(Date.now() - begun < 5_000, 'at once, and not when it would have ended by itself')
})

t.test('a newcomer is told who is typing', async (t) => {
  const room = await newRoom(ada, 'typing before')
  const desk = await enter(ada, room)
  const other = await enter(bob, room)
  desk.send({ type: 'typing', on: true })
  await other.next('typing')
  const late = await enter(bob, room)
  t.strictSame(await late.next('typing'), { type: 'typing', sender: 'ada', on: true })
  const own = await enter(ada, room)
  own.send({ message: 'behind it', id: 'behind' })
  const heard = await framesUntil(own, 'behind')
  t.notOk(
    heard.some(({ type }) => type === 'typing'),
    'but not that they are typing themselves',
  )
})

t.test('a person who types in two tabs has stopped when they have stopped in both', async (t) => {
  const room = await newRoom(ada, 'typing in two tabs')
  const [desk, tab] = [await enter(ada, room), await enter(ada, room)]
  const other = await enter(bob, room)
  const clock = stoppedClock(t)
  for (const socket of [desk, tab]) {
    socket.send({ type: 'typing', on: true })
    await handled(socket)
  }
  clock.tick(250)
  t.match(await other.next('typing'), { sender: 'ada', on: true })

  tab.send({ message: 'said in the tab', id: 'tab' })
  await handled(tab)
  clock.tick(250)
  other.send({ message: 'end', id: 'end' })
  t.notOk((await framesUntil(other, 'end')).some(({ type }) => type === 'typing'))

  desk.send({ type: 'typing', on: false })
  await handled(desk)
  clock.tick(250)
  t.match(await other.next('typing'), { sender: 'ada', on: false })
})

t.test('typing ends five seconds after its last sign', async (t) => {
  const room = await newRoom(ada, 'typing for long')
  const desk = await enter(ada, room)
  const other = await enter(bob, room)
  const clock = stoppedClock(t)

  desk.send({ type: 'typing', on: true })
  await handled(desk)
  clock.tick(250)
  t.match(await other.next('typing'), { on: true })

  clock.tick(4_000)
  desk.send({ type: 'typing', on: true })
  await handled(desk)
  clock.tick(5_000 + 249)
  other.send({ message: 'before', id: 'before' })
  t.notOk((await framesUntil(other, 'before')).some(({ type }) => type === 'typing'))

  clock.tick(1)
  // Waited for before anything else is sent: a message that is being stored holds up the events of its author.
  t.strictSame(await other.next('typing'), { type: 'typing', sender: 'ada', on: false })
  other.send({ message: 'after', id: 'after' })
  t.notOk((await framesUntil(other, 'after')).some(({ type }) => type === 'typing'))
})

t.test('typing is sent at most four times a second', async (t) => {
  const room = await newRoom(ada, 'typing often')
  const desk = await enter(ada, room)
  const other = await enter(bob, room)
  const clock = stoppedClock(t)

  for (let moment = 0; moment < 1_000; moment += 50) {
    desk.send({ type: 'typing', on: true })
    desk.send({ type: 'typing', on: false })
    desk.send({ type: 'typing', on: true })
    await handled(desk)
    clock.tick(50)
  }
  desk.send({ type: 'typing', on: false })
  await handled(desk)
  clock.tick(250)
  other.send({ message: 'end', id: 'end' })

  const told = (await framesUntil(other, 'end')).filter(({ type }) => type === 'typing')
  t.ok(told.length >= 2 && told.length <= 5, `told ${told.length} times in 1.25 seconds`)
  t.match(told.at(-1), { on: false }, 'the last state is right')
})

t.test('a `read` or `typing` frame with an id is acknowledged when it is done', async (t) => {
  const room = await newRoom(ada, 'done')
  const reader = await enter(bob, room)
  await fill(app, room, 'ada', 3)
  await messages(reader, 3)
  const frames = [
    { type: 'read', seq: 2 },
    { type: 'read', seq: 1 },
    { type: 'typing', on: true },
    { type: 'typing', on: false },
  ]
  for (const frame of frames) {
    reader.send({ ...frame, id: 'x' })
    reader.send({ type: 'nothing', id: 'behind' })
    t.strictSame(await reader.next(), { type: 'done', id: 'x', rev: 3 }, JSON.stringify(frame))
    t.match(await reader.next(), { type: 'error', id: 'behind' })
  }
  t.equal(await unread(bob, room), 1)
  const mend = await refuse(app.database, 'update', 'memberships', sql`true`)
  reader.send({ type: 'read', seq: 3, id: 'lost' })
  reader.send({ type: 'nothing', id: 'behind' })
  t.match(
    await reader.next(),
    { type: 'error', id: 'lost', code: 'internal' },
    'a mark that could not be stored',
  )
  t.equal(
    (await bob.post(`/rooms/${room}/read`, { seq: '3' })).status,
    503,
    'and the form does not claim that it was',
  )
  await mend()
})

/** Stops timers until the test ends. They run on `tick`, a millisecond at a time, since timers started by timers would run late. */
function stoppedClock(t: Test): { tick(milliseconds: number): void } {
  // The timers that sockets wait for in a busy process would stop too.
  calmProcess(t)
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  return {
    tick(milliseconds) {
      for (let passed = 0; passed < milliseconds; passed += 1) mock.timers.tick(1)
    },
  }
}
