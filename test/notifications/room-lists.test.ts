import t from 'tap'
import { enter, fill, newRoom, roomRow } from '../support/chat.ts'
import { startServer } from '../support/server.ts'
import type { Frame, TestSocket } from '../support/socket.ts'
import type { Visitor } from '../support/visitor.ts'

const server = await startServer(t, { RATE_LIMIT: '0' }, { presence: { grace: 200 } })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

interface Entry extends Frame {
  readonly slug: string
}

t.test('the list of a person has their rooms, the same over HTTP and on the socket', async (t) => {
  const room = await newRoom(ada, 'Listed')
  await newRoom(bob, 'Of somebody else')
  await bob.get(`/rooms/${room}`)
  await fill(app, room, 'bob', 3)

  const { rooms } = await listOf(ada)
  const entry = rooms.find(({ slug }) => slug === room)
  t.match(entry, { slug: room, name: 'Listed', unread: 3, mentions: 0, members: 2 })
  t.match(entry, { last: { seq: 3, sender: 'bob', at: String } })
  t.notOk(rooms.some(({ name }) => name === 'Of somebody else'))

  const socket = ada.socket('/ws/notifications')
  t.strictSame(await socket.next(), { type: 'rooms', rooms })
})

t.test('a room without messages has no last message', async (t) => {
  const room = await newRoom(ada, 'Quiet')
  const entry = (await listOf(ada)).rooms.find(({ slug }) => slug === room)
  t.notOk(entry && 'last' in entry)
  t.match(entry, { unread: 0, members: 1 })
})

t.test('a deleted message is neither the last one nor unread', async (t) => {
  const room = await newRoom(ada, 'Deleted')
  const socket = await enter(bob, room)
  await fill(app, room, 'bob', 2)
  socket.send({ type: 'delete', seq: 2, id: 'd' })
  await socket.next('done')
  const entry = (await listOf(ada)).rooms.find(({ slug }) => slug === room)
  t.match(entry, { unread: 1, last: { seq: 1 } })
})

t.test('messages, reading and changes in a room reach the lists of its members', async (t) => {
  const room = await newRoom(ada, 'Live')
  await bob.get(`/rooms/${room}`)
  const lists = { ada: await follow(ada), bob: await follow(bob) }
  const talk = await enter(bob, room)

  talk.send({ message: 'one', id: 'one' })
  t.match(await change(lists.ada, room), { unread: 1, last: { seq: 1, sender: 'bob' } })
  t.match(await change(lists.bob, room), { unread: 0, last: { seq: 1, sender: 'bob' } })

  talk.send({ type: 'edit', seq: 1, message: 'changed', id: 'e' })
  await talk.next('done')
  talk.send({ message: 'two', id: 'two' })
  // Frames about who is online may come meanwhile.
  let news = await change(lists.ada, room)
  while (Object(news.last).seq === 1) news = await change(lists.ada, room)
  t.match(news, { unread: 2, last: { seq: 3 } }, 'an edit alone is not sent')

  const reader = await enter(ada, room)
  reader.send({ type: 'read', seq: 3 })
  t.match(await change(lists.ada, room), { unread: 0 })

  talk.send({ type: 'delete', seq: 3, id: 'd' })
  t.match(await change(lists.ada, room), { last: { seq: 1 } })
})

t.test('reading on one device clears the list on the others', async (t) => {
  const room = await newRoom(ada, 'Devices')
  await fill(app, room, 'bob', 2)
  const phone = await follow(ada)
  const laptop = await follow(ada)
  await ada.post(`/rooms/${room}/read`, { seq: '2' })
  t.match(await change(phone, room), { unread: 0 })
  t.match(await change(laptop, room), { unread: 0 })
})

t.test('a room appears in the list of a person who joins it, and disappears when they leave', async (t) => {
  const room = await newRoom(ada, 'Coming and going')
  const lists = { ada: await follow(ada), bob: await follow(bob) }
  await bob.get(`/rooms/${room}`)
  t.match(await change(lists.bob, room), { name: 'Coming and going', members: 2 })
  t.match(await change(lists.ada, room), { members: 2 })

  await bob.post(`/rooms/${room}/leave`, {})
  t.strictSame(await change(lists.bob, room), { type: 'room', slug: room, gone: true })
  t.match(await change(lists.ada, room), { members: 1 })
  await fill(app, room, 'ada', 1)
  t.match(await change(lists.ada, room), { last: { seq: 1 } })
  t.notOk(
    lists.bob.drain().some(({ slug }) => slug === room),
    'nothing more is sent about it',
  )
})

t.test('a change that was not announced is found when lists are compared with the database', async (t) => {
  const room = await newRoom(ada, 'Unannounced')
  const list = await follow(ada)
  const { id } = await roomRow(app, room)
  await app.database.updateTable('rooms').set({ name: 'Renamed elsewhere' }).where('id', '=', id).execute()
  t.match(await change(list, room), { name: 'Renamed elsewhere' })
})

t.test('a person who was removed without an announcement is told nothing about the room', async (t) => {
  const room = await newRoom(ada, 'Taken out')
  await bob.get(`/rooms/${room}`)
  const list = await follow(bob)
  const { id } = await roomRow(app, room)
  const user = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'bob')
    .executeTakeFirstOrThrow()
  await app.database
    .deleteFrom('memberships')
    .where('room_id', '=', id)
    .where('user_id', '=', user.id)
    .execute()
  await fill(app, room, 'ada', 1)
  t.strictSame(await change(list, room), { type: 'room', slug: room, gone: true })
})

t.test('direct rooms without messages push no room off the lists of others', async (t) => {
  const room = await newRoom(ada, 'Stays listed')
  const { id } = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'ada')
    .executeTakeFirstOrThrow()
  const at = new Date().toISOString()
  const made = await app.database
    .insertInto('rooms')
    .values(
      Array.from({ length: 250 }, (_, number) => ({
        slug: `unasked-${number}`,
        name: `ada, somebody-${number}`,
        kind: 'direct' as const,
        created_at: at,
        active_at: at,
        direct_key: `unasked ${number}`,
      })),
    )
    .returning('id')
    .execute()
  await app.database
    .insertInto('memberships')
    .values(
      made.map((one) => ({ room_id: one.id, user_id: id, read_seq: 0, joined_at: at, hidden_after: 0 })),
    )
    .execute()
  t.ok((await listOf(ada)).rooms.some(({ slug }) => slug === room))
  t.match((await ada.get('/')).text, `data-room="${room}"`)
})

t.test('a person with the same name as somebody else is shown with their username', async (t) => {
  const room = await newRoom(ada, 'Impostors')
  await bob.post('/account/name', { name: 'Ada' })
  await bob.post(`/rooms/${room}/messages`, { message: 'it is me' })
  const card = (await ada.get('/')).text.match(new RegExp(`<li data-room="${room}">.*`))?.[0]
  t.match(card, '<bdi title="@bob">Ada</bdi>')
  t.match(
    (await ada.get(`/rooms/${room}/messages/1`)).text,
    '<bdi>Ada</bdi></a> <span class="username">@bob</span>',
  )
  await bob.post('/account/name', { name: 'bob' })
})

t.test('unread messages are counted for a person who is far behind too', async (t) => {
  const room = await newRoom(ada, 'Far behind')
  await fill(app, room, 'bob', 300)
  const list = await follow(ada)
  await fill(app, room, 'bob', 1)
  // Earlier messages may still be announced.
  t.ok(await change(list, room, ({ unread }) => unread === 301))
  await ada.post(`/rooms/${room}/read`, { seq: '50' })
  t.match(await change(list, room), { unread: 251 })
})

t.test('each person gets a room as it looks to them', async (t) => {
  const cyd = await server.person('cyd')
  const room = await newRoom(ada, 'Levels')
  for (const person of [bob, cyd]) await person.get(`/rooms/${room}`)
  await bob.post(`/rooms/${room}/level`, { level: 'everything' })
  const { headers } = await ada.post('/rooms/direct', { with: 'bob, cyd' })
  const direct = headers.get('location')?.split('/').at(-1) ?? ''
  await fill(app, direct, 'ada', 1)
  const lists = { bob: await follow(bob), cyd: await follow(cyd) }

  await fill(app, room, 'ada', 1)
  const isUnread = ({ unread }: Frame) => unread === 1
  t.match(await change(lists.bob, room, isUnread), { level: 'everything' })
  t.match(await change(lists.cyd, room, isUnread), { level: 'mentions' })
  await fill(app, direct, 'ada', 1)
  const isSaid = ({ unread }: Frame) => unread === 2
  t.match(await change(lists.bob, direct, isSaid), { name: 'ada, cyd' })
  t.match(await change(lists.cyd, direct, isSaid), { name: 'ada, bob' })
})

t.test('two people with the same name each see the status of the other', async (t) => {
  const [fay, gil] = [await server.person('fay'), await server.person('gil')]
  for (const person of [fay, gil]) await person.post('/account/name', { name: 'Sam' })
  await gil.post('/account/status', { emoji: '', text: 'asleep' })
  const { headers } = await fay.post('/rooms/direct', { with: 'gil' })
  const room = headers.get('location')?.split('/').at(-1) ?? ''
  await fill(app, room, 'fay', 1)
  await gil.post(`/rooms/${room}/read`, { seq: '1' })
  const lists = [await follow(fay), await follow(gil)]
  const token = await fay.token('/account')
  await fay.request('DELETE', `/api/rooms/${room}/messages/1`, '{}', {
    'x-csrf-token': token,
    'content-type': 'application/json',
  })
  const isDeleted = ({ last }: Frame) => last === undefined
  const told = await Promise.all(lists.map((list) => change(list, room, isDeleted)))
  t.strictSame(
    told.map(({ name, status }) => [name, status]),
    [
      ['Sam', 'asleep'],
      ['Sam', undefined],
    ],
  )
})

t.test('a list shows how many people are online in each room, each counted once', async (t) => {
  const room = await newRoom(ada, 'Attended')
  const list = await follow(ada)
  const tabs = [await enter(bob, room), await enter(bob, room)]
  t.match(await change(list, room, ({ online }) => online !== 0), { online: 1 })
  const sheet = ada.socket(`/ws/calculator/${room}`)
  await sheet.next('welcome')
  t.match(await change(list, room, ({ online }) => online !== 1), { online: 2 }, 'on the sheet too')
  t.match(
    (await listOf(ada)).rooms.find(({ slug }) => slug === room),
    { online: 2 },
  )
  t.match((await ada.get('/')).text, new RegExp(`data-room="${room}".* · <span class="here-now">2 here<`))
  for (const socket of [...tabs, sheet]) socket.close()
  t.match(await change(list, room, ({ online }) => online === 0), { online: 0 })
})

t.test('a list shows which of the others in a direct room are online, on whichever page', async (t) => {
  const [dan, eli] = [await server.person('dan'), await server.person('eli')]
  const { headers } = await dan.post('/rooms/direct', { with: 'eli' })
  const room = headers.get('location')?.split('/').at(-1) ?? ''
  await fill(app, room, 'dan', 1)
  const list = await follow(dan)
  t.match(
    (await listOf(dan)).rooms.find(({ slug }) => slug === room),
    { online: 0 },
    'oneself does not count',
  )
  const elsewhere = await follow(eli)
  t.match(await change(list, room), { online: 1 })
  t.match(
    (await listOf(eli)).rooms.find(({ slug }) => slug === room),
    { online: 1 },
  )
  elsewhere.close()
  t.match(await change(list, room), { online: 0 })
})

t.test('nobody is told who opens a room that they are not in', async (t) => {
  const { headers } = await ada.post('/rooms', { name: 'Closed to bob', private: 'on' })
  const room = headers.get('location')?.split('/').at(-1) ?? ''
  await ada.post(`/rooms/${room}/members`, { name: 'bob' })
  const list = await follow(bob)
  await fill(app, room, 'ada', 1)
  await change(list, room, ({ last }) => last !== undefined)
  const { id } = await roomRow(app, room)
  // Without an announcement to the lists, as if it had been lost.
  await app.database
    .deleteFrom('memberships')
    .where('room_id', '=', id)
    .where('role', '!=', 'owner')
    .execute()
  const socket = await enter(ada, room)
  t.strictSame(await change(list, room), { type: 'room', slug: room, gone: true })
  socket.close()
})

t.test('a list sends each room at most twice a second, however much happens there', async (t) => {
  const rooms = [await newRoom(ada, 'Rapids'), await newRoom(ada, 'Falls')]
  const list = await follow(ada)
  const talks = await Promise.all(rooms.map((room) => enter(ada, room)))
  const begun = performance.now()
  let said = 0
  while (performance.now() - begun < 2_200) {
    said += 1
    for (const talk of talks) talk.send({ message: `${said}`, id: `rapid-${said}` })
    for (const talk of talks) while ((await talk.next('message')).id !== `rapid-${said}`);
  }
  const last = new Map(rooms.map((room) => [room, 0]))
  const frames: Frame[] = []
  while ([...last.values()].some((seq) => seq < said)) {
    const frame = await list.next('room')
    const [slug, seq] = [String(frame.slug), Object(frame.last).seq]
    if (!last.has(slug)) continue
    frames.push(frame)
    last.set(slug, Number(seq ?? 0))
  }
  const seconds = (performance.now() - begun) / 1_000
  for (const room of rooms) {
    const told = frames.filter(({ slug }) => slug === room).length
    t.ok(told <= 2 * seconds + 1, `${told} frames in ${seconds.toFixed(1)} s for ${said} messages`)
    t.ok(told >= 2, 'during it, and not only at the end')
  }
  for (const socket of [list, ...talks]) socket.close()
})

t.test('a visitor who is not signed in has no list', async (t) => {
  const visitor = server.visitor()
  t.equal((await visitor.get('/api/rooms')).status, 401)
  t.match(await visitor.socket('/ws/notifications').closed(), { code: 4001 })
})

async function listOf(person: Visitor): Promise<{ rooms: Entry[] }> {
  return JSON.parse((await person.get('/api/rooms')).text)
}

async function follow(person: Visitor): Promise<TestSocket> {
  const socket = person.socket('/ws/notifications')
  await socket.next('rooms')
  return socket
}

/** The next frame about a room that is wanted. */
async function change(
  socket: TestSocket,
  room: string,
  isWanted: (frame: Frame) => boolean = () => true,
): Promise<Frame> {
  for (;;) {
    const frame = await socket.next('room')
    if (frame.slug === room && isWanted(frame)) return frame
  }
}
