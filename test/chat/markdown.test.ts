import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5'
import t from 'tap'
import { emojiShortcodes } from '../../src/chat/emoji-list.ts'
import { plainExcerpt } from '../../src/chat/excerpts.ts'
import { messageHtml } from '../../src/chat/html.ts'
import { Colouring } from '../../src/chat/markdown/colouring.ts'
import { enter, newRoom, roomRow } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startServer } from '../support/server.ts'

const server = await startServer(t, { RATE_LIMIT: '0' })
const ada = await server.person('ada')
const bob = await server.person('bob')
const room = await newRoom(ada, 'markdown')
const socket = await enter(ada, room)

/** The HTML that everyone gets for a text, if any. */
async function htmlOf(text: string): Promise<string | undefined> {
  socket.send({ message: text })
  const { html } = await socket.next('message')
  return html === undefined ? undefined : String(html)
}

const LINK = 'target="_blank" rel="noopener noreferrer nofollow ugc"'

t.test('messages are written in Markdown', async (t) => {
  for (const [text, html] of [
    [
      '**bold** *it* _it_ ~~no~~ `a<b`',
      '<strong>bold</strong> <em>it</em> <em>it</em> <s>no</s> <code>a&lt;b</code>',
    ],
    ['*one*\n  two', '<em>one</em><br>  two'],
    ['*one*\n\ntwo', '<p><em>one</em></p><p>two</p>'],
    ['- a\n- b\n  1. c', '<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>'],
    ['3. a', '<ol start="3"><li>a</li></ol>'],
    ['> q\n> r', '<blockquote><p>q<br>r</p></blockquote>'],
    ['# One\n## Two\n#### Four', '<h3>One</h3><h4>Two</h4><h5>Four</h5>'],
    [
      'a | b\n---|--:\n1 | 2',
      '<div class="table"><table><thead><tr><th>a</th><th class="right">b</th></tr></thead><tbody><tr><td>1</td><td class="right">2</td></tr></tbody></table></div>',
    ],
    ['a\n\n---\n\nb', '<p>a</p><hr><p>b</p>'],
    [
      '```js\nlet a = "<b>"\n```',
      '<pre><code class="language-javascript"><span class="hljs-keyword">let</span> a = <span class="hljs-string">&quot;&lt;b&gt;&quot;</span></code></pre>',
    ],
    ['```\n*a*\n```', '<pre><code>*a*</code></pre>'],
    ['```not a language\nb```', '<pre><code>not a language\nb</code></pre>'],
    ['\\*not\\*', '*not*'],
    [
      '@bob, **@bob**, `@bob`',
      '<span class="mention">@bob</span>, <strong><span class="mention">@bob</span></strong>, <code>@bob</code>',
    ],
    ['/me waves *a lot*', '<span class="action">waves <em>a lot</em></span>'],
  ] as const)
    t.equal(await htmlOf(text), html, text)
})

/** Ruby code that takes highlight.js long, different for each number. */
function slowCode(number: number): string {
  return `# ${number}\n${`${'{{'.repeat(200)}\n`.repeat(4)}`.trimEnd()
}

t.test('a person who sends much code does not delay syntax highlighting for others', async (t) => {
  const token = await bob.token('/account')
  const headers = { 'content-type': 'application/json', 'x-csrf-token': token }
  const sent = Array.from({ length: 40 }, (_, number) => {
    const message = `\`\`\`ruby\n${slowCode(number)}\n\`\`\``
    return bob.request('POST', '/api/rooms/lobby/messages', JSON.stringify({ message }), headers)
  })
  await Promise.race(sent)
  t.match(await htmlOf('```js\nlet late = 1\n```'), 'hljs-keyword')
  t.same([...new Set((await Promise.all(sent)).map(({ status }) => status))], [201])
})

t.test('highlighting the code of one person is limited for each minute', async (t) => {
  // Less time than any code takes.
  const colouring = new Colouring(0.001)
  const prepare = (code: string, author: string) =>
    colouring.prepare([{ text: `\`\`\`ruby\n${code}\n\`\`\``, author }])
  const isColoured = (code: string) => colouring.of(code, 'ruby')?.html !== undefined
  await prepare('one = 1', 'bob')
  // A busy machine may take longer to start the thread than a message waits.
  await eventually('it has colours', () => isColoured('one = 1'))
  await prepare('two = 2', 'bob')
  t.notOk(isColoured('two = 2'))
  await prepare('three = 3', 'ada')
  await eventually('it has colours', () => isColoured('three = 3'))
})

t.test('an edited message is highlighted with its new text at once', async (t) => {
  socket.send({ message: 'First:\n```js\nlet one = 1\n```' })
  const { seq } = await socket.next('message')
  const changed = async (message: string) => {
    socket.send({ type: 'edit', seq, message })
    return String((await socket.next('message')).html)
  }
  t.match(
    await changed('Second:\n```js\nlet one = 1\n```'),
    '<span class="hljs-keyword">let</span> one',
    'the same code is still highlighted',
  )
  const html = await changed('Second:\n```js\nconst two = 2\n```')
  t.match(html, '<span class="hljs-keyword">const</span> two')
  t.notMatch(html, 'one')
})

t.test('every page highlights code right after a restart', async (t) => {
  const paths = { pins: 'pins', message: 'messages/1', conversation: 'messages/1/conversation' }
  for (const [page, path] of Object.entries(paths)) {
    const old = await newRoom(ada, `Old ${page}`)
    await ada.post(`/rooms/${old}/messages`, { message: 'code' })
    await ada.post(`/rooms/${old}/messages/1/pin`, { on: 'on' })
    // As it was stored by the process before this one.
    await server.app.database
      .updateTable('messages')
      .set({ text: `\`\`\`js\nlet ${page} = 1\n\`\`\`` })
      .where('room_id', '=', (await roomRow(server.app, old)).id)
      .execute()
    t.match((await ada.get(`/rooms/${old}/${path}`)).text, `<span class="hljs-keyword">let</span> ${page} =`)
  }
})

t.test('text that was not meant as Markdown stays as it is', async (t) => {
  for (const text of [
    '2*3*4 and 2**3',
    'snake_case_name',
    '= 2*3*4',
    'so {= 2*3*4} it is',
    '>:(',
    '>',
    '#',
    '---',
    '-',
    '#1',
    '1.5',
    'a ~ b ~ c',
    'C:\\Users\\ada',
    '&lt;b&gt; &amp;',
    '[1]',
    '[1]: https',
    'Total\n===',
    '10:30:20',
    'std::cat::name',
    '<b>bold</b>',
    '/etc/hosts',
    '// a comment',
    '|a|b|\n|-|-|\n|1|2|3|',
  ])
    t.equal(await htmlOf(text), undefined, text)
})

t.test('text that is nested too deeply, or is too complex, is shown as typed, with links', async (t) => {
  for (const text of [
    `${'> '.repeat(30)}word https://a.example`,
    `${'- '.repeat(20)}word https://a.example`,
    `${'- a\n'.repeat(201)}word https://a.example`,
  ])
    t.match(
      (await htmlOf(text)) ?? '',
      /^[^<]*(?:<br>[^<]*)*word <a href="https:\/\/a.example"/,
      text.slice(0, 20),
    )
})

t.test('links lead where they say, and pictures become links', async (t) => {
  for (const [text, html] of [
    [
      '[the docs](https://example.com/a)',
      `<a href="https://example.com/a" title="https://example.com/a" ${LINK}>the docs</a>`,
    ],
    [
      '![cat](https://example.com/c.png)',
      `<a href="https://example.com/c.png" title="https://example.com/c.png" ${LINK}>cat</a>`,
    ],
    [
      '[www.bank.example](https://evil.example/)',
      `<a href="https://evil.example/" title="https://evil.example/" ${LINK}>www.bank.example <span class="host">(evil.example)</span></a>`,
    ],
    [
      '[example.com](https://www.example.com/)',
      `<a href="https://www.example.com/" title="https://www.example.com/" ${LINK}>example.com</a>`,
    ],
    ['www.example.com', `<a href="http://www.example.com" ${LINK}>www.example.com</a>`],
    [
      '**https://example.com/a**',
      `<strong><a href="https://example.com/a" ${LINK}>https://example.com/a</a></strong>`,
    ],
    [
      '<https://example.com/a_b_c>',
      `<a href="https://example.com/a_b_c" ${LINK}>https://example.com/a_b_c</a>`,
    ],
  ] as const)
    t.equal(await htmlOf(text), html, text)
  for (const text of [
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt&colon;alert(1))',
    '[x](data:text/html,a)',
    '[x](vbscript:a)',
    '[x](/logout)',
    '[x](file:///etc/passwd)',
    '<javascript:alert(1)>',
    '![x](data:image/svg+xml,a)',
  ])
    t.notMatch((await htmlOf(text)) ?? '', /<a/, text)
  for (const text of [
    '[x](https://user:password@example.com/)',
    '[x](https://bank.example@evil.example/)',
    '[x](https://example.com/\u202egnp.exe)',
    '[moc.\u202eelpmaxe](https://evil.example/x)',
  ])
    t.notMatch((await htmlOf(text)) ?? '', /title=|>x</, text)
})

t.test('emoji have names, and a few of them alone are shown large', async (t) => {
  const list = readFileSync(
    join(import.meta.dirname, '../../src/chat/markdown/emoji-shortcodes.json'),
    'utf8',
  )
  t.equal(list, emojiShortcodes(), 'the list is older than emojibase-data: npm run emoji')
  t.equal(await htmlOf('hi :tada: `:tada:`'), 'hi 🎉 <code>:tada:</code>')
  t.equal(await htmlOf(':tada::+1:'), '<span class="large-emoji">🎉👍</span>')
  t.equal(await htmlOf('👩‍👩‍👧‍👦 🎉'), '<span class="large-emoji">👩‍👩‍👧‍👦 🎉</span>')
  t.equal(await htmlOf('🎉'.repeat(6)), undefined)
  t.equal(await htmlOf(':no_such_emoji:'), undefined)
})

t.test('an excerpt of a message has no markup', (t) => {
  for (const [text, plain] of [
    ['**bold** [docs](https://a.example) `x`', 'bold docs x'],
    ['> q\n\n- a\n- b', 'q\na\nb'],
    ['```js\nlet a\n```', 'let a'],
    ['/me waves', 'waves'],
    [':tada: done', '🎉 done'],
    ['---', '---'],
  ] as const)
    t.equal(plainExcerpt(text), plain, text)
  t.ok(plainExcerpt('**a** '.repeat(600)).length <= 140)
  t.end()
})

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  a: ['href', 'title', 'target', 'rel'],
  blockquote: [],
  br: [],
  code: ['class'],
  div: ['class'],
  em: [],
  h3: [],
  h4: [],
  h5: [],
  hr: [],
  li: [],
  ol: ['start'],
  p: [],
  pre: [],
  s: [],
  span: ['class'],
  strong: [],
  table: [],
  tbody: [],
  td: ['class'],
  th: ['class'],
  thead: [],
  tr: [],
  ul: [],
}

type Node = DefaultTreeAdapterTypes.ChildNode

/** @returns the text of the nodes @throws if an element or attribute is not allowed in messages */
function checkedText(nodes: readonly Node[]): string {
  return nodes
    .map((node) => {
      if (node.nodeName === '#text') return 'value' in node ? node.value : ''
      const allowed = ALLOWED[node.nodeName]
      if (!allowed || !('attrs' in node)) throw new Error(`a message has ${node.nodeName}`)
      for (const { name, value } of node.attrs) {
        if (!allowed.includes(name)) throw new Error(`${node.nodeName} has ${name}`)
        if (name === 'href' && !/^(?:https?:\/\/|mailto:)/i.test(value)) throw new Error(`a link to ${value}`)
      }
      return `${checkedText(node.childNodes)} `
    })
    .join('')
}

const MARKS = [
  ...[
    '*',
    '**',
    '_',
    '~~',
    '`',
    '```',
    '```js\n',
    '~~~',
    '[',
    ']',
    '](',
    '(',
    ')',
    '![',
    '<',
    '>',
    '> ',
    '\n',
    '\n\n',
    '- ',
    '1. ',
  ],
  ...[
    '    ',
    '|',
    '|-|-|\n',
    '# ',
    '\\',
    '@',
    '@ada ',
    ':',
    ':tada:',
    'http://',
    'https://a.example/',
    'www.',
    'mailto:',
    'javascript:',
  ],
  ...[
    '{= ',
    '}',
    '= ',
    '"',
    "'",
    '&',
    '&amp;',
    '<script>',
    '<img src=x onerror=',
    '\u202e',
    '\u0000',
    '🎉',
    'title="',
    '/me ',
    '](https://b.example "',
    '<!--',
  ],
]
const anyMarkdown = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...MARKS) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
    ),
    {
      maxLength: 40,
    },
  )
  .chain((marks) => fc.tuple(fc.constant(marks), fc.array(fc.nat(40), { maxLength: 8 })))
  .map(([marks, places]) => {
    const words = places.map((_, number) => `q${number}z`)
    const pieces = [...marks]
    for (const [number, place] of places.entries())
      pieces.splice(place % (pieces.length + 1), 0, words[number] ?? '')
    return { text: pieces.join('').toWellFormed(), words }
  })

t.test('any text becomes only allowed elements, which parse as written and keep every word of it', (t) => {
  fc.assert(
    fc.property(anyMarkdown, ({ text, words }) => {
      const html = messageHtml(text, ['ada'])
      if (html === undefined) return
      const shown = checkedText(parseFragment(html).childNodes)
      const addresses = [...html.matchAll(/(?:href|title)="([^"]*)"/g)]
        .map(([, address]) => address)
        .join(' ')
      for (const word of words)
        if (!`${shown} ${addresses}`.toLowerCase().includes(word))
          throw new Error(`${word} is lost in ${html}`)
    }),
    { numRuns: 3_000 },
  )
  t.end()
})

t.test('no text takes long, and none becomes more than 32 KiB of HTML', (t) => {
  const hostile = fc.array(fc.constantFrom(...MARKS, 'a'), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(hostile, fc.boolean(), (pieces, inHalves) => {
      const text = inHalves
        ? pieces.map((piece) => piece.repeat(4_000 / pieces.length / piece.length)).join('')
        : pieces.join('').repeat(4_000 / pieces.join('').length)
      const before = process.threadCpuUsage()
      const html = messageHtml(text, ['ada']) ?? ''
      plainExcerpt(text)
      const { user } = process.threadCpuUsage(before)
      if (user > 200_000) throw new Error(`${user} µs`)
      if (html.length > 32 * 1_024) throw new Error(`${html.length} characters`)
    }),
    { numRuns: 300 },
  )
  t.end()
})

t.test('commands are executed instead of sent, and mistyped ones are refused', async (t) => {
  const bob = await server.person('cleo')
  const topics = await newRoom(ada, 'topics')
  const hers = await enter(ada, topics)
  const his = await enter(bob, topics)

  hers.send({ message: '/topic Plans for **May**', id: 'topic' })
  t.match(await hers.next('notice'), { id: 'topic', notice: 'The topic is now: Plans for **May**' })
  t.match((await bob.get(`/rooms/${topics}/settings`)).text, /Plans for \*\*May\*\*/)
  his.send({ message: '/topic Mine', id: 'his' })
  t.match(await his.next('error'), { id: 'his', code: 'forbidden', error: /owner/ })
  hers.send({ message: '/topic', id: 'none' })
  t.match(await hers.next('error'), { id: 'none', code: 'invalid' })
  hers.send({ message: '/HELP', id: 'help' })
  t.match(await hers.next('notice'), { id: 'help', notice: /\*\*bold\*\*/ })
  for (const text of ['/me', '/hepl', '/topics x', '/remnid me at 9 to go']) {
    hers.send({ message: text, id: 'mistyped' })
    t.match(await hers.next('error'), { id: 'mistyped', code: 'invalid' }, text)
  }
  for (const text of [
    '/etc/hosts',
    '// a comment',
    '//help',
    '/shrug',
    '/me waves',
    '\\/help',
    ' /help',
    '/42',
  ]) {
    hers.send({ message: text })
    t.equal((await hers.next('message')).message, text)
  }
  t.match(await his.next('message'), { message: '/etc/hosts', seq: 1 }, 'nothing else was posted')

  const led = async (message: string) => {
    const { status, headers } = await ada.post(`/rooms/${topics}/messages`, { message })
    return [status, headers.get('location')]
  }
  t.strictSame(await led('/topic By a form'), [303, `/rooms/${topics}`])
  t.strictSame(await led('/help'), [303, '/help'])
  t.equal((await ada.post(`/rooms/${topics}/messages`, { message: '/hepl' })).status, 400)
  t.equal((await bob.post(`/rooms/${topics}/messages`, { message: '/topic x' })).status, 403)
  t.match((await ada.get('/help')).text, /<strong>bold<\/strong>/)
})
