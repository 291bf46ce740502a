import t from 'tap'
import { enter, newRoom, roomRow, unread } from '../support/chat.ts'
import { stopClock } from '../support/clock.ts'
import { escaped, formFields, jsonOf, messageField, roomSlugs, seqs } from '../support/pages.ts'
import { startServer } from '../support/server.ts'
import type { Visitor } from '../support/visitor.ts'

const server = await startServer(t, { RATE_LIMIT: '0', ROOMS_PER_USER: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

t.test('a message sent with the form appears on the sockets of others', async (t) => {
  const room = await newRoom(ada, 'By form')
  const socket = await enter(bob, room)
  const { status, headers } = await ada.post(`/rooms/${room}/messages`, { message: ' by form ', id: 'mine' })
  t.equal(status, 303)
  t.equal(headers.get('location'), `/rooms/${room}`)
  t.match(await socket.next('message'), { sender: 'ada', message: ' by form ', id: 'mine', seq: 1, rev: 1 })

  t.equal((await ada.post(`/rooms/${room}/messages`, { message: 'no id', id: '' })).status, 303)
  t.match(await socket.next('message'), { message: 'no id', id: /^[A-Za-z0-9_-]{1,64}$/, rev: 2 })
})

t.test('line breaks in a form are kept as typed, and count as one character', async (t) => {
  const room = await newRoom(ada, 'Lines')
  const socket = await enter(bob, room)
  const typed = 'line\n'.repeat(800)
  await ada.post(`/rooms/${room}/messages`, { message: typed.replaceAll('\n', '\r\n') })
  t.equal((await roomRow(app, room)).rev, 1)
  t.equal((await socket.next('message')).message, typed)

  const refused = await ada.post(`/rooms/${room}/messages`, {
    message: `${typed}more`.replaceAll('\n', '\r\n'),
  })
  t.equal(messageField(refused.text), `${typed}more`)
})

t.test('a form that is sent twice posts one message', async (t) => {
  const room = await newRoom(ada, 'Twice')
  const fields = formFields((await ada.get(`/rooms/${room}`)).text, `/rooms/${room}/messages`)
  t.ok(fields.id, 'each form has an id')
  const answers = await Promise.all(
    [1, 2, 3].map(() => ada.postBare(`/rooms/${room}/messages`, { ...fields, message: 'once' })),
  )
  t.strictSame(
    answers.map(({ status }) => status),
    [303, 303, 303],
  )
  t.equal((await roomRow(app, room)).rev, 1)

  const next = formFields((await ada.get(`/rooms/${room}`)).text, `/rooms/${room}/messages`)
  t.not(next.id, fields.id, 'and the next form another one')
})

t.test('a message that is refused comes back whole in the form', async (t) => {
  const room = await newRoom(ada, 'Not taken')
  const ids = new Set<string | undefined>()
  for (const message of ['', '  \n ', 'x'.repeat(4_001), '😀'.repeat(4_001), 'a\0b', `</textarea><b>\0`]) {
    const answer = await ada.post(`/rooms/${room}/messages`, { message })
    t.equal(answer.status, 400)
    t.ok(messageField(answer.text) === escaped(message), JSON.stringify(message).slice(0, 30))
    t.match(answer.text, /4,000 characters/)
    ids.add(formFields(answer.text, `/rooms/${room}/messages`).id)
  }
  t.equal(ids.size, 6, 'each form gets its own id for another attempt')
  t.notOk(ids.has(undefined))
  t.equal((await ada.post(`/rooms/${room}/messages`, {})).status, 400)
  t.equal((await roomRow(app, room)).rev, 0)
})

t.test('a visitor who is not signed in is sent to sign in and back, and a program gets 401', async (t) => {
  const visitor = server.visitor()
  const page = await visitor.get('/rooms/lobby?before=5')
  t.equal(page.status, 303)
  t.equal(page.headers.get('location'), '/sign-in?next=%2Frooms%2Flobby%3Fbefore%3D5')
  for (const path of ['/rooms', '/rooms/lobby/messages', '/rooms/lobby/leave']) {
    const { status, headers } = await visitor.postBare(path, { name: 'x', message: 'x' })
    t.equal(status, 303, path)
    t.equal(headers.get('location'), '/sign-in')
  }
  const path = '/api/rooms/lobby/messages'
  t.match(jsonOf(await visitor.get(path), 401).error, /./)
  t.equal((await visitor.get('/api/rooms/nowhere/messages')).status, 401, 'and learns nothing about rooms')
  const body = JSON.stringify({ message: 'x' })
  t.equal((await visitor.request('POST', path, body, { 'content-type': 'application/json' })).status, 401)
  t.equal((await roomRow(app, 'lobby')).rev, 0)
})

t.test('forms and requests that change something need a token of our own pages', async (t) => {
  const room = await newRoom(ada, 'Tokens')
  await bob.get(`/rooms/${room}`)
  const before = await roomSlugs(app)
  for (const _csrf of ['', 'wrong', await ada.token('/account')]) {
    t.equal((await bob.postBare('/rooms', { name: 'Forged', _csrf })).status, 403)
    t.equal((await bob.postBare(`/rooms/${room}/messages`, { message: 'forged', _csrf })).status, 403)
    t.equal((await bob.postBare(`/rooms/${room}/leave`, { _csrf })).status, 403)
    const headers = { 'content-type': 'application/json', 'x-csrf-token': _csrf }
    const body = JSON.stringify({ message: 'forged' })
    t.equal((await bob.request('POST', `/api/rooms/${room}/messages`, body, headers)).status, 403)
  }
  t.strictSame(await roomSlugs(app), before)
  t.equal((await roomRow(app, room)).rev, 0)
  t.equal(await unread(bob, room), 0, 'still in the room')
})

t.test('a person who posts too fast is told how long to wait, while others are not affected', async (t) => {
  const slow = await startServer(t, { RATE_LIMIT: '1' })
  const [cyd, dan] = [await slow.person('cyd'), await slow.person('dan')]
  const path = '/rooms/lobby/messages'
  const token = await cyd.token('/account')
  const post = (message: string) => cyd.postBare(path, { message, _csrf: token })
  const goBy = stopClock(t)
  const answers = await Promise.all(['1', '2', '3', '4', '5'].map(post))

  const refused = answers.filter(({ status }) => status === 429)
  t.strictSame(
    [answers.filter(({ status }) => status === 303).length, refused.length],
    [3, 2],
    'three seconds of messages at once',
  )
  for (const { headers, text } of refused) {
    t.match(headers.get('retry-after'), /^[1-3]$/)
    t.match(headers.get('content-type'), 'text/html')
    t.match(text, /Wait a moment/)
  }
  t.equal((await dan.post(path, { message: 'dan' })).status, 303)
  for (const elsewhere of ['/api/rooms/lobby/messages', '/calculator', '/rooms/lobby/calculator']) {
    const fields = { message: 'm', expression: '1', _csrf: token }
    t.equal((await cyd.postBare(elsewhere, fields)).status, 429, `${elsewhere} is no way round it`)
  }

  const api = '/api/rooms/lobby/messages'
  const codes: number[] = []
  for (let count = 0; count < 3; count += 1) {
    const answer = await dan.postJson(api, { message: 'x' })
    codes.push(answer.status)
    if (answer.status === 429) {
      t.match(answer.headers.get('retry-after'), /^[1-3]$/)
      t.match(jsonOf(answer, 429).error, /Wait/)
    }
  }
  t.same(codes, [201, 201, 429], 'a program is told too')
  goBy(1_001)
  t.equal((await post('a second and a moment later')).status, 303)
})

t.test('two people can talk without JavaScript', async (t) => {
  const names = ['eve', 'fay']
  const [eve, fay] = await Promise.all(
    names.map(async (name) => {
      const visitor = server.visitor()
      t.match((await visitor.get('/')).text, 'href="/sign-up"')
      const fields = formFields((await visitor.get('/sign-up')).text, '/sign-up')
      await visitor.postBare('/sign-up', { ...fields, username: name, password: 'a long password' })
      return visitor
    }),
  )
  if (!eve || !fay) return
  const home = formFields((await eve.get('/')).text, '/rooms')
  const made = await eve.postBare('/rooms', { ...home, name: 'Without scripts' })
  const room = made.headers.get('location') ?? ''
  t.match((await fay.get('/')).text, `href="${room}"`)

  const turns: [person: Visitor, message: string, shown: string][] = [
    [eve, 'hello fay', 'hello fay'],
    [fay, 'hello eve', 'hello eve'],
    [eve, 'how are you?\r\nwell, I hope', 'how are you?\nwell, I hope'],
    [fay, 'see https://example.com', 'see <a href="https://example.com"'],
  ]
  for (const [person, message, shown] of turns) {
    const fields = formFields((await person.get(room)).text, `${room}/messages`)
    const sent = await person.postBare(`${room}/messages`, { ...fields, message })
    t.equal(sent.status, 303)
    t.match((await person.get(sent.headers.get('location') ?? '')).text, shown)
  }
  const { text } = await eve.get(room)
  t.strictSame(seqs(text), [1, 2, 3, 4])
  t.ok(text.indexOf('hello fay') < text.indexOf('hello eve'))

  const leave = await fay.postBare(`${room}/leave`, formFields((await fay.get(room)).text, `${room}/leave`))
  t.equal(leave.headers.get('location'), '/')
  const out = await fay.postBare('/sign-out', formFields((await fay.get('/')).text, '/sign-out'))
  t.equal(out.headers.get('location'), '/sign-in')
  t.equal((await fay.get(room)).status, 303)
})

t.test('the read position is a number, and not past the last message', async (t) => {
  const room = await newRoom(ada, 'Marks')
  await bob.get(`/rooms/${room}`)
  await ada.post(`/rooms/${room}/messages`, { message: 'one' })
  for (const seq of ['', '-1', '1.5', 'x'])
    t.equal((await bob.post(`/rooms/${room}/read`, { seq })).status, 400, seq)
  t.equal((await bob.post('/rooms/nowhere/read', { seq: '1' })).status, 404)
  t.equal((await bob.postBare(`/rooms/${room}/read`, { seq: '1' })).status, 403)
  t.equal(await unread(bob, room), 1)
  t.equal((await bob.post(`/rooms/${room}/read`, { seq: '99' })).status, 303)
  await ada.post(`/rooms/${room}/messages`, { message: 'two' })
  t.equal(await unread(bob, room), 1)
})

t.test('a form made for another person changes nothing, and gives back what was written', async (t) => {
  const browser = await server.person('cyd-of-a-page')
  const room = await newRoom(browser, 'Made for cyd')
  const page = (await browser.get(`/rooms/${room}`)).text
  const sheet = (await browser.get('/calculator')).text
  await browser.signOut()
  await browser.signUp('dan-of-a-page')

  const path = `/rooms/${room}/messages`
  const message = 'a long <thought>'
  for (const fields of [
    formFields(page, path),
    { ...formFields(page, path), _csrf: await browser.token('/account') },
  ]) {
    const { status, text } = await browser.postBare(path, { ...fields, message })
    t.equal(status, 403)
    t.match(text, 'You are now signed in as dan-of-a-page')
    t.match(text, 'This page belongs to cyd-of-a-page')
    t.match(text, 'a long &lt;thought&gt;</textarea>')
  }
  const calculated = await browser.postBare('/calculator', {
    ...formFields(sheet, '/calculator'),
    expression: '12*7',
  })
  t.equal(calculated.status, 403)
  t.match(calculated.text, '12*7</textarea>')
  const named = await browser.postBare('/rooms', { _for: 'cyd-of-a-page', name: 'A name' })
  t.match(named.text, 'A name</textarea>')
  t.equal((await browser.postBare('/sign-out', formFields(page, '/sign-out'))).status, 403)
  t.equal((await browser.get('/account')).status, 200, 'and the other person is still signed in')
  t.equal((await roomRow(app, room)).rev, 0)
  t.equal(await unread(browser, room), undefined, 'and did not join the room')
})

t.test('a request from a page of another person is refused', async (t) => {
  const headers = { 'x-partyline-user': 'bob' }
  for (const path of ['/', '/api/rooms/lobby/messages']) {
    t.equal((await ada.get(path, headers)).status, 403, path)
    t.equal((await bob.get(path, headers)).status, 200, path)
  }
  const body = { message: 'not mine' }
  t.equal((await ada.postJson('/api/rooms/lobby/messages', body, headers)).status, 403)
  t.match(
    jsonOf(await ada.postJson('/api/rooms/lobby/messages', body, headers), 403).error,
    'signed in as ada',
  )
})

t.test('a socket opened by a page of another person is closed, and joins nothing', async (t) => {
  const room = await newRoom(ada, 'Socket of another')
  for (const path of [`/ws/chat/${room}`, `/ws/calculator/${room}`]) {
    const socket = bob.socket(`${path}?user=ada`)
    t.match(await socket.closed(), { code: 4001, reason: 'signed in as bob' })
  }
  t.equal(await unread(bob, room), undefined)
  await enter(bob, room, '?user=bob')
  t.equal(await unread(bob, room), 0)
})

t.test('text is not lost when the session ends, nor with a new session of the same person', async (t) => {
  const cyd = await server.person('cyd-of-sessions')
  const path = '/rooms/lobby/messages'
  const fields = { ...formFields((await cyd.get('/rooms/lobby')).text, path), message: 'kept for cyd' }
  await cyd.signOut()
  const without = await cyd.postBare(path, fields)
  t.equal(without.status, 403)
  t.match(without.text, 'You are signed out')
  t.match(without.text, 'kept for cyd</textarea>')
  await cyd.signIn('cyd-of-sessions')
  const again = await cyd.postBare(path, fields)
  t.equal(again.status, 403)
  t.match(again.text, 'This form is out of date')
  t.match(again.text, 'kept for cyd</textarea>')
})
