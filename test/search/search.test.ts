import t from 'tap'
import { fill, newRoom } from '../support/chat.ts'
import { sayWith, sentFile } from '../support/files.ts'
import { find, texts, untilFound } from '../support/search.ts'
import { startServer, type TestServer } from '../support/server.ts'
import type { Visitor } from '../support/visitor.ts'

let server: TestServer
let ada: Visitor
let bob: Visitor

t.before(async () => {
  server = await startServer(t, { RATE_LIMIT: '0' })
  ada = await server.person('ada')
  bob = await server.person('bob')
})

async function say(person: Visitor, room: string, message: string): Promise<number> {
  const { status, text } = await person.postJson(`/api/rooms/${room}/messages`, { message })
  if (status !== 201) throw new Error(`nothing was said: ${status} ${text}`)
  return JSON.parse(text).seq
}

t.test('finds messages within two seconds, newest first, with the room that they are in', async (t) => {
  const room = await newRoom(ada, 'Orchard')
  const said = Date.now()
  const first = await say(ada, room, 'The apples are ripe')
  const second = await say(bob, 'lobby', 'Ripe apples, everywhere!')
  const { messages, more } = await untilFound(ada, 'apples ripe', 2)
  t.ok(Date.now() - said < 2_000)
  t.notOk(more)
  t.match(messages, [
    { room: 'lobby', seq: second, sender: 'bob', message: 'Ripe apples, everywhere!' },
    { room, seq: first, sender: 'ada', message: 'The apples are ripe' },
  ])
  t.strictSame(Object.keys(messages[0] ?? {}).sort(), ['at', 'message', 'room', 'sender', 'seq'])
})

t.test('finds parts of words, and words in any script and spelling', async (t) => {
  const room = await newRoom(ada, 'Words')
  const cases: readonly (readonly [text: string, queries: readonly string[], not: readonly string[]])[] = [
    ['Donaudampfschifffahrt', ['dampf', 'SCHIFF', 'donau', 'ahr'], ['da', 'dampfer']],
    ['Herr Müller isst Weißbrot', ['muller', 'MÜLLER', 'weissbrot', 'weiß'], ['mueller']],
    ['İstanbul ve Diyarbakır', ['istanbul', 'ISTANBUL', 'diyarbakir', 'ıstanbul'], ['ankara']],
    ['Ｆｕｌｌ ｗｉｄｔｈ', ['full', 'width'], ['wide']],
    ['我们明天在图书馆见面', ['图书馆', '明天', '见', '图书'], ['书图', '昨']],
    ['東京タワーへ行きました', ['東京', 'タワー', 'ﾀﾜｰ', '行'], ['大阪']],
    ['학교에서 만나요', ['학교', '만나', '교'], ['병원']],
    ['ประชุมพรุ่งนี้เช้า', ['ประชุม', 'พรุ่งนี้', 'เช้า'], ['เย็น']],
    ['Встреча в понедельник', ['встреча', 'ПОНЕДЕЛЬНИК', 'недел'], ['вторник']],
    ['नमस्ते दुनिया', ['नमस्ते', 'दुनिया'], ['अलविदा']],
    ['release v1.2.3 of foo_bar', ['v1.2.3', 'foo_bar', 'foo', '"of foo"'], ['v1.2.4', '"release of"']],
    ['party 🎉 at 5', ['🎉', 'at', '5'], ['🎈', 'par 6']],
    ['Ǆ ﬁne Æsir søster', ['fine', 'aesir', 'soster'], ['coarse']],
  ]
  for (const [text] of cases) await say(ada, room, text)
  await untilFound(ada, `in:${room}`, cases.length)
  for (const [text, queries, not] of cases) {
    for (const query of queries)
      t.ok((await texts(ada, `in:${room} ${query}`)).includes(text), `${query} is in ${text}`)
    for (const query of not)
      t.notOk((await texts(ada, `in:${room} ${query}`)).includes(text), `${query} is not in ${text}`)
  }
})

t.test('finds a single old message by any part of its words', async (t) => {
  const room = await newRoom(ada, 'Annals')
  const text = 'the Donaudampfschifffahrtsgesellschaft was founded in Ὀξυρυγχίτης 东方'
  await say(ada, room, text)
  await fill(server.app, room, 'ada', 5_000, (index) => `day ${index} went by`)
  await untilFound(ada, `in:${room} "day 4999 went"`, 1)
  const parts = [
    'donau',
    'dampfschiff',
    'fahrtsgesellschaft',
    'DAMPFSCHIFFFAHRTSGESELLSCHAFT',
    'schaft found',
  ]
  for (const part of [...parts, 'ξυρυγχ', '东方', '"in Ὀξυρυγχίτης"', 'in the', 'chaft was founded'])
    t.strictSame(await texts(ada, `in:${room} ${part}`), [text], part)
  for (const part of ['dampfschiffe', 'dampfschifffahrtsgesellschaften', '"the Donau"', 'ξυρυγχης'])
    t.strictSame(await texts(ada, `in:${room} ${part}`), [], part)
})

t.test('finds old messages in few private rooms and in many, by author and date', async (t) => {
  const dora = await server.person('dora')
  const privateRoom = async (name: string) => {
    const { headers } = await dora.post('/rooms', { name, private: 'on' })
    return headers.get('location')?.split('/').at(-1) ?? ''
  }
  const room = await privateRoom('Nest')
  const text = 'the archaeopteryx sang'
  await say(dora, room, text)
  await say(ada, 'lobby', 'no archaeopteryx sang today')
  await fill(server.app, 'lobby', 'ada', 2_500, (index) => `song ${index} was sung`)
  await untilFound(ada, '"song 2499 was"', 1)
  const isFound = async () => {
    const all = ['no archaeopteryx sang today', text]
    for (const query of [
      'archaeopteryx',
      'archaeopteryx sang',
      '"archaeopteryx sang"',
      'after:yesterday chaeopter',
    ])
      t.strictSame(await texts(dora, query), all, query)
    const narrow = [
      'from:dora',
      `in:${room}`,
      'from:dora after:yesterday',
      'from:dora after:2026-01 before:2200',
    ]
    for (const query of narrow) t.strictSame(await texts(dora, `${query} archaeopteryx`), [text], query)
    t.strictSame(await texts(dora, 'in:lobby archaeopteryx'), all.slice(0, 1))
    t.strictSame(await texts(dora, `in:lobby in:${room} archaeopteryx`), all)
    t.strictSame(await texts(dora, 'from:dora before:yesterday archaeopteryx'), [])
    t.strictSame(await texts(bob, 'archaeopteryx'), all.slice(0, 1))
  }
  await isFound()
  for (let count = 0; count < 10; count += 1) await privateRoom(`Nest ${count}`)
  await isFound()
})

t.test('finds very long words too, without delaying later messages', async (t) => {
  const room = await newRoom(ada, 'Long words')
  const ligatures = 'ﷲ'.repeat(498)
  for (const message of ['x'.repeat(4_000), 'x'.repeat(100), ligatures, 'a thylacine'])
    await say(ada, room, message)
  await untilFound(ada, `in:${room} thylacine`, 1)
  t.equal((await texts(ada, `in:${room} ${'x'.repeat(101)}`)).length, 1)
  t.same(await texts(ada, `in:${room} "${'x'.repeat(100)}"`), ['x'.repeat(100)])
  t.same(await texts(ada, `in:${room} "${'x'.repeat(101)}"`), [])
  t.same(await texts(ada, `"${ligatures}"`), [ligatures])
})

t.test('finds exact phrases, and combines all conditions', async (t) => {
  const room = await newRoom(ada, 'Phrases')
  await say(ada, room, 'we meet at the old bridge')
  await say(bob, room, 'the bridge is old, we say')
  await say(bob, room, 'bridges of old')
  await untilFound(ada, `in:${room}`, 3)
  t.strictSame(await texts(ada, `in:${room} "old bridge"`), ['we meet at the old bridge'])
  t.strictSame(await texts(ada, `in:${room} “old bridge”`), ['we meet at the old bridge'])
  t.strictSame(
    await texts(ada, `in:${room} "bridge is`),
    ['the bridge is old, we say'],
    'a quotation that is not closed',
  )
  t.strictSame(await texts(ada, `in:#${room} bridge old from:@BOB`), [
    'bridges of old',
    'the bridge is old, we say',
  ])
  t.strictSame(await texts(bob, `in:${room} "old" from:me "bridges"`), ['bridges of old'])
  t.equal((await texts(ada, `in:${room} from:ada from:bob`)).length, 3, 'one of them wrote it')
  t.strictSame(await texts(ada, `in:${room} after:tomorrow2`.replace('tomorrow2', '2999')), [])
  t.equal((await texts(ada, `in:${room} after:2020-05 before:2999-01-01 old`)).length, 3)
  t.equal((await texts(ada, `in:${room} after:today`)).length, 3)
  t.strictSame(await texts(ada, `in:${room} before:today`), [])
  t.strictSame(await texts(ada, `in:${room} before:2020-05-05T12:00:00Z`), [])
  t.strictSame(await texts(ada, `in:${room} has:file`), [])
  t.strictSame(await texts(ada, 'from:nobody-of-this-name old'), [])
  t.strictSame(await texts(ada, 'in:no-room-at-all old'), [])
})

t.test('has:file finds only messages with files', async (t) => {
  const room = await newRoom(ada, 'Drawer')
  const form = new FormData()
  form.append('file', new Blob(['a list of plants']), 'plants.txt')
  const sent = await fetch(`${server.address}/api/rooms/${room}/files`, {
    method: 'POST',
    body: form,
    headers: { cookie: ada.cookie, 'x-csrf-token': await ada.token('/account') },
  })
  const { id } = (await sent.json()) as { id: string }
  for (const message of [{ message: 'here is the list', files: [id] }, { message: 'a list without one' }])
    t.equal((await ada.postJson(`/api/rooms/${room}/messages`, message)).status, 201)
  await untilFound(ada, `in:${room} list`, 2)
  t.strictSame(await texts(ada, `in:${room} has:file`), ['here is the list'])
})

t.test('finds messages by the names of their files', async (t) => {
  const room = await newRoom(ada, 'Papers')
  await say(ada, room, 'has no file: blueprint')
  const file = await sentFile(ada, room, { name: 'Blueprint of the attic.txt', content: 'x' })
  const { seq } = JSON.parse((await sayWith(ada, room, '', [file.id])).text)
  const other = await sentFile(ada, room, { name: 'b.txt', content: 'x' })
  await sayWith(ada, room, 'and the cellar', [other.id])
  await untilFound(ada, `in:${room}`, 3)
  t.strictSame(await texts(ada, `in:${room} has:file`), ['and the cellar', ''])
  t.strictSame(await texts(ada, `in:${room} has:file cellar`), ['and the cellar'])
  const { messages } = await find(ada, `in:${room} "the attic"`)
  t.match(messages, [{ seq, files: [{ id: file.id, name: 'Blueprint of the attic.txt' }] }])
  t.match(
    (await ada.get(`/search?q=${encodeURIComponent(`in:${room} attic`)}`)).text,
    /📎 Blueprint of the <mark>attic<\/mark>\.txt/,
  )
  const headers = { 'x-csrf-token': await ada.token('/account') }
  await ada.request('DELETE', `/api/rooms/${room}/messages/${seq}`, undefined, headers)
  t.strictSame(await texts(ada, `in:${room} attic`), [])
  t.strictSame(await texts(ada, `in:${room} has:file`), ['and the cellar'])
})

t.test('says what is wrong with a query', async (t) => {
  const cases: readonly (readonly [q: string, reason: RegExp])[] = [
    ['', /Type a word/],
    ['?! …', /Type a word/],
    ['after:soon apples', /after:soon is not a date/],
    ['before:2026-13-40', /not a date/],
    ['from:', /from:ada/],
    ['has:fun', /has:fun is not supported/],
    ['a '.repeat(2_000), /at most 500 characters/],
    ['a '.repeat(30), /at most 20 words/],
  ]
  for (const [q, reason] of cases) {
    const answer = await ada.get(`/api/search?${new URLSearchParams({ q })}`)
    t.match(answer, { status: 400, text: reason }, q.slice(0, 40))
    t.equal(JSON.parse(answer.text).code, 'invalid')
    if (q !== '')
      t.match(await ada.get(`/search?${new URLSearchParams({ q })}`), { status: 400, text: /role="alert"/ })
  }
  for (const limit of ['0', '101', 'x', '-1', '1.5'])
    t.equal((await ada.get(`/api/search?q=apples&limit=${limit}`)).status, 400, limit)
  for (const cursor of ['x', 'AAAA', `${'A'.repeat(22)}`]) {
    t.match(await ada.get(`/api/search?q=apples&cursor=${cursor}`), { status: 400, text: /cursor/ })
    t.equal((await ada.get(`/search?q=apples&cursor=${cursor}`)).status, 400)
  }
  t.equal((await server.visitor().get('/api/search?q=apples')).status, 401)
  t.equal((await server.visitor().get('/search?q=apples')).status, 303)
})

t.test('gives one page at a time, and each message once', async (t) => {
  const room = await newRoom(ada, 'Pages')
  for (let count = 1; count <= 7; count += 1) await say(ada, room, `leaf ${count}`)
  await untilFound(ada, `in:${room}`, 7)
  const found: string[] = []
  let cursor: string | undefined
  const sizes: number[] = []
  do {
    const answer = await find(ada, `in:${room} leaf`, { limit: '3', ...(cursor && { cursor }) })
    sizes.push(answer.messages.length)
    found.push(...answer.messages.map(({ message }) => message))
    t.equal(answer.more, answer.cursor !== undefined)
    cursor = answer.cursor
  } while (cursor)
  t.strictSame(sizes, [3, 3, 1])
  t.strictSame(
    found,
    [7, 6, 5, 4, 3, 2, 1].map((count) => `leaf ${count}`),
  )
})

t.test('follows edits and deletions', async (t) => {
  const room = await newRoom(ada, 'Changes')
  const seq = await say(ada, room, 'the heron stands')
  const other = await say(ada, room, 'the heron flies')
  await untilFound(ada, `in:${room} heron`, 2)
  const path = `/api/rooms/${room}/messages/${seq}`
  const token = await ada.token('/account')
  const headers = { 'content-type': 'application/json', 'x-csrf-token': token }
  t.equal(
    (await ada.request('PUT', path, JSON.stringify({ message: 'the stork stands' }), headers)).status,
    200,
  )
  t.strictSame(await texts(ada, `in:${room} heron`), ['the heron flies'], 'at once')
  await untilFound(ada, `in:${room} stork`, 1)
  const gone = await ada.request('DELETE', `/api/rooms/${room}/messages/${other}`, undefined, {
    'x-csrf-token': token,
  })
  t.equal(gone.status, 200)
  t.strictSame(await texts(ada, `in:${room} heron`), [], 'at once')
  t.strictSame(await texts(ada, `in:${room}`), ['the stork stands'])
})

t.test('shows nothing from rooms that a person may not read', async (t) => {
  const { headers } = await ada.post('/rooms', { name: 'Secret garden', private: 'on' })
  const room = headers.get('location')?.split('/').at(-1) ?? ''
  await say(ada, room, 'the plumbago is in flower')
  await ada.post('/rooms/direct', { with: 'bob' }).then(async ({ headers }) => {
    await say(ada, headers.get('location')?.split('/').at(-1) ?? '', 'a plumbago for you, bob')
  })
  await untilFound(ada, 'plumbago', 2)
  const cleo = await server.person('cleo')
  t.strictSame(await find(cleo, 'plumbago'), { messages: [], more: false })
  t.strictSame(await find(cleo, `in:${room}`), { messages: [], more: false })
  t.strictSame(await find(cleo, 'plumbago', { limit: '1' }), { messages: [], more: false })
  const ofToday = async (person: Visitor) =>
    (await texts(person, 'after:today')).filter((text) => /plumbago/.test(text))
  t.strictSame(await ofToday(cleo), [])
  t.strictSame(await ofToday(bob), ['a plumbago for you, bob'], 'without any word to search for')
  t.strictSame(await texts(bob, 'plumbago'), ['a plumbago for you, bob'])
  t.equal((await ada.post(`/rooms/${room}/members`, { name: 'cleo' }, `/rooms/${room}/settings`)).status, 303)
  t.strictSame(await texts(cleo, 'plumbago'), ['the plumbago is in flower'])
  t.equal((await ada.post(`/rooms/${room}/members/cleo/remove`, {}, `/rooms/${room}/settings`)).status, 303)
  t.strictSame(await find(cleo, 'plumbago'), { messages: [], more: false })
})

t.test(
  'finds messages in open rooms that a person has not joined, but none after being removed',
  async (t) => {
    const room = await newRoom(ada, 'Harbour')
    await say(ada, room, 'the windlass is stuck')
    await untilFound(bob, 'windlass', 1)
    t.equal((await bob.get(`/rooms/${room}`)).status, 200)
    t.equal((await ada.post(`/rooms/${room}/members/bob/remove`, {}, `/rooms/${room}/settings`)).status, 303)
    t.strictSame(await find(bob, 'windlass'), { messages: [], more: false })
    t.strictSame(await find(bob, `in:${room} windlass`), { messages: [], more: false })
    t.equal((await texts(ada, 'windlass')).length, 1)
  },
)

t.test('shows the matches marked, with a link to each message', async (t) => {
  const room = await newRoom(ada, 'Pantry & cellar')
  const seq = await say(
    bob,
    room,
    `${'much before it '.repeat(40)}the <b>Crème brûlée</b> of ${'much after it '.repeat(40)}`,
  )
  await untilFound(ada, 'creme brulee', 1)
  const { status, text } = await ada.get('/search?q=creme+BRULEE')
  t.equal(status, 200)
  t.match(text, `href="/rooms/${room}?at=${seq}#message-${seq}"`)
  t.match(text, /&lt;b&gt;<mark>Crème<\/mark> <mark>brûlée<\/mark>&lt;\/b&gt;/)
  t.match(text, /Pantry &amp; cellar/)
  t.match(text, /value="creme BRULEE"/)
  const found = text.slice(
    text.indexOf('class="hit-text"'),
    text.indexOf('</li>', text.indexOf('class="hit-text"')),
  )
  t.ok(found.length < 600, 'the part of a long message around the match')
  t.match(await ada.get(`/rooms/${room}?at=${seq}`), { status: 200, text: /class="message[^"]* marked/ })
})

t.test('shows the messages before and after a match in separate lines', async (t) => {
  const room = await newRoom(ada, 'Kitchen')
  await say(ada, room, 'the **kettle** boils')
  const gone = await say(bob, room, 'a mistake, soon deleted')
  const seq = await say(bob, room, 'where is the samovar?')
  await say(ada, room, 'on the `shelf`')
  await say(ada, room, 'far below it')
  for (const count of ['one', 'two']) await say(bob, room, `gongfu ${count}`)
  const headers = { 'x-csrf-token': await bob.token('/account') }
  await bob.request('DELETE', `/api/rooms/${room}/messages/${gone}`, undefined, headers)
  await untilFound(ada, `in:${room} gongfu`, 2)
  const page = async (q: string) => (await ada.get(`/search?${new URLSearchParams({ q })}`)).text
  const contexts = (text: string) =>
    [...text.matchAll(/<p class="hit-context">.*?<span dir="auto">(.*?)<\/span><\/p>/gs)].map(
      ([, said]) => said,
    )
  const found = await page(`in:${room} samovar`)
  t.match(found, `href="/rooms/${room}?at=${seq}#message-${seq}"`)
  t.strictSame(contexts(found), ['the kettle boils', 'on the shelf'], 'but not the deleted one')
  t.strictSame(contexts(await page(`in:${room} gongfu`)), ['far below it'], 'and not the match itself')
  t.strictSame(
    contexts(await page(`in:${room} kettle`)),
    ['where is the samovar?'],
    'nothing is before the first',
  )
})

t.test('shows Markdown as plain text, with the matches marked', async (t) => {
  const room = await newRoom(ada, 'Style')
  await say(ada, room, 'a **bold wombat** in _italic_ `code`, and [a link](https://example.org/quokka)')
  await untilFound(ada, `in:${room}`, 1)
  const textOf = async (q: string) =>
    /<span class="hit-text" dir="auto">(.*?)<\/span>/s.exec(
      (await ada.get(`/search?${new URLSearchParams({ q: `in:${room} ${q}` })}`)).text,
    )?.[1]
  t.equal(await textOf('wombat'), 'a bold <mark>wombat</mark> in italic code, and a link')
  t.equal(
    await textOf('quokka'),
    'a **bold wombat** in _italic_ `code`, and [a link](https://example.org/<mark>quokka</mark>)',
    'as it was written, if the match cannot be shown otherwise',
  )
})

t.test('explains what can be searched for, is linked from every page, and goes further back', async (t) => {
  const room = await newRoom(ada, 'Ledger')
  for (let count = 1; count <= 25; count += 1) await say(ada, room, `entry ${count}`)
  await untilFound(ada, `in:${room}`, 25)
  const empty = await ada.get('/search')
  for (const example of ['from:ada', 'in:lobby', 'after:2026-01-31', 'before:', 'has:file', 'exact|see you'])
    t.match(empty.text, new RegExp(`<code>[^<]*(${example})`))
  t.notMatch(empty.text, /class="hit"/)
  for (const path of ['/', '/calculator', '/account', `/rooms/${room}`])
    t.match(
      (await ada.get(path)).text,
      /<form class="top-search" method="get" action="\/search" role="search"/,
      path,
    )
  t.match((await ada.get(`/rooms/${room}`)).text, `href="/search?q=in%3A${room}%20">Search in this room</a>`)
  const first = await ada.get(`/search?q=${encodeURIComponent(`in:${room} entry`)}`)
  t.equal(first.text.match(/class="hit"/g)?.length, 20)
  const more = /rel="next" href="([^"]+)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const second = await ada.get(more)
  t.equal(second.text.match(/class="hit"/g)?.length, 5)
  t.match(second.text, /Back to the newest/)
  t.match((await ada.get('/search?q=nobody-ever-said-this')).text, /No messages match/)
})
