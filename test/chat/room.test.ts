import { mock } from 'node:test'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { presentGroup } from '../../src/rooms/glances.ts'
import { busyProcess, calmProcess } from '../support/busy.ts'
import { enter, fill, framesUntil, handled, messages, newRoom, roomRow, unread } from '../support/chat.ts'
import { refuse } from '../support/database.ts'
import { startServer } from '../support/server.ts'
import type { Frame } from '../support/socket.ts'

const server = await startServer(t, { RATE_LIMIT: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

t.test('a message reaches everyone in the room, including its sender', async (t) => {
  const room = await newRoom(ada, 'everyone')
  const sender = await enter(ada, room)
  const other = await enter(bob, room)

  sender.send({ message: 'hello', id: 'first' })

  const frame = await sender.next('message')
  t.strictSame(frame, {
    type: 'message',
    room,
    seq: 1,
    rev: 1,
    id: 'first',
    sender: 'ada',
    message: 'hello',
    at: frame.at,
  })
  t.equal(new Date(String(frame.at)).toISOString(), frame.at, 'sent at a time in UTC')
  t.strictSame(await other.next('message'), frame)
})

t.test('ids made by the server increase with time', async (t) => {
  const room = await newRoom(ada, 'growing')
  const socket = await enter(ada, room)
  for (const message of ['one', 'two', 'three']) socket.send({ message })

  const ids = (await messages(socket, 3)).map(({ id }) => String(id))
  t.strictSame(
    ids,
    ids.toSorted(),
    'so that rows written one after another are next to each other in the index',
  )
})

t.test('in a busy process, a message is acknowledged before others in the room get it', async (t) => {
  const room = await newRoom(ada, 'busy')
  const sender = await enter(ada, room)
  const other = await enter(bob, room)
  const pass = busyProcess(t)
  sender.send({ message: 'one', id: 'one' })
  await Promise.all([sender.next('message'), other.next('message')])

  sender.send({ message: 'two', id: 'two' })
  t.match(await sender.next('message'), { id: 'two' })
  sender.send({ message: 'three', id: 'three' })
  t.match(await sender.next('message'), { id: 'three' })
  pass(32)
  t.match(await messages(other, 2), [{ id: 'two' }, { id: 'three' }])
})

t.test('a message may give its type, and gets an id from the server if it has none', async (t) => {
  const room = await newRoom(ada, 'types')
  const socket = await enter(ada, room)

  socket.send({ type: 'message', message: 'one', id: 'one' })
  socket.send({ type: 'message', message: 'two' })
  socket.send({ message: 'three' })

  const [one, two, three] = await messages(socket, 3)
  t.match(one, { message: 'one', id: 'one' })
  t.match(two, { message: 'two', id: /^[A-Za-z0-9_-]{1,64}$/ })
  t.match(three, { message: 'three', id: /^[A-Za-z0-9_-]{1,64}$/ })
  t.not(two?.id, three?.id)
})

t.test('the welcome is the first frame, and comes only once', async (t) => {
  const room = await newRoom(ada, 'welcome')
  const early = ada.socket(`/ws/chat/${room}`)
  t.strictSame(await early.next(), {
    type: 'welcome',
    room,
    user: 'ada',
    rev: 0,
    online: ['ada'],
    online_count: 1,
  })
  early.send({ message: 'before bob', id: 'before' })
  await early.next('message')

  const late = bob.socket(`/ws/chat/${room}`)
  t.strictSame(await late.next(), {
    type: 'welcome',
    room,
    user: 'bob',
    rev: 1,
    online: ['ada', 'bob'],
    online_count: 2,
  })
  late.send({ message: 'after', id: 'after' })
  const frames = await framesUntil(late, 'after')
  t.strictSame(
    frames.filter(({ type }) => type !== 'presence').map(({ type, id }) => [type, id]),
    [['message', 'after']],
    'earlier messages come only to a client that asks for them',
  )
})

t.test('a welcome names 200 people and gives the number of all', async (t) => {
  const room = await newRoom(ada, 'crowd')
  const { id } = await roomRow(app, room)
  for (let guest = 1; guest <= 250; guest += 1) {
    app.presence.join(presentGroup(id), `guest-${guest}`, `crowd.${guest}`)
  }
  const { online, online_count } = await ada.socket(`/ws/chat/${room}`).next('welcome')
  t.ok(Array.isArray(online))
  t.equal(new Set(Array.isArray(online) ? online : []).size, 200)
  t.equal(online_count, 251)
})

t.test('an id has 1 to 64 letters, digits, _ and -', async (t) => {
  const room = await newRoom(ada, 'ids')
  const socket = await enter(ada, room)
  const good = ['a', '-', '_', '0', 'Az09_-'.repeat(10), 'x'.repeat(64)]
  const bad = ['', 'x'.repeat(65), 'a b', 'a.b', 'é', 'a\n', 'a\0', 5, null, true, ['a'], { a: 1 }]

  for (const id of bad) {
    socket.send({ message: 'not said', id })
    const { code, error } = await socket.next()
    t.match({ code, error }, { code: 'invalid', error: /^id: / }, JSON.stringify(id))
  }
  for (const id of good) socket.send({ message: 'said', id })
  const said = await messages(socket, good.length)
  t.strictSame(
    said.map(({ id, rev }) => [id, rev]),
    good.map((id, index) => [id, index + 1]),
  )
})

t.test('a retry with the same id is stored once and answered only to its sender', async (t) => {
  const room = await newRoom(ada, 'retry')
  const sender = await enter(ada, room)
  const other = await enter(bob, room)

  sender.send({ message: 'hello', id: 'once' })
  sender.send({ message: 'hello', id: 'once' })
  sender.send({ message: 'after', id: 'after' })

  const [first, again, after] = await messages(sender, 3)
  t.match(first, { rev: 1, id: 'once' })
  t.notOk(first && 'repeat' in first)
  t.strictSame(again, { ...first, repeat: true })
  t.match(after, { id: 'after', rev: 2 })
  t.strictSame(
    (await messages(other, 2)).map(({ id, rev, repeat }) => [id, rev, repeat]),
    [
      ['once', 1, undefined],
      ['after', 2, undefined],
    ],
  )
})

t.test('a retry on another connection, or after a restart, gets what was stored', async (t) => {
  const room = await newRoom(ada, 'retry elsewhere')
  const desk = await enter(ada, room)
  const phone = await enter(ada, room)
  desk.send({ message: 'see https://example.com', id: 'once' })
  const { html, ...stored } = await desk.next('message')
  t.ok(html)
  await phone.next('message')

  phone.send({ message: 'with other words', id: 'once' })
  t.strictSame(await phone.next('message'), { ...stored, html, repeat: true })

  desk.close()
  await desk.closed()
  const back = await enter(ada, room, '?since=1')
  back.send({ message: 'hello', id: 'once' })
  back.send({ message: 'next', id: 'next' })
  t.strictSame(await back.next('message'), { ...stored, html, repeat: true })
  t.match(await back.next('message'), { id: 'next', rev: 2 })
})

t.test('an id belongs to its sender and room, and others may use the same one', async (t) => {
  const [here, there] = [await newRoom(ada, 'ids here'), await newRoom(ada, 'ids there')]
  const sockets = [await enter(ada, here), await enter(bob, here), await enter(ada, there)]
  for (const [index, socket] of sockets.entries()) {
    socket.send({ message: `${index}`, id: 'same' })
    const own = async (): Promise<Frame> => {
      const frame = await socket.next('message')
      return frame.message === `${index}` ? frame : own()
    }
    t.match(await own(), { id: 'same', repeat: undefined })
  }
  t.equal((await roomRow(app, here)).rev, 2)
  t.equal((await roomRow(app, there)).rev, 1)
})

t.test('a text has 1 to 4,000 Unicode characters', async (t) => {
  const socket = await enter(ada, await newRoom(ada, 'lengths'))
  for (const text of ['x', 'x'.repeat(4_000), '😀'.repeat(4_000), '\ud83d'.repeat(4_000)]) {
    socket.send({ message: text })
    const { message } = await socket.next()
    t.ok(message === text.toWellFormed(), `${[...text].length} of ${JSON.stringify([...text][0])}`)
  }
  for (const text of ['x'.repeat(4_001), '😀'.repeat(4_001)]) {
    socket.send({ message: text, id: 'more' })
    t.match(await socket.next(), { type: 'error', code: 'too_long', error: /4,000/, id: 'more' })
  }
})

t.test('a blank text or one with NUL is refused', async (t) => {
  const socket = await enter(ada, await newRoom(ada, 'blank'))
  const invisible = [
    '\u200b',
    '\u2060\u200d',
    '\u2800 \u2800',
    '\u3164',
    '\u115f\u1160\uffa0',
    '\ufe0f',
    '\u034f',
    '\u{e0100}\u{e0041}',
    '\u202e\u2066',
    '\u00ad\u180e\u2028',
    '\u0001\u001b',
  ]
  for (const text of ['', ' ', '\n\t\r ', '\u00a0\u2003\u3000\ufeff', 'a\0b', '\0', ...invisible]) {
    socket.send({ message: text, id: 'no' })
    t.match(await socket.next(), { type: 'error', code: 'invalid', id: 'no' }, codePoints(text))
  }
  for (const [index, text] of [
    '\u200bsaid',
    '\u0301',
    '❤\ufe0f',
    '\u06dd',
    '🏴\u{e0067}\u{e0062}\u{e007f}',
  ].entries()) {
    socket.send({ message: text, id: `yes${index}` })
    t.match(await socket.next(), { id: `yes${index}`, rev: index + 1 }, codePoints(text))
  }
})

t.test('a text is stored as it was typed, except for lone surrogates', async (t) => {
  const room = await newRoom(ada, 'texts')
  const socket = await enter(ada, room)
  const kept = [
    '  leading and trailing \n\n',
    'שלום \u202eright to left\u202c עולם',
    'zero\u200bwidth\u200djoiner\ufeff',
    'e\u0301 is not é',
    '\u0001\u001b[31m bell \u0007',
    '👩‍👩‍👧‍👦 𝒳',
    '{"type":"message"}',
    '__proto__',
  ]
  for (const text of kept) {
    socket.send({ message: text })
    t.equal((await socket.next('message')).message, text)
  }
  socket.send('{"message":"a\\ud83d b \\ude00 c"}')
  t.equal((await socket.next('message')).message, 'a\ufffd b \ufffd c')

  const again = await enter(bob, room, '?since=0')
  const stored = await messages(again, kept.length + 1)
  t.strictSame(
    stored.map(({ message }) => message),
    [...kept, 'a\ufffd b \ufffd c'],
    'and it is stored like that',
  )
})

t.test('html is sent only with text that needs it, and nothing in it is unescaped', async (t) => {
  const socket = await enter(ada, await newRoom(ada, 'links'))
  const htmlOf = async (text: string): Promise<string | undefined> => {
    socket.send({ message: text })
    const { html } = await socket.next('message')
    return html === undefined ? undefined : String(html)
  }
  for (const plain of [
    'hello',
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '"quotes" & \'more\'',
    'javascript:alert(1)',
    'JavaScript://%0aalert(1)',
    'data:text/html,<b>',
    'vbscript:x',
    'file:///etc/passwd',
  ]) {
    t.equal(await htmlOf(plain), undefined, plain)
  }

  t.match(
    await htmlOf('<b>see</b> https://example.com/a?b=1&c=2 & "more"'),
    /^&lt;b&gt;see&lt;\/b&gt; <a href="https:\/\/example\.com\/a\?b=1&amp;c=2"[^>]*>https:\/\/example\.com\/a\?b=1&amp;c=2<\/a> &amp; &quot;more&quot;$/,
  )
  t.match(await htmlOf('https://example.com'), / rel="[^"]*noopener/, 'a link cannot reach back')
  for (const hostile of [
    'https://example.com/"onmouseover="alert(1)',
    "https://example.com/'onmouseover='alert(1)",
    'https://example.com/<script>alert(1)</script>',
    'http://example.com/?javascript:alert(1)',
    'javascript:alert(1)//https://example.com',
    '<a href="https://example.com" onclick="alert(1)">x</a>',
    'https://example.com\u202e/gpj.exe"><svg onload=alert(1)>',
  ]) {
    const html = (await htmlOf(hostile)) ?? ''
    const left = html.replace(/<a href="(https?|mailto):[^"<>]*"( [a-z]+="[a-z_ ]+")*>([^<>"']*)<\/a>/g, '$3')
    t.notMatch(left, /[<>"']/, hostile)
  }
})

t.test('a link leads to the host that it shows, and is made wherever an address is written', async (t) => {
  const socket = await enter(ada, await newRoom(ada, 'links of all kinds'))
  const linksOf = async (text: string): Promise<string[]> => {
    socket.send({ message: text })
    const { html = '' } = await socket.next('message')
    return [...String(html).matchAll(/<a href="([^"]*)"[^>]*>([^<]*)<\/a>/g)].map(([, href, shown]) => {
      t.equal(href?.replace('mailto:', ''), shown?.replace('mailto:', ''))
      return href ?? ''
    })
  }
  const url = 'https://example.com/a'
  for (const before of [
    '見て',
    '한글',
    'שלום',
    'สวัสดี',
    'مرحبا',
    '😀',
    '❤\ufe0f',
    '→',
    '=',
    '`',
    '~',
    '(',
    '“',
    '>',
    '：',
    '|',
    '\u202e',
  ])
    t.strictSame(await linksOf(`${before}${url} `), [url], codePoints(before))
  for (const [text, link] of [
    [`~${url}~`, url],
    [`「${url}」`, url],
    [`|${url}|`, url],
    [`${url}。`, url],
    [`${url}\u202egnp.exe`, url],
    [`${url}\u2066x`, url],
    [`${url}\u200bx`, url],
    ['https://example.com\\@example.org', 'https://example.com'],
    ['https://web.archive.org/web/https://example.com/', 'https://web.archive.org/web/https://example.com/'],
    [`${url}?u=me@example.org`, `${url}?u=me@example.org`],
    ['mail bob@example.com', 'mailto:bob@example.com'],
  ] as const)
    t.strictSame(await linksOf(text), [link], codePoints(text.slice(0, 30)))
  for (const text of [
    'https://user:pw@example.com/',
    'https://user@example.com/',
    'https://example.com:80@example.org',
    'https://user:p/w@example.com',
    `\`${url}\``,
    `x${url}`,
    `_${url}`,
    `é${url}`,
  ])
    t.strictSame(await linksOf(text), [], text)
})

t.test('the HTML of a message is bounded, and so is the work of making it', async (t) => {
  const socket = await enter(ada, await newRoom(ada, 'nothing but links'))
  const fill = (text: string) => text.repeat(Math.floor(4_000 / text.length))
  for (const text of ['http://a.b ', 'a@b.co ', 'http://', 'http://a', 'mailto:a@', `http://a.b/"'`].map(
    fill,
  )) {
    socket.send({ message: text })
    const { html = '' } = await socket.next('message')
    t.ok(String(html).length <= 32 * 1024, text.slice(0, 11))
    t.ok(String(html).split('<a ').length <= 101)
  }
  socket.send({ message: fill('http://a.b ') })
  t.match(
    String((await socket.next('message')).html),
    /^<a .* http:\/\/a\.b$/s,
    'further addresses stay text',
  )
})

t.test('an invalid frame gets an error, and the socket stays open', async (t) => {
  const room = await newRoom(ada, 'errors')
  const socket = await enter(ada, room)
  const answers: [frame: unknown, answer: Frame][] = [
    ['', { code: 'malformed' }],
    ['hello', { code: 'malformed' }],
    ['{"message":', { code: 'malformed' }],
    ['[{"message":"x"}]', { code: 'malformed' }],
    ['"message"', { code: 'malformed' }],
    ['null', { code: 'malformed' }],
    ['5', { code: 'malformed' }],
    [{}, { code: 'invalid', error: /message/ }],
    [{ id: 'mine' }, { code: 'invalid', id: 'mine' }],
    [{ message: 5 }, { code: 'invalid', error: /^message: / }],
    [{ message: null }, { code: 'invalid', error: /^message: / }],
    [{ message: ['x'] }, { code: 'invalid', error: /^message: / }],
    [
      { message: 'x', colour: 'red', id: 'mine' },
      { code: 'invalid', error: /colour/, id: 'mine' },
    ],
    [
      { type: 'massage', message: 'x' },
      { code: 'invalid', error: /^type: / },
    ],
    [
      { type: 5, message: 'x' },
      { code: 'invalid', error: /^type: / },
    ],
    [
      { type: null, message: 'x' },
      { code: 'invalid', error: /^type: / },
    ],
    [{ type: '__proto__' }, { code: 'invalid', error: /^type: / }],
    [{ type: 'constructor' }, { code: 'invalid', error: /^type: / }],
    [{ type: 'connect' }, { code: 'invalid', error: /^type: / }],
    [
      { type: 'chat.left', user: 1 },
      { code: 'invalid', error: /^type: / },
    ],
    ['{"__proto__":{"message":"x"}}', { code: 'invalid' }],
    [{ type: 'typing' }, { code: 'invalid', error: /^on: / }],
    [
      { type: 'typing', on: 'yes' },
      { code: 'invalid', error: /^on: / },
    ],
    [{ type: 'read' }, { code: 'invalid', error: /^seq: / }],
    [
      { type: 'read', seq: -1 },
      { code: 'invalid', error: /^seq: / },
    ],
    [
      { type: 'read', seq: 1.5 },
      { code: 'invalid', error: /^seq: / },
    ],
    [
      { type: 'read', seq: '1' },
      { code: 'invalid', error: /^seq: / },
    ],
    ['{"type":"read","seq":1e400}', { code: 'invalid', error: /^seq: / }],
  ]
  for (const [frame, answer] of answers) {
    socket.send(frame)
    const got = await socket.next()
    t.match(got, { type: 'error', error: /./, ...answer }, JSON.stringify(frame))
    t.equal(got.id, answer.id)
  }
  socket.send({ message: 'still here', id: 'here' })
  t.match(await socket.next(), { id: 'here', rev: 1 })
})

t.test('typing is shown only to others, until the message arrives', async (t) => {
  const room = await newRoom(ada, 'typing')
  const desk = await enter(ada, room)
  const phone = await enter(ada, room)
  const other = await enter(bob, room)
  const clock = stoppedClock(t)

  desk.send({ type: 'typing', on: true })
  await handled(desk)
  clock.tick(250)
  desk.send({ message: 'done', id: 'done' })
  await handled(desk)
  clock.tick(250)
  desk.send({ message: 'end', id: 'end' })

  const told = (await framesUntil(other, 'end')).filter(({ type }) => type === 'typing')
  t.strictSame(told, [
    { type: 'typing', sender: 'ada', on: true },
    { type: 'typing', sender: 'ada', on: false },
  ])
  const own = await framesUntil(phone, 'end')
  t.notOk(
    own.some(({ type }) => type === 'typing'),
    'not to the person who types, on any device',
  )
})

t.test('a person who leaves while typing has stopped typing', async (t) => {
  const room = await newRoom(ada, 'typing and gone')
  const desk = await enter(ada, room)
  const other = await enter(bob, room)
  const begun = Date.now()
  desk.send({ type: 'typing', on: true })
  t.match(await other.next('typing'), { sender: 'ada', on: true })
  desk.close()
  t.match(await other.next('typing'), { sender: 'ada', on: false })
  t.ok(Date.now() - begun < 5_000, 'at once, and not when it would have ended by itself')
})

t.test('a newcomer is told who is typing', async (t) => {
  const room = await newRoom(ada, 'typing before')
  const desk = await enter(ada, room)
  const other = await enter(bob, room)
  desk.send({ type: 'typing', on: true })
  await other.next('typing')
  const late = await enter(bob, room)
  t.strictSame(await late.next('typing'), { type: 'typing', sender: 'ada', on: true })
  const own = await enter(ada, room)
  own.send({ message: 'behind it', id: 'behind' })
  const heard = await framesUntil(own, 'behind')
  t.notOk(
    heard.some(({ type }) => type === 'typing'),
    'but not that they are typing themselves',
  )
})

t.test('a person who types in two tabs has stopped when they have stopped in both', async (t) => {
  const room = await newRoom(ada, 'typing in two tabs')
  const [desk, tab] = [await enter(ada, room), await enter(ada, room)]
  const other = await enter(bob, room)
  const clock = stoppedClock(t)
  for (const socket of [desk, tab]) {
    socket.send({ type: 'typing', on: true })
    await handled(socket)
  }
  clock.tick(250)
  t.match(await other.next('typing'), { sender: 'ada', on: true })

  tab.send({ message: 'said in the tab', id: 'tab' })
  await handled(tab)
  clock.tick(250)
  other.send({ message: 'end', id: 'end' })
  t.notOk((await framesUntil(other, 'end')).some(({ type }) => type === 'typing'))

  desk.send({ type: 'typing', on: false })
  await handled(desk)
  clock.tick(250)
  t.match(await other.next('typing'), { sender: 'ada', on: false })
})

t.test('typing ends five seconds after its last sign', async (t) => {
  const room = await newRoom(ada, 'typing for long')
  const desk = await enter(ada, room)
  const other = await enter(bob, room)
  const clock = stoppedClock(t)

  desk.send({ type: 'typing', on: true })
  await handled(desk)
  clock.tick(250)
  t.match(await other.next('typing'), { on: true })

  clock.tick(4_000)
  desk.send({ type: 'typing', on: true })
  await handled(desk)
  clock.tick(5_000 + 249)
  other.send({ message: 'before', id: 'before' })
  t.notOk((await framesUntil(other, 'before')).some(({ type }) => type === 'typing'))

  clock.tick(1)
  other.send({ message: 'after', id: 'after' })
  const told = (await framesUntil(other, 'after')).filter(({ type }) => type === 'typing')
  t.strictSame(told, [{ type: 'typing', sender: 'ada', on: false }])
})

t.test('typing is sent at most four times a second', async (t) => {
  const room = await newRoom(ada, 'typing often')
  const desk = await enter(ada, room)
  const other = await enter(bob, room)
  const clock = stoppedClock(t)

  for (let moment = 0; moment < 1_000; moment += 50) {
    desk.send({ type: 'typing', on: true })
    desk.send({ type: 'typing', on: false })
    desk.send({ type: 'typing', on: true })
    await handled(desk)
    clock.tick(50)
  }
  desk.send({ type: 'typing', on: false })
  await handled(desk)
  clock.tick(250)
  other.send({ message: 'end', id: 'end' })

  const told = (await framesUntil(other, 'end')).filter(({ type }) => type === 'typing')
  t.ok(told.length >= 2 && told.length <= 5, `told ${told.length} times in 1.25 seconds`)
  t.match(told.at(-1), { on: false }, 'the last state is right')
})

t.test('people are told who comes and goes, except themselves, and once for two tabs', async (t) => {
  const quick = await startServer(t, {}, { presence: { gather: 20, grace: 20 } })
  const [cyd, dan, eve] = [await quick.person('cyd'), await quick.person('dan'), await quick.person('eve')]
  const socket = await enter(cyd, 'lobby')
  const tab = await enter(dan, 'lobby')
  t.strictSame(await socket.next('presence'), { type: 'presence', joined: ['dan'], left: [] })
  const guest = await enter(eve, 'lobby')
  t.strictSame(await socket.next('presence'), { type: 'presence', joined: ['eve'], left: [] })

  const secondTab = await enter(dan, 'lobby')
  tab.close()
  await tab.closed()
  guest.close()
  t.strictSame(
    await socket.next('presence'),
    { type: 'presence', joined: [], left: ['eve'] },
    'dan is still here',
  )

  secondTab.close()
  t.strictSame(await socket.next('presence'), { type: 'presence', joined: [], left: ['dan'] })
  const back = dan.socket('/ws/chat/lobby')
  t.match(await back.next('welcome'), { online: ['cyd', 'dan'], online_count: 2 })
  t.strictSame(await socket.next('presence'), { type: 'presence', joined: ['dan'], left: [] })
  back.send({ message: 'end', id: 'end' })
  t.notOk((await framesUntil(back, 'end')).some(({ joined }) => String(joined).includes('dan')))
})

t.test('a `read` or `typing` frame with an id is acknowledged when it is done', async (t) => {
  const room = await newRoom(ada, 'done')
  const reader = await enter(bob, room)
  await fill(app, room, 'ada', 3)
  await messages(reader, 3)
  const frames = [
    { type: 'read', seq: 2 },
    { type: 'read', seq: 1 },
    { type: 'typing', on: true },
    { type: 'typing', on: false },
  ]
  for (const frame of frames) {
    reader.send({ ...frame, id: 'x' })
    reader.send({ type: 'nothing', id: 'behind' })
    t.strictSame(await reader.next(), { type: 'done', id: 'x', rev: 3 }, JSON.stringify(frame))
    t.match(await reader.next(), { type: 'error', id: 'behind' })
  }
  t.equal(await unread(bob, room), 1)
  const mend = await refuse(app.database, 'update', 'memberships', sql`true`)
  reader.send({ type: 'read', seq: 3, id: 'lost' })
  reader.send({ type: 'nothing', id: 'behind' })
  t.match(
    await reader.next(),
    { type: 'error', id: 'lost', code: 'internal' },
    'a mark that could not be stored',
  )
  t.equal(
    (await bob.post(`/rooms/${room}/read`, { seq: '3' })).status,
    503,
    'and the form does not claim that it was',
  )
  await mend()
})

t.test('the read position only moves forward, and not past the last message', async (t) => {
  const room = await newRoom(ada, 'reading')
  const writer = await enter(ada, room)
  const reader = await enter(bob, room)
  for (let count = 1; count <= 5; count += 1) writer.send({ message: `${count}` })
  await messages(reader, 5)
  const unreadAfter = async (seq: number): Promise<number | undefined> => {
    reader.send({ type: 'read', seq })
    await handled(reader)
    return unread(bob, room)
  }

  t.equal(await unread(bob, room), 5)
  t.equal(await unreadAfter(3), 2)
  t.equal(await unreadAfter(1), 2)
  t.equal(await unreadAfter(0), 2)
  t.equal(await unreadAfter(99), 0)
  writer.send({ message: 'six' })
  await reader.next('message')
  t.equal(await unread(bob, room), 1)
})

t.test('a client with `since` gets what changed after it, then live frames', async (t) => {
  const room = await newRoom(ada, 'since')
  await fill(app, room, 'ada', 5)
  for (const since of [0, 2, 4, 5]) {
    const socket = bob.socket(`/ws/chat/${room}?since=${since}`)
    t.match(await socket.next(), { type: 'welcome' })
    const { rev } = await roomRow(app, room)
    socket.send({ message: 'live', id: `live-${since}` })
    const frames = await framesUntil(socket, `live-${since}`)
    t.strictSame(
      frames.filter(({ type }) => type !== 'presence').map((frame) => [frame.type, frame.rev]),
      Array.from({ length: rev + 1 - since }, (_, index) => ['message', since + index + 1]),
      `since ${since}`,
    )
  }
})

t.test('a changed message comes in the place of its change, not where it was first sent', async (t) => {
  const room = await newRoom(ada, 'changed')
  await fill(app, room, 'ada', 4)
  const { id } = await roomRow(app, room)
  await app.database
    .updateTable('messages')
    .set({ rev: 5 })
    .where('room_id', '=', id)
    .where('seq', '=', 2)
    .execute()
  await app.database
    .updateTable('messages')
    .set({ rev: 6 })
    .where('room_id', '=', id)
    .where('seq', '=', 1)
    .execute()
  await app.database.updateTable('rooms').set({ rev: 6 }).where('id', '=', id).execute()
  await fill(app, room, 'ada', 1)

  const seen = async (since: number, count: number) => {
    const found = await messages(await enter(bob, room, `?since=${since}`), count)
    return found.map(({ seq, rev }) => [seq, rev])
  }
  const all = [
    [3, 3],
    [4, 4],
    [2, 5],
    [1, 6],
    [7, 7],
  ]
  t.strictSame(await seen(0, 5), all)
  t.strictSame(await seen(4, 3), all.slice(2), 'also to a client that had the old version')
})

t.test('a client with an invalid `since` is told to load the history, then gets live frames', async (t) => {
  const room = await newRoom(ada, 'wrong since')
  await fill(app, room, 'ada', 3)
  for (const [index, since] of ['99', 'x', '', '-1', '1.5', '1e1', '9'.repeat(30), '%00'].entries()) {
    const socket = await enter(bob, room, `?since=${since}`)
    const rev = 3 + index
    socket.send({ message: 'live', id: `live-${index}` })
    const frames = (await framesUntil(socket, `live-${index}`)).filter(({ type }) => type !== 'presence')
    t.match(
      frames,
      [
        { type: 'reset', rev },
        { type: 'message', rev: rev + 1 },
      ],
      since,
    )
    t.equal(frames.length, 2)
    socket.close()
    await socket.closed()
  }
})

t.test(
  'a client that missed 1,000 changes gets them, and one that missed more loads the history',
  async (t) => {
    const room = await newRoom(ada, 'long away')
    await fill(app, room, 'ada', 1_003)

    const within = await enter(bob, room, '?since=3')
    t.strictSame(
      (await messages(within, 1_000)).map(({ rev }) => rev),
      Array.from({ length: 1_000 }, (_, index) => index + 4),
    )

    const beyond = await enter(bob, room, '?since=2')
    t.strictSame(await beyond.next(), { type: 'reset', rev: 1_003 })
    within.send({ message: 'live', id: 'live' })
    t.match(await beyond.next('message'), { id: 'live', rev: 1_004 })
  },
)

t.test('everyone sees the same changes in the same order, each once, whenever they connect', async (t) => {
  const names = Array.from({ length: 20 }, (_, index) => `talker-${index}`)
  const talkers = await Promise.all(names.map((name) => server.person(name)))
  const room = await newRoom(ada, 'order')
  const sockets = await Promise.all(talkers.map((talker) => enter(talker, room)))
  const said = (sender: string) => Array.from({ length: 20 }, (_, index) => `${sender} says ${index}`)

  for (let index = 0; index < 20; index += 1) {
    for (const [at, name] of names.entries()) {
      sockets[at]?.send({ message: `${name} says ${index}`, id: `n${index}` })
    }
  }
  const newcomers = await Promise.all([0, 1, 2].map(() => enter(bob, room, '?since=0')))

  const logs = await Promise.all([...sockets, ...newcomers].map((socket) => messages(socket, 400)))
  const [first = []] = logs
  t.strictSame(
    first.map(({ rev }) => rev),
    Array.from({ length: 400 }, (_, index) => index + 1),
  )
  for (const log of logs) t.strictSame(log, first)
  for (const name of names) {
    const own = first.filter(({ sender }) => sender === name).map(({ message }) => message)
    t.strictSame(own, said(name), 'in the order in which it was sent')
  }
})

t.test('a message that the database refuses is not sent to others, and can be sent again', async (t) => {
  const room = await newRoom(ada, 'broken')
  const { id } = await roomRow(app, room)
  const sender = await enter(ada, room)
  const other = await enter(bob, room)
  sender.send({ message: 'before', id: 'before' })
  await sender.next('message')

  for (const [event, table, column] of [
    ['insert', 'messages', 'room_id'],
    ['update', 'rooms', 'id'],
  ] as const) {
    const accept = await refuse(app.database, event, table, sql`new.${sql.ref(column)} = ${sql.lit(id)}`)
    sender.send({ message: 'lost?', id: 'lost' })
    t.match(await sender.next('error'), { code: 'internal', id: 'lost' }, `${event} ${table}`)
    const page = await ada.get(`/api/rooms/${room}/messages`)
    t.equal(JSON.parse(page.text).messages.length, 1, 'nothing is stored')
    await accept()
  }

  sender.send({ message: 'found', id: 'lost' })
  t.match(await sender.next('message'), { id: 'lost', rev: 2, message: 'found', repeat: undefined })
  t.strictSame(
    (await messages(other, 2)).map((frame) => [frame.id, frame.rev]),
    [
      ['before', 1],
      ['lost', 2],
    ],
  )
})

t.test('a message that cannot be stored does not affect others sent in the same moment', async (t) => {
  const room = await newRoom(ada, 'one bad row')
  const { id } = await roomRow(app, room)
  const users = await app.database
    .selectFrom('users')
    .select(['id', 'name'])
    .where('name', 'in', ['ada', 'bob'])
    .execute()
  const listener = await enter(bob, room)
  const rows = sql`new.room_id = ${sql.lit(id)} and new.text = 'bad'`
  const accept = await refuse(app.database, 'insert', 'messages', rows)

  const texts = ['one', 'bad', 'two', 'three', 'bad', 'four']
  const outcomes = await Promise.allSettled(
    texts.flatMap((text) => users.map((user) => app.chat.writer.post(id, user, text))),
  )
  await accept()

  t.strictSame(
    outcomes.map(({ status }) => status),
    texts.flatMap((text) => users.map(() => (text === 'bad' ? 'rejected' : 'fulfilled'))),
  )
  const heard = await messages(listener, 8)
  t.strictSame(
    heard.map(({ rev, message }) => [rev, message]),
    ['one', 'one', 'two', 'two', 'three', 'three', 'four', 'four'].map((text, index) => [index + 1, text]),
  )
})

t.test('a room that does not exist closes with 4004, whatever its name looks like', async (t) => {
  for (const room of ['nowhere', 'LOBBY', 'lobby%00', '-', '9'.repeat(90)]) {
    t.match(await ada.socket(`/ws/chat/${room}`).closed(), { code: 4004 }, room)
  }
})

t.test('a visitor who is not signed in is closed with 4001, and learns nothing about rooms', async (t) => {
  for (const room of ['lobby', 'nowhere']) {
    const socket = server.visitor().socket(`/ws/chat/${room}`)
    t.match(await socket.closed(), { code: 4001 })
    t.strictSame(socket.drain(), [])
  }
})

t.test('leaving a room closes only one’s own sockets there', async (t) => {
  const [room, elsewhere] = [await newRoom(ada, 'leaving'), await newRoom(ada, 'staying')]
  const tabs = [await enter(ada, room), await enter(ada, room)]
  const stays = [await enter(bob, room), await enter(ada, elsewhere)]

  t.equal((await ada.post(`/rooms/${room}/leave`, {})).status, 303)

  for (const tab of tabs) t.match(await tab.closed(), { code: 4003 })
  for (const socket of stays) {
    socket.send({ message: 'still here', id: 'here' })
    t.match(await socket.next('message'), { id: 'here' })
  }
})

/** Stops timers until the test ends. They run on `tick`, a millisecond at a time, since timers started by timers would run late. */
function stoppedClock(t: Test): { tick(milliseconds: number): void } {
  // The timers that sockets wait for in a busy process would stop too.
  calmProcess(t)
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  return {
    tick(milliseconds) {
      for (let passed = 0; passed < milliseconds; passed += 1) mock.timers.tick(1)
    },
  }
}

/** Code points of a text, for labels of texts that are invisible or end a line. */
function codePoints(text: string): string {
  return [...text].map((character) => `U+${character.codePointAt(0)?.toString(16)}`).join(' ')
}

t.test('people in the chat get a glance at the sheet, and people on the sheet one at the chat', async (t) => {
  const room = await newRoom(ada, 'side by side')
  const talk = await enter(ada, room)
  const sheet = bob.socket(`/ws/calculator/${room}`)
  await sheet.next('welcome')

  talk.send({ message: 'hello' })
  const glance = await sheet.next('glance')
  t.strictSame(glance, { type: 'glance', part: 'talk', sender: 'ada', at: glance.at })
  sheet.send({ expression: '12*7', id: 'line' })
  t.match(await talk.next('glance'), { part: 'sheet', sender: 'bob', at: String })
  await handled(sheet)
  await handled(talk)
  t.notOk(
    [...talk.drain(), ...sheet.drain()].some(({ type }) => type === 'glance'),
    'nothing from one’s own side',
  )
})

t.test('people online in a room are counted once, whether in the chat or on the sheet', async (t) => {
  const room = await newRoom(ada, 'both parts')
  const talk = await enter(ada, room)
  const sheet = bob.socket(`/ws/calculator/${room}`)
  t.match(await sheet.next('welcome'), { online: ['ada', 'bob'], online_count: 2 })
  t.match(await talk.next('presence'), { joined: ['bob'] })
  const both = await enter(bob, room)
  sheet.close()
  await sheet.closed()
  both.send({ message: 'still here' })
  await talk.next('message')
  t.notOk(talk.drain().some(({ type }) => type === 'presence'))
  both.close()
  t.match(await talk.next('presence'), { left: ['bob'] })
})

t.test('glances are sent at most twice a second, the latest one last', async (t) => {
  const room = await newRoom(ada, 'hurried')
  const sheet = bob.socket(`/ws/calculator/${room}`)
  await sheet.next('welcome')
  const talk = await enter(ada, room)
  const begun = performance.now()
  for (let number = 1; number <= 20; number += 1) talk.send({ message: `${number}` })
  const said = await messages(talk, 20)
  const glances = [await sheet.next('glance')]
  while (glances.at(-1)?.at !== said.at(-1)?.at) glances.push(await sheet.next('glance'))
  const seconds = (performance.now() - begun) / 1_000
  t.ok(glances.length <= 2 * seconds + 2, `${glances.length} glances in ${seconds} s`)
})
