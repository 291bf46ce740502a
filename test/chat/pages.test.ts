import t from 'tap'
import { PageCache } from '../../src/chat/page-cache.ts'
import { createRoom } from '../../src/rooms/creation.ts'
import type { Database } from '../../src/storage/database.ts'
import { enter, fill, newRoom, roomRow, unread } from '../support/chat.ts'
import { stopClock } from '../support/clock.ts'
import { startServer } from '../support/server.ts'
import type { Frame } from '../support/socket.ts'
import { type Answer, PASSWORD, type Visitor } from '../support/visitor.ts'

const server = await startServer(t, { RATE_LIMIT: '0', ROOMS_PER_USER: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

t.test('the front page shows visitors how to sign in, and nothing about rooms', async (t) => {
  await newRoom(ada, 'Not for visitors')
  const { status, text } = await server.visitor().get('/')
  t.equal(status, 200)
  t.match(text, 'href="/sign-up"')
  t.match(text, 'href="/sign-in"')
  t.notMatch(text, 'Not for visitors')
})

t.test('the front page shows the rooms that a person is in and those that they may join', async (t) => {
  const cyd = await server.person('cyd')
  const room = await newRoom(ada, 'Garden')
  t.equal(await unread(cyd, 'lobby'), undefined, 'not yet joined')
  t.equal(await unread(cyd, room), undefined)
  t.match((await cyd.get('/')).text, 'Garden')

  await cyd.get('/rooms/lobby')
  t.equal(await unread(cyd, 'lobby'), 0)
  t.equal(await unread(cyd, room), undefined)
  t.equal(await unread(ada, room), 0, 'a person who makes a room is in it')
})

t.test('unread counts what others wrote since a person joined, until it is marked as read', async (t) => {
  const room = await newRoom(ada, 'Counting')
  const say = (person: Visitor, message: string) => person.post(`/rooms/${room}/messages`, { message })
  await say(ada, 'before bob came')
  await bob.get(`/rooms/${room}`)
  t.equal(await unread(bob, room), 0)

  await say(ada, 'one')
  await say(bob, 'my own')
  await say(ada, 'two')
  t.equal(await unread(bob, room), 2)
  t.equal(await unread(ada, room), 1)

  const page = await bob.get(`/rooms/${room}`)
  t.equal(await unread(bob, room), 2, 'a mere request marks nothing as read')
  const path = `/rooms/${room}/read`
  t.match(page.text, 'Mark 2 messages as read')
  const { status, headers } = await bob.postBare(path, form(page.text, path))
  t.equal(status, 303)
  t.equal(headers.get('location'), `/rooms/${room}`)
  t.equal(await unread(bob, room), 0)
  t.notMatch((await bob.get(`/rooms/${room}`)).text, 'as read')
  await say(ada, 'three')
  t.equal(await unread(bob, room), 1)
})

// A single character beyond Latin-1 would double the memory of the whole page, and the time of each copy.
t.test('the page of a room adds no character beyond Latin-1', async (t) => {
  const room = await newRoom(ada, 'Caf\u00e9')
  await ada.post(`/rooms/${room}/messages`, { message: 'na\u00efve' })
  const { text } = await ada.get(`/rooms/${room}`)
  t.match(text, 'na\u00efve')
  t.same(text.match(/[^\0-\xff]/g), null)
})

t.test('unread is counted again after messages are deleted or lost', async (t) => {
  const room = await newRoom(ada, 'Counting again')
  await bob.get(`/rooms/${room}`)
  await fill(app, room, 'ada', 3)
  t.equal(await unread(bob, room), 3)
  t.equal(await unread(bob, room), 3)
  const hers = await enter(ada, room)
  hers.send({ type: 'delete', seq: 2, id: 'd' })
  await hers.next('message')
  t.equal(await unread(bob, room), 2)

  // The database is restored to the first message, and then reaches the same number again.
  const { id, rev } = await roomRow(app, room)
  await app.database.deleteFrom('messages').where('room_id', '=', id).where('seq', '>', 1).execute()
  await app.database.updateTable('rooms').set({ rev: 1 }).where('id', '=', id).execute()
  await fill(app, room, 'bob', 3)
  t.equal((await roomRow(app, room)).rev, rev)
  t.equal(await unread(bob, room), 1)
})

t.test('joining through a socket counts as joining too', async (t) => {
  const room = await newRoom(ada, 'Counting by socket')
  await ada.post(`/rooms/${room}/messages`, { message: 'before' })
  const socket = await enter(bob, room)
  t.equal(await unread(bob, room), 0)
  await ada.post(`/rooms/${room}/messages`, { message: 'after' })
  await socket.next('message')
  t.equal(await unread(bob, room), 1)
})

t.test('a room shows up to 999 unread messages', async (t) => {
  const room = await newRoom(ada, 'Much unread')
  await bob.get(`/rooms/${room}`)
  await fill(app, room, 'ada', 999)
  t.match(badge(await bob.get('/'), room), '>999<')
  await fill(app, room, 'ada', 1)
  t.match(badge(await bob.get('/'), room), '>999+<')
})

t.test('the rooms page lists open rooms by activity, and finds them by words', async (t) => {
  const directory = await startServer(t, { RATE_LIMIT: '0' })
  const [maker, guest] = [await directory.person('ada'), await directory.person('bob')]
  const { id } = await directory.app.database.selectFrom('users').select('id').executeTakeFirstOrThrow()
  for (let number = 1; number <= 60; number += 1)
    await createRoom(directory.app.database, { name: `Book ${number}` }, id)
  const others: [name: string, slug: string][] = []
  for (const name of ['Café Zürich', '数学クラブ', 'Straße 7', '🎲 games'])
    others.push([name, (await createRoom(directory.app.database, { name }, id)).slug])
  const newest = 'book-60 book-59'

  const list = async (query = '') => {
    const { status, text } = await guest.get(`/rooms${query}`)
    t.equal(status, 200, query)
    return { slugs: cards(text), text }
  }
  await maker.post('/rooms/book-1/messages', { message: 'first' })
  await maker.post('/rooms/book-2/messages', { message: 'second' })
  const first = await list()
  t.strictSame(first.slugs.slice(0, 2), ['book-2', 'book-1'], 'the most recently active rooms come first')
  t.equal(first.slugs.length, 50)
  t.match(first.slugs.join(' '), newest)
  t.match(first.text, 'href="/rooms?page=2"')
  const second = await list('?page=2')
  t.equal(new Set([...first.slugs, ...second.slugs]).size, 65, 'each once, including the lobby')
  t.match(second.text, 'href="/rooms?page=1"')
  t.notMatch(second.text, 'page=3')
  t.strictSame((await list('?page=3')).slugs, [])
  for (const page of ['0', '', '999999999999999']) await list(`?page=${page}`)
  for (const page of ['x', '-1', '1.5']) t.equal((await guest.get(`/rooms?page=${page}`)).status, 400, page)

  const found = async (q: string) => (await list(`?q=${encodeURIComponent(q)}`)).slugs
  const slugOf = new Map(others)
  t.equal((await found('book')).length, 50)
  t.strictSame((await found('book')).slice(0, 2), ['book-2', 'book-1'])
  t.equal((await list('?q=book&page=2')).slugs.length, 10)
  t.strictSame(await found('bo 37'), ['book-37'])
  t.strictSame(await found('ZURICH cafe'), [slugOf.get('Café Zürich')])
  t.strictSame(await found('クラブ'), [slugOf.get('数学クラブ')])
  t.strictSame(await found('stra'), [slugOf.get('Straße 7')])
  t.strictSame(await found('🎲'), [slugOf.get('🎲 games')])
  for (const q of ['ook', 'nothing', '!?', '%', '_', '\0', `x${'y'.repeat(5_000)}`, 'a '.repeat(500)])
    t.strictSame(await found(q), [], q.slice(0, 10))
  const hostile = await list(`?q=${encodeURIComponent('"><script>alert(1)</script>')}`)
  t.notMatch(hostile.text, '<script>alert')

  const home = (await guest.get('/')).text
  t.equal(cards(home).length, 20, 'the front page has the most active ones')
  t.strictSame(cards(home).slice(0, 2), ['book-2', 'book-1'])
  t.match(home, 'href="/rooms"')
  t.equal((await directory.visitor().get('/rooms')).status, 303)
})

t.test('a person who is in very many rooms sees the most active ones', async (t) => {
  const crowded = await startServer(t, { RATE_LIMIT: '0' })
  const { database } = crowded.app
  const person = await crowded.person('ada')
  await crowded.person('bob')
  const users = await database.selectFrom('users').select(['id', 'name']).orderBy('id').execute()
  const [first] = users
  if (!first) return
  const at = '2026-01-01T00:00:00.000Z'
  const rooms = Array.from({ length: 1_300 }, (_, index) => ({
    slug: `r-${index}`,
    name: `R ${index}`,
    created_at: at,
    active_at: at,
    active_minute: at.slice(0, 16),
  }))
  for (const part of [rooms.slice(0, 650), rooms.slice(650)])
    await database.insertInto('rooms').values(part).execute()
  await database
    .insertInto('memberships')
    .columns(['room_id', 'user_id', 'read_seq', 'joined_at'])
    .expression(
      database
        .selectFrom('rooms')
        .select(({ lit, val }) => ['id', val(first.id).as('user'), lit(0).as('read'), val(at).as('at')])
        .where('slug', 'like', 'r-%'),
    )
    .execute()
  await fill(crowded.app, 'r-3', 'bob', 2)

  const home = (await person.get('/')).text
  t.equal(cards(home).filter((slug) => slug.startsWith('r-')).length, 200)
  t.match(
    badge(await person.get('/'), 'r-3'),
    '>2<',
    'active rooms are listed even if they are among the oldest',
  )
})

t.test('looking at an earlier page does not mark newer messages as read', async (t) => {
  const room = await newRoom(ada, 'Earlier')
  await bob.get(`/rooms/${room}`)
  await fill(app, room, 'ada', 60)
  await bob.get(`/rooms/${room}?before=11`)
  t.equal(await unread(bob, room), 60)
})

t.test('the address of a room is made from its name', async (t) => {
  const names = {
    'Café Ünïcode & Söhne': /^cafe-uenicode-and-soehne$|^cafe-unicode-and-sohne$/,
    'Algebra II, 2026': /^algebra-ii-2026$/,
    '  Spaces  ': /^spaces$/,
    '🎉🎉🎉': /./,
    日本語: /./,
    عربي: /./,
    '../../etc/passwd': /^etc-passwd$/,
    '-': /./,
    ['w'.repeat(80)]: /^w{20,64}$/,
    [`${'字'.repeat(79)}a`]: /./,
    "<script>alert('1')</script>": /script/,
  }
  for (const [name, pattern] of Object.entries(names)) {
    const slug = await newRoom(ada, name)
    t.match(slug, /^[a-z0-9-]{1,64}$/, name)
    t.match(slug, pattern, name)
    const page = await ada.get(`/rooms/${slug}`)
    t.equal(page.status, 200)
    t.match(page.text, escaped(name.trim()), 'and its page shows the name')
  }
})

t.test('rooms whose names would have the same address get different ones', async (t) => {
  t.equal(await newRoom(ada, 'Lobby!'), 'lobby-2')
  t.equal(await newRoom(bob, 'LOBBY?'), 'lobby-3')
  const names = Array.from({ length: 8 }, (_, index) => `Twins${'!'.repeat(index)}`)
  const together = await Promise.all(names.map((name) => newRoom(ada, name)))
  t.equal(new Set(together).size, 8)
  const long = [await newRoom(ada, 'z'.repeat(80)), await newRoom(ada, `${'z'.repeat(79)}y`)]
  t.not(long[0], long[1])
  t.equal(await newRoom(ada, 'Direct'), 'direct-2', 'an address with another meaning is not given to a room')
})

t.test('the ten-thousandth room with one address is made as quickly as the first', async (t) => {
  const numbers = Array.from({ length: 10_000 }, (_, index) => index + 1)
  const slugs = numbers.map((number) => (number === 1 ? 'crowded' : `crowded-${number}`))
  for (let start = 0; start < slugs.length; start += 1_000) {
    const some = slugs.slice(start, start + 1_000)
    const at = new Date().toISOString()
    await app.database
      .insertInto('rooms')
      .values(some.map((slug) => ({ slug, name: `Old ${slug}`, created_at: at })))
      .execute()
  }
  let asked = 0
  const user = await app.database.selectFrom('users').select('id').executeTakeFirstOrThrow()
  const room = await createRoom(
    counted(app.database, () => (asked += 1)),
    { name: 'Crowded' },
    user.id,
  )
  t.equal(room.slug, 'crowded-10001')
  t.ok(asked > 10 && asked < 50, `${asked} statements`)
  await app.database.deleteFrom('rooms').where('slug', 'like', 'crowded%').execute()
})

t.test('a name that looks like that of another room is refused, with a link to that room', async (t) => {
  const room = await newRoom(ada, 'Reading list')
  for (const name of [
    'Reading list',
    ' READING  LIST ',
    'Reading Iist',
    'Rеading list',
    'Ｒｅａｄｉｎｇ list',
    '𝐑𝐞𝐚𝐝𝐢𝐧𝐠 𝐥𝐢𝐬𝐭',
  ]) {
    const { status, text } = await bob.post('/rooms', { name })
    t.equal(status, 400, name)
    t.match(text, new RegExp(`role="alert">[^<]*looks like this one[^<]*<a href="/rooms/${room}"`), name)
    t.ok(text.includes(`value="${escaped(name)}"`), 'the form keeps what was typed')
  }
  const once = await Promise.all(Array.from({ length: 8 }, () => ada.post('/rooms', { name: 'Only one' })))
  t.strictSame(once.map(({ status }) => status).sort(), [303, 400, 400, 400, 400, 400, 400, 400])
  for (const name of ['Reading list 2', 'Reading-list', 'Leading list']) t.ok(await newRoom(bob, name))
})

t.test('an invalid name brings back the form with what was typed', async (t) => {
  const names = [
    '',
    '   ',
    'x'.repeat(81),
    '😀'.repeat(81),
    'y'.repeat(5_000),
    'bell\u0007',
    'two\nlines',
    'nul\0l',
    '\u200b\u2060\ufeff',
    '"><script>alert(1)</script>\u0001',
    '\u3164',
    '\u2800\u2800',
    '\u115f',
    '\ufe0f',
    '\u034f',
    '\u{e0100}',
    'fil\u200ber',
    'a\u3164b',
    'a\u2800b',
    'a\ufe0f',
    'a\u{e0100}',
    'x\u034fy',
    'soft\u00adhyphen',
    '\u202eybbol',
    'one \u2066two\u2069',
    'left\u200emark',
    'x\u200dy',
    '1\ufe0f',
    'line\u2028separator',
    'line\u2029separator',
    `Z${'\u0335'.repeat(30)}algo`,
    `ก${'\u0e47'.repeat(20)}`,
  ]
  const before = await rooms()
  for (const name of names) {
    const { status, text } = await ada.post('/rooms', { name })
    const what = [...name]
      .slice(0, 8)
      .map((character) => character.codePointAt(0)?.toString(16))
      .join(' ')
    t.equal(status, 400, what)
    t.match(text, /<form[^>]*action="\/rooms"/, `${what}: the form`)
    t.match(text, 'aria-invalid="true"', `${what}: what is wrong`)
    t.ok(text.includes(`value="${escaped(name)}"`), `${what}: what was typed`)
  }
  const { status, text } = await ada.post('/rooms', { private: 'on' })
  t.equal(status, 400, 'it would be no name at all')
  t.match(text, /<form[^>]*action="\/rooms"/)
  t.strictSame(await rooms(), before)
})

t.test('names in every script are accepted, with the invisible characters that they need', async (t) => {
  for (const name of [
    '👩\u200d👩\u200d👧\u200d👦 family',
    '❤\ufe0f\u200d🔥',
    '🏳\ufe0f\u200d🌈 1\ufe0f\u20e3',
    '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    'می\u200cخواهم',
    'क्\u200dष',
    'ന്\u200d',
    '葛\u{e0100}城',
    'Tiếng Việt'.normalize('NFD'),
    'הַבְּרִית',
    'བསྒྲུབས',
    'မြန်မာ',
    'น้ำ',
  ]) {
    const slug = await newRoom(ada, name)
    t.match((await ada.get(`/rooms/${slug}`)).text, name)
  }
})

t.test('a name may have 80 characters, however many bytes they take', async (t) => {
  const name = '😀'.repeat(80)
  t.match((await ada.get(`/rooms/${await newRoom(ada, name)}`)).text, name)
})

t.test('a person who leaves a room is out of it, and joins again by opening it', async (t) => {
  const room = await newRoom(ada, 'In and out')
  await bob.get(`/rooms/${room}`)
  t.equal(await unread(bob, room), 0)

  const { status, headers } = await bob.post(`/rooms/${room}/leave`, {})
  t.equal(status, 303)
  t.equal(headers.get('location'), '/')
  t.equal(await unread(bob, room), undefined)
  t.equal((await bob.post(`/rooms/${room}/leave`, {})).status, 303, 'leaving twice is not an error')

  await ada.post(`/rooms/${room}/messages`, { message: 'while bob was out' })
  await enter(bob, room)
  t.equal(await unread(bob, room), 0)
})

t.test('a room that does not exist is 404 on every route', async (t) => {
  for (const room of ['nowhere', 'LOBBY', 'lobby%00', '%F0%9F%8E%89']) {
    t.equal((await ada.get(`/rooms/${room}`)).status, 404, room)
    t.equal((await ada.post(`/rooms/${room}/messages`, { message: 'x' })).status, 404)
    t.equal((await ada.post(`/rooms/${room}/leave`, {})).status, 404)
    t.equal((await ada.get(`/api/rooms/${room}/messages`)).status, 404)
    t.equal((await ada.postJson(`/api/rooms/${room}/messages`, { message: 'x' })).status, 404)
  }
})

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
  t.equal(textarea(refused.text), `${typed}more`)
})

t.test('a form that is sent twice posts one message', async (t) => {
  const room = await newRoom(ada, 'Twice')
  const fields = form((await ada.get(`/rooms/${room}`)).text, `/rooms/${room}/messages`)
  t.ok(fields.id, 'each form has an id')
  const answers = await Promise.all(
    [1, 2, 3].map(() => ada.postBare(`/rooms/${room}/messages`, { ...fields, message: 'once' })),
  )
  t.strictSame(
    answers.map(({ status }) => status),
    [303, 303, 303],
  )
  t.equal((await roomRow(app, room)).rev, 1)

  const next = form((await ada.get(`/rooms/${room}`)).text, `/rooms/${room}/messages`)
  t.not(next.id, fields.id, 'and the next form another one')
})

t.test('a message that is refused comes back whole in the form', async (t) => {
  const room = await newRoom(ada, 'Not taken')
  const ids = new Set<string | undefined>()
  for (const message of ['', '  \n ', 'x'.repeat(4_001), '😀'.repeat(4_001), 'a\0b', `</textarea><b>\0`]) {
    const answer = await ada.post(`/rooms/${room}/messages`, { message })
    t.equal(answer.status, 400)
    t.ok(textarea(answer.text) === escaped(message), JSON.stringify(message).slice(0, 30))
    t.match(answer.text, /4,000 characters/)
    ids.add(form(answer.text, `/rooms/${room}/messages`).id)
  }
  t.equal(ids.size, 6, 'each form gets its own id for another attempt')
  t.notOk(ids.has(undefined))
  t.equal((await ada.post(`/rooms/${room}/messages`, {})).status, 400)
  t.equal((await roomRow(app, room)).rev, 0)
})

t.test('the page of a room has its last 50 messages, and links to earlier ones', async (t) => {
  const room = await newRoom(ada, 'History')
  await fill(app, room, 'ada', 120)
  const steps: [query: string, from: number, to: number][] = [
    ['', 71, 120],
    ['?before=71', 21, 70],
    ['?before=21', 1, 20],
    ['?after=20', 21, 70],
    ['?after=100', 101, 120],
    ['?at=60', 35, 84],
  ]
  for (const [query, from, to] of steps) {
    const { status, text } = await bob.get(`/rooms/${room}${query}`)
    t.equal(status, 200)
    t.strictSame(seqs(text), range(from, to))
    const earlier = `href="/rooms/${room}?before=${from}"`
    if (from > 1) t.match(text, earlier)
    else t.notMatch(text, /id="earlier" [^>]*before=[1-9]/)
  }
  for (const query of [
    '?before=x',
    '?before=-1',
    '?before=1.5',
    '?before=1&before=2',
    '?before=1e99',
    '?before=',
    '?before=50&after=20',
    '?at=50&date=2026-03-11',
    '?date=2026-02-30',
    '?date=yesterday',
    '?date=2026-3-1',
  ]) {
    t.equal((await bob.get(`/rooms/${room}${query}`)).status, 400, query)
  }
})

t.test('the page of a room opens at the first message of a day, or the next one after it', async (t) => {
  const room = await newRoom(ada, 'Days')
  await fill(app, room, 'ada', 90)
  const { id } = await roomRow(app, room)
  const days: readonly [seq: number, at: string][] = [
    [1, '2026-03-10T12:00:00.000Z'],
    [31, '2026-03-10T23:30:00.000Z'],
    [61, '2026-03-12T12:00:00.000Z'],
  ]
  for (const [seq, created_at] of days)
    await app.database
      .updateTable('messages')
      .set({ created_at })
      .where('room_id', '=', id)
      .where('seq', '>=', seq)
      .execute()
  const first = async (query: string) =>
    /data-from="(\d*)"/.exec((await bob.get(`/rooms/${room}?${query}`)).text)?.[1]

  t.equal(await first('date=2026-03-10&zone=UTC'), '1')
  t.equal(await first('date=2026-03-11&zone=UTC'), '61', 'nobody wrote anything that day')
  t.equal(await first('date=2026-03-11&zone=Europe/Berlin'), '31', 'it was half past midnight there')
  t.equal(await first('date=2020-01-01'), '1')
  t.equal(await first('date=2030-01-01'), '', 'nothing was written since')
  t.equal(await first('date='), '')
  await bob.post('/account/time-zone', { zone: 'Europe/Berlin' })
  t.equal(await first('date=2026-03-11'), '31', 'in the order in which they wrote it')
  t.equal(await first('date=2026-03-11&zone=Nowhere'), '31', 'and not one that does not exist')
  await bob.post('/account/time-zone', { zone: 'UTC' })
})

t.test('the page of a room has the revision that its socket starts from', async (t) => {
  const room = await newRoom(ada, 'Reconnect')
  await fill(app, room, 'ada', 3)
  const rev = /data-rev="(\d+)"/.exec((await bob.get(`/rooms/${room}`)).text)?.[1]
  t.equal(rev, '3')
  await ada.post(`/rooms/${room}/messages`, { message: 'between', id: 'between' })
  const socket = await enter(bob, room, `?since=${rev}`)
  t.match(await socket.next('message'), { id: 'between', rev: 4 })
})

t.test('nothing that a person typed becomes markup in a page', async (t) => {
  const hostile = `<script>alert(1)</script><img src=x onerror="alert(2)">'"&amp;`
  const room = await newRoom(ada, hostile)
  await ada.post(`/rooms/${room}/messages`, { message: hostile })
  await ada.post(`/rooms/${room}/messages`, { message: `https://example.com/?q=<i> ${hostile}` })
  for (const path of ['/', `/rooms/${room}`]) {
    const { text } = await bob.get(path)
    t.notMatch(text, /<script>|<img src=x|<i>|onerror="/, path)
    t.ok(text.includes(escaped(hostile)), 'it is there as text')
  }
  t.match((await bob.get(`/rooms/${room}`)).text, '<a href="https://example.com/?q=')
})

t.test('people see only their own messages as theirs on the same page', async (t) => {
  const room = await newRoom(ada, 'Own')
  const cyd = await server.person('cyd-of-own')
  const markup = '<article data-sender="bob" class="message follows">'
  for (const [person, message] of [
    [ada, 'from ada'],
    [bob, markup],
    [ada, markup],
  ] as const)
    await person.post(`/rooms/${room}/messages`, { message })
  const own = async (person: Visitor, query = '') =>
    [
      ...(await person.get(`/rooms/${room}${query}`)).text.matchAll(
        /<article[^>]* class="message own[^>]* data-seq="(\d+)"/g,
      ),
    ].map(([, seq]) => Number(seq))
  for (const query of ['', '?before=1000']) {
    t.strictSame(await own(cyd, query), [])
    t.strictSame(await own(ada, query), [1, 3])
    t.strictSame(await own(bob, query), [2])
  }
  t.notMatch((await bob.get(`/rooms/${room}`)).text, /&quot;message own/)
})

t.test('the newest messages of a room are rendered once, and too long ones are not all cached', async (t) => {
  const rooms: Awaited<ReturnType<typeof roomRow>>[] = []
  for (let number = 0; number < 10; number += 1) {
    const room = await newRoom(ada, `Kept ${number}`)
    await fill(app, room, 'ada', 1)
    rooms.push(await roomRow(app, room))
  }
  let made = 0
  const kept = (length: number) =>
    new PageCache(app.database, (messages) => {
      made += 1
      return messages.map((message) => {
        const block = { sender: message.sender, since: message.at, size: 1 }
        return { message, block, html: 'x'.repeat(length), names: {} }
      })
    })
  const look = async (cache: PageCache) => {
    const before = made
    for (const room of rooms) t.match(await cache.newest(room), { oldest: 1, newest: 1, more: false })
    return made - before
  }

  const short = kept(25_000)
  t.equal(await look(short), rooms.length)
  t.equal(await look(short), 0)

  const long = kept(1_000_000)
  await look(long)
  rooms.reverse()
  const again = await look(long)
  t.ok(again > 0 && again < rooms.length, `${again} of ${rooms.length} were made again`)

  const [room] = rooms
  const huge = kept(10_000_000)
  t.equal(
    room && (await huge.newest(room)).messages[0]?.html.length,
    10_000_000,
    'a page that is too long to cache is shown like any other',
  )
})

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
    const page = json(await bob.get(`/api/rooms/${room}/messages${query}`), 200)
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
    const { error } = json(await bob.get(`/api/rooms/${room}/messages?${query}`), 400)
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
    const { messages, more } = json(answer, 200)
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
  const { messages } = json(await bob.get(`/api/rooms/${room}/messages`), 200)
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
    const { error } = json(await ada.postJson(path, body), 400)
    t.match(error, fault, JSON.stringify(body).slice(0, 40))
  }
  const token = await ada.token('/account')
  const headers = { 'content-type': 'application/json', 'x-csrf-token': token }
  for (const body of ['{"message":', '', 'hello']) {
    t.equal((await ada.request('POST', path, body, headers)).status, 400, body)
  }
  t.equal((await roomRow(app, room)).rev, 3)
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
  t.match(json(await visitor.get(path), 401).error, /./)
  t.equal((await visitor.get('/api/rooms/nowhere/messages')).status, 401, 'and learns nothing about rooms')
  const body = JSON.stringify({ message: 'x' })
  t.equal((await visitor.request('POST', path, body, { 'content-type': 'application/json' })).status, 401)
  t.equal((await roomRow(app, 'lobby')).rev, 0)
})

t.test('forms and requests that change something need a token of our own pages', async (t) => {
  const room = await newRoom(ada, 'Tokens')
  await bob.get(`/rooms/${room}`)
  const before = await rooms()
  for (const _csrf of ['', 'wrong', await ada.token('/account')]) {
    t.equal((await bob.postBare('/rooms', { name: 'Forged', _csrf })).status, 403)
    t.equal((await bob.postBare(`/rooms/${room}/messages`, { message: 'forged', _csrf })).status, 403)
    t.equal((await bob.postBare(`/rooms/${room}/leave`, { _csrf })).status, 403)
    const headers = { 'content-type': 'application/json', 'x-csrf-token': _csrf }
    const body = JSON.stringify({ message: 'forged' })
    t.equal((await bob.request('POST', `/api/rooms/${room}/messages`, body, headers)).status, 403)
  }
  t.strictSame(await rooms(), before)
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
      t.match(json(answer, 429).error, /Wait/)
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
      const fields = form((await visitor.get('/sign-up')).text, '/sign-up')
      await visitor.postBare('/sign-up', { ...fields, username: name, password: 'a long password' })
      return visitor
    }),
  )
  if (!eve || !fay) return
  const home = form((await eve.get('/')).text, '/rooms')
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
    const fields = form((await person.get(room)).text, `${room}/messages`)
    const sent = await person.postBare(`${room}/messages`, { ...fields, message })
    t.equal(sent.status, 303)
    t.match((await person.get(sent.headers.get('location') ?? '')).text, shown)
  }
  const { text } = await eve.get(room)
  t.strictSame(seqs(text), [1, 2, 3, 4])
  t.ok(text.indexOf('hello fay') < text.indexOf('hello eve'))

  const leave = await fay.postBare(`${room}/leave`, form((await fay.get(room)).text, `${room}/leave`))
  t.equal(leave.headers.get('location'), '/')
  const out = await fay.postBare('/sign-out', form((await fay.get('/')).text, '/sign-out'))
  t.equal(out.headers.get('location'), '/sign-in')
  t.equal((await fay.get(room)).status, 303)
})

/** The hidden fields of a page's form, as a browser sends them. */
function form(page: string, action: string): Record<string, string> {
  const html = page.split('<form').find((part) => part.includes(`action="${action}"`))
  if (html === undefined) throw new Error(`no form for ${action} on the page`)
  const [own = ''] = html.split('</form>')
  const fields = own.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]))
}

/** The rooms on a page, in order. */
function cards(page: string): string[] {
  return [...page.matchAll(/<a class="card[^"]*" href="\/rooms\/([^"]+)"/g)].map(([, slug = '']) => slug)
}

/** The badge beside a room on the front page. */
function badge({ text }: Answer, room: string): string {
  return new RegExp(`href="/rooms/${room}"[^>]*>.*?</a>`, 's').exec(text)?.[0] ?? ''
}

/** The same database, which calls `tell` for every statement. */
function counted(database: Database, tell: () => void): Database {
  return database.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      tell()
      return result
    },
  })
}

function textarea(page: string): string | undefined {
  return /<textarea[^>]*name="message"[^>]*>(.*?)<\/textarea>/s.exec(page)?.[1]
}

/** The messages on a page, except the empty one that the browser copies for new messages. */
function seqs(page: string): number[] {
  const [shown = ''] = page.split('<template')
  return [...shown.matchAll(/data-seq="(\d+)"/g)].map(([, seq]) => Number(seq))
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
}

/** An answer for programs, which is a page of the history or an error. @throws if it has another status */
function json(answer: Answer, status: number): { messages: Frame[]; more: boolean; error: string } {
  if (answer.status !== status)
    throw new Error(`${answer.status} instead of ${status}: ${answer.text.slice(0, 200)}`)
  return JSON.parse(answer.text)
}

async function rooms(): Promise<string[]> {
  const rows = await app.database.selectFrom('rooms').select('slug').orderBy('slug').execute()
  return rows.map(({ slug }) => slug)
}

t.test('a page that is only prefetched joins no room and marks nothing as read', async (t) => {
  const room = await newRoom(ada, 'Not opened')
  const cyd = await server.person('cyd-of-not-opened')
  const paths = [`/rooms/${room}`, `/rooms/${room}/calculator`]
  for (const path of paths) {
    t.equal((await cyd.request('HEAD', path)).status, 200)
    for (const [name, value] of [
      ['sec-purpose', 'prefetch'],
      ['sec-purpose', 'prefetch;prerender'],
      ['purpose', 'prefetch'],
      ['x-moz', 'prefetch'],
    ] as const)
      t.equal((await cyd.get(path, { [name]: value })).status, 200)
  }
  t.equal((await cyd.get(`/api/rooms/${room}/messages`)).status, 200)
  t.equal(await unread(cyd, room), undefined)

  await cyd.get(`/rooms/${room}`)
  await ada.post(`/rooms/${room}/messages`, { message: 'new' })
  await cyd.request('HEAD', `/rooms/${room}`)
  await cyd.get(`/rooms/${room}/calculator`)
  t.equal(await unread(cyd, room), 1)
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
  for (const fields of [form(page, path), { ...form(page, path), _csrf: await browser.token('/account') }]) {
    const { status, text } = await browser.postBare(path, { ...fields, message })
    t.equal(status, 403)
    t.match(text, 'You are now signed in as dan-of-a-page')
    t.match(text, 'This page belongs to cyd-of-a-page')
    t.match(text, 'a long &lt;thought&gt;</textarea>')
  }
  const calculated = await browser.postBare('/calculator', {
    ...form(sheet, '/calculator'),
    expression: '12*7',
  })
  t.equal(calculated.status, 403)
  t.match(calculated.text, '12*7</textarea>')
  const named = await browser.postBare('/rooms', { _for: 'cyd-of-a-page', name: 'A name' })
  t.match(named.text, 'A name</textarea>')
  t.equal((await browser.postBare('/sign-out', form(page, '/sign-out'))).status, 403)
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
  t.match(json(await ada.postJson('/api/rooms/lobby/messages', body, headers), 403).error, 'signed in as ada')
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
  const fields = { ...form((await cyd.get('/rooms/lobby')).text, path), message: 'kept for cyd' }
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
