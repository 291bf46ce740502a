import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isEmoji } from '../../src/chat/emoji.ts'
import { emojiList } from '../../src/chat/emoji-list.ts'
import { runsSideBySide } from '../../src/storage/index.ts'
import { enter, framesUntil, messages, newRoom, people, roomRow } from '../support/chat.ts'
import { standsInFiles } from '../support/data-files.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import type { Frame, TestSocket } from '../support/socket.ts'
import type { Answer, Visitor } from '../support/visitor.ts'

const server = await startServer(t, { RATE_LIMIT: '0' })
const { app } = server
// The first account is the administrator's.
const root = await server.person('root')
const ada = await server.person('ada')
const bob = await server.person('bob')

/** A room made by ada, with her socket and bob's. */
async function talk(name: string) {
  const room = await newRoom(ada, name)
  const her = await enter(ada, room)
  const his = await enter(bob, room)
  return { room, her, his }
}

async function say(socket: TestSocket, message: string, more: object = {}): Promise<Frame> {
  socket.send({ message, id: `say-${message.length}-${Math.random().toString(36).slice(2)}`, ...more })
  return socket.next('message')
}

function userNamed(name: string) {
  return app.database
    .selectFrom('users')
    .select(['id', 'name'])
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
}

async function ask(method: 'PUT' | 'DELETE', person: Visitor, path: string): Promise<Answer> {
  return person.request(method, path, undefined, { 'x-csrf-token': await person.token('/account') })
}

async function history(person: Visitor, room: string, query = ''): Promise<Frame[]> {
  const { text } = await person.get(`/api/rooms/${room}/messages${query}`)
  return JSON.parse(text).messages
}

t.test(
  'an edited message keeps its place and gets the next rev, for everyone and in the history',
  async (t) => {
    const { room, her, his } = await talk('edit')
    const said = await say(her, 'helo')
    await his.next('message')

    her.send({ type: 'edit', seq: said.seq, message: 'hello', id: 'e1' })

    const frame = await her.next('message')
    t.match(frame, { seq: said.seq, rev: Number(said.rev) + 1, id: said.id, message: 'hello', at: said.at })
    t.equal(new Date(String(frame.edited)).toISOString(), frame.edited, 'with the time of the edit')
    t.strictSame(await her.next('done'), { type: 'done', id: 'e1', rev: frame.rev })
    t.strictSame(await his.next('message'), frame)
    t.strictSame(await history(bob, room), [frame])
  },
)

t.test('the old text of a deleted or edited message is soon in no file of the database', async (t) => {
  const folder = temporaryFolder(t)
  const server = await startServer(t, { DATA_DIR: folder })
  if (runsSideBySide(server.app.database)) return t.pass('PostgreSQL tidies up by itself')
  const ada = await server.person('ada')
  const her = await enter(ada, await newRoom(ada, 'Secrets'))
  const says = async (message: string) => {
    her.send({ message })
    return (await her.next('message')).seq
  }
  // One message that shares a page with others, and one that takes pages of its own.
  const long = await says(`the first riddle ${'x'.repeat(3_900)}`)
  const short = await says('the second riddle')
  const edited = await says('the third riddle')
  const isThere = (text: string) => standsInFiles(folder, text)
  t.ok(['first', 'second', 'third'].every((which) => isThere(`the ${which} riddle`)))

  her.send({ type: 'edit', seq: edited, message: 'nothing', id: 'e' })
  await eventually('the edited text is erased', () => !isThere('the third riddle'))

  her.send({ type: 'delete', seq: long, id: 'd1' })
  her.send({ type: 'delete', seq: short, id: 'd2' })
  await eventually('the deleted ones are erased', () => !isThere('riddle'))
  t.notOk(isThere('xxxxxxxxxxxxxxxx'))
  t.match(await history(ada, 'secrets'), [{ deleted: true }, { deleted: true }, { message: 'nothing' }])
})

t.test('a command that changes nothing succeeds, and changes no rev', async (t) => {
  const { her } = await talk('again')
  const { seq } = await say(her, 'hello')
  for (const command of [
    { type: 'edit', seq, message: 'hello' },
    { type: 'react', seq, emoji: '👍', on: false },
  ]) {
    her.send({ ...command, id: 'x' })
    t.strictSame(await her.next('done'), { type: 'done', id: 'x', rev: 1 }, command.type)
  }
  her.send({ type: 'delete', seq, id: 'd1' })
  t.match(await her.next('done'), { rev: 2 })
  her.send({ type: 'delete', seq, id: 'd2' })
  t.strictSame(await her.next('done'), { type: 'done', id: 'd2', rev: 2 }, 'deleting it again')
})

t.test('nothing that was written in a deleted message is kept', async (t) => {
  const { room, her, his } = await talk('delete')
  const said = await say(her, 'a secret that must go')
  his.send({ message: 'what?', reply: said.seq, id: 'r' })
  const [, reply] = await messages(his, 2)
  t.match(reply, { reply: { seq: said.seq, sender: 'ada', excerpt: 'a secret that must go' } })
  his.send({ type: 'react', seq: said.seq, emoji: '👀', on: true })
  await messages(her, 2)

  her.send({ type: 'delete', seq: said.seq, id: 'd' })

  const frame = await her.next('message')
  t.strictSame(frame, {
    type: 'message',
    room,
    seq: said.seq,
    rev: frame.rev,
    id: said.id,
    sender: 'ada',
    message: '',
    at: said.at,
    deleted: true,
  })
  t.match((await history(bob, room))[1]?.reply, { seq: said.seq, excerpt: '' }, 'replies no longer quote it')
  for (const table of ['messages', 'reactions', 'calculations'] as const) {
    const rows = JSON.stringify(await app.database.selectFrom(table).selectAll().execute())
    t.notMatch(rows, /a secret|👀/, `nothing in ${table}`)
  }
  her.send({ type: 'edit', seq: said.seq, message: 'back', id: 'e' })
  t.match(await her.next('error'), { id: 'e', code: 'not_found' })
})

t.test('a client that missed a reply never gets the former text of its original', async (t) => {
  const { room, her, his } = await talk('excerpts')
  for (const [change, excerpt] of [
    [{ type: 'edit', message: 'nothing' }, 'nothing'],
    [{ type: 'delete' }, ''],
  ] as const) {
    const { seq } = await say(her, 'a secret')
    await his.next('message')
    const reply = await say(his, 'what?', { reply: seq })
    her.send({ ...change, seq, id: 'change' })
    await his.next('message')
    await messages(her, 2)

    const late = await enter(root, room, `?since=${seq}`)
    const frames = await messages(late, 2)

    t.match(frames, [{ seq: reply.seq, reply: { seq, excerpt } }, { seq }], change.type)
    late.close()
  }
})

t.test('a reply that changes in the same turn as its original quotes the new text', async (t) => {
  const { room, her, his } = await talk('same-turn')
  const { id } = await roomRow(app, room)
  const adas = await userNamed('ada')
  const { seq } = await say(her, 'a secret')
  await his.next('message')
  const reply = await say(his, 'what?', { reply: seq })
  await messages(her, 1)
  const { writer } = app.chat

  await Promise.all([
    writer.delete(id, adas, Number(seq)),
    writer.react(id, adas, Number(reply.seq), '👀', true),
  ])

  t.match(await messages(her, 2), [
    { seq, deleted: true },
    { seq: reply.seq, reply: { seq, excerpt: '' } },
  ])
})

t.test('a reaction in the same turn as the deletion of its message leaves no row', async (t) => {
  const { room, her, his } = await talk('same-turn-reaction')
  const { id } = await roomRow(app, room)
  const [adas, bobs] = await Promise.all([userNamed('ada'), userNamed('bob')])
  await say(his, 'hello there')
  await messages(her, 1)
  const { seq } = await say(her, 'hello')
  const { writer } = app.chat

  const reacting = writer.react(id, bobs, Number(seq), '👀', true)
  // In the same turn of the event loop, but after the reaction.
  await new Promise<void>((resolve) => process.nextTick(resolve))
  await Promise.all([reacting, writer.delete(id, adas, Number(seq))])

  t.match(await messages(her, 2), [{ reactions: { '👀': { count: 1 } } }, { deleted: true }])
  const left = await app.database.selectFrom('reactions').selectAll().where('room_id', '=', id).execute()
  t.same(left, [])
})

t.test(
  'only its sender edits a message, but the owner of the room or an administrator may delete it',
  async (t) => {
    const { room, her, his } = await talk('rights')
    const { seq } = await say(his, 'his words')
    await her.next('message')
    for (const type of ['edit', 'delete']) {
      const other = await enter(await server.person(`other-${type}`), room)
      other.send({ type, seq, id: 'o', ...(type === 'edit' ? { message: 'mine' } : {}) })
      t.match(await other.next('error'), { id: 'o', code: 'forbidden' }, `another may not ${type}`)
    }
    her.send({ type: 'edit', seq, message: 'hers', id: 'e' })
    t.match(await her.next('error'), { id: 'e', code: 'forbidden' }, 'nor may the owner edit it')
    her.send({ type: 'delete', seq, id: 'd' })
    t.match(await her.next('done'), { id: 'd' }, 'but the owner may delete it')

    const second = await say(his, 'more')
    const moderator = await enter(root, room)
    moderator.send({ type: 'delete', seq: second.seq, id: 'd' })
    t.match(await moderator.next('done'), { id: 'd' }, 'and so may an administrator')
    her.send({ type: 'delete', seq: 4_711, id: 'n' })
    t.match(await her.next('error'), { id: 'n', code: 'not_found' })
  },
)

t.test('reactions are counted, with names in the order in which they were added', async (t) => {
  const { room, her, his } = await talk('reactions')
  const { seq } = await say(her, 'cake?')
  const choices: [TestSocket, string, boolean][] = [
    [his, '👍', true],
    [her, '👍', true],
    [his, '❤️', true],
    [his, '👍', false],
  ]
  for (const [socket, emoji, on] of choices) {
    socket.send({ type: 'react', seq, emoji, on, id: 'r' })
    await socket.next('done')
  }
  const [message] = await history(ada, room)
  t.strictSame(message?.reactions, {
    '👍': { count: 1, names: ['ada'] },
    '❤️': { count: 1, names: ['bob'] },
  })
  his.send({ type: 'react', seq, emoji: '❤️', on: false, id: 'r' })
  await his.next('done')
  her.send({ type: 'react', seq, emoji: '👍', on: false, id: 'r' })
  await her.next('done')
  t.notOk('reactions' in ((await history(ada, room))[0] ?? {}), 'none are left')
})

t.test('a message has at most twenty different emoji, each of them a single emoji', async (t) => {
  const { her } = await talk('many emoji')
  const { seq } = await say(her, 'go')
  const emoji = [...'😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😏😐😑😒😓']
  for (const one of emoji) her.send({ type: 'react', seq, emoji: one, on: true })
  her.send({ type: 'react', seq, emoji: '😔', on: true, id: 'too-many' })
  t.match(await her.next('error'), { id: 'too-many', code: 'limit' })
  for (const no of ['a', '', '👍👍', '👍 ', '1', '\u200d', 'x'.repeat(100)]) {
    her.send({ type: 'react', seq, emoji: no, on: true, id: 'no' })
    t.match(await her.next('error'), { code: /invalid|too_long/ }, JSON.stringify(no))
  }
  for (const yes of ['🇨🇭', '👨‍👩‍👧', '👍🏽', '1️⃣']) {
    const { seq } = await say(her, 'other')
    her.send({ type: 'react', seq, emoji: yes, on: true, id: 'yes' })
    t.match(await her.next('done'), { id: 'yes' }, yes)
  }
})

t.test('the first fifty names of an emoji are listed, even after one of them takes it back', async (t) => {
  const { room, her } = await talk('fifty names')
  const { seq } = await say(her, 'everybody?')
  const many = await people(app, 53)
  const { id } = await roomRow(app, room)
  for (const person of many) await app.chat.writer.react(id, person, Number(seq), '🎉', true)
  const names = many.map(({ name }) => name)
  const reactions = async () => (await history(ada, room))[0]?.reactions
  t.strictSame(await reactions(), { '🎉': { count: 53, names: names.slice(0, 50) } })
  await Promise.all(
    many.slice(0, 2).map((person) => app.chat.writer.react(id, person, Number(seq), '🎉', false)),
  )
  t.strictSame(await reactions(), { '🎉': { count: 51, names: names.slice(2, 52) } })

  const page = `/rooms/${room}/messages/${seq}`
  await bob.post(`${page}/reactions`, { emoji: '🎉', on: 'on' }, page)
  const pressed = /aria-pressed="true"><span class="emoji">🎉/
  t.match((await bob.get(page)).text, pressed, 'a person who is not listed still sees their own')
  t.notMatch((await ada.get(page)).text, pressed)
})

t.test('commands of many people in one turn end as if they had arrived one by one', async (t) => {
  const { room, her, his } = await talk('together')
  const { seq } = await say(her, 'one')
  const { id } = await roomRow(app, room)
  const { writer } = app.chat
  const [one, two] = await people(app, 2)
  if (!one || !two) throw new Error('two people were expected')
  await writer.post(id, one, 'one is here')
  await writer.post(id, two, 'two is here')
  const results = await Promise.all([
    writer.react(id, one, Number(seq), '👍', true),
    writer.react(id, two, Number(seq), '👍', true),
    writer.react(id, one, Number(seq), '👍', false),
    writer.post(id, one, 'between'),
    writer.react(id, one, Number(seq), '👍', true),
  ])
  t.strictSame(
    results.map(({ rev }) => rev),
    [4, 5, 6, 7, 8],
  )
  t.strictSame((await history(ada, room))[0]?.reactions, { '👍': { count: 2, names: [two.name, one.name] } })
  const frames = await messages(his, 8)
  t.strictSame(
    frames.map(({ rev }) => rev),
    [1, 2, 3, 4, 5, 6, 7, 8],
    'every step is sent',
  )
})

t.test('a client that reconnects gets each changed message once, in its latest state', async (t) => {
  const { room, her } = await talk('comes back')
  const first = await say(her, 'first')
  const second = await say(her, 'second')
  for (const message of ['a', 'b', 'c']) {
    her.send({ type: 'edit', seq: first.seq, message, id: 'e' })
    await her.next('done')
  }
  const late = await enter(bob, room, `?since=${first.rev}`)
  const frames = await messages(late, 2)
  t.match(frames, [
    { seq: second.seq, message: 'second' },
    { seq: first.seq, message: 'c', rev: 5 },
  ])
})

t.test('a reply must be to a message that exists', async (t) => {
  const { her } = await talk('replies')
  her.send({ message: 'to what?', reply: 99, id: 'r' })
  t.match(await her.next('error'), { id: 'r', code: 'not_found' })
  const { seq } = await say(her, `${'😀'.repeat(200)}`)
  const reply = await say(her, 'long', { reply: seq })
  t.strictSame(reply.reply, { seq, sender: 'ada', excerpt: '😀'.repeat(140) })
})

t.test('programs change messages over HTTP', async (t) => {
  const { room, her } = await talk('http')
  const { seq } = await say(her, 'typo')
  const path = `/api/rooms/${room}/messages/${seq}`
  const call = async (person: Visitor, method: string, address: string, body?: object) => {
    const { status, text } = await person.request(method, address, body && JSON.stringify(body), {
      'content-type': 'application/json',
      'x-csrf-token': await person.token('/account'),
    })
    return { status, body: JSON.parse(text) }
  }
  t.match(await call(ada, 'PUT', path, { message: 'right' }), {
    status: 200,
    body: { seq, message: 'right' },
  })
  t.match(await call(bob, 'PUT', path, { message: 'wrong' }), { status: 403, body: { code: 'forbidden' } })
  t.match(await call(ada, 'PUT', path, { message: '' }), { status: 400, body: { code: 'invalid' } })
  const thumb = `${path}/reactions/${encodeURIComponent('👍')}`
  t.match(await call(bob, 'PUT', thumb), {
    status: 200,
    body: { reactions: { '👍': { count: 1, names: ['bob'] } } },
  })
  t.notOk('reactions' in (await call(bob, 'DELETE', thumb)).body)
  t.match(await call(bob, 'PUT', `${path}/reactions/no`), { status: 400, body: { code: 'invalid' } })
  t.match(await call(bob, 'DELETE', path), { status: 403 })
  t.match(await call(ada, 'DELETE', path), { status: 200, body: { seq, message: '', deleted: true } })
  t.match(await call(ada, 'PUT', `/api/rooms/${room}/messages/77`, { message: 'x' }), {
    status: 404,
    body: { code: 'not_found' },
  })
  t.match(await call(ada, 'PUT', '/api/rooms/no-such-room/messages/1', { message: 'x' }), { status: 404 })
})

t.test('without JavaScript, a message has its own page with forms', async (t) => {
  const { room, her } = await talk('forms')
  const { seq } = await say(her, 'before')
  const page = `/rooms/${room}/messages/${seq}`
  const back = `/rooms/${room}?at=${seq}#message-${seq}`
  t.match((await ada.get(page)).text, /before[\s\S]*Edit[\s\S]*Delete/)
  t.notMatch((await bob.get(page)).text, /<h2>(Edit|Delete)/)

  const edited = await ada.post(page, { message: 'after\r\nall' }, page)
  t.match([edited.status, edited.headers.get('location')], [303, back])
  t.match(await history(ada, room), [{ message: 'after\nall' }])
  const refused = await ada.post(page, { message: ' ' }, page)
  t.equal(refused.status, 400)
  t.match(refused.text, 'a message must have 1 to 4,000 characters')

  await bob.post(`${page}/reactions`, { emoji: '🙏', on: 'on' }, page)
  t.match(await history(ada, room), [{ reactions: { '🙏': { names: ['bob'] } } }])
  await bob.post(`${page}/reactions`, { emoji: '🙏' }, page)
  t.notOk('reactions' in ((await history(ada, room))[0] ?? {}))
  await bob.post(`/rooms/${room}/messages`, { message: 'indeed', reply: String(seq) }, page)
  t.match((await history(ada, room))[1], { message: 'indeed', reply: { seq, excerpt: 'after\nall' } })

  const letter = await bob.post(`${page}/reactions`, { emoji: 'a', on: 'on' }, page)
  t.equal(letter.status, 400)
  t.match(letter.text, /<h1>Message from[\s\S]*role="alert">emoji: takes one emoji</)
  const answer = await bob.post(`/rooms/${room}/messages`, { message: 'to what?', reply: '99' }, page)
  t.equal(answer.status, 400)
  t.match(answer.text, />to what\?<[\s\S]*no longer exists/, 'the form again')
  const read = await bob.post(`/rooms/${room}/read`, { seq: 'x' }, page)
  t.equal(read.status, 400)
  t.match(read.text, 'id="composer"')

  t.equal((await bob.post(`${page}/delete`, {}, page)).status, 403)
  t.equal((await ada.post(`${page}/delete`, {}, page)).status, 303)
  t.match((await ada.get(page)).text, 'This message was deleted.')
  t.equal((await ada.get(`/rooms/${room}/messages/99`)).status, 404)
})

t.test('a page of history around a message has it in the middle', async (t) => {
  const { room, her } = await talk('around')
  for (let number = 1; number <= 20; number += 1) await say(her, `${number}`)
  const seqs = async (query: string) => (await history(ada, room, query)).map(({ seq }) => seq)
  t.strictSame(await seqs('?around=10&limit=5'), [8, 9, 10, 11, 12])
  t.strictSame(await seqs('?around=1&limit=4'), [1, 2])
  t.strictSame(await seqs('?around=99&limit=4'), [19, 20])
  t.equal((await ada.get(`/api/rooms/${room}/messages?around=1&before=2`)).status, 400)
  const { text } = await ada.get(`/rooms/${room}?at=10`)
  t.match(text, /id="message-10"/)
})

t.test('the picker offers every emoji, and a message accepts each of them', async (t) => {
  const list = readFileSync(join(import.meta.dirname, '../../public/emoji.json'), 'utf8')
  t.equal(list, emojiList(), 'the list is older than emojibase-data: npm run emoji')
  const groups: { emoji: { emoji: string }[] }[] = JSON.parse(list)
  const offered = groups.flatMap(({ emoji }) => emoji.map((one) => one.emoji))
  t.ok(offered.length > 1_900)
  t.same(
    offered.filter((emoji) => !isEmoji(emoji)),
    [],
  )
})

t.test('after the database was restored, no new message is lost and lost ones disappear', async (t) => {
  const { room, her, his } = await talk('went-back')
  for (const text of ['one', 'two', 'three', 'four', 'five']) await say(her, text)
  const seen = await messages(his, 5)
  const { id } = await roomRow(app, room)
  const { rev: newest, id: newestId } = seen[4] ?? {}

  await app.database.deleteFrom('messages').where('room_id', '=', id).where('seq', '>', 1).execute()
  await app.database.updateTable('rooms').set({ rev: 1 }).where('id', '=', id).execute()
  her.send({ message: 'again two', id: 'again' })
  t.match(
    await her.next('message'),
    { id: 'again', rev: 2, message: 'again two', repeat: true },
    'it is acknowledged',
  )

  for (const socket of [her, his]) t.match(await socket.next('reset'), { rev: 2 })
  t.strictSame(
    (await history(ada, room)).map(({ message }) => message),
    ['one', 'again two'],
  )
  await say(her, 'and everything after it')
  t.match(await his.next('message'), { rev: 3, message: 'and everything after it' })

  const late = await enter(bob, room, `?since=${newest}&seq=${newest}&id=${newestId}`)
  t.match(await late.next('reset'), { rev: 3 }, 'also for clients that were away')
  const current = await enter(bob, room, `?since=1&seq=1&id=${seen[0]?.id}`)
  t.match(await messages(current, 2), [{ rev: 2 }, { rev: 3 }], 'but not for clients that missed nothing')
})

t.test(
  'after a restored database reaches the same number again, no page or sheet shows lost messages',
  async (t) => {
    const { app, person } = await startServer(t, { RATE_LIMIT: '0' })
    const ada = await person('ada')
    const her = await enter(ada, 'lobby')
    const sheet = ada.socket('/ws/calculator/lobby')
    await sheet.next('welcome')
    for (const expression of ['rate = 2', 'rate * 10', 'spare = 3']) {
      sheet.send({ expression })
      await sheet.next('result')
    }
    for (const text of ['kept', 'lost']) await say(her, text)
    t.match((await ada.get('/rooms/lobby')).text, 'lost')

    const { id } = await roomRow(app, 'lobby')
    const { database } = app
    await database
      .updateTable('messages')
      .set({ text: 'another', client_id: 'another' })
      .where('room_id', '=', id)
      .where('seq', '=', 2)
      .execute()
    const { value, text, result } = await database
      .selectFrom('calculations')
      .select(['value', 'text', 'result'])
      .where('expression', '=', 'spare = 3')
      .executeTakeFirstOrThrow()
    await database
      .updateTable('calculations')
      .set({ expression: 'speed = 3', name: 'speed', value, text, result, client_id: 'another' })
      .where('expression', '=', 'rate = 2')
      .execute()
    await app.chat.feeds.heal()
    await app.calculator.feeds.heal()
    await her.next('reset')
    await sheet.next('reset')

    const page = (await ada.get('/rooms/lobby')).text
    t.match(page, 'another')
    t.notMatch(page, />\s*lost\s*</)
    sheet.send({ type: 'preview', expression: 'speed * 7', id: 'p' })
    t.match(await sheet.next('preview'), { text: '21' })
    sheet.send({ expression: 'speed * 100' })
    t.match(await sheet.next('result'), { text: '300' })
  },
)

t.test('a changed quote or name in a frame is not taken for a different history', async (t) => {
  const { app, person } = await startServer(t, { RATE_LIMIT: '0' })
  const [ada, bob] = [await person('ada'), await person('bob')]
  const [hers, his] = [await enter(ada, 'lobby'), await enter(bob, 'lobby')]
  const sheet = ada.socket('/ws/calculator/lobby')
  await sheet.next('welcome')
  await bob.post('/rooms/lobby/calculator', { expression: '6*7' })
  await sheet.next('result')
  his.send({ message: 'a question' })
  await hers.next('message')
  hers.send({ message: 'an answer', reply: 1 })
  await hers.next('message')

  his.send({ type: 'edit', seq: 1, message: 'another question', id: 'e' })
  await hers.next('message')
  await bob.post('/account/name', { name: 'Robert' })
  await app.chat.feeds.heal()
  await app.calculator.feeds.heal()
  his.send({ message: 'the end', id: 'end' })
  const seen = await framesUntil(hers, 'end')
  sheet.send({ type: 'nothing', id: 'end' })
  for (let frame = await sheet.next(); frame.id !== 'end'; frame = await sheet.next()) seen.push(frame)
  t.notOk(seen.some(({ type }) => type === 'reset'))
})

t.test('the owner of an open room pins messages, and everyone there sees it', async (t) => {
  const { room, her, his } = await talk('pins')
  const said = await say(her, 'The pump is in lab 2.')
  const also = await say(her, 'And the key is in lab 3.')
  for (const text of ['The pump is in lab 2.', 'And the key is in lab 3.'])
    t.match(await his.next('message'), { message: text })
  const path = (seq: unknown) => `/api/rooms/${room}/pins/${seq}`
  const pins = async (person: Visitor) =>
    JSON.parse((await person.get(`/api/rooms/${room}/pins`)).text).pins.map(({ seq }: Frame) => seq)

  t.equal((await ask('PUT', bob, path(said.seq))).status, 403, 'a member may not pin in an open room')
  const { status, text } = await ask('PUT', ada, path(said.seq))
  t.equal(status, 200)
  const frame = await his.next('message')
  t.strictSame(JSON.parse(text), frame)
  t.match(frame, { seq: said.seq, rev: Number(also.rev) + 1, message: 'The pump is in lab 2.' })
  t.equal(new Date(String(frame.pinned)).toISOString(), frame.pinned)
  t.equal(
    JSON.parse((await ask('PUT', ada, path(said.seq))).text).rev,
    frame.rev,
    'pinning again changes nothing',
  )
  await ask('PUT', root, path(also.seq))
  await his.next('message')
  t.same(await pins(bob), [also.seq, said.seq], 'the latest pin comes first')
  const page = (await bob.get(`/rooms/${room}/pins`)).text
  t.ok(page.indexOf('And the key') < page.indexOf('The pump'), 'on the page too')

  t.equal((await ask('DELETE', ada, path(said.seq))).status, 200)
  t.equal((await his.next('message')).pinned, undefined)
  her.send({ type: 'delete', seq: also.seq })
  t.match(await his.next('message'), { deleted: true, pinned: undefined })
  t.same(await pins(bob), [], 'a deleted message is no longer pinned')
  t.equal((await ask('PUT', ada, path(also.seq))).status, 404)
  t.equal((await ask('PUT', ada, path(9_999))).status, 404)
  t.match((await bob.get(`/rooms/${room}/pins`)).text, 'Nothing is pinned yet.')
  const log = (await root.get('/admin/log')).text
  t.match(log, 'Message pinned in a room')
  t.notMatch(log, 'Message unpinned', 'pinning in one’s own room is not logged')
})

t.test('in a private room every member can pin messages, at most fifty', async (t) => {
  const { headers } = await ada.post('/rooms', { name: 'Pinned', private: 'on' })
  const room = headers.get('location')?.slice('/rooms/'.length) ?? ''
  await ada.post(`/rooms/${room}/members`, { name: 'bob' })
  const her = await enter(ada, room)
  for (let index = 0; index < 51; index += 1) her.send({ message: `message ${index}` })
  const seqs: unknown[] = []
  while (seqs.length < 51) seqs.push((await her.next('message')).seq)
  const pin = (seq: unknown, fields: Record<string, string> = { on: 'on' }) =>
    bob.post(`/rooms/${room}/messages/${seq}/pin`, fields)

  const results = await Promise.all(seqs.map((seq) => ask('PUT', bob, `/api/rooms/${room}/pins/${seq}`)))
  const statuses = results.map(({ status }) => status).sort()
  t.same(statuses, [...Array(50).fill(200), 413])
  const refused = seqs[results.findIndex(({ status }) => status === 413)]
  const full = await pin(refused)
  t.equal(full.status, 400)
  t.match(full.text, 'a room can have at most 50 pinned messages')
  const other = seqs.find((seq) => seq !== refused)
  t.equal((await pin(other, {})).status, 303)
  t.equal((await pin(refused)).status, 303)
  const { pins } = JSON.parse((await ada.get(`/api/rooms/${room}/pins`)).text)
  t.equal(pins.length, 50)
  t.equal(pins[0].seq, refused)
})

t.test('a conversation has all messages that reply to each other, and no others', async (t) => {
  const { room, her, his } = await talk('conversation')
  const first = await say(her, 'Who has the readings?')
  await say(her, 'something else')
  for (let count = 0; count < 2; count += 1) await his.next('message')
  const answer = await say(his, 'I have', { reply: first.seq })
  const other = await say(his, 'So do I', { reply: first.seq })
  const last = await say(his, 'Thank you', { reply: answer.seq })
  const deleted = await say(his, 'a slip', { reply: answer.seq })
  await say(his, 'and of something else', { reply: 2 })
  his.send({ type: 'delete', seq: deleted.seq })
  await his.next('message')

  for (const seq of [first.seq, answer.seq, other.seq, last.seq]) {
    const { text } = await bob.get(`/api/rooms/${room}/messages/${seq}/conversation`)
    const { messages, more } = JSON.parse(text)
    t.same(
      messages.map((message: Frame) => message.seq),
      [first.seq, answer.seq, other.seq, last.seq],
    )
    t.equal(more, false)
    t.match((await bob.get(`/rooms/${room}/messages/${seq}`)).text, 'Show this conversation')
  }
  const page = (await bob.get(`/rooms/${room}/messages/${last.seq}/conversation`)).text
  for (const text of ['Who has the readings?', 'I have', 'So do I', 'Thank you']) t.match(page, text)
  t.notMatch(page, 'something else')
  // After his messages, which she has received too.
  let alone = await say(her, 'alone')
  while (alone.message !== 'alone') alone = await her.next('message')
  t.notMatch((await bob.get(`/rooms/${room}/messages/${alone.seq}`)).text, 'Show this conversation')
  t.equal((await bob.get(`/rooms/${room}/messages/9999/conversation`)).status, 404)

  let seq = first.seq
  for (let count = 0; count < 210; count += 1) seq = (await say(her, 'on and on', { reply: seq })).seq
  const long = JSON.parse((await bob.get(`/api/rooms/${room}/messages/${seq}/conversation`)).text)
  t.equal(long.messages.length, 200)
  t.equal(long.more, true, 'a long conversation is shown in part')
})

t.test('people in a small room see who has read what, unless one of them has turned that off', async (t) => {
  const { room, her, his } = await talk('seen')
  const seqs: number[] = []
  for (let index = 0; index < 30; index += 1) seqs.push(Number((await say(her, `message ${index}`)).seq))
  const last = seqs.at(-1) ?? 0
  const show = (shows: boolean) => bob.post('/account/reading', shows ? { shows: 'on' } : {})
  const page = async (person: Visitor) => (await person.get(`/rooms/${room}/messages/${last}`)).text
  his.send({ type: 'read', seq: 1 })

  her.send({ type: 'seen', id: 'asked' })
  t.match(await her.next('seen'), { seen: [{ name: 'ada' }, { name: 'bob', seq: 1 }] })
  t.match(await her.next('done'), { id: 'asked' })
  t.notMatch(await page(ada), 'Seen by')

  for (const seq of seqs) his.send({ type: 'read', seq })
  let frames = 0
  for (let seen = 0; seen < last; frames += 1)
    seen = Number(((await her.next('seen')).seen as { name: string; seq: number }[])[1]?.seq)
  t.ok(frames <= 3, `${frames} frames for 30 messages that were read`)
  t.match(await page(ada), 'Seen by bob')

  await show(false)
  t.notMatch(await page(ada), 'Seen by', 'nobody is told about a person who turned it off')
  t.notMatch(await page(bob), 'Seen by')
  const alsoHis = await enter(bob, room)
  alsoHis.send({ type: 'seen' })
  t.match(await alsoHis.next('seen'), { seen: [] }, 'nor is that person told about others')
  her.send({ type: 'read', seq: last })
  // Before that she is told that bob is no longer in the list.
  let told = (await her.next('seen')).seen as { name: string; seq: number }[]
  while (told[0]?.seq !== last) told = (await her.next('seen')).seen as { name: string; seq: number }[]
  t.match(told, [{ name: 'ada', seq: last }])
  await show(true)
  t.match(await page(ada), 'Seen by bob')

  const { id } = await roomRow(app, room)
  const at = new Date().toISOString()
  for (let index = 0; index < 19; index += 1) {
    const name = `seen-${index}`
    const { id: user_id } = await app.database
      .insertInto('users')
      .values({ name, password: 'none', role: 'member', created_at: at })
      .returning('id')
      .executeTakeFirstOrThrow()
    await app.database
      .insertInto('memberships')
      .values({ user_id, room_id: id, role: 'member', read_seq: last, joined_at: at })
      .execute()
  }
  t.notMatch(await page(ada), 'Seen by', 'nothing is shown in a room of 21')
  her.send({ type: 'seen' })
  t.match(await her.next('seen'), { seen: [] })
})
