import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { blockersAmong } from '../../src/accounts/index.ts'
import { inTransaction } from '../../src/storage/index.ts'
import { fill, newRoom } from '../support/chat.ts'
import { keepsDataInFolders } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { sayWith, sentFile } from '../support/files.ts'
import { untilFound } from '../support/search.ts'
import { startServer, type TestServer } from '../support/server.ts'
import type { Frame, TestSocket } from '../support/socket.ts'
import type { Answer, Visitor } from '../support/visitor.ts'

let server: TestServer
let ada: Visitor
let bob: Visitor
let cleo: Visitor

t.before(async () => {
  server = await startServer(t, { RATE_LIMIT: '0', ROOMS_PER_USER: '0' })
  ada = await server.person('ada')
  bob = await server.person('bob')
  cleo = await server.person('cleo')
})

/** A test that ends by unblocking everybody. */
function test(name: string, work: (t: Test) => Promise<unknown>): void {
  t.test(name, async (t) => {
    t.teardown(() => server.app.database.deleteFrom('blocks').execute())
    await work(t)
  })
}

async function change(method: 'PUT' | 'DELETE', person: Visitor, name: string): Promise<Answer> {
  const token = await person.token('/account')
  return person.request(method, `/api/blocks/${name}`, undefined, { 'x-csrf-token': token })
}

async function block(person: Visitor, name: string): Promise<void> {
  const { status, text } = await change('PUT', person, name)
  if (status !== 204) throw new Error(`nobody was blocked: ${status} ${text}`)
}

async function unblock(person: Visitor, name: string): Promise<void> {
  const { status, text } = await change('DELETE', person, name)
  if (status !== 204) throw new Error(`nobody was unblocked: ${status} ${text}`)
}

async function say(person: Visitor, room: string, message: string, reply?: number): Promise<number> {
  const { status, text } = await person.postJson(`/api/rooms/${room}/messages`, {
    message,
    ...(reply !== undefined && { reply }),
  })
  if (status !== 201) throw new Error(`nothing was said: ${status} ${text}`)
  return JSON.parse(text).seq
}

async function idOf(name: string): Promise<number> {
  const { database } = server.app
  return (await database.selectFrom('users').select('id').where('name', '=', name).executeTakeFirstOrThrow())
    .id
}

async function notificationsOf(person: Visitor): Promise<{ notifications: Frame[]; unseen: number }> {
  return JSON.parse((await person.get('/api/notifications')).text)
}

async function excerptsOf(person: Visitor): Promise<unknown[]> {
  const { notifications } = await notificationsOf(person)
  return notifications.map(({ payload }) => Object(payload).excerpt)
}

async function slugsOf(person: Visitor): Promise<string[]> {
  const { rooms } = JSON.parse((await person.get('/api/rooms')).text)
  return rooms.map(({ slug }: Frame) => slug)
}

async function direct(maker: Visitor, others: string): Promise<string> {
  const { headers } = await maker.post('/rooms/direct', { with: others })
  return headers.get('location')?.slice('/rooms/'.length) ?? ''
}

/** A room that all three are in. */
async function sharedRoom(name: string): Promise<string> {
  const room = await newRoom(ada, name)
  for (const person of [bob, cleo]) await person.get(`/rooms/${room}`)
  return room
}

/** Opens the notification socket of a person, and waits for its first frame. */
async function follow(person: Visitor): Promise<TestSocket> {
  const socket = person.socket('/ws/notifications')
  await socket.next('blocked')
  return socket
}

/** Waits for a frame about a room that fulfils the condition. */
async function listed(device: TestSocket, isIt: (frame: Frame) => boolean): Promise<void> {
  while (!isIt(await device.next('room')));
}

/** The message with this `seq` on a page. */
function messageOn({ text }: Answer, seq: number): string {
  return new RegExp(`<article[^>]* id="message-${seq}".*?</article>`, 's').exec(text)?.[0] ?? ''
}

const FOLD = /A message from <bdi>bob<\/bdi>, whom you blocked/

test('a draft that replies to somebody blocked later does not quote them', async (t) => {
  const room = await newRoom(ada, 'Half written')
  const seq = await say(bob, room, 'nobody reads this twice')
  const headers = { 'content-type': 'application/json', 'x-csrf-token': await ada.token('/account') }
  const draft = JSON.stringify({ message: 'half an answer', reply: seq })
  t.equal((await ada.request('PUT', `/api/rooms/${room}/draft`, draft, headers)).status, 200)
  t.match((await ada.get(`/rooms/${room}`)).text, 'Replying to bob: nobody reads this twice')
  await block(ada, 'bob')
  const { text } = await ada.get(`/rooms/${room}`)
  t.match(text, 'Replying to bob<')
  t.notMatch(text, /data-excerpt="nobody/)
})

test('all devices of a person learn whom they have blocked, and nobody else does', async (t) => {
  const [phone, laptop, others] = [await follow(ada), await follow(ada), await follow(bob)]
  await block(ada, 'bob')
  for (const device of [phone, laptop]) t.same((await device.next('blocked')).people, ['bob'])
  t.equal((await change('PUT', ada, 'BOB')).status, 204, 'blocking twice is not an error')
  const later = ada.socket('/ws/notifications')
  t.same((await later.next('blocked')).people, ['bob'])
  t.match(JSON.parse((await ada.get('/api/blocks')).text), { people: [{ name: 'bob', at: String }] })

  await unblock(ada, 'bob')
  for (const device of [phone, laptop, later]) t.same((await device.next('blocked')).people, [])
  t.equal((await change('DELETE', ada, 'bob')).status, 204)
  await block(bob, 'cleo')
  t.same((await others.next('blocked')).people, ['cleo'], 'they hear of nothing before')
  t.same(JSON.parse((await ada.get('/api/blocks')).text), { people: [], hooks: [] })
})

test('a block that was never announced still reaches the devices of its person', async (t) => {
  const device = await follow(ada)
  const [user_id, blocked_id] = [await idOf('ada'), await idOf('bob')]
  await server.app.database
    .insertInto('blocks')
    .values({ user_id, blocked_id, blocked_at: new Date().toISOString() })
    .execute()
  t.same((await device.next('blocked')).people, ['bob'])
})

test('people cannot block themselves or somebody who does not exist', async (t) => {
  t.match(await change('PUT', ada, 'ada'), { status: 400, text: /cannot block yourself/ })
  t.match(await change('PUT', ada, 'nobody'), { status: 404, text: /not_found/ })
  t.equal((await ada.post('/people/ada/block', { on: 'on' })).status, 400)
  t.equal((await ada.post('/people/nobody/block', { on: 'on' })).status, 404)
  for (const method of ['PUT', 'DELETE'] as const)
    t.equal((await change(method, ada, 'no%00body')).status, 400, method)
})

test('a person blocks and unblocks with forms, on the page of the other and on their own', async (t) => {
  t.match((await ada.get('/people/bob')).text, /Block <bdi>bob/)
  t.match(await ada.post('/people/bob/block', { on: 'on' }), { status: 303 })
  const page = (await ada.get('/people/bob')).text
  t.match(page, /You blocked <bdi>bob/)
  t.match(page, /Unblock <bdi>bob/)
  t.notMatch(page, 'action="/rooms/direct"')
  t.notMatch((await bob.get('/people/ada')).text, /blocked|Unblock/, 'the other does not see it')
  t.match((await ada.get('/account')).text, /action="\/people\/bob\/block"/)
  const answer = await ada.post('/people/bob/block', { back: 'account' })
  t.equal(answer.headers.get('location'), '/account#blocked')
  t.notMatch((await ada.get('/account')).text, /action="\/people\/bob\/block"/)
})

test('a person can block only a few hundred others', async (t) => {
  const { database } = server.app
  const blocked_at = new Date().toISOString()
  const words = Array.from({ length: 500 }, (_, index) => `many-${index}`)
  await database
    .insertInto('users')
    .values(words.map((name) => ({ name, password: '', role: 'member' as const, created_at: blocked_at })))
    .execute()
  const many = await database.selectFrom('users').select('id').where('name', 'like', 'many-%').execute()
  const user_id = await idOf('ada')
  await database
    .insertInto('blocks')
    .values(many.slice(1).map(({ id }) => ({ user_id, blocked_id: id, blocked_at })))
    .execute()
  await block(ada, 'bob')
  t.match(await change('PUT', ada, 'cleo'), { status: 413, text: /"limit"/ })
  t.equal((await change('PUT', ada, 'bob')).status, 204, 'one of them stays blocked')
  await unblock(ada, 'bob')
  await block(ada, 'cleo')
})

test('messages from blocked people cause no notifications', async (t) => {
  const room = await sharedRoom('Notified')
  const device = await follow(ada)
  await say(bob, room, '@ada before')
  await device.next('notification')
  t.match(JSON.parse((await ada.get('/api/rooms')).text).rooms[0], { slug: room, mentions: 1 })

  await block(ada, 'bob')
  // Earlier messages are hidden too. The count of unseen may come before the notification or after it.
  while ((await device.next('unseen')).unseen !== 0);
  t.same(await excerptsOf(ada), [])
  t.notMatch((await ada.get('/notifications')).text, 'before')
  t.match(JSON.parse((await ada.get('/api/rooms')).text).rooms[0], { slug: room, mentions: 0 })
  const own = await say(ada, room, 'of ada')
  await say(bob, room, '@ada @room meanwhile', own)
  await say(cleo, room, '@ada of cleo')
  t.match(await device.next('notification'), { payload: { excerpt: '@ada of cleo' } })
  t.same(await excerptsOf(ada), ['@ada of cleo'])

  await unblock(ada, 'bob')
  t.same(
    await excerptsOf(ada),
    ['@ada of cleo', '@ada before'],
    'messages sent during the block are still not notified of',
  )
  const { notifications, unseen } = await notificationsOf(ada)
  t.same(
    notifications.map(({ seen }) => seen),
    [false, false],
    'hidden notifications were not marked as seen meanwhile',
  )
  t.equal(unseen, 2)
  await say(bob, room, '@ada after')
  t.match(await device.next('notification'), { payload: { excerpt: '@ada after' } })
})

test('a block waits for a notification that is just being written', async (t) => {
  const { database } = server.app
  const [user, other] = [await idOf('ada'), await idOf('bob')]
  const headers = { 'x-csrf-token': await ada.token('/account') }
  const [looked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const order: string[] = []
  const writing = inTransaction(database, async (transaction) => {
    t.equal((await blockersAmong(transaction, other, [user])).size, 0)
    looked.resolve()
    await released.promise
    order.push('written')
  })
  await looked.promise
  const blocking = ada
    .request('PUT', '/api/blocks/bob', undefined, headers)
    .then(({ status }) => order.push(`blocked with ${status}`))
  // On SQLite everything waits for a transaction, and nothing could look.
  if (!keepsDataInFolders())
    await Promise.race([
      blocking,
      eventually('it waits', async () => {
        const { rows } = await sql`select 1 from pg_locks where not granted`.execute(database)
        return rows.length > 0
      }),
    ])
  released.resolve()
  await Promise.all([writing, blocking])
  t.same(order, ['written', 'blocked with 204'])
})

test('a direct room that a blocked person starts is hidden from the other, and the blocked person does not notice', async (t) => {
  await block(ada, 'bob')
  const device = await follow(ada)
  const room = await direct(bob, 'ada')
  await say(bob, room, 'are you there?')
  t.ok((await slugsOf(bob)).includes(room))
  t.match((await bob.get(`/rooms/${room}`)).text, 'are you there?')
  t.notOk((await slugsOf(ada)).includes(room))
  t.notMatch((await ada.get('/')).text, room)

  const three = await direct(bob, 'ada, cleo')
  await say(bob, three, 'are you two there?')
  t.ok((await slugsOf(cleo)).includes(three))
  t.notOk((await slugsOf(ada)).includes(three))
  await say(cleo, three, 'I am')
  await listed(device, ({ slug }) => slug === three)
  t.ok((await slugsOf(ada)).includes(three), 'somebody else said something there')
  await eventually('ada is notified of it', async () => (await excerptsOf(ada))[0] === 'I am')

  t.match(await ada.post('/rooms/direct', { with: 'bob' }), { status: 400, text: /You blocked bob/ })
  await unblock(ada, 'bob')
  t.notOk((await slugsOf(ada)).includes(room), 'nothing was said there since')
  await say(bob, room, 'hello again')
  await listed(device, ({ slug }) => slug === room)
  t.ok((await slugsOf(ada)).includes(room))
})

test('a direct room leaves the list while the other person is blocked, and one that was hidden stays hidden', async (t) => {
  const dan = await server.person('dan')
  const [shown, hidden] = [await direct(ada, 'bob'), await direct(ada, 'dan')]
  await say(bob, shown, 'hello')
  await say(dan, hidden, 'hello')
  await ada.post(`/rooms/${hidden}/leave`, {})
  const device = await follow(ada)
  for (const name of ['bob', 'dan']) await block(ada, name)
  await listed(device, ({ gone, slug }) => slug === shown && gone === true)
  for (const [person, room] of [
    [bob, shown],
    [dan, hidden],
  ] as const)
    await say(person, room, 'meanwhile')
  const now = await slugsOf(ada)
  t.notOk(now.includes(shown) || now.includes(hidden))

  for (const name of ['bob', 'dan']) await unblock(ada, name)
  await listed(device, ({ gone, slug }) => slug === shown && gone !== true)
  t.ok((await slugsOf(ada)).includes(shown))
  t.notOk((await slugsOf(ada)).includes(hidden))
})

test('a blocked person can add the other to a room, but it stays hidden from them', async (t) => {
  await block(ada, 'bob')
  const device = await follow(ada)
  const made = await bob.post('/rooms', { name: 'A trap', private: 'on' })
  const trap = made.headers.get('location')?.slice('/rooms/'.length) ?? ''
  for (const name of ['ada', 'cleo'])
    t.equal((await bob.post(`/rooms/${trap}/members`, { name })).status, 303, name)
  t.match(
    (await bob.get(`/rooms/${trap}/settings`)).text,
    /href="\/people\/ada"/,
    'and the blocked person does not notice',
  )
  await say(bob, trap, '@ada are you there?')
  t.notOk((await slugsOf(ada)).includes(trap))
  t.notMatch((await ada.get('/')).text, 'A trap')
  t.equal(
    (await bob.post(`/rooms/${trap}/members`, { name: 'ada' })).status,
    303,
    'adding twice is not an error',
  )
  t.ok((await slugsOf(cleo)).includes(trap), 'somebody who has blocked nobody')
  await say(cleo, trap, 'who is this for?')
  await listed(device, ({ slug }) => slug === trap)
  t.ok((await slugsOf(ada)).includes(trap), 'somebody else said something there')

  const hidden = await newRoom(bob, 'An open trap')
  await bob.post(`/rooms/${hidden}/members`, { name: 'ada' })
  t.notOk((await slugsOf(ada)).includes(hidden))
  t.equal((await ada.get(`/rooms/${hidden}`)).status, 200)
  await listed(device, ({ slug }) => slug === hidden)
  await say(bob, hidden, 'so you came')
  t.ok((await slugsOf(ada)).includes(hidden), 'the room stays in the list of somebody who has opened it')

  const shared = await sharedRoom('Not a trap')
  await bob.post(`/rooms/${shared}/members`, { name: 'ada' })
  t.ok((await slugsOf(ada)).includes(shared), 'and in the list of somebody who was in it')
  await unblock(ada, 'bob')
  const wanted = await newRoom(bob, 'No trap any more')
  await bob.post(`/rooms/${wanted}/members`, { name: 'ada' })
  t.ok((await slugsOf(ada)).includes(wanted))
})

test('devices are told nothing about rooms that a block hides', async (t) => {
  await block(ada, 'bob')
  const shared = await sharedRoom('Told of')
  const made = await bob.post('/rooms', { name: 'Not told of', private: 'on' })
  const trap = made.headers.get('location')?.slice('/rooms/'.length) ?? ''
  await bob.post(`/rooms/${trap}/members`, { name: 'ada' })
  await server.person('fay')
  const several = await direct(bob, 'ada, fay')
  // The list on the page has all of them.
  const device = await follow(ada)
  const told: unknown[] = []
  // Lists are compared with the database from time to time, which may come before a message is told of.
  for (const unread of [1, 2, 3, 4]) {
    for (const room of [trap, several]) await say(bob, room, '@ada are you there?')
    await say(cleo, shared, 'hello')
    await listed(device, (frame) => {
      told.push(frame.slug)
      return frame.slug === shared && frame.unread === unread
    })
  }
  t.notOk(told.includes(trap) || told.includes(several))

  await ada.get(`/rooms/${trap}`)
  await listed(device, ({ slug }) => slug === trap)
  await say(bob, trap, 'so you came')
  await listed(device, ({ last, slug }) => slug === trap && Object(last).seq === 5)
})

test('a hook made by a blocked person is hidden too', async (t) => {
  const room = await newRoom(bob, 'Hooked')
  for (const person of [ada, cleo]) await person.get(`/rooms/${room}`)
  await block(ada, 'bob')
  const device = await follow(ada)
  const make = await bob.postJson(`/api/rooms/${room}/hooks`, { direction: 'in', name: 'Loud Speaker' })
  t.equal(make.status, 201)
  t.same((await device.next('blocked')).hooks, ['loud-speaker'], 'even if the hook is made later')
  const { pathname } = new URL(JSON.parse(make.text).url)
  const speak = (text: string) =>
    bob.request('POST', pathname, JSON.stringify({ text }), { 'content-type': 'application/json' })

  t.equal((await speak('@ada @cleo an unkind lovage')).status, 200)
  const loud = '@ada @cleo an unkind lovage'
  await eventually('cleo is notified', async () => (await excerptsOf(cleo)).includes(loud))
  t.notOk((await excerptsOf(ada)).includes(loud))
  const path = `/rooms/${room}`
  t.match(messageOn(await ada.get(path), 1), /A message from <bdi>Loud Speaker<\/bdi>, hidden by your blocks/)
  t.notMatch(messageOn(await cleo.get(path), 1), /hidden by your blocks/)
  t.match((await ada.get(`${path}/messages/1`)).text, /hidden by your blocks/)
  t.match((await ada.get(path)).text, / data-unread="0"/)
  t.match((await cleo.get(path)).text, / data-unread="1"/)
  await untilFound(ada, 'lovage', 1)
  t.notMatch((await ada.get('/search?q=lovage')).text, /an unkind/)
  t.same(JSON.parse((await ada.get('/api/blocks')).text).hooks, ['loud-speaker'])
  t.match(JSON.parse((await ada.get('/api/blocks')).text).people, [{ name: 'bob' }])

  await unblock(ada, 'bob')
  t.same(await device.next('blocked'), { type: 'blocked', people: [], hooks: [] })
  await speak('@ada once more')
  await eventually('ada is notified', async () => (await excerptsOf(ada)).includes('@ada once more'))
  t.notMatch((await ada.get(path)).text, /hidden by your blocks/)
})

test('a person who blocks somebody does not learn of their hooks in private rooms', async (t) => {
  const made = await bob.post('/rooms', { name: 'Behind closed doors', private: 'on' })
  const room = made.headers.get('location')?.slice('/rooms/'.length) ?? ''
  const add = (name: string) => bob.postJson(`/api/rooms/${room}/hooks`, { direction: 'in', name })
  t.equal((await add('Secret Merger')).status, 201)
  await block(ada, 'bob')
  const device = await follow(ada)
  const hooks = async () => JSON.parse((await ada.get('/api/blocks')).text).hooks
  t.notOk((await hooks()).includes('secret-merger'))
  t.equal((await add('Secret Takeover')).status, 201)
  await block(ada, 'cleo')
  const told = await device.next('blocked')
  t.ok([told.people].flat().includes('cleo'), 'nor is the creation of the hook announced')
  t.notMatch(JSON.stringify(told.hooks), 'secret')

  await bob.post(`/rooms/${room}/members`, { name: 'ada' })
  t.match([...(await hooks())].sort().slice(-2), ['secret-merger', 'secret-takeover'], 'but members do')
})

test('without scripts, all pages collapse what a blocked person says, for nobody else', async (t) => {
  const room = await sharedRoom('Folded')
  const seq = await say(bob, room, 'an unkindness, @ada')
  const answer = await say(cleo, room, 'an answer', seq)
  await say(ada, room, 'an answer of ada', seq)
  const path = `/rooms/${room}`
  const first = await ada.get(path)
  t.notMatch(first.text, /whom you blocked/)
  await say(bob, room, 'said before ada blocks')

  await block(ada, 'bob')
  const today = new Date().toISOString().slice(0, 10)
  for (const page of [
    ...['', `?at=${seq}`, `?before=${answer}`, '?after=0', `?date=${today}&zone=UTC`],
    `/messages/${answer}/conversation`,
  ]) {
    const message = messageOn(await ada.get(`${path}${page}`), seq)
    t.match(message, FOLD, page)
    t.match(message, `aria-labelledby="blocked-${seq} time-${seq}"`, page)
    t.notMatch(message, 'mentions-you', page)
    t.notMatch(messageOn(await cleo.get(`${path}${page}`), seq), FOLD, page)
    t.notMatch(messageOn(await bob.get(`${path}${page}`), seq), FOLD, page)
  }
  t.match(messageOn(await ada.get(path), answer), /class="reply of-blocked"/)
  t.match(messageOn(await ada.get(path), answer + 1), /class="reply of-blocked"/, 'one’s own reply too')
  t.notMatch(messageOn(await cleo.get(path), answer), /of-blocked/)
  t.match((await ada.get(path)).text, /data-blocked="bob[ "]/)
  t.match((await ada.get(`${path}/messages/${seq}`)).text, FOLD)
  t.notMatch((await cleo.get(`${path}/messages/${seq}`)).text, FOLD)

  await ada.post(`${path}/messages/${seq}/pin`, { on: 'on' })
  t.match((await ada.get(`${path}/pins`)).text, FOLD)
  t.notMatch((await cleo.get(`${path}/pins`)).text, FOLD)

  await unblock(ada, 'bob')
  t.notMatch((await ada.get(path)).text, /whom you blocked|of-blocked/)
})

test('messages from a blocked person do not count as unread, live or on a page', async (t) => {
  const room = await sharedRoom('Unread')
  const device = await follow(ada)
  const isUnread = (count: number) => listed(device, ({ slug, unread }) => slug === room && unread === count)
  await say(bob, room, 'one')
  const first = await say(cleo, room, 'two')
  await isUnread(2)
  t.match((await ada.get(`/rooms/${room}`)).text, / data-unread="2" data-first="1"/)

  await block(ada, 'bob')
  await isUnread(1)
  t.match((await ada.get(`/rooms/${room}`)).text, ` data-unread="1" data-first="${first}"`)
  await say(bob, room, 'three')
  await listed(device, ({ last, slug }) => slug === room && Object(last).seq === 3)
  await say(cleo, room, 'four')
  await isUnread(2)
  t.match(JSON.parse((await ada.get('/api/rooms')).text).rooms[0], { slug: room, unread: 2 })
  t.match((await ada.get('/')).text, 'class="badge">2<')

  await unblock(ada, 'bob')
  await isUnread(4)
  t.match((await ada.get(`/rooms/${room}`)).text, / data-unread="4" data-first="1"/)
})

test('a search shows that a blocked person wrote something or sent a file, but not what', async (t) => {
  const room = await sharedRoom('Searched')
  const file = await sentFile(bob, room, { name: 'unkind.txt', content: 'unkind' })
  await sayWith(bob, room, 'an unkind rhubarb', [file.id])
  await sayWith(ada, room, 'a sorrel beside it', [])
  await untilFound(ada, 'rhubarb', 1)
  await untilFound(ada, 'sorrel', 1)
  await block(ada, 'bob')
  const found = (await ada.get('/search?q=rhubarb')).text
  t.match(found, 'A message from somebody you blocked')
  t.notMatch(found, /an unkind/)
  t.match((await cleo.get('/search?q=rhubarb')).text, /an unkind/)
  const beside = (await ada.get('/search?q=sorrel')).text
  t.match(beside, 'A message from somebody you blocked', 'also where it stands beside what was found')
  t.notMatch(beside, /an unkind/)
  t.match((await cleo.get('/search?q=sorrel')).text, /an unkind/)
  const files = (await ada.get(`/rooms/${room}/files`)).text
  t.match(files, 'A file from somebody you blocked')
  t.notMatch(files, 'unkind.txt')
  t.match((await cleo.get(`/rooms/${room}/files`)).text, 'unkind.txt')
})

test('messages of a deleted account stay collapsed for those who had blocked it', async (t) => {
  const eli = await server.person('eli')
  const room = await newRoom(ada, 'After Eli')
  await eli.get(`/rooms/${room}`)
  await fill(server.app, room, 'eli', 1)
  for (const [person, name] of [
    [ada, 'eli'],
    [eli, 'ada'],
  ] as const)
    await block(person, name)
  const fields = { messages: 'keep', password: 'correct horse battery' }
  t.equal((await eli.post('/account/delete', fields, '/account/delete')).status, 303)
  const { database, jobs } = server.app
  await database.updateTable('jobs').set({ run_at: '2000' }).where('kind', '=', 'delete-account').execute()
  jobs.wake()
  await eventually('what they had is gone', async () => {
    const left = database.selectFrom('jobs').select('id').where('kind', '=', 'delete-account')
    return (await left.executeTakeFirst()) === undefined
  })
  t.equal((await database.selectFrom('blocks').selectAll().execute()).length, 1)
  t.match((await ada.get(`/rooms/${room}`)).text, /A message from <bdi>Deleted account<\/bdi>/)
  const { people } = JSON.parse((await ada.get('/api/blocks')).text)
  t.match(people, [{ display_name: 'Deleted account' }])
  await unblock(ada, people[0].name)
  t.notMatch((await ada.get(`/rooms/${room}`)).text, /whom you blocked/)
})
