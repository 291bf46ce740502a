import { build } from 'esbuild'
import t from 'tap'
import { lineView } from '../../src/calculator/presentation.ts'
import { messageView } from '../../src/chat/presentation.ts'
import { compileTemplate, templates } from '../../src/web/templates.ts'
import { startServer } from '../support/server.ts'

const HOSTILE = `<img src=x onerror=alert(1)>'"&amp; <% it.secret %> \${it} \\n \``

const shown = (at: string) => at
const calendar = { day: shown, time: shown, recent: shown, full: shown }

const failure = { reason: `Not sent: ${HOSTILE}`, retry: 'Try again' }
const stored = { seq: 7, rev: 9, id: 'an-id', sender: 'ada', at: '2026-03-11T09:56:00.000Z' }
const message = messageView(
  {
    type: 'message',
    room: 'lobby',
    message: HOSTILE,
    ...stored,
    edited: stored.at,
    sender_name: HOSTILE,
    reply: { seq: 3, sender: 'bob', sender_name: HOSTILE, excerpt: HOSTILE },
    values: [{ expression: HOSTILE, text: HOSTILE, rounded: true }],
    reactions: { '👍': { count: 12, names: ['ada', HOSTILE] } },
  },
  {
    follows: false,
    viewer: 'ada',
    calendar,
    marked: 7,
    interactive: true,
    nameOf: () => HOSTILE,
    isBlocked: (username) => username === 'bob',
  },
)
const line = lineView(
  {
    type: 'result',
    kind: 'value',
    expression: HOSTILE,
    result: 84,
    text: '84',
    notes: [HOSTILE],
    until: 7,
    position: 'a0',
    ...stored,
  },
  {
    viewer: 'bob',
    isShared: true,
    path: '/calculator',
    locale: 'en',
    use: 'script',
    isDefined: () => true,
    called: () => HOSTILE,
  },
)

const contents: readonly [template: string, content: object][] = [
  ['chat/message', message],
  ['chat/message', { ...message, follows: true, html: '<a href="https://example.org">there</a>' }],
  ['chat/message', { ...message, place: undefined, fullTime: undefined, state: 'failed', failure }],
  ['chat/message', { ...message, deleted: true, interactive: false, reactions: [], reply: undefined }],
  ['chat/message', { ...message, blocked: { seq: 7, name: HOSTILE } }],
  ['chat/values', message],
  ['chat/emoji-group', { name: HOSTILE, emoji: [{ emoji: '👍', label: HOSTILE, words: HOSTILE }] }],
  ['chat/divider', { kind: 'day', label: HOSTILE }],
  ['calculator/line', line],
  ['calculator/line', { ...line, kind: 'heading' }],
  ['calculator/line', { ...line, kind: 'comment' }],
  [
    'calculator/line',
    { ...line, sender: undefined, place: undefined, value: undefined, state: 'failed', failure },
  ],
  ['web/person', { avatar: message.avatar, name: { shown: HOSTILE, username: HOSTILE }, own: true }],
  ['web/person-name', { shown: HOSTILE, username: HOSTILE }],
]

t.test('a template gives the same HTML in the browser as on the server', async (t) => {
  const { app } = await startServer(t)
  for (const [template, content] of contents) {
    const render = await inBrowser(template)
    const html = render(content)
    t.equal(html, app.fragment(template, content), template)
    t.notMatch(html, /<img/, 'what people write is escaped')
  }
})

t.test('the browser makes no code from strings', async (t) => {
  for (const [template] of contents) t.notMatch(await compiled(template), /\beval\b|new Function|Function\(/)
})

t.test('a template without a declared type is not built for the browser', async (t) => {
  t.throws(() => compileTemplate('layout.eta'), { message: /views\/layout\.eta has no type/ })
})

async function inBrowser(template: string): Promise<(content: object) => string> {
  const script = await compiled(template)
  const { default: render } = await import(`data:text/javascript,${encodeURIComponent(script)}`)
  return render
}

/** A template as the build adds it to the browser's script. */
async function compiled(template: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export { default } from '#views/${template}.eta'`, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    plugins: [templates],
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}
