import t from 'tap'
import { enter, fill, framesUntil, messages, newRoom, roomRow } from '../support/chat.ts'
import { startServer } from '../support/server.ts'

const server = await startServer(t, { RATE_LIMIT: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

t.test('a client with `since` gets what changed after it, then live frames', async (t) => {
  const room = await newRoom(ada, 'since')
  await fill(app, room, 'ada', 5)
  for (const since of [0, 2, 4, 5]) {
    const socket = bob.socket(`/ws/chat/${room}?since=${since}`)
    t.match(await socket.next(), { type: 'welcome' })
    const { rev } = await roomRow(app, room)
    socket.send({ message: 'live', id: `live-${since}` })
    const frames = await framesUntil(socket, `live-${since}`)
    t.strictSame(
      frames.filter(({ type }) => type !== 'presence').map((frame) => [frame.type, frame.rev]),
      Array.from({ length: rev + 1 - since }, (_, index) => ['message', since + index + 1]),
      `since ${since}`,
    )
  }
})

t.test('a changed message comes in the place of its change, not where it was first sent', async (t) => {
  const room = await newRoom(ada, 'changed')
  await fill(app, room, 'ada', 4)
  const { id } = await roomRow(app, room)
  await app.database
    .updateTable('messages')
    .set({ rev: 5 })
    .where('room_id', '=', id)
    .where('seq', '=', 2)
    .execute()
  await app.database
    .updateTable('messages')
    .set({ rev: 6 })
    .where('room_id', '=', id)
    .where('seq', '=', 1)
    .execute()
  await app.database.updateTable('rooms').set({ rev: 6 }).where('id', '=', id).execute()
  await fill(app, room, 'ada', 1)

  const seen = async (since: number, count: number) => {
    const found = await messages(await enter(bob, room, `?since=${since}`), count)
    return found.map(({ seq, rev }) => [seq, rev])
  }
  const all = [
    [3, 3],
    [4, 4],
    [2, 5],
    [1, 6],
    [7, 7],
  ]
  t.strictSame(await seen(0, 5), all)
  t.strictSame(await seen(4, 3), all.slice(2), 'also to a client that had the old version')
})

t.test('a client with an invalid `since` is told to load the history, then gets live frames', async (t) => {
  const room = await newRoom(ada, 'wrong since')
  await fill(app, room, 'ada', 3)
  for (const [index, since] of ['99', 'x', '', '-1', '1.5', '1e1', '9'.repeat(30), '%00'].entries()) {
    const socket = await enter(bob, room, `?since=${since}`)
    const rev = 3 + index
    socket.send({ message: 'live', id: `live-${index}` })
    const frames = (await framesUntil(socket, `live-${index}`)).filter(({ type }) => type !== 'presence')
    t.match(
      frames,
      [
        { type: 'reset', rev },
        { type: 'message', rev: rev + 1 },
      ],
      since,
    )
    t.equal(frames.length, 2)
    socket.close()
    await socket.closed()
  }
})

t.test(
  'a client that missed 1,000 changes gets them, and one that missed more loads the history',
  async (t) => {
    const room = await newRoom(ada, 'long away')
    await fill(app, room, 'ada', 1_003)

    const within = await enter(bob, room, '?since=3')
    t.strictSame(
      (await messages(within, 1_000)).map(({ rev }) => rev),
      Array.from({ length: 1_000 }, (_, index) => index + 4),
    )

    const beyond = await enter(bob, room, '?since=2')
    t.strictSame(await beyond.next(), { type: 'reset', rev: 1_003 })
    within.send({ message: 'live', id: 'live' })
    t.match(await beyond.next('message'), { id: 'live', rev: 1_004 })
  },
)

t.test('everyone sees the same changes in the same order, each once, whenever they connect', async (t) => {
  const names = Array.from({ length: 20 }, (_, index) => `talker-${index}`)
  const talkers = await Promise.all(names.map((name) => server.person(name)))
  const room = await newRoom(ada, 'order')
  const sockets = await Promise.all(talkers.map((talker) => enter(talker, room)))
  const said = (sender: string) => Array.from({ length: 20 }, (_, index) => `${sender} says ${index}`)

  for (let index = 0; index < 20; index += 1) {
    for (const [at, name] of names.entries()) {
      sockets[at]?.send({ message: `${name} says ${index}`, id: `n${index}` })
    }
  }
  const newcomers = await Promise.all([0, 1, 2].map(() => enter(bob, room, '?since=0')))

  const logs = await Promise.all([...sockets, ...newcomers].map((socket) => messages(socket, 400)))
  const [first = []] = logs
  t.strictSame(
    first.map(({ rev }) => rev),
    Array.from({ length: 400 }, (_, index) => index + 1),
  )
  for (const log of logs) t.strictSame(log, first)
  for (const name of names) {
    const own = first.filter(({ sender }) => sender === name).map(({ message }) => message)
    t.strictSame(own, said(name), 'in the order in which it was sent')
  }
})
