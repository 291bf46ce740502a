import t from 'tap'
import { PageCache } from '../../src/chat/page-cache.ts'
import { createRoom } from '../../src/rooms/creation.ts'
import { enter, fill, newRoom, roomRow, unread } from '../support/chat.ts'
import { escaped, formFields, range, seqs } from '../support/pages.ts'
import { startServer } from '../support/server.ts'
import type { Answer, Visitor } from '../support/visitor.ts'

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
  const { status, headers } = await bob.postBare(path, formFields(page.text, path))
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

/** The rooms on a page, in order. */
function cards(page: string): string[] {
  return [...page.matchAll(/<a class="card[^"]*" href="\/rooms\/([^"]+)"/g)].map(([, slug = '']) => slug)
}

/** The badge beside a room on the front page. */
function badge({ text }: Answer, room: string): string {
  return new RegExp(`href="/rooms/${room}"[^>]*>.*?</a>`, 's').exec(text)?.[0] ?? ''
}
