import t from 'tap'
import { enter, fill, newRoom, roomRow } from '../support/chat.ts'
import { jsonOf, range } from '../support/pages.ts'
import { startServer } from '../support/server.ts'
import type { Frame } from '../support/socket.ts'
import { PASSWORD } from '../support/visitor.ts'

const server = await startServer(t, { RATE_LIMIT: '0', ROOMS_PER_USER: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

t.test('the history over HTTP is ascending, and `more` says whether it goes on', async (t) => {
  const room = await newRoom(ada, 'API history')
  await fill(app, room, 'ada', 230)
  const pages: [query: string, from: number, to: number, more: boolean][] = [
    ['', 181, 230, true],
    ['?limit=200', 31, 230, true],
    ['?limit=1', 230, 230, true],
    ['?before=51', 1, 50, false],
    ['?before=52', 2, 51, true],
    ['?before=4&limit=3', 1, 3, false],
    ['?before=5&limit=3', 2, 4, true],
    ['?before=1', 1, 0, false],
    ['?before=0', 1, 0, false],
    ['?before=999999999999999&limit=2', 229, 230, true],
    ['?after=0', 1, 50, true],
    ['?after=180', 181, 230, false],
    ['?after=179', 180, 229, true],
    ['?after=227&limit=3', 228, 230, false],
    ['?after=226&limit=3', 227, 229, true],
    ['?after=230', 1, 0, false],
    ['?after=999999999999999', 1, 0, false],
  ]
  for (const [query, from, to, more] of pages) {
    const page = jsonOf(await bob.get(`/api/rooms/${room}/messages${query}`), 200)
    t.strictSame(
      page.messages.map(({ seq }) => seq),
      range(from, to),
      query,
    )
    t.equal(page.more, more, `${query}: more`)
  }
  for (const query of [
    'before=1&after=1',
    'before=-1',
    'before=x',
    'before=',
    'before=1.5',
    'before=9007199254740993',
    'before=true',
    'before=0x10',
    'before=1e2',
    'before=%205',
    'after=-1',
    'after=x',
    'limit=0',
    'limit=201',
    'limit=-5',
    'limit=ten',
    'limit=2.5',
    'limit=',
    'limit=true',
    'before=1&before=2',
    'offset=3',
    'before=1&order=desc',
  ]) {
    const { error } = jsonOf(await bob.get(`/api/rooms/${room}/messages?${query}`), 400)
    t.match(error, /./, query)
  }
})

t.test('a page of history has at most 1 MiB, of the messages nearest to the requested one', async (t) => {
  const room = await newRoom(ada, 'Long history')
  const { id } = await roomRow(app, room)
  const user = await app.database
    .selectFrom('users')
    .select(['id', 'name'])
    .where('name', '=', 'ada')
    .executeTakeFirstOrThrow()
  await Promise.all(Array.from({ length: 120 }, () => app.chat.writer.post(id, user, '😀'.repeat(4_000))))
  const pages = [
    ['?limit=200', undefined, 120],
    ['?before=101&limit=200', undefined, 100],
    ['?after=10&limit=200', 11, undefined],
  ] as const
  for (const [query, first, last] of pages) {
    const answer = await bob.get(`/api/rooms/${room}/messages${query}`)
    const { messages, more } = jsonOf(answer, 200)
    t.ok(Buffer.byteLength(answer.text) <= 1024 * 1024 && messages.length > 50, `${messages.length} messages`)
    t.equal(more, true)
    t.equal(messages.at(0)?.seq, first ?? messages.at(0)?.seq)
    t.equal(messages.at(-1)?.seq, last ?? messages.at(-1)?.seq)
    t.equal(Number(messages.at(-1)?.seq) - Number(messages.at(0)?.seq), messages.length - 1, 'without a gap')
  }
})

t.test('people are shown with their chosen name and their username, on pages and sockets', async (t) => {
  const zoe = server.visitor()
  await zoe.post('/sign-up', { name: 'Zoë Müller', username: 'zoe', password: PASSWORD }, '/sign-up')
  const room = await newRoom(ada, 'Names')
  const socket = await enter(ada, room)
  await zoe.get(`/rooms/${room}`)
  await zoe.post(`/rooms/${room}/messages`, { message: 'hello' })
  const first = await socket.next('message')
  t.match(first, { sender: 'zoe', sender_name: 'Zoë Müller' })
  const replied = await ada.post(`/rooms/${room}/messages`, { message: 'hi', reply: String(first.seq) })
  t.equal(replied.status, 303, replied.text)
  const faulty = await ada.post(`/rooms/${room}/messages`, { message: '\0', reply: String(first.seq) })
  t.equal(faulty.status, 400)
  t.match(faulty.text, `name="reply" value="${first.seq}"`, 'a form that is sent again still gets an answer')
  t.match(faulty.text, 'Replying to Zoë Müller: hello')
  const answer = await socket.next('message')
  t.match(answer, { sender: 'ada', reply: { sender: 'zoe', sender_name: 'Zoë Müller' } })
  t.notOk('sender_name' in answer, 'a username is not shown twice')
  const named = '<b class="sender" dir="auto">Zoë Müller</b> <span class="username">@zoe</span>'
  t.match((await ada.get(`/rooms/${room}`)).text, named)
  t.match((await ada.get(`/rooms/${room}/messages/${first.seq}`)).text, '<bdi>Zoë Müller</bdi>')
  const { messages } = JSON.parse((await ada.get(`/api/rooms/${room}/messages`)).text)
  t.same(messages, [first, answer], 'the history has the same as the socket')
  await zoe.post(`/rooms/${room}/messages/${answer.seq}/reactions`, { emoji: '👍', on: 'on' })
  t.match((await ada.get(`/rooms/${room}`)).text, 'value="👍" title="Zoë Müller @zoe"')
  await socket.next('message')

  const hers = zoe.socket(`/ws/chat/${room}`)
  t.match(await hers.next('welcome'), { online: ['ada', 'zoe'], names: { zoe: 'Zoë Müller' } })
  t.strictSame((await socket.next('presence')).names, { zoe: 'Zoë Müller' })
  hers.close()

  await zoe.post('/account/name', { name: 'Zoë M.' })
  const { text } = await ada.get(`/rooms/${room}`)
  t.match(text, 'Zoë M.</b>', 'the next page shows the new name')
  t.match(text, 'title="Zoë M. @zoe"')
  t.notMatch(text, 'Müller')
  await zoe.post(`/rooms/${room}/messages`, { message: 'again' })
  t.match(await socket.next('message'), { sender_name: 'Zoë M.' })
  const sheet = ada.socket(`/ws/calculator/${room}`)
  await sheet.next('welcome')
  await zoe.post(`/rooms/${room}/calculator`, { expression: '6*7' })
  t.match(await sheet.next('result'), { sender: 'zoe', sender_name: 'Zoë M.', text: '42' })
  t.match((await ada.get(`/rooms/${room}/calculator`)).text, 'Zoë M.</b> <span class="username">@zoe</span>')
})

t.test('a message in the history is the same as on the socket', async (t) => {
  const room = await newRoom(ada, 'Same')
  const socket = await enter(bob, room)
  await ada.post(`/rooms/${room}/messages`, { message: 'see https://example.com', id: 'same' })
  const { messages } = jsonOf(await bob.get(`/api/rooms/${room}/messages`), 200)
  t.strictSame(messages, [await socket.next('message')])
})

t.test('a program posts a message as JSON and gets it back', async (t) => {
  const room = await newRoom(ada, 'API post')
  const socket = await enter(bob, room)
  const path = `/api/rooms/${room}/messages`
  const answer = await ada.postJson(path, { message: 'by program', id: 'mine' })
  t.equal(answer.status, 201)
  const said: Frame = JSON.parse(answer.text)
  t.match(said, { type: 'message', room, seq: 1, rev: 1, id: 'mine', sender: 'ada', message: 'by program' })
  t.strictSame(await socket.next('message'), said)

  const again = await ada.postJson(path, { message: 'other words', id: 'mine' })
  t.equal(again.status, 201)
  t.match(JSON.parse(again.text), said, 'a retry gets what was stored')
  t.match(JSON.parse((await bob.postJson(path, { message: 'from bob', id: 'mine' })).text), { seq: 2 })
  t.match(JSON.parse((await ada.postJson(path, { message: 'no id' })).text), { seq: 3, id: /./ })

  for (const [body, fault] of [
    [{}, 'message: missing'],
    [[], /./],
    ['text', /./],
    [null, /./],
    [{ message: '' }, 'message: takes 1 to 4,000 characters'],
    [{ message: ' \n' }, 'message: takes 1 to 4,000 characters'],
    [{ message: 5 }, 'message: takes 1 to 4,000 characters'],
    [{ message: 'a\0b' }, 'message: takes 1 to 4,000 characters'],
    [{ message: 'x'.repeat(4_001) }, 'message: takes 1 to 4,000 characters'],
    [{ message: 'x', id: '' }, 'id: takes 1 to 64'],
    [{ message: 'x', id: 'a b' }, 'id: takes 1 to 64'],
    [{ message: 'x', id: 'x'.repeat(65) }, 'id: takes 1 to 64'],
    [{ message: 'x', to: 'bob' }, 'to: not a field'],
    [{ type: 'typing', on: true }, 'type: takes message'],
  ] as const) {
    const { error } = jsonOf(await ada.postJson(path, body), 400)
    t.match(error, fault, JSON.stringify(body).slice(0, 40))
  }
  const token = await ada.token('/account')
  const headers = { 'content-type': 'application/json', 'x-csrf-token': token }
  for (const body of ['{"message":', '', 'hello']) {
    t.equal((await ada.request('POST', path, body, headers)).status, 400, body)
  }
  t.equal((await roomRow(app, room)).rev, 3)
})
