import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { sweepSome } from '../../src/notifications/sweeping.ts'
import { inTransaction } from '../../src/storage/index.ts'
import { enter, fill, messages, newRoom, roomRow } from '../support/chat.ts'
import { holdQuery } from '../support/held-query.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import type { Frame, TestSocket } from '../support/socket.ts'
import type { Visitor } from '../support/visitor.ts'

const server = await startServer(t, { RATE_LIMIT: '0', ROOMS_PER_USER: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')
const cleo = await server.person('cleo')

t.test('a notification reaches all devices of its person, including those that connect later', async (t) => {
  const phone = await follow(ada)
  const laptop = await follow(ada)
  const id = await app.notifications.push(await idOf('ada'), { event: 'order', order: 7 })
  const frame = { type: 'notification', id, payload: { event: 'order', order: 7 } }
  t.match(await phone.next('notification'), frame)
  t.match(await laptop.next('notification'), frame)
  t.match(await laptop.next('unseen'), { unseen: 1 })

  const later = ada.socket('/ws/notifications')
  await later.next('rooms')
  t.match(await later.next(), frame, 'right after the rooms')
  t.match(await later.next(), { type: 'unseen', unseen: 1 })
})

t.test('a device that connects while a notification arrives or is seen misses nothing', async (t) => {
  const eve = await server.person('eve')
  const user = await idOf('eve')
  const phone = await follow(eve)
  const unseen = /from "notifications".*order by "notifications"\."id" desc limit/s
  const first = await app.notifications.push(user, { text: 'one' })
  await phone.next('notification')

  const arriving = holdQuery(app.database, unseen)
  const laptop = eve.socket('/ws/notifications')
  await arriving.hasRead
  const second = await app.notifications.push(user, { text: 'two' })
  t.match(await phone.next('notification'), { id: second })
  arriving.release()
  t.match(await laptop.next('notification'), { id: first })
  t.match(await laptop.next('unseen'), { unseen: 1 })
  t.match(await laptop.next('notification'), { id: second })
  t.match(await laptop.next('unseen'), { unseen: 2 })

  const seeing = holdQuery(app.database, unseen)
  const tablet = eve.socket('/ws/notifications')
  await seeing.hasRead
  phone.send({ type: 'seen', id: second })
  await phone.next('seen')
  seeing.release()
  t.match(await tablet.next('unseen'), { unseen: 2 })
  t.match(await tablet.next('seen'), { id: second })
  t.match(await tablet.next('unseen'), { unseen: 0 })
})

t.test('a notification that was seen on one device is seen on all', async (t) => {
  const phone = await follow(bob)
  const laptop = await follow(bob)
  const first = await app.notifications.push(await idOf('bob'), { text: 'one' })
  const second = await app.notifications.push(await idOf('bob'), { text: 'two' })
  // The count can come before the second notification, or after both.
  const told: Frame[] = []
  while (
    told.filter(({ type }) => type === 'notification').length < 2 ||
    !told.some(({ unseen }) => unseen === 2)
  )
    told.push(await laptop.next())
  phone.send({ type: 'seen', id: first })
  t.match(await laptop.next('seen'), { id: first })
  t.match(await laptop.next('unseen'), { unseen: 1 })
  t.match(await listOf(bob), {
    unseen: 1,
    more: false,
    notifications: [
      { id: second, payload: { text: 'two' }, seen: false },
      { id: first, seen: true },
    ],
  })
  const later = bob.socket('/ws/notifications')
  t.match(
    await later.next('notification'),
    { id: second },
    'a notification that was seen does not come again',
  )

  phone.send({ type: 'seen', id: Number.MAX_SAFE_INTEGER })
  await laptop.next('seen')
  await app.notifications.push(await idOf('bob'), { text: 'three' })
  t.match(await laptop.next('notification'), { payload: { text: 'three' } })
  t.match(await listOf(bob), { unseen: 1 }, 'a mark does not cover later notifications')
})

t.test('a notification that was added without an announcement is still found', async (t) => {
  const device = await follow(cleo)
  const user = await idOf('cleo')
  await inTransaction(app.database, (transaction) =>
    app.notifications.add(transaction, [{ user, event: 'reminder', payload: { text: 'now' } }]),
  )
  t.match(await device.next('notification'), { payload: { event: 'reminder', text: 'now' } })
})

t.test('a notification about a room reaches only people who may read it now', async (t) => {
  const room = await privateRoom(ada, 'Plans', ['bob'])
  const { id } = await roomRow(app, room)
  const [forBob, forCleo] = [await idOf('bob'), await idOf('cleo')]
  const [device, laptop] = [await follow(cleo), await follow(bob)]
  await fill(app, room, 'ada', 1, () => '@bob secret')
  await notified(laptop, (payload) => payload.room === room)
  await inTransaction(app.database, (transaction) =>
    app.notifications.add(transaction, [
      { user: forBob, event: 'reminder', room: id, payload: { text: 'mine' } },
      { user: forCleo, event: 'mention', room: id, seq: 1 },
      { user: forCleo, payload: { text: 'behind' } },
    ]),
  )
  app.notifications.wake()
  t.match(await device.next('notification'), { payload: { text: 'behind' } })
  const [reminder, mention] = (await listOf(bob)).notifications
  t.match(reminder, { payload: { room, room_name: 'Plans', text: 'mine' } })
  t.match(mention, { payload: { room, room_name: 'Plans', excerpt: '@bob secret' } })
  const before = (await listOf(bob)).unseen

  await ada.post(`/rooms/${room}/members/bob/remove`, {})
  const after = await listOf(bob)
  t.notMatch(JSON.stringify(after), /secret|Plans/)
  t.match(after.notifications[0], { payload: { event: 'reminder', text: 'mine' } }, 'a reminder is their own')
  t.equal(after.unseen, before - 1, 'nor is it counted')
  t.notMatch(JSON.stringify(await listOf(cleo)), /secret/)
})

t.test('people are notified of mentions, replies and direct messages, and nobody else is', async (t) => {
  const room = await openRoom('Notified')
  const [forBob, forCleo] = [await follow(bob), await follow(cleo)]
  const talk = await enter(ada, room)
  talk.send({
    message: 'nobody: ada@bob.example `@bob` \n\n    @bob\n\nhttps://example.com/@bob',
    id: 'none',
  })
  talk.send({ message: 'Hello @Bob, and @ada', id: 'one' })
  const [, said] = await messages(talk, 2)
  t.match(said, { mentions: ['bob', 'ada'], html: /Hello <span class="mention">@Bob<\/span>, and/ })
  const { id, ...notified } = await forBob.next('notification')
  t.match(notified, {
    type: 'notification',
    payload: { event: 'mention', room, room_name: 'Notified', seq: 2, sender: 'ada', excerpt: /^Hello/ },
    at: String,
  })

  const answering = await enter(cleo, room)
  answering.send({ message: 'Yes', reply: 2, id: 'answer' })
  await answering.next('message')
  const direct = await directRoom(cleo, 'bob')
  await fill(app, direct, 'cleo', 1)
  t.match(await forBob.next('notification'), { payload: { event: 'direct', room: direct, sender: 'cleo' } })
  t.match((await listOf(ada)).notifications[0], { payload: { event: 'reply', room, seq: 3, sender: 'cleo' } })
  t.notOk(forCleo.drain().some(({ type }) => type === 'notification'))
})

t.test('an edit that adds a mention notifies, and one that removes it withdraws that', async (t) => {
  const room = await openRoom('Edited')
  const device = await follow(bob)
  const talk = await enter(ada, room)
  talk.send({ message: 'Hello', id: 'one' })
  await talk.next('message')
  talk.send({ type: 'edit', seq: 1, message: 'Hello @bob', id: 'two' })
  const { id, payload } = await device.next('notification')
  t.match(payload, { event: 'mention', excerpt: 'Hello @bob' })
  talk.send({ type: 'edit', seq: 1, message: 'Hello you', id: 'three' })
  t.match(await device.next('withdrawn'), { id })
  talk.send({ type: 'edit', seq: 1, message: 'Hello @bob again', id: 'four' })
  const again = await device.next('notification')
  talk.send({ type: 'delete', seq: 1, id: 'five' })
  t.match(await device.next('withdrawn'), { id: again.id })
  t.notMatch(JSON.stringify(await listOf(bob)), /Hello @bob/)
})

t.test('mentioning somebody who may not read the room does not tell whether the name exists', async (t) => {
  const room = await privateRoom(ada, 'Few', ['bob'])
  const device = await follow(cleo)
  const talk = await enter(ada, room)
  talk.send({ message: '@cleo @bob @nobody', id: 'one' })
  const said = await talk.next('message')
  t.strictSame(said.mentions, ['bob'])
  t.match(said.html, /^@cleo <span class="mention">@bob<\/span> @nobody$/)
  await app.notifications.push(await idOf('cleo'), { text: 'behind' })
  t.match(await device.next('notification'), { payload: { text: 'behind' } })
})

t.test('people are notified according to the level that they chose', async (t) => {
  const room = await openRoom('Levels')
  await bob.post(`/rooms/${room}/level`, { level: 'everything' })
  await cleo.post(`/rooms/${room}/level`, { level: 'nothing' })
  const [forBob, forCleo] = [await follow(bob), await follow(cleo)]
  const talk = await enter(ada, room)
  talk.send({ message: 'Anything', id: 'one' })
  t.match(await forBob.next('notification'), { payload: { event: 'everything', seq: 1 } })
  talk.send({ message: '@room', id: 'two' })
  t.match(await forBob.next('notification'), { payload: { event: 'mention', seq: 2 } })
  await cleo.post(`/rooms/${room}/level`, { level: 'mentions' })
  talk.send({ message: 'Everyone in the @room', id: 'three' })
  t.match(await forCleo.next('notification'), { payload: { event: 'mention', seq: 3 } })
})

t.test('@here notifies people who are in the room now', async (t) => {
  const room = await openRoom('Here')
  const [forBob, forCleo] = [await follow(bob), await follow(cleo)]
  const talk = await enter(ada, room)
  await enter(bob, room)
  talk.send({ message: 'Anybody @here?', id: 'one' })
  t.match(await forBob.next('notification'), { payload: { event: 'mention', seq: 1 } })
  talk.send({ message: '@cleo', id: 'two' })
  t.match(await forCleo.next('notification'), { payload: { seq: 2 } }, 'not of the first message')
})

t.test('lists count unread mentions on all devices until they are read', async (t) => {
  const room = await openRoom('Counted')
  const [phone, laptop] = [await follow(bob), await follow(bob)]
  const talk = await enter(ada, room)
  talk.send({ message: '@bob one', id: 'one' })
  talk.send({ message: 'two', id: 'two' })
  talk.send({ message: '@bob three', id: 'three' })
  for (const device of [phone, laptop])
    t.match(await listed(device, ({ slug, mentions }) => slug === room && mentions === 2), { unread: 3 })
  const { rooms } = JSON.parse((await bob.get('/api/rooms')).text) as { rooms: Frame[] }
  t.match(
    rooms.find(({ slug }) => slug === room),
    { mentions: 2 },
  )

  const { unseen } = await listOf(bob)
  await bob.post(`/rooms/${room}/read`, { seq: '1' })
  // Messages and mentions are counted one after the other.
  await listed(laptop, ({ slug, unread, mentions }) => slug === room && unread === 2 && mentions === 1)
  t.equal((await listOf(bob)).unseen, unseen - 1, 'what was read counts as seen')
  await bob.post(`/rooms/${room}/read`, { seq: '3' })
  await listed(laptop, ({ slug, unread, mentions }) => slug === room && unread === 0 && mentions === 0)
})

t.test(
  'only the latest notifications from a busy person are kept, but never at the cost of a mention',
  async (t) => {
    const dora = await server.person('dora')
    const direct = await directRoom(dora, 'bob')
    const room = await openRoom('Busy')
    const talk = await enter(dora, room)
    const device = await follow(bob)
    await fill(app, direct, 'dora', 105)
    await notified(device, ({ seq }) => seq === 105)
    t.equal((await notificationsBy('dora', 'bob')).length, 100, 'later ones replace earlier ones')
    talk.send({ message: 'But @bob, look here', id: 'named' })
    t.match(await notified(device, ({ event }) => event === 'mention'), { room, seq: 1 })

    await fill(app, room, 'dora', 120, (index) => `@bob, item ${index}`)
    await notified(device, ({ seq, event }) => event === 'mention' && seq === 121)
    const { rooms } = JSON.parse((await bob.get('/api/rooms')).text) as { rooms: Frame[] }
    t.match(
      rooms.find(({ slug }) => slug === room),
      { mentions: 121 },
    )
  },
)

t.test(
  'mentioning and unmentioning somebody again and again notifies at most a hundred times an hour',
  async (t) => {
    const fred = await server.person('fred')
    const room = await openRoom('Back and forth')
    const device = await follow(bob)
    const talk = await enter(fred, room)
    const kept = await app.notifications.push(await idOf('bob'), { text: 'kept' })
    await fill(app, room, 'fred', 100, (index) => `@bob, for the ${index}th time`)
    await notified(device, ({ seq }) => seq === 100)
    for (let seq = 1; seq <= 100; seq += 1) talk.send({ type: 'delete', seq, id: `delete-${seq}` })
    for (let seq = 1; seq <= 100; seq += 1) await device.next('withdrawn')
    talk.send({ message: '@bob', id: 'once-more' })
    const other = await enter(ada, room)
    other.send({ message: '@bob from somebody else', id: 'other' })
    t.match(await notified(device, ({ event }) => event === 'mention'), { sender: 'ada' })

    await inTransaction(app.database, (transaction) => sweepSome(transaction, 0))
    t.ok((await listOf(bob)).notifications.some(({ id }) => id === kept))
  },
)

t.test(
  'if there are too many notifications, seen ones go first, then those of the busiest sender',
  async (t) => {
    await server.person('gina')
    const user = await idOf('gina')
    const [forAda, forCleo] = [await idOf('ada'), await idOf('cleo')]
    const add = (count: number, sender: number) =>
      inTransaction(app.database, (transaction) =>
        app.notifications.add(
          transaction,
          Array.from({ length: count }, () => ({ user, sender, event: 'reminder' as const, payload: {} })),
        ),
      )
    const [seen] = await add(1, forAda)
    await app.notifications.markSeen(user, seen ?? 0)
    const [unseen] = await add(1, forAda)
    const [first, second, third] = await add(1_001, forCleo)
    for (let next: number | undefined = 0; next !== undefined; )
      next = await inTransaction(app.database, (transaction) => sweepSome(transaction, next ?? 0))
    const rows = await app.database
      .selectFrom('notifications')
      .select('id')
      .where('user_id', '=', user)
      .orderBy('id')
      .execute()
    t.equal(rows.length, 1_000)
    t.strictSame([rows[0]?.id, rows[1]?.id], [unseen, third], `neither ${seen}, nor ${first} and ${second}`)
  },
)

t.test('a message sent right before a stop is notified of after the next start', async (t) => {
  const folder = temporaryFolder(t)
  const first = await startServer(t, { DATA_DIR: folder })
  await first.person('ada')
  const before = await first.person('bob')
  const lobby = await roomRow(first.app, 'lobby')
  const sender = await first.app.database
    .selectFrom('users')
    .select(['id', 'name'])
    .where('name', '=', 'ada')
    .executeTakeFirstOrThrow()
  await first.app.chat.writer.post(lobby.id, sender, 'Still there, @bob?')
  await first.app.close()

  const second = await startServer(t, { DATA_DIR: folder })
  const after = second.visitor()
  for (const [name, value] of before.cookies) after.cookies.set(name, value)
  const device = after.socket('/ws/notifications')
  t.match(await device.next('notification'), { payload: { event: 'mention', excerpt: 'Still there, @bob?' } })
})

t.test(
  'unseen notifications count up to a hundred, and reading a room marks those from it as seen',
  async (t) => {
    const hal = await server.person('hal')
    const user = await idOf('hal')
    const room = await newRoom(ada, 'Many')
    await hal.get(`/rooms/${room}`)
    const device = await follow(hal)
    await fill(app, room, 'ada', 105, () => '@hal')
    await notified(device, ({ seq }) => seq === 105)
    t.equal((await listOf(hal)).unseen, 100)
    const [newest] = (await listOf(hal)).notifications
    await hal.post(`/rooms/${room}/read`, { seq: '105' })
    t.match(await device.next('seen'), { id: newest?.id })
    t.equal((await listOf(hal)).unseen, 0)

    const first = await app.notifications.push(user, { text: 'unseen' })
    await fill(app, room, 'ada', 2, () => '@hal')
    await notified(device, ({ seq }) => seq === 107)
    await hal.post(`/rooms/${room}/read`, { seq: '107' })
    await counted(device, 1)
    t.match(
      (await listOf(hal)).notifications[2],
      { id: first, seen: false },
      'only those after the first unseen one',
    )
  },
)

t.test('“Mark all as seen” marks all, even from an earlier page', async (t) => {
  const ida = await server.person('ida')
  const user = await idOf('ida')
  const first = await app.notifications.push(user, { text: 'one' })
  const second = await app.notifications.push(user, { text: 'two' })
  const { text } = await ida.get(`/notifications?before=${second}`)
  const id = /name="id" value="(\d+)"/.exec(text)?.[1] ?? ''
  t.equal(id, `${second}`, `not ${first}`)
  await ida.post('/notifications/seen', { id })
  t.equal((await listOf(ida)).unseen, 0)
})

t.test('nobody is notified of a message that was deleted first', async (t) => {
  const room = await openRoom('Too late')
  const { id } = await roomRow(app, room)
  const talk = await enter(ada, room)
  const device = await follow(bob)
  const turn = holdQuery(app.database, /from "messages"/)
  talk.send({ message: '@room', id: 'one' })
  await turn.hasRead
  talk.send({ type: 'delete', seq: 1, id: 'two' })
  await talk.next('done')
  talk.send({ message: '@bob', id: 'three' })
  await notified(device, (payload) => payload.room === room)
  turn.release()
  await untilNobodyIsDue()
  const rows = await app.database
    .selectFrom('notifications')
    .select(['event', 'seq'])
    .where('room_id', '=', id)
    .execute()
  t.notOk(rows.some(({ seq }) => seq === 1))
})

t.test('a key of an administrator notifies anybody, and nothing else can', async (t) => {
  const { text } = await ada.postJson('/api/keys', { name: 'orders', scopes: ['notify'] })
  const { key } = JSON.parse(text) as { key: string }
  const push = async (body: unknown) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const answer = await server.visitor().request('POST', '/api/notifications', JSON.stringify(body), headers)
    return { status: answer.status, body: JSON.parse(answer.text) as Frame }
  }
  const device = await follow(bob)
  const pushed = await push({ user: 'bob', payload: { event: 'order_updated', order_id: 7 } })
  t.match(pushed, { status: 202, body: { id: Number } })
  t.match(await device.next('notification'), { id: pushed.body.id, payload: { event: 'order_updated' } })

  t.match(await push({ user: 'nobody', payload: {} }), { status: 404, body: { code: 'not_found' } })
  for (const event of ['mention', 'reply', 'direct', 'everything', 'reminder', 'job'])
    t.match(await push({ user: 'bob', payload: { event } }), { status: 400, body: { error: /another name/ } })
  t.match(await push({ user: 'bob', payload: { text: 'x'.repeat(4_100) } }), { status: 400 })
  t.match(await push({ user: 'bob' }), { status: 400 })
  t.equal(
    (await ada.postJson('/api/notifications', { user: 'bob', payload: {} })).status,
    403,
    'a session cannot',
  )
  t.notOk(device.drain().some(({ type }) => type === 'notification'))
})

t.test('in quiet hours a notification is marked as silent', async (t) => {
  const device = await follow(bob)
  const set = (from: string, to: string, zone: string) =>
    bob.post('/notifications/quiet-hours', { from, to, zone }, '/notifications')
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16)
  t.match(await set('22:00', '', 'UTC'), { status: 400, text: /Give both times/ })
  t.match(await set('22:00', '07:00', 'Moon/Base'), { status: 400, text: /no such time zone/ })
  t.equal((await set(at(-120), at(120), 'UTC')).status, 303)
  await app.notifications.push(await idOf('bob'), { text: 'quiet' })
  t.match(await device.next('notification'), { payload: { text: 'quiet' }, quiet: true })
  t.ok(await app.notifications.isQuiet(await idOf('bob')))
  // The same hours, twelve hours away.
  await set(at(-120), at(120), 'Etc/GMT+12')
  await app.notifications.push(await idOf('bob'), { text: 'loud' })
  t.notOk('quiet' in (await device.next('notification')))
  t.match(
    (await bob.get('/scheduled')).text,
    'Times are in the time zone Etc/GMT+12',
    'a person has one time zone',
  )
  t.equal((await bob.post('/account/time-zone', { zone: 'UTC' }, '/account')).status, 303)
  t.ok(await app.notifications.isQuiet(await idOf('bob')), 'and it is set in their account')
  t.match((await bob.get('/notifications')).text, 'In the time zone UTC.')
  await set('', '', '')
  t.notOk(await app.notifications.isQuiet(await idOf('bob')))
})

t.test('after the database was restored, each device gets all notifications again', async (t) => {
  const gus = await server.person('gus')
  const id = await idOf('gus')
  const { database } = app
  const first = await app.notifications.push(id, { text: 'stays' })
  const room = await newRoom(gus, 'Went back')
  const talk = await enter(gus, room)
  talk.send({ message: 'stays', id: 'one' })
  await talk.next('message')
  const { rev: before } = await database
    .selectFrom('notification_log')
    .select('rev')
    .executeTakeFirstOrThrow()
  const list = gus.socket('/ws/notifications')
  await list.next('rooms')
  const device = await follow(gus)
  const told = async () => {
    for (;;) {
      const frame = await device.next()
      if (!String(frame.type).startsWith('room')) return frame
    }
  }
  await app.notifications.push(id, { text: 'is lost' })
  t.match(await device.next('notification'), { payload: { text: 'is lost' } })
  talk.send({ message: 'is lost', id: 'two' })
  while (Reflect.get(Object((await list.next('room')).last), 'seq') !== 2);

  await database.deleteFrom('messages').where('text', '=', 'is lost').execute()
  await database.updateTable('rooms').set({ rev: 1 }).where('slug', '=', room).execute()
  const goBack = async () => {
    await database.deleteFrom('notifications').where('id', '>', before).execute()
    await database.updateTable('notification_log').set({ rev: before }).execute()
  }
  await goBack()
  t.match(await list.next('rooms'), { rooms: [{ slug: room, last: { seq: 1 } }] })
  await device.next('reset')
  t.match(await told(), { type: 'notification', id: first, payload: { text: 'stays' } })
  t.match(await told(), { type: 'unseen', unseen: 1 })

  await app.notifications.push(id, { text: 'is lost too' })
  await device.next('notification')
  await inTransaction(database, async (transaction) => {
    await transaction.deleteFrom('notifications').where('id', '>', before).execute()
    await transaction.updateTable('notification_log').set({ rev: before }).execute()
    // When anybody looks again, there are as many changes as before.
    await app.notifications.add(transaction, [{ user: id, payload: { text: 'is another one' } }])
  })
  await device.next('reset')
  t.match(await told(), { id: first })
  t.match(await told(), { id: before + 1, payload: { text: 'is another one' } })
  t.match(await told(), { type: 'unseen', unseen: 2 })
})

interface List {
  readonly notifications: readonly Frame[]
  readonly more: boolean
  readonly unseen: number
}

async function listOf(person: Visitor, query = ''): Promise<List> {
  return JSON.parse((await person.get(`/api/notifications${query}`)).text)
}

/** Opens a person's notification socket, and waits for its first count. */
async function follow(person: Visitor): Promise<TestSocket> {
  const socket = person.socket('/ws/notifications')
  await socket.next('unseen')
  return socket
}

/** The next frame about a room that fulfils the condition. */
async function listed(device: TestSocket, isIt: (frame: Frame) => boolean): Promise<Frame> {
  for (;;) {
    const frame = await device.next('room')
    if (isIt(frame)) return frame
  }
}

/** A room that all three are in. */
async function openRoom(name: string): Promise<string> {
  const room = await newRoom(ada, name)
  await bob.get(`/rooms/${room}`)
  await cleo.get(`/rooms/${room}`)
  return room
}

async function directRoom(maker: Visitor, other: string): Promise<string> {
  const { headers } = await maker.post('/rooms/direct', { with: other })
  return headers.get('location')?.slice('/rooms/'.length) ?? ''
}

async function privateRoom(maker: Visitor, name: string, members: readonly string[]): Promise<string> {
  const { headers } = await maker.post('/rooms', { name, private: 'on' })
  const room = headers.get('location')?.slice('/rooms/'.length) ?? ''
  for (const name of members) await maker.post(`/rooms/${room}/members`, { name })
  return room
}

/** Waits until a device gets this number of unseen notifications. */
async function counted(device: TestSocket, count: number): Promise<void> {
  for (;;) if ((await device.next('unseen')).unseen === count) return
}

/** Waits until all members have been notified of their mentions. */
async function untilNobodyIsDue(): Promise<void> {
  const due = app.database.selectFrom('jobs').select('id').where('kind', '=', 'notify-members')
  while (await due.executeTakeFirst()) await setImmediate()
}

/** The payload of the next notification that fulfils the condition. */
async function notified(device: TestSocket, isIt: (payload: Frame) => boolean): Promise<Frame> {
  for (;;) {
    const { payload } = (await device.next('notification')) as { payload: Frame }
    if (isIt(payload)) return payload
  }
}

/** The stored notifications that one person has caused for another. */
async function notificationsBy(sender: string, name: string) {
  return app.database
    .selectFrom('notifications')
    .select(['id', 'event', 'seq'])
    .where('sender_id', '=', await idOf(sender))
    .where('user_id', '=', await idOf(name))
    .execute()
}

async function idOf(name: string): Promise<number> {
  const { id } = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  return id
}
