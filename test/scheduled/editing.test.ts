import t from 'tap'
import { runsSideBySide } from '../../src/storage/index.ts'
import { enter, newRoom } from '../support/chat.ts'
import { standsInFiles } from '../support/data-files.ts'
import { eventually } from '../support/eventually.ts'
import { startProcess } from '../support/process.ts'
import { at as atProcess, startTwoProcesses } from '../support/processes.ts'
import { withRedis } from '../support/redis.ts'
import {
  bytesOf,
  cancel,
  comes,
  type Entry,
  isKept,
  scheduled,
  sendLater,
  userRow,
} from '../support/scheduled.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { type Answer, Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

/** Bytes that a person may store. */
const LIMIT = 1024 * 1024

const server = await startServer(t, { RATE_LIMIT: '0', TIME_ZONE: 'Europe/Berlin' })
const { app } = server

t.test('without JavaScript, text and time of a scheduled message are changed with a form', async (t) => {
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const room = await newRoom(ada, 'By form')
  const id = await sendLater(ada, room, 'good mornign')
  const path = `/scheduled/${id}/edit`
  t.match((await ada.get('/scheduled')).text, `href="${path}"`)
  t.match(
    (await ada.get(path)).text,
    /<h1>Edit message to <bdi>By form<.*good mornign<\/textarea>.*value="2027-06-01T09:00".*Europe\/Berlin/s,
  )
  const change = (message: string, at: string) => ada.post(path, { message, at })
  const past = await change('good morning', '2020-01-01T09:00')
  t.match(
    [past.status, past.text],
    [400, /Wed 1 Jan 2020 at 09:00 is in the past.*good morning<\/textarea>/s],
  )
  t.match(await change(' ', '2027-06-01T09:00'), { status: 400, text: /A message must have 1 to 4,000/ })
  const done = await change('good\r\nmorning', '2027-06-02T08:30')
  t.match([done.status, done.headers.get('location')], [303, `/scheduled?changed=${id}`])
  t.match(await scheduled(ada), [{ id, text: 'good\nmorning', at: '2027-06-02T06:30:00.000Z' }])
  t.match((await ada.get(`/scheduled?changed=${id}`)).text, /Message<\/b> <span class="hint">changed/)

  t.equal((await bob.get(path)).status, 404)
  t.equal((await bob.post(path, { message: 'x', at: '2027-06-01T09:00' })).status, 404)
  t.equal((await patch(bob, id, { message: 'x' })).status, 404)
  t.equal((await bob.post(`/scheduled/${id}/send`, {})).status, 404)
  t.match(await scheduled(ada), [{ text: 'good\nmorning' }])
})

t.test('a time that is not changed stays the same to the second, even if it is near', async (t) => {
  const ada = await server.person('amy')
  const room = await newRoom(ada, 'To the second')
  await ada.postJson(`/api/rooms/${room}/reminders`, { text: 'in 20 minutes to strech' })
  const [reminder] = await scheduled(ada)
  if (!reminder) throw new Error('nothing is scheduled')
  const near = '2026-01-01T10:00:07.000Z'
  await app.database.updateTable('scheduled').set({ due_at: near }).where('id', '=', reminder.id).execute()
  const edit = await ada.post(`/scheduled/${reminder.id}/edit`, {
    message: 'stretch',
    at: '2026-01-01T11:00',
  })
  t.equal(edit.status, 303)
  t.equal((await rowOf(reminder.id))?.due_at, near)
})

t.test('a program changes text, time or both', async (t) => {
  const cleo = await server.person('cleo')
  const room = await newRoom(cleo, 'By program')
  const id = await sendLater(cleo, room, 'one')
  t.match(json(await patch(cleo, id, { message: 'two' })), {
    id,
    kind: 'message',
    room,
    text: 'two',
    at: '2027-06-01T07:00:00.000Z',
  })
  t.match(json(await patch(cleo, id, { at: '2027-06-03T12:00:00Z' })), {
    text: 'two',
    at: '2027-06-03T12:00:00.000Z',
  })
  const inTokyo = { text: 'three', at: '2027-06-03T12:00', zone: 'Asia/Tokyo' }
  for (let time = 0; time < 2; time++)
    t.match(json(await patch(cleo, id, inTokyo)), { text: 'three', at: '2027-06-03T03:00:00.000Z' })
  t.equal((await scheduled(cleo)).length, 1)
  for (const [body, fault] of [
    [{}, /name what is to change/],
    [{ message: 'a', text: 'b' }, /the same field/],
    [{ message: '' }, /"code":"invalid"/],
    [{ message: 'a\0b' }, /"code":"invalid"/],
    [{ at: 'tomorrow' }, /choose a date and a time/],
    [{ at: '2020-01-01T09:00' }, /in the past/],
    [{ at: '2027-06-03T12:00', zone: 'Atlantis' }, /no such time zone/],
  ] as const)
    t.match(await patch(cleo, id, body), { status: 400, text: fault }, JSON.stringify(body))
  t.match(await scheduled(cleo), [{ text: 'three', at: '2027-06-03T03:00:00.000Z' }])
  t.equal((await patch(cleo, '00000000-0000-0000-0000-000000000000', { message: 'x' })).status, 404)
})

t.test('a message or reminder moved to an earlier time is sent then', async (t) => {
  const dan = await server.person('dan')
  const room = await newRoom(dan, 'Earlier')
  const talk = await enter(dan, room)
  const notices = dan.socket('/ws/notifications')
  await notices.next('rooms')
  const id = await sendLater(dan, room, 'later')
  const { text } = await dan.postJson(`/api/rooms/${room}/reminders`, { text: 'in 2 hours to look' })
  const at = Temporal.Now.instant().add({ seconds: 1 }).toString()
  t.equal((await patch(dan, id, { message: 'sooner', at })).status, 200)
  t.equal((await patch(dan, JSON.parse(text).id, { text: 'look sooner', at })).status, 200)
  t.match(await talk.next('message'), { message: 'sooner', id })
  t.match(await notices.next('notification'), { payload: { event: 'reminder', text: 'look sooner' } })
  await eventually('both are done', async () => (await scheduled(dan)).length === 0)
})

t.test('a message can be sent at once, and is sent once', async (t) => {
  const eve = await server.person('eve')
  const room = await newRoom(eve, 'Now')
  const talk = await enter(eve, room)
  const id = await sendLater(eve, room, 'now')
  t.match((await eve.get('/scheduled')).text, `action="/scheduled/${id}/send"`)
  const sent = await eve.post(`/scheduled/${id}/send`, {})
  t.match([sent.status, sent.headers.get('location')], [303, '/scheduled'])
  t.match(await talk.next('message'), { message: 'now', id })
  await eventually('it is done', async () => (await scheduled(eve)).length === 0)
  t.equal((await eve.post(`/scheduled/${id}/send`, {})).status, 303, 'a retry does nothing more')
  t.equal((await messagesIn(eve, room)).length, 1)

  const other = await sendLater(eve, room, 'never')
  await cancel(eve, other)
  t.equal((await eve.post(`/scheduled/${other}/send`, {})).status, 404, 'a cancelled message stays cancelled')
  const { text } = await eve.postJson(`/api/rooms/${room}/reminders`, { text: 'in 2 hours to look' })
  t.equal((await eve.post(`/scheduled/${JSON.parse(text).id}/send`, {})).status, 404, 'so does a reminder')
})

t.test('a change made between reading and sending still counts', async (t) => {
  const finn = await server.person('finn')
  const room = await newRoom(finn, 'In between')
  const talk = await enter(finn, room)
  const made = await finn.postJson('/api/keys', { name: 'ci', scopes: ['write'] })
  const { key } = JSON.parse(made.text)
  const byKey = async (method: string, path: string, body: object) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const answer = await fetch(server.address + path, { method, headers, body: JSON.stringify(body) })
    return { status: answer.status, body: await answer.json() }
  }
  // The key of an entry is checked after the entry was read.
  const changedMeanwhile = async (id: string, body: object) => {
    const { sessions } = app
    const findKey = sessions.findKey.bind(sessions)
    const changed = Promise.withResolvers<number>()
    sessions.findKey = async (...args) => {
      sessions.findKey = findKey
      changed.resolve((await byKey('PATCH', `/api/scheduled/${id}`, body)).status)
      return findKey(...args)
    }
    await comes(app, id)
    t.equal(await changed.promise, 200)
  }
  const later = { message: 'old', at: '2027-06-01T09:00' }
  const { body: first } = await byKey('POST', `/api/rooms/${room}/scheduled`, later)
  await changedMeanwhile(first.id, { message: 'new' })
  t.match(await talk.next('message'), { message: 'new', id: first.id })

  const { body: second } = await byKey('POST', `/api/rooms/${room}/scheduled`, later)
  await changedMeanwhile(second.id, { at: '2027-07-01T09:00' })
  const job = () =>
    app.database.selectFrom('jobs').select('run_at').where('key', '=', second.id).executeTakeFirst()
  await eventually(
    'its job waits for the new time',
    async () => (await job())?.run_at.startsWith('2027-07-01') ?? false,
  )
  t.equal((await messagesIn(finn, room)).length, 1)

  const { body: third } = await byKey('POST', `/api/rooms/${room}/reminders`, { text: 'in 2 hours to hide' })
  await changedMeanwhile(third.id, { text: 'seek' })
  await eventually('the reminder has come', async () => {
    const { notifications } = JSON.parse((await finn.get('/api/notifications')).text)
    return notifications.some(({ payload }: { payload: { text: string } }) => payload.text === 'seek')
  })
})

t.test('a message that is being sent, or was sent, can no longer be changed', async (t) => {
  const gina = await server.person('gina')
  const room = await newRoom(gina, 'Too late')
  const id = await sendLater(gina, room, 'as it was')
  const { writer } = app.chat
  const post = writer.post.bind(writer)
  const refused = Promise.withResolvers<readonly Answer[]>()
  const talk = await enter(gina, room)
  writer.post = async (...args) => {
    writer.post = post
    refused.resolve([
      await patch(gina, id, { message: 'other' }),
      await gina.get(`/scheduled/${id}/edit`),
      await gina.post(`/scheduled/${id}/edit`, { message: 'my words', at: '2027-06-01T09:00' }),
      await gina.get('/scheduled'),
    ])
    return post(...args)
  }
  await comes(app, id)
  const [byProgram, page, form, list] = await refused.promise
  t.match(byProgram, { status: 409, text: /It is being sent.*"code":"conflict"/ })
  t.match(page, { status: 409, text: /It is being sent/ })
  t.match(form, { status: 409, text: /It is being sent.*my words/s })
  t.match(list?.text, /Being sent/)
  t.notMatch(list?.text, `/scheduled/${id}/`)
  t.match(await talk.next('message'), { message: 'as it was', id })
  await eventually('it is done', async () => (await scheduled(gina)).length === 0)
  t.match(await patch(gina, id, { message: 'other' }), { status: 409, text: /It was sent already/ })
  t.equal((await messagesIn(gina, room)).length, 1)
})

t.test('a message that could not be sent is tried again at its new time', async (t) => {
  const hal = await server.person('hal')
  const ivy = await server.person('ivy')
  const room = await newRoom(hal, 'Failed')
  await ivy.get(`/rooms/${room}`)
  const talk = await enter(hal, room)
  const [one, two] = [await sendLater(ivy, room, 'one'), await sendLater(ivy, room, 'two')]
  await hal.post(`/rooms/${room}/members/ivy/remove`, {})
  for (const id of [one, two]) await comes(app, id)
  await eventually('both have failed', async () => (await scheduled(ivy)).every(hasFailed))
  t.match(await patch(ivy, one, { message: 'let me in' }), { status: 403, text: /"code":"forbidden"/ })
  t.equal((await ivy.post(`/scheduled/${one}/send`, {})).status, 403)
  await hal.post(`/rooms/${room}/members`, { name: 'ivy' })

  t.match(await patch(ivy, one, { message: 'un' }), { status: 400, text: /choose a new time/ })
  const form = await ivy.get(`/scheduled/${one}/edit`)
  t.match(
    form.text,
    /You can no longer write in this room\. Choose a new time.*value="\d{4}-\d\d-\d\dT09:00"/s,
  )
  t.equal((await ivy.post(`/scheduled/${one}/edit`, { message: 'un', at: '2027-06-01T09:00' })).status, 303)
  t.notOk((await scheduled(ivy)).find(({ id }) => id === one)?.failure)
  await comes(app, one)
  t.match(await talk.next('message'), { message: 'un', id: one })
  t.equal((await ivy.post(`/scheduled/${two}/send`, {})).status, 303)
  t.match(await talk.next('message'), { message: 'two', id: two })
})

t.test('a changed text counts towards storage with its new length', async (t) => {
  const limited = await startServer(t, { RATE_LIMIT: '0', DISK_PER_USER: `${LIMIT}` })
  const jo = await limited.person('jo')
  const room = await newRoom(jo, 'Space')
  const { id: user } = await userRow(limited.app, 'jo')
  const id = await sendLater(jo, room, 'x')
  const before = await bytesOf(limited.app, user)
  await patch(jo, id, { message: 'x'.repeat(1_001) })
  t.equal(await bytesOf(limited.app, user), before + 1_000)
  await limited.app.usage.spend(user, LIMIT - before - 1_000 - 100)
  const tooMuch = await patch(jo, id, { message: 'x'.repeat(1_200) })
  t.match(tooMuch, { status: 413, text: /"code":"limit"/ })
  t.match(await scheduled(jo), [{ text: /^x{1001}$/ }])
  t.equal(
    (await patch(jo, id, { message: 'y'.repeat(1_001) })).status,
    200,
    'a text as long as before is accepted',
  )
  t.equal((await patch(jo, id, { message: 'xy' })).status, 200, 'and so is a shorter one')
  t.equal(await bytesOf(limited.app, user), LIMIT - 1_000 - 100 + 1)
  await cancel(jo, id)
  t.equal(await bytesOf(limited.app, user), LIMIT - 1_000 - 100 - 201)
})

t.test('changes made with a key end with the key, and those made by the person stay', async (t) => {
  const kim = await server.person('kim')
  const room = await newRoom(kim, 'Keys')
  const { id: keyId, key } = JSON.parse(
    (await kim.postJson('/api/keys', { name: 'ci', scopes: ['write'] })).text,
  )
  const byKey = (method: string, path: string, body: object) =>
    fetch(server.address + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const own = await sendLater(kim, room, 'my own')
  t.equal((await byKey('PATCH', `/api/scheduled/${own}`, { message: 'a lie' })).status, 200)
  const later = { message: 'by key', at: '2027-06-01T09:00' }
  const other: Entry = JSON.parse(await (await byKey('POST', `/api/rooms/${room}/scheduled`, later)).text())
  t.equal((await patch(kim, other.id, { message: 'as I want it' })).status, 200)
  const token = await kim.token('/account')
  await kim.request('DELETE', `/api/keys/${keyId}`, undefined, { 'x-csrf-token': token })
  t.match(await scheduled(kim), [{ id: other.id, text: 'as I want it' }])
  t.notOk(await isKept(app, own))
})

t.test('changed and cancelled texts are soon in no file of the database', async (t) => {
  const folder = temporaryFolder(t)
  const own = await startServer(t, { DATA_DIR: folder, RATE_LIMIT: '0' })
  if (runsSideBySide(own.app.database)) return t.pass('PostgreSQL tidies up by itself')
  const mia = await own.person('mia')
  const room = await newRoom(mia, 'Secrets')
  const changed = await sendLater(mia, room, 'the first riddle')
  const cancelled = await sendLater(mia, room, `the second riddle ${'x'.repeat(3_900)}`)
  t.ok(standsInFiles(folder, 'the first riddle') && standsInFiles(folder, 'the second riddle'))

  t.equal((await patch(mia, changed, { message: 'nothing' })).status, 200)
  await eventually('the old text is erased', () => !standsInFiles(folder, 'the first riddle'))
  t.equal(await cancel(mia, cancelled), 204)
  await eventually('the cancelled one is erased', () => !standsInFiles(folder, 'the second riddle'))
  t.notOk(standsInFiles(folder, 'xxxxxxxxxxxxxxxx'))
  t.match(await scheduled(mia), [{ id: changed, text: 'nothing' }])
})

t.test('a change survives a restart of the server', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const first = await startProcess(t, { DATA_DIR, RATE_LIMIT: '0' })
  const lea = new Visitor(first.address)
  await lea.signUp('lea')
  const room = await newRoom(lea, 'Restart')
  const id = await sendLater(lea, room, 'old')
  const at = Temporal.Now.instant().add({ seconds: 2 }).toString()
  t.equal((await patch(lea, id, { message: 'new', at })).status, 200)
  await first.kill()
  const second = await startServer(t, { DATA_DIR, RATE_LIMIT: '0' })
  const again = second.visitor()
  for (const [name, value] of lea.cookies) again.cookies.set(name, value)
  await eventually('it was sent', async () => (await messagesIn(again, room)).length === 1)
  t.match(await messagesIn(again, room), [{ message: 'new', id }])
})

t.test('changes can be made at either process', withRedis, async (t) => {
  const { first, person, second } = await startTwoProcesses(t)
  const max = await person('max')
  const room = await newRoom(max, 'Two')
  const id = await sendLater(max, room, 'old')
  const there = atProcess(second, max)
  t.equal((await patch(there, id, { message: 'new' })).status, 200)
  const talk = await enter(atProcess(first, max), room)
  t.equal((await there.post(`/scheduled/${id}/send`, {})).status, 303)
  t.match(await talk.next('message'), { message: 'new', id })
})

async function patch(person: Visitor, id: string, body: object): Promise<Answer> {
  return person.request('PATCH', `/api/scheduled/${id}`, JSON.stringify(body), {
    'content-type': 'application/json',
    'x-csrf-token': await person.token('/account'),
  })
}

function json({ text }: Answer): unknown {
  return JSON.parse(text)
}

function hasFailed({ failure }: Entry): boolean {
  return failure !== undefined
}

function rowOf(id: string) {
  return app.database.selectFrom('scheduled').selectAll().where('id', '=', id).executeTakeFirst()
}

async function messagesIn(person: Visitor, room: string): Promise<unknown[]> {
  return JSON.parse((await person.get(`/api/rooms/${room}/messages`)).text).messages
}
