import t from 'tap'
import { rowSize } from '../../src/accounts/index.ts'
import { readReminder, readTime, timeWords } from '../../src/scheduled/times.ts'
import { enter, newRoom, roomRow } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startProcess } from '../support/process.ts'
import { bytesOf, cancel, comes, isKept, scheduled, sendLater, sweep, userRow } from '../support/scheduled.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

const server = await startServer(t, { RATE_LIMIT: '0', TIME_ZONE: 'Europe/Berlin' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

t.test('a reminder is read in the time zone of its person', async (t) => {
  const now = Temporal.ZonedDateTime.from('2026-11-28T23:00+01:00[Europe/Berlin]')
  const read: Record<string, [at: string, text: string]> = {
    '/remind me tomorrow at 9 to call Zoë': ['Sun 29 Nov at 09:00', 'call Zoë'],
    '/remind me to buy milk tomorrow at 17:30': ['Sun 29 Nov at 17:30', 'buy milk'],
    '/remind me in 20 minutes to stretch': ['Sat 28 Nov at 23:20', 'stretch'],
    '/remind at 9 to go': ['Sun 29 Nov at 09:00', 'go'],
    '/remind me on 3 January at 14:30 to pay the rent': ['Sun 3 Jan 2027 at 14:30', 'pay the rent'],
    '/remind me next Tuesday that it is Tuesday': ['Tue 1 Dec at 09:00', 'it is Tuesday'],
  }
  for (const [written, [words, text]] of Object.entries(read)) {
    const reminder = await readReminder(written, now)
    t.strictSame([timeWords(reminder.at, now), reminder.text], [words, text], written)
  }
  for (const [written, fault] of Object.entries({
    '/remind me to call Zoë': /no time .* "\/remind me tomorrow at 9 to call Zoë"/,
    '/remind me tomorrow at 9': /does not say what/,
    '/remind me every day at 9 to stretch': /cannot repeat/,
    '/remind me on 3 January 2031 to laugh': /more than 2 years ahead/,
    '/remind me yesterday at 9 to regret': /is in the past/,
  }))
    await t.rejects(readReminder(written, now), fault, written)
})

t.test('times around clock changes are read as people mean them', async (t) => {
  const before = Temporal.ZonedDateTime.from('2027-03-27T12:00[Europe/Berlin]')
  const { at } = await readReminder('/remind me tomorrow at 9 to be awake', before)
  t.equal(at.toInstant().toString(), '2027-03-28T07:00:00Z', 'nine o’clock by the new time')
  t.equal(
    readTime('2027-03-28T02:30', before).toInstant().toString(),
    '2027-03-28T01:30:00Z',
    'an hour that is skipped',
  )
  const autumn = Temporal.ZonedDateTime.from('2027-10-30T12:00[Europe/Berlin]')
  t.equal(
    readTime('2027-10-31T02:30', autumn).toInstant().toString(),
    '2027-10-31T00:30:00Z',
    'an hour that comes twice',
  )
})

t.test('/remind in a room confirms the time, shows others nothing, and ends in a notification', async (t) => {
  const room = await newRoom(ada, 'Reminding')
  const talk = await enter(ada, room)
  const zone = 'America/New_York'
  talk.send({ message: '/remind me tomorrow at 9 to call Zoë', id: 'one', zone })
  const { notice } = await talk.next('notice')
  const day = Temporal.Now.zonedDateTimeISO(zone).add({ days: 1 }).with({ hour: 9, minute: 0 })
  t.match(notice, /^I will remind you on \w{3} \d+ \w{3}( \d{4})? at 09:00 to call Zoë\.$/)
  const [reminder] = await scheduled(ada)
  t.match(reminder, { kind: 'reminder', room, text: 'call Zoë' })
  t.equal(
    Temporal.Instant.from(reminder?.at ?? '')
      .toZonedDateTimeISO(zone)
      .toPlainDateTime()
      .toString()
      .slice(0, 16),
    day.toPlainDateTime().toString().slice(0, 16),
  )
  talk.send({ message: '/remind me tomorrow at 9 to call Zoë', id: 'one', zone })
  await talk.next('notice')
  t.equal((await scheduled(ada)).length, 1, 'a retry sets nothing more')
  talk.send({ message: '/remind me to hurry', id: 'two' })
  t.match(await talk.next('error'), { id: 'two', code: 'invalid', error: /no time/ })
  t.strictSame(JSON.parse((await ada.get(`/api/rooms/${room}/messages`)).text).messages, [])

  const notices = ada.socket('/ws/notifications')
  await notices.next('rooms')
  await comes(app, reminder?.id)
  t.match(await notices.next('notification'), { payload: { event: 'reminder', room, text: 'call Zoë' } })
  t.strictSame(await scheduled(ada), [])
})

t.test('without JavaScript, reminders are set with the same form, and cancelled on a page', async (t) => {
  const room = await newRoom(ada, 'By form')
  const sent = await ada.post(`/rooms/${room}/messages`, { message: '/remind me in 2 hours to look' })
  t.match([sent.status, sent.headers.get('location')], [303, '/scheduled'])
  const wrong = await ada.post(`/rooms/${room}/messages`, { message: '/remind me to look' })
  t.equal(wrong.status, 400)
  t.match(wrong.text, /no time in that/)
  const [reminder] = await scheduled(ada)
  t.match(
    (await ada.get('/scheduled')).text,
    new RegExp(`look.*By form<.*/scheduled/${reminder?.id}/cancel`, 's'),
  )
  t.equal((await bob.post(`/scheduled/${reminder?.id}/cancel`, {})).status, 404)
  t.notMatch((await bob.get('/scheduled')).text, 'look')
  t.equal((await ada.post(`/scheduled/${reminder?.id}/cancel`, {})).status, 303)
  t.strictSame(await scheduled(ada), [])
  t.strictSame(
    await app.database.selectFrom('jobs').selectAll().where('kind', '=', 'deliver-scheduled').execute(),
    [],
    'its job is gone with it',
  )
  t.match(await ada.post('/account/time-zone', { zone: 'Atlantis' }), {
    status: 400,
    text: /value="Atlantis".*There is no such time zone/s,
  })
  t.equal((await ada.post('/account/time-zone', { zone: 'asia/tokyo' })).status, 303)
  t.match((await ada.get('/scheduled')).text, 'Times are in the time zone Asia/Tokyo')
})

t.test('a message is sent at its time, if its author may still write there', async (t) => {
  const room = await newRoom(ada, 'Later')
  const form = await bob.post(`/rooms/${room}/schedule`, { message: 'good morning', zone: 'Europe/Paris' })
  t.equal(form.status, 200)
  t.match(form.text, /good morning.*type="datetime-local".*Europe\/Paris/s)
  const wrong = await bob.post(`/rooms/${room}/schedule`, { message: 'good morning', at: '2020-01-01T09:00' })
  t.equal(wrong.status, 400)
  t.match(wrong.text, /Wed 1 Jan 2020 at 09:00 is in the past/)
  for (const message of ['one', 'two']) {
    const { status } = await bob.post(`/rooms/${room}/schedule`, { message, at: '2027-06-01T09:00' })
    t.equal(status, 303)
  }
  const [first, second] = await scheduled(bob)
  t.equal(first?.at, '2027-06-01T07:00:00.000Z')
  const talk = await enter(ada, room)
  await comes(app, first?.id)
  t.match(await talk.next('message'), { sender: 'bob', message: 'one', id: first?.id })
  const notices = bob.socket('/ws/notifications')
  await notices.next('rooms')
  await ada.post(`/rooms/${room}/members/bob/remove`, {})
  await comes(app, second?.id)
  const failure = 'You can no longer write in this room.'
  await eventually('it has failed', async () => (await scheduled(bob)).length === 1)
  await eventually('and says why', async () => (await scheduled(bob))[0]?.failure === failure)
  t.match((await bob.get('/scheduled')).text, new RegExp(`Open the room<.*${failure}`, 's'))
  t.match(await notices.next('notification'), {
    payload: { event: 'job', text: `The message for ${room} that you scheduled was not sent. ${failure}` },
  })
  t.equal(JSON.parse((await ada.get(`/api/rooms/${room}/messages`)).text).messages.length, 1)
})

t.test('a program that gives an unknown time zone is told so', async (t) => {
  const room = await newRoom(bob, 'Zones')
  for (const [kind, what] of [
    ['scheduled', { message: 'good morning', at: '2027-06-01T09:00' }],
    ['reminders', { text: 'tomorrow at 9 to call Zoë' }],
  ] as const) {
    const answer = await bob.postJson(`/api/rooms/${room}/${kind}`, { ...what, zone: 'Atlantis' })
    t.match(answer, { status: 400, text: /no such time zone.*"code":"invalid"/ }, kind)
    const right = await bob.postJson(`/api/rooms/${room}/${kind}`, { ...what, zone: 'Europe/Berlin' })
    t.equal(right.status, 201, kind)
  }
})

t.test('a person can schedule at most 100 messages and reminders', async (t) => {
  const carol = await server.person('carol')
  const room = await newRoom(carol, 'Much')
  const add = () => carol.postJson(`/api/rooms/${room}/scheduled`, { message: 'x', at: '2027-06-01T09:00' })
  const id = JSON.parse((await add()).text).id
  const { id: user } = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'carol')
    .executeTakeFirstOrThrow()
  const row = await app.database
    .selectFrom('scheduled')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const rows = Array.from({ length: 99 }, (_, index) => ({
    ...row,
    user_id: user,
    id: `${index}`,
    client_id: `${index}`,
  }))
  await app.database.insertInto('scheduled').values(rows).execute()
  t.match(await add(), { status: 413, text: /cancel one of them first/ })
  t.equal(
    (
      await carol.request('DELETE', `/api/scheduled/${id}`, undefined, {
        'x-csrf-token': await carol.token('/account'),
      })
    ).status,
    204,
  )
  const together = await Promise.all(Array.from({ length: 30 }, add))
  t.equal(together.filter(({ status }) => status === 201).length, 1, 'one of many sent at once')
})

t.test('opening the form to schedule a message does not join the room', async (t) => {
  const room = await newRoom(ada, 'Looked at')
  t.equal((await bob.get(`/rooms/${room}/schedule`)).status, 200)
  t.notMatch((await bob.get('/api/rooms')).text, `"${room}"`)
  await bob.post(`/rooms/${room}/schedule`, { message: 'x', at: '2027-06-01T09:00' })
  t.match((await bob.get('/api/rooms')).text, `"${room}"`)
})

t.test(
  'a message is sent once even if the server is killed between sending and recording that',
  async (t) => {
    const DATA_DIR = temporaryFolder(t)
    const first = await startProcess(t, { DATA_DIR, RATE_LIMIT: '0' })
    const dora = new Visitor(first.address)
    await dora.signUp('dora')
    const room = await newRoom(dora, 'Killed')
    const { text } = await dora.postJson(`/api/rooms/${room}/scheduled`, {
      message: 'once',
      at: '2027-06-01T09:00',
    })
    const { id } = JSON.parse(text)
    await first.kill()
    const second = await startServer(t, { DATA_DIR, RATE_LIMIT: '0' })
    // As if the process before had got that far.
    const { id: roomId } = await second.app.database
      .selectFrom('rooms')
      .select('id')
      .where('slug', '=', room)
      .executeTakeFirstOrThrow()
    const user = await second.app.database
      .selectFrom('users')
      .select(['id', 'name'])
      .where('name', '=', 'dora')
      .executeTakeFirstOrThrow()
    await second.app.chat.writer.post(roomId, user, 'once', id)
    await comes(second.app, id)
    await eventually(
      'it is done',
      async () =>
        (await second.app.database.selectFrom('scheduled').select('state').execute())[0]?.state === 'done',
    )
    const messages = await second.app.database
      .selectFrom('messages')
      .select('text')
      .where('room_id', '=', roomId)
      .execute()
    t.same(messages, [{ text: 'once' }])
  },
)

t.test('a reminder outlives its author’s removal from the room in which it was set', async (t) => {
  const joe = await server.person('joe')
  const { headers } = await ada.post('/rooms', { name: 'Secret', private: 'on' })
  const room = headers.get('location')?.replace('/rooms/', '') ?? ''
  await ada.post(`/rooms/${room}/members`, { name: 'joe' })
  const { text } = await joe.postJson(`/api/rooms/${room}/reminders`, { text: 'in 2 hours to ask Ada' })
  const notices = joe.socket('/ws/notifications')
  await notices.next('rooms')
  await comes(app, JSON.parse(text).id)
  t.match(await notices.next('notification'), { payload: { room, text: 'ask Ada' } })
  await ada.post(`/rooms/${room}/members/joe/remove`, {})
  const { notifications } = JSON.parse((await joe.get('/api/notifications')).text)
  t.strictSame(notifications[0]?.payload, { event: 'reminder', text: 'ask Ada' })
})

t.test('someone who is muted can still set reminders, in every way, and post nothing', async (t) => {
  const lou = await server.person('lou')
  const room = await newRoom(ada, 'Muted')
  const talk = await enter(lou, room)
  await ada.post(`/rooms/${room}/members/lou/mute`, { for: '1 h' })
  await eventually('lou is muted', async () => {
    talk.send({ message: 'hello' })
    return (await talk.next()).type === 'error'
  })
  talk.send({ message: '/remind me in 2 hours to ask', id: 'by-socket' })
  t.match(await talk.next('notice'), { id: 'by-socket', notice: /to ask\.$/ })
  talk.send({ message: '/remind me in 2 hours to ask again' })
  t.match(await talk.next('notice'), { notice: /to ask again\.$/ }, 'without an id as well')
  const message = '/remind me in 3 hours to listen'
  t.match(await lou.postJson(`/api/rooms/${room}/messages`, { message }), { status: 202 })
  t.match(await lou.post(`/rooms/${room}/messages`, { message }), { status: 303 })
  t.equal((await scheduled(lou)).length, 4)
  t.match(await lou.postJson(`/api/rooms/${room}/messages`, { message: '/topic mine' }), { status: 403 })
  t.match(await lou.postJson(`/api/rooms/${room}/messages`, { message: 'hello?' }), { status: 403 })
  talk.close()
})

t.test('text with a NUL can neither be scheduled nor sent', async (t) => {
  const room = await newRoom(ada, 'Without NUL')
  const at = '2027-06-01T09:00'
  const form = await ada.post(`/rooms/${room}/schedule`, { message: 'a\0b', at })
  t.match([form.status, form.text], [400, /cannot contain the character NUL/])
  t.equal((await ada.postJson(`/api/rooms/${room}/scheduled`, { message: 'a\0b', at })).status, 400)
  const reminder = await ada.postJson(`/api/rooms/${room}/reminders`, { text: 'in 2 hours to a\0b' })
  t.equal(reminder.status, 400)
  t.notOk((await scheduled(ada)).some((one) => one.room === room))
  const { id } = await roomRow(app, room)
  const user = await userRow(app, 'ada')
  await t.rejects(app.chat.writer.post(id, user, 'a\0b'), { code: 'invalid', message: /NUL/ })
  const { message } = await app.chat.writer.post(id, user, 'a b')
  await t.rejects(app.chat.writer.edit(id, user, message.seq, 'a\0b'), { code: 'invalid', message: /NUL/ })
})

t.test('a message that is being sent can no longer be cancelled, and counts once', async (t) => {
  const finn = await server.person('finn')
  const room = await newRoom(finn, 'Too late')
  const { id: user } = await userRow(app, 'finn')
  const before = await bytesOf(app, user)
  const id = await sendLater(finn, room, 'too late')
  const { writer } = app.chat
  const post = writer.post.bind(writer)
  const cancelled = Promise.withResolvers<number>()
  writer.post = async (...args) => {
    writer.post = post
    cancelled.resolve(await cancel(finn, id))
    return post(...args)
  }
  const talk = await enter(finn, room)
  await comes(app, id)
  t.equal(await cancelled.promise, 404)
  t.match(await talk.next('message'), { message: 'too late', id })
  await eventually('it is done', async () => (await scheduled(finn)).length === 0)
  await app.database.updateTable('scheduled').set({ due_at: '2000' }).where('id', '=', id).execute()
  await sweep(app)
  await eventually('nothing of it is left', async () => !(await isKept(app, id)))
  const message = await app.database
    .selectFrom('messages')
    .select(['text', 'client_id'])
    .where('client_id', '=', id)
    .executeTakeFirstOrThrow()
  t.equal(await bytesOf(app, user), before + rowSize(message.text, message.client_id))
})

t.test(
  'a message that was sent is not reported as unsent, even if its author was removed meanwhile',
  async (t) => {
    const gina = await server.person('gina')
    const room = await newRoom(ada, 'Said')
    await gina.get(`/rooms/${room}`)
    const talk = await enter(ada, room)
    const id = await sendLater(gina, room, 'said')
    const { writer } = app.chat
    const post = writer.post.bind(writer)
    writer.post = async (...args) => {
      writer.post = post
      await post(...args)
      await ada.post(`/rooms/${room}/members/gina/remove`, {})
      // As if the process had been killed here.
      throw new Error('killed')
    }
    await comes(app, id)
    await talk.next('message')
    await eventually('it was tried', async () => {
      const job = await app.database
        .selectFrom('jobs')
        .select('last_error')
        .where('key', '=', id)
        .executeTakeFirst()
      return job?.last_error === 'Error: killed'
    })
    await comes(app, id)
    await eventually('it is done', async () => (await scheduled(gina)).length === 0)
    t.strictSame(JSON.parse((await gina.get('/api/notifications')).text).notifications, [])
  },
)

t.test('for a day, a retry after the time has come does nothing', async (t) => {
  const hal = await server.person('hal')
  const room = await newRoom(hal, 'Again')
  const notices = hal.socket('/ws/notifications')
  await notices.next('rooms')
  const talk = await enter(hal, room)
  const remind = () =>
    hal.postJson(`/api/rooms/${room}/reminders`, { text: 'in 2 hours to stretch', id: 'r' })
  const say = (at: string) => hal.postJson(`/api/rooms/${room}/scheduled`, { message: 'once', at, id: 'm' })
  const reminder = JSON.parse((await remind()).text)
  const message = JSON.parse((await say('2027-06-01T09:00')).text)
  await comes(app, reminder.id)
  await notices.next('notification')
  await comes(app, message.id)
  await talk.next('message')
  await eventually('both are done', async () => (await scheduled(hal)).length === 0)
  t.match(await remind(), { status: 201, text: new RegExp(reminder.id) })
  t.match(
    await say('2020-01-01T09:00'),
    { status: 201, text: new RegExp(message.id) },
    'even after it is over',
  )
  t.strictSame(await scheduled(hal), [])
  t.notOk(
    await app.database.selectFrom('scheduled').select('id').where('text', '=', 'once').executeTakeFirst(),
    'the text is in no other row, so that it can be deleted',
  )
  await app.database
    .updateTable('scheduled')
    .set({ due_at: '2000' })
    .where('id', 'in', [reminder.id, message.id])
    .execute()
  await sweep(app)
  await eventually('after a day it is forgotten', async () => !(await isKept(app, message.id)))
})

t.test('a message whose job is lost gets another, and one that cannot be sent says so', async (t) => {
  const ivy = await server.person('ivy')
  const room = await newRoom(ivy, 'Left behind')
  const talk = await enter(ivy, room)
  const id = await sendLater(ivy, room, 'late')
  await app.database.deleteFrom('jobs').where('key', '=', id).execute()
  await app.database.updateTable('scheduled').set({ due_at: '2000' }).where('id', '=', id).execute()
  await sweep(app)
  t.match(await talk.next('message'), { message: 'late', id })

  const broken = await sendLater(ivy, room, 'broken')
  const notices = ivy.socket('/ws/notifications')
  await notices.next('rooms')
  const { writer } = app.chat
  const post = writer.post.bind(writer)
  writer.post = async () => {
    writer.post = post
    throw new Error('broken')
  }
  await app.database.updateTable('jobs').set({ attempts: 11 }).where('key', '=', broken).execute()
  await comes(app, broken)
  t.match(await notices.next('notification'), { payload: { event: 'job', text: /Something went wrong/ } })
  t.match(await scheduled(ivy), [{ id: broken, failure: /Something went wrong/ }])
  t.equal(await cancel(ivy, broken), 204, 'and can be removed from the list')
})

t.test('messages scheduled with a key end with it', async (t) => {
  const kim = await server.person('kim')
  const room = await newRoom(kim, 'Stolen')
  const { id: user } = await userRow(app, 'kim')
  const own = await sendLater(kim, room, 'my own')
  const before = await bytesOf(app, user)
  const { id, key } = JSON.parse((await kim.postJson('/api/keys', { name: 'ci', scopes: ['write'] })).text)
  const byKey = (path: string, body: object) =>
    fetch(`${server.address}/api/rooms/${room}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const at = '2027-06-01T09:00'
  for (const [path, body] of [
    ['scheduled', { message: 'a lie', at }],
    ['reminders', { text: 'in 2 hours to believe it' }],
    ['messages', { message: '/remind me in 3 hours to believe it' }],
  ] as const)
    t.ok((await byKey(path, body)).ok)
  const others = (await scheduled(kim)).map((one) => one.id).filter((one) => one !== own)
  t.equal(others.length, 3)
  const token = await kim.token('/account')
  const revoke = await kim.request('DELETE', `/api/keys/${id}`, undefined, { 'x-csrf-token': token })
  t.equal(revoke.status, 204)
  t.strictSame(
    (await scheduled(kim)).map((one) => one.id),
    [own],
    'at once',
  )
  t.strictSame(await app.database.selectFrom('jobs').select('key').where('key', 'in', others).execute(), [])
  t.equal(await bytesOf(app, user), before)

  // As if the request had been in progress when the key was revoked.
  await app.database.updateTable('scheduled').set({ key_id: id }).where('id', '=', own).execute()
  await comes(app, own)
  await eventually('it is forgotten', async () => !(await isKept(app, own)))
  t.strictSame(JSON.parse((await kim.get(`/api/rooms/${room}/messages`)).text).messages, [])
})
