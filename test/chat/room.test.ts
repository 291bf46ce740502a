import { sql } from 'kysely'
import t from 'tap'
import { presentGroup } from '../../src/rooms/glances.ts'
import { busyProcess } from '../support/busy.ts'
import { enter, framesUntil, handled, messages, newRoom, roomRow, unread } from '../support/chat.ts'
import { refuse } from '../support/database.ts'
import { startServer } from '../support/server.ts'
import type { Frame } from '../support/socket.ts'

const server = await startServer(t, { RATE_LIMIT: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

t.test('a message reaches everyone in the room, including its sender', async (t) => {
  const room = await newRoom(ada, 'everyone')
  const sender = await enter(ada, room)
  const other = await enter(bob, room)

  sender.send({ message: 'hello', id: 'first' })

  const frame = await sender.next('message')
  t.strictSame(frame, {
    type: 'message',
    room,
    seq: 1,
    rev: 1,
    id: 'first',
    sender: 'ada',
    message: 'hello',
    at: frame.at,
  })
  t.equal(new Date(String(frame.at)).toISOString(), frame.at, 'sent at a time in UTC')
  t.strictSame(await other.next('message'), frame)
})

t.test('ids made by the server increase with time', async (t) => {
  const room = await newRoom(ada, 'growing')
  const socket = await enter(ada, room)
  for (const message of ['one', 'two', 'three']) socket.send({ message })

  const ids = (await messages(socket, 3)).map(({ id }) => String(id))
  t.strictSame(
    ids,
    ids.toSorted(),
    'so that rows written one after another are next to each other in the index',
  )
})

t.test('in a busy process, a message is acknowledged before others in the room get it', async (t) => {
  const room = await newRoom(ada, 'busy')
  const sender = await enter(ada, room)
  const other = await enter(bob, room)
  const pass = busyProcess(t)
  sender.send({ message: 'one', id: 'one' })
  await Promise.all([sender.next('message'), other.next('message')])

  sender.send({ message: 'two', id: 'two' })
  t.match(await sender.next('message'), { id: 'two' })
  sender.send({ message: 'three', id: 'three' })
  t.match(await sender.next('message'), { id: 'three' })
  pass(32)
  t.match(await messages(other, 2), [{ id: 'two' }, { id: 'three' }])
})

t.test('a message may give its type, and gets an id from the server if it has none', async (t) => {
  const room = await newRoom(ada, 'types')
  const socket = await enter(ada, room)

  socket.send({ type: 'message', message: 'one', id: 'one' })
  socket.send({ type: 'message', message: 'two' })
  socket.send({ message: 'three' })

  const [one, two, three] = await messages(socket, 3)
  t.match(one, { message: 'one', id: 'one' })
  t.match(two, { message: 'two', id: /^[A-Za-z0-9_-]{1,64}$/ })
  t.match(three, { message: 'three', id: /^[A-Za-z0-9_-]{1,64}$/ })
  t.not(two?.id, three?.id)
})

t.test('the welcome is the first frame, and comes only once', async (t) => {
  const room = await newRoom(ada, 'welcome')
  const early = ada.socket(`/ws/chat/${room}`)
  t.strictSame(await early.next(), {
    type: 'welcome',
    room,
    user: 'ada',
    rev: 0,
    online: ['ada'],
    online_count: 1,
  })
  early.send({ message: 'before bob', id: 'before' })
  await early.next('message')

  const late = bob.socket(`/ws/chat/${room}`)
  t.strictSame(await late.next(), {
    type: 'welcome',
    room,
    user: 'bob',
    rev: 1,
    online: ['ada', 'bob'],
    online_count: 2,
  })
  late.send({ message: 'after', id: 'after' })
  const frames = await framesUntil(late, 'after')
  t.strictSame(
    frames.filter(({ type }) => type !== 'presence').map(({ type, id }) => [type, id]),
    [['message', 'after']],
    'earlier messages come only to a client that asks for them',
  )
})

t.test('a welcome names 200 people and gives the number of all', async (t) => {
  const room = await newRoom(ada, 'crowd')
  const { id } = await roomRow(app, room)
  for (let guest = 1; guest <= 250; guest += 1) {
    app.presence.join(presentGroup(id), `guest-${guest}`, `crowd.${guest}`)
  }
  const { online, online_count } = await ada.socket(`/ws/chat/${room}`).next('welcome')
  t.ok(Array.isArray(online))
  t.equal(new Set(Array.isArray(online) ? online : []).size, 200)
  t.equal(online_count, 251)
})

t.test('an id has 1 to 64 letters, digits, _ and -', async (t) => {
  const room = await newRoom(ada, 'ids')
  const socket = await enter(ada, room)
  const good = ['a', '-', '_', '0', 'Az09_-'.repeat(10), 'x'.repeat(64)]
  const bad = ['', 'x'.repeat(65), 'a b', 'a.b', 'é', 'a\n', 'a\0', 5, null, true, ['a'], { a: 1 }]

  for (const id of bad) {
    socket.send({ message: 'not said', id })
    const { code, error } = await socket.next()
    t.match({ code, error }, { code: 'invalid', error: /^id: / }, JSON.stringify(id))
  }
  for (const id of good) socket.send({ message: 'said', id })
  const said = await messages(socket, good.length)
  t.strictSame(
    said.map(({ id, rev }) => [id, rev]),
    good.map((id, index) => [id, index + 1]),
  )
})

t.test('a retry with the same id is stored once and answered only to its sender', async (t) => {
  const room = await newRoom(ada, 'retry')
  const sender = await enter(ada, room)
  const other = await enter(bob, room)

  sender.send({ message: 'hello', id: 'once' })
  sender.send({ message: 'hello', id: 'once' })
  sender.send({ message: 'after', id: 'after' })

  const [first, again, after] = await messages(sender, 3)
  t.match(first, { rev: 1, id: 'once' })
  t.notOk(first && 'repeat' in first)
  t.strictSame(again, { ...first, repeat: true })
  t.match(after, { id: 'after', rev: 2 })
  t.strictSame(
    (await messages(other, 2)).map(({ id, rev, repeat }) => [id, rev, repeat]),
    [
      ['once', 1, undefined],
      ['after', 2, undefined],
    ],
  )
})

t.test('a retry on another connection, or after a restart, gets what was stored', async (t) => {
  const room = await newRoom(ada, 'retry elsewhere')
  const desk = await enter(ada, room)
  const phone = await enter(ada, room)
  desk.send({ message: 'see https://example.com', id: 'once' })
  const { html, ...stored } = await desk.next('message')
  t.ok(html)
  await phone.next('message')

  phone.send({ message: 'with other words', id: 'once' })
  t.strictSame(await phone.next('message'), { ...stored, html, repeat: true })

  desk.close()
  await desk.closed()
  const back = await enter(ada, room, '?since=1')
  back.send({ message: 'hello', id: 'once' })
  back.send({ message: 'next', id: 'next' })
  t.strictSame(await back.next('message'), { ...stored, html, repeat: true })
  t.match(await back.next('message'), { id: 'next', rev: 2 })
})

t.test('an id belongs to its sender and room, and others may use the same one', async (t) => {
  const [here, there] = [await newRoom(ada, 'ids here'), await newRoom(ada, 'ids there')]
  const sockets = [await enter(ada, here), await enter(bob, here), await enter(ada, there)]
  for (const [index, socket] of sockets.entries()) {
    socket.send({ message: `${index}`, id: 'same' })
    const own = async (): Promise<Frame> => {
      const frame = await socket.next('message')
      return frame.message === `${index}` ? frame : own()
    }
    t.match(await own(), { id: 'same', repeat: undefined })
  }
  t.equal((await roomRow(app, here)).rev, 2)
  t.equal((await roomRow(app, there)).rev, 1)
})

t.test('an invalid frame gets an error, and the socket stays open', async (t) => {
  const room = await newRoom(ada, 'errors')
  const socket = await enter(ada, room)
  const answers: [frame: unknown, answer: Frame][] = [
    ['', { code: 'malformed' }],
    ['hello', { code: 'malformed' }],
    ['{"message":', { code: 'malformed' }],
    ['[{"message":"x"}]', { code: 'malformed' }],
    ['"message"', { code: 'malformed' }],
    ['null', { code: 'malformed' }],
    ['5', { code: 'malformed' }],
    [{}, { code: 'invalid', error: /message/ }],
    [{ id: 'mine' }, { code: 'invalid', id: 'mine' }],
    [{ message: 5 }, { code: 'invalid', error: /^message: / }],
    [{ message: null }, { code: 'invalid', error: /^message: / }],
    [{ message: ['x'] }, { code: 'invalid', error: /^message: / }],
    [
      { message: 'x', colour: 'red', id: 'mine' },
      { code: 'invalid', error: /colour/, id: 'mine' },
    ],
    [
      { type: 'massage', message: 'x' },
      { code: 'invalid', error: /^type: / },
    ],
    [
      { type: 5, message: 'x' },
      { code: 'invalid', error: /^type: / },
    ],
    [
      { type: null, message: 'x' },
      { code: 'invalid', error: /^type: / },
    ],
    [{ type: '__proto__' }, { code: 'invalid', error: /^type: / }],
    [{ type: 'constructor' }, { code: 'invalid', error: /^type: / }],
    [{ type: 'connect' }, { code: 'invalid', error: /^type: / }],
    [
      { type: 'chat.left', user: 1 },
      { code: 'invalid', error: /^type: / },
    ],
    ['{"__proto__":{"message":"x"}}', { code: 'invalid' }],
    [{ type: 'typing' }, { code: 'invalid', error: /^on: / }],
    [
      { type: 'typing', on: 'yes' },
      { code: 'invalid', error: /^on: / },
    ],
    [{ type: 'read' }, { code: 'invalid', error: /^seq: / }],
    [
      { type: 'read', seq: -1 },
      { code: 'invalid', error: /^seq: / },
    ],
    [
      { type: 'read', seq: 1.5 },
      { code: 'invalid', error: /^seq: / },
    ],
    [
      { type: 'read', seq: '1' },
      { code: 'invalid', error: /^seq: / },
    ],
    ['{"type":"read","seq":1e400}', { code: 'invalid', error: /^seq: / }],
  ]
  for (const [frame, answer] of answers) {
    socket.send(frame)
    const got = await socket.next()
    t.match(got, { type: 'error', error: /./, ...answer }, JSON.stringify(frame))
    t.equal(got.id, answer.id)
  }
  socket.send({ message: 'still here', id: 'here' })
  t.match(await socket.next(), { id: 'here', rev: 1 })
})

t.test('people are told who comes and goes, except themselves, and once for two tabs', async (t) => {
  const quick = await startServer(t, {}, { presence: { gather: 20, grace: 20 } })
  const [cyd, dan, eve] = [await quick.person('cyd'), await quick.person('dan'), await quick.person('eve')]
  const socket = await enter(cyd, 'lobby')
  const tab = await enter(dan, 'lobby')
  t.strictSame(await socket.next('presence'), { type: 'presence', joined: ['dan'], left: [] })
  const guest = await enter(eve, 'lobby')
  t.strictSame(await socket.next('presence'), { type: 'presence', joined: ['eve'], left: [] })

  const secondTab = await enter(dan, 'lobby')
  tab.close()
  await tab.closed()
  guest.close()
  t.strictSame(
    await socket.next('presence'),
    { type: 'presence', joined: [], left: ['eve'] },
    'dan is still here',
  )

  secondTab.close()
  t.strictSame(await socket.next('presence'), { type: 'presence', joined: [], left: ['dan'] })
  const back = dan.socket('/ws/chat/lobby')
  t.match(await back.next('welcome'), { online: ['cyd', 'dan'], online_count: 2 })
  t.strictSame(await socket.next('presence'), { type: 'presence', joined: ['dan'], left: [] })
  back.send({ message: 'end', id: 'end' })
  t.notOk((await framesUntil(back, 'end')).some(({ joined }) => String(joined).includes('dan')))
})

t.test('the read position only moves forward, and not past the last message', async (t) => {
  const room = await newRoom(ada, 'reading')
  const writer = await enter(ada, room)
  const reader = await enter(bob, room)
  for (let count = 1; count <= 5; count += 1) writer.send({ message: `${count}` })
  await messages(reader, 5)
  const unreadAfter = async (seq: number): Promise<number | undefined> => {
    reader.send({ type: 'read', seq })
    await handled(reader)
    return unread(bob, room)
  }

  t.equal(await unread(bob, room), 5)
  t.equal(await unreadAfter(3), 2)
  t.equal(await unreadAfter(1), 2)
  t.equal(await unreadAfter(0), 2)
  t.equal(await unreadAfter(99), 0)
  writer.send({ message: 'six' })
  await reader.next('message')
  t.equal(await unread(bob, room), 1)
})

t.test('a message that the database refuses is not sent to others, and can be sent again', async (t) => {
  const room = await newRoom(ada, 'broken')
  const { id } = await roomRow(app, room)
  const sender = await enter(ada, room)
  const other = await enter(bob, room)
  sender.send({ message: 'before', id: 'before' })
  await sender.next('message')

  for (const [event, table, column] of [
    ['insert', 'messages', 'room_id'],
    ['update', 'rooms', 'id'],
  ] as const) {
    const accept = await refuse(app.database, event, table, sql`new.${sql.ref(column)} = ${sql.lit(id)}`)
    sender.send({ message: 'lost?', id: 'lost' })
    t.match(await sender.next('error'), { code: 'internal', id: 'lost' }, `${event} ${table}`)
    const page = await ada.get(`/api/rooms/${room}/messages`)
    t.equal(JSON.parse(page.text).messages.length, 1, 'nothing is stored')
    await accept()
  }

  sender.send({ message: 'found', id: 'lost' })
  t.match(await sender.next('message'), { id: 'lost', rev: 2, message: 'found', repeat: undefined })
  t.strictSame(
    (await messages(other, 2)).map((frame) => [frame.id, frame.rev]),
    [
      ['before', 1],
      ['lost', 2],
    ],
  )
})

t.test('a message that cannot be stored does not affect others sent in the same moment', async (t) => {
  const room = await newRoom(ada, 'one bad row')
  const { id } = await roomRow(app, room)
  const users = await app.database
    .selectFrom('users')
    .select(['id', 'name'])
    .where('name', 'in', ['ada', 'bob'])
    .execute()
  const listener = await enter(bob, room)
  const rows = sql`new.room_id = ${sql.lit(id)} and new.text = 'bad'`
  const accept = await refuse(app.database, 'insert', 'messages', rows)

  const texts = ['one', 'bad', 'two', 'three', 'bad', 'four']
  const outcomes = await Promise.allSettled(
    texts.flatMap((text) => users.map((user) => app.chat.writer.post(id, user, text))),
  )
  await accept()

  t.strictSame(
    outcomes.map(({ status }) => status),
    texts.flatMap((text) => users.map(() => (text === 'bad' ? 'rejected' : 'fulfilled'))),
  )
  const heard = await messages(listener, 8)
  t.strictSame(
    heard.map(({ rev, message }) => [rev, message]),
    ['one', 'one', 'two', 'two', 'three', 'three', 'four', 'four'].map((text, index) => [index + 1, text]),
  )
})

t.test('a room that does not exist closes with 4004, whatever its name looks like', async (t) => {
  for (const room of ['nowhere', 'LOBBY', 'lobby%00', '-', '9'.repeat(90)]) {
    t.match(await ada.socket(`/ws/chat/${room}`).closed(), { code: 4004 }, room)
  }
})

t.test('a visitor who is not signed in is closed with 4001, and learns nothing about rooms', async (t) => {
  for (const room of ['lobby', 'nowhere']) {
    const socket = server.visitor().socket(`/ws/chat/${room}`)
    t.match(await socket.closed(), { code: 4001 })
    t.strictSame(socket.drain(), [])
  }
})

t.test('leaving a room closes only one’s own sockets there', async (t) => {
  const [room, elsewhere] = [await newRoom(ada, 'leaving'), await newRoom(ada, 'staying')]
  const tabs = [await enter(ada, room), await enter(ada, room)]
  const stays = [await enter(bob, room), await enter(ada, elsewhere)]

  t.equal((await ada.post(`/rooms/${room}/leave`, {})).status, 303)

  for (const tab of tabs) t.match(await tab.closed(), { code: 4003 })
  for (const socket of stays) {
    socket.send({ message: 'still here', id: 'here' })
    t.match(await socket.next('message'), { id: 'here' })
  }
})

t.test('people in the chat get a glance at the sheet, and people on the sheet one at the chat', async (t) => {
  const room = await newRoom(ada, 'side by side')
  const talk = await enter(ada, room)
  const sheet = bob.socket(`/ws/calculator/${room}`)
  await sheet.next('welcome')

  talk.send({ message: 'hello' })
  const glance = await sheet.next('glance')
  t.strictSame(glance, { type: 'glance', part: 'talk', sender: 'ada', at: glance.at })
  sheet.send({ expression: '12*7', id: 'line' })
  t.match(await talk.next('glance'), { part: 'sheet', sender: 'bob', at: String })
  await handled(sheet)
  await handled(talk)
  t.notOk(
    [...talk.drain(), ...sheet.drain()].some(({ type }) => type === 'glance'),
    'nothing from one’s own side',
  )
})

t.test('people online in a room are counted once, whether in the chat or on the sheet', async (t) => {
  const room = await newRoom(ada, 'both parts')
  const talk = await enter(ada, room)
  const sheet = bob.socket(`/ws/calculator/${room}`)
  t.match(await sheet.next('welcome'), { online: ['ada', 'bob'], online_count: 2 })
  t.match(await talk.next('presence'), { joined: ['bob'] })
  const both = await enter(bob, room)
  sheet.close()
  await sheet.closed()
  both.send({ message: 'still here' })
  await talk.next('message')
  t.notOk(talk.drain().some(({ type }) => type === 'presence'))
  both.close()
  t.match(await talk.next('presence'), { left: ['bob'] })
})

t.test('glances are sent at most twice a second, the latest one last', async (t) => {
  const room = await newRoom(ada, 'hurried')
  const sheet = bob.socket(`/ws/calculator/${room}`)
  await sheet.next('welcome')
  const talk = await enter(ada, room)
  const begun = performance.now()
  for (let number = 1; number <= 20; number += 1) talk.send({ message: `${number}` })
  const said = await messages(talk, 20)
  const glances = [await sheet.next('glance')]
  while (glances.at(-1)?.at !== said.at(-1)?.at) glances.push(await sheet.next('glance'))
  const seconds = (performance.now() - begun) / 1_000
  t.ok(glances.length <= 2 * seconds + 2, `${glances.length} glances in ${seconds} s`)
})
