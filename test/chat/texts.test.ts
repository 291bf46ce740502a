import t from 'tap'
import { enter, messages, newRoom } from '../support/chat.ts'
import { startServer } from '../support/server.ts'

const server = await startServer(t, { RATE_LIMIT: '0' })
const ada = await server.person('ada')
const bob = await server.person('bob')

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

/** Code points of a text, for labels of texts that are invisible or end a line. */
function codePoints(text: string): string {
  return [...text].map((character) => `U+${character.codePointAt(0)?.toString(16)}`).join(' ')
}
