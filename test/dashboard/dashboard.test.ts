import { createHash } from 'node:crypto'
import { chownSync, writeFileSync } from 'node:fs'
import { request as ask, createServer } from 'node:http'
import t, { type Test } from 'tap'
import { findPerson, setAdministrator } from '../../src/accounts/index.ts'
import { auditEntries, SHELL } from '../../src/audit/index.ts'
import { readConfig } from '../../src/config.ts'
import { runChecklist } from '../../src/dashboard/index.ts'
import type { Sample } from '../../src/dashboard/protocol.ts'
import { databasePath } from '../../src/storage/index.ts'
import { axeFindings } from '../support/axe.ts'
import { inBrowser, openBrowser, overflows } from '../support/browser.ts'
import { enter } from '../support/chat.ts'
import { dataSettings } from '../support/database.ts'
import { TestEvents } from '../support/events.ts'
import { eventually } from '../support/eventually.ts'
import { run } from '../support/process.ts'
import { at, startTwoProcesses } from '../support/processes.ts'
import { startRedis, withRedis } from '../support/redis.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import type { Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

const EVENTS = '/dashboard/events'

/** Resolves with the first sample that a condition holds for. */
async function sampleWith(events: TestEvents, holds: (sample: Sample) => boolean): Promise<Sample> {
  for (;;) {
    const { data } = await events.next()
    const sample = data as unknown as Sample
    if (holds(sample)) return sample
  }
}

async function setRole(
  { app }: Pick<TestServer, 'app'>,
  name: string,
  isAdministrator: boolean,
): Promise<void> {
  const person = await findPerson(app.database, name)
  if (!person) throw new Error(`nobody is called ${name}`)
  const change = await setAdministrator(app.database, person.id, isAdministrator, SHELL)
  if (change) app.changedPeople.announce(change.person)
}

async function keyOf(
  person: Visitor,
  scope: string,
): Promise<{ id: string; headers: { authorization: string } }> {
  const { text } = await person.postJson('/api/keys', { name: scope, scopes: [scope] })
  const { id, key } = JSON.parse(text)
  return { id, headers: { authorization: `Bearer ${key}` } }
}

/** A proxy that forwards everything but the headers that ask for an upgrade, until the test ends. */
async function startProxy(t: Test, target: string): Promise<string> {
  const proxy = createServer((request, response) => {
    const { connection: _, upgrade: __, ...headers } = request.headers
    const passedOn = ask(target + request.url, { headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    passedOn.end()
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => proxy.close(resolve).closeAllConnections()))
  const address = proxy.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** A proxy that serves other names. */
async function startStrangeServer(t: Test): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(421).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** A server that claims to be ready, accepts every upgrade, and answers a closing socket with something that is not a frame. */
async function startRudeServer(t: Test): Promise<string> {
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ status: 'ok', database: 'ok', channels: 'ok' }))
  })
  server.on('upgrade', ({ headers }, socket) => {
    const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n\r\n`)
    socket.on('error', () => {})
    socket.once('data', () => socket.end(Buffer.alloc(8, 0xff)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** The addresses of the connections on a page, from its first to its last. */
function links(page: string): string[] {
  return [...page.matchAll(/<a href="(\/dashboard\/connections\/[^"/]+)">/g)].map(([, href = '']) => href)
}

t.test('the dashboard of one process', async (t) => {
  let overloaded = false
  const settings = { RATE_LIMIT: '0', CONNECTIONS_PER_USER: '0' }
  const server = await startServer(t, settings, { overloaded: () => overloaded })
  const ada = await server.person('ada')
  const bob = await server.person('bob')

  t.test('only administrators can open the dashboard', async (t) => {
    t.match((await ada.get('/dashboard')).text, /<h1>Dashboard<\/h1>/)
    t.equal((await bob.get('/dashboard')).status, 404)
    t.match(await server.visitor().get('/dashboard'), { status: 303 })
    t.equal((await bob.get(EVENTS)).status, 403)
    t.equal((await server.visitor().get(EVENTS)).status, 401)
    t.match(await ada.get('/dashboard?process=none'), { status: 404, text: /This process is gone/ })
  })

  t.test('the stream reports every second what the server does', async (t) => {
    const socket = await enter(bob, 'lobby')
    socket.send({ message: 'hello', id: 'hello' })
    await socket.next('message')
    socket.send('nonsense')
    await socket.next('error')
    const events = await TestEvents.open(ada, EVENTS)
    t.match(events.response.headers['content-type'], /^text\/event-stream/)
    const sample = await sampleWith(events, ({ all }) => all.messages_in >= 2 && all.connections.chat === 1)
    const { all, processes } = sample
    t.match(all, { connections: { chat: 1 }, errors: { chat: 1 }, gaps_healed: 0, evaluators_killed: 0 })
    t.ok(all.messages_out >= 3 && all.memory > all.heap && all.heap > 0)
    t.ok(all.handling_p50 !== null && all.handling_p99 !== null && all.handling_p50 <= all.handling_p99)
    t.match(processes, [{ name: RegExp(`:${new URL(server.address).port}$`), connections: { chat: 1 } }])
    const next = await sampleWith(events, () => true)
    const passed = Date.parse(next.at) - Date.parse(sample.at)
    t.ok(passed > 200 && passed < 15_000, `${passed} ms later`)
    events.close()

    const { text } = await ada.get(`/dashboard?process=${processes[0]?.id}`)
    t.match(text, /aria-label="Connections in the last 5 minutes: [^"]*chat 1 now, at most 1/)
    t.match(text, /<b>1<\/b> <span>chat<\/span>/)
    socket.close()
  })

  t.test('the stream ends with the role, the session or the key of its reader', async (t) => {
    const last = async (events: TestEvents) => (await events.rest()).at(-1)?.data
    await setRole(server, 'bob', true)
    const [mine, other] = [await TestEvents.open(bob, EVENTS), await TestEvents.open(ada, EVENTS)]
    await Promise.all([mine.next(), other.next()])
    await setRole(server, 'bob', false)
    t.same(await last(mine), { type: 'close', code: 4003, reason: 'no longer an administrator' })
    await setRole(server, 'bob', true)
    const again = await TestEvents.open(bob, EVENTS)
    await again.next()
    await bob.signOut()
    t.match(await last(again), { type: 'close', code: 4001 })
    await setRole(server, 'bob', false)
    await bob.signIn('bob')

    const { id, headers } = await keyOf(ada, 'metrics')
    const program = server.visitor()
    const watched = await TestEvents.open(program, EVENTS, headers)
    await watched.next()
    await ada.request('DELETE', `/api/keys/${id}`, undefined, { 'x-csrf-token': await ada.token('/account') })
    t.match(await last(watched), { type: 'close', code: 4001 })
    t.equal((await program.get(EVENTS, headers)).status, 401)
    const reader = await keyOf(ada, 'read')
    t.equal((await program.get(EVENTS, reader.headers)).status, 403, 'a key without the scope')
    await sampleWith(other, () => true)
    other.close()
  })

  t.test('the number of streams is bounded', async (t) => {
    const streams = await Promise.all(Array.from({ length: 50 }, () => TestEvents.open(ada, EVENTS)))
    t.ok(streams.every(({ response }) => response.statusCode === 200))
    const { status, headers } = await ada.get(EVENTS)
    t.equal(status, 503)
    t.ok(headers.get('retry-after'))
    for (const stream of streams) stream.close()
  })

  t.test('the charts are redrawn every second', inBrowser, async (t) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await openBrowser(t, ada, {
        colorScheme,
        viewport: { width: 360, height: 740 },
        expected: /status of 503|ws:.*failed/,
      })
      const page = await context.newPage()
      await page.goto('/dashboard')
      await page.getByText('live', { exact: true }).waitFor()
      if (colorScheme === 'light') {
        const socket = await enter(ada, 'lobby')
        await page.getByRole('img', { name: /^Connections in .* chat 1 now/ }).waitFor()
        socket.close()
        await page.getByRole('img', { name: /^Connections in .* chat 0 now/ }).waitFor()
        t.equal(await page.getByRole('row', { name: /^All processes/ }).count(), 1)
        t.notOk(await overflows(page))
      }
      t.same(await axeFindings(page), [], colorScheme)
      await page.goto('/dashboard/connections')
      t.same(await axeFindings(page), [], `${colorScheme}, connections`)
      t.notOk(await overflows(page))
      if (colorScheme === 'dark') {
        overloaded = true
        await page.clock.install()
        await page.goto('/dashboard')
        await page.getByText('no live samples at the moment, trying again…').waitFor()
        overloaded = false
        await page.clock.runFor(15_000)
        await page.getByText('live', { exact: true }).waitFor()
      }
      await page.close()
    }
  })

  t.test('connections are listed with person, address, path and last error', async (t) => {
    const eve = await server.person('eve')
    const direct = await ada.post('/rooms/direct', { with: 'eve' })
    const slug = direct.headers.get('location')?.split('/').at(-1) ?? ''
    const made = await eve.post('/rooms', { name: 'Layoffs', private: 'on' })
    const hidden = made.headers.get('location')?.split('/').at(-1) ?? ''
    const sockets = [
      eve.socket('/ws/chat/lobby', { 'user-agent': 'curl/8.0' }),
      eve.socket(`/ws/chat/${slug}`),
      eve.socket(`/ws/chat/${hidden}`),
    ]
    for (const socket of sockets) await socket.next('welcome')
    sockets[0]?.send({ message: 'a secret that is not shown', id: 'secret' })
    sockets[0]?.send('nonsense')
    await sockets[0]?.next('error')
    const { text } = await ada.get('/dashboard/connections?q=eve')
    t.match(text, /chat in Lobby/)
    t.match(text, /127\.0\.0\.1 · curl · since .* · nothing waiting · last error <b>malformed<\/b>/)
    t.match(text, /chat in a direct room/)
    t.match(text, /chat in a private room/)
    t.notMatch(text, RegExp(`${slug}|${hidden}|Layoffs|secret|>bob<`))
    t.match((await ada.get('/dashboard/connections?q=nobody')).text, /No connection matches/)

    const [href = ''] = links(text)
    const { text: page } = await ada.get(href)
    t.match(page, /Frames received<\/dt><dd>0</, 'of the newest, in the direct room')
    t.notMatch(page, RegExp(slug))
    for (const socket of sockets) socket.close()
    await Promise.all(sockets.map((socket) => socket.closed()))
    t.match((await ada.get(href)).text, /Close code<\/dt><dd>1000|Close code<\/dt><dd>1005/)
  })

  t.test('an administrator closes a connection, which is in the audit log', async (t) => {
    const socket = await enter(bob, 'lobby')
    const [href = ''] = links((await ada.get('/dashboard/connections?q=bob')).text)
    t.equal((await bob.get(href)).status, 404)
    t.equal((await bob.post(`${href}/close`, {})).status, 404)
    t.equal((await ada.postBare(`${href}/close`, {})).status, 403, 'without a token')
    t.match(await ada.post(`${href}/close`, {}), { status: 303 })
    t.same(await socket.closed(), { code: 1012, reason: '1000' })
    t.match((await ada.get('/dashboard/connections?q=bob')).text, /No connection matches/)
    // The server counts a connection as ended when the client's own close frame has come.
    await eventually('the page shows the end', async () =>
      /Close code<\/dt><dd>1012/.test((await ada.get(href)).text),
    )
    t.equal((await ada.post(`${href}/close`, {})).status, 404)
    for (const wrong of ['x', 'none.1', `${href.split('/').at(-1)}9`])
      t.match(await ada.get(`/dashboard/connections/${wrong}`), { status: 404, text: /has ended/ })
    const [entry] = await auditEntries(server.app.database, { limit: 1 })
    t.match(entry, { action: 'connection.close', detail: 'chat, from 127.0.0.1' })
  })

  t.test('refused handshakes are listed beside the connections of that address', async (t) => {
    await t.rejects(bob.socket('/ws/nothing', { origin: 'https://evil.example' }).opened())
    await t.rejects(bob.socket('/ws/chat/lobby', { origin: 'https://evil.example' }).opened())
    const made = await bob.post('/rooms', { name: 'Board', private: 'on' })
    const hidden = made.headers.get('location')?.split('/').at(-1) ?? ''
    for (const path of [`/ws/chat/${hidden}`, `/rooms/${hidden}`, `/chat/${hidden}`])
      await t.rejects(bob.socket(path, { origin: 'https://evil.example' }).opened())
    const socket = await enter(bob, 'lobby')
    const { text } = await ada.get('/dashboard/connections?q=bob')
    const [href = ''] = links(text)
    for (const page of [text, (await ada.get(href)).text]) {
      t.match(page, /<b class="refusal-reason">path<\/b>.* at <code>\/ws\/nothing<\/code>/)
      t.notMatch(page, RegExp(`${hidden}|Board`), 'but not for which private room')
      t.match(page, /origin: https:\/\/evil\.example; host: 127\.0\.0\.1:\d+; accepted: http:\/\/127/)
    }
    socket.close()
  })

  t.test('a handshake whose client left before it was refused is listed', async (t) => {
    // As with a socket that was reset before anybody asked for its address.
    server.app.server.prependOnceListener('upgrade', (_, socket) =>
      Object.defineProperty(socket, 'remoteAddress', { value: undefined }),
    )
    await t.rejects(bob.socket('/ws/chat/lobby', { origin: 'https://left.example' }).opened())
    let page = await ada.get('/dashboard/connections')
    await eventually('it is refused', async () => {
      page = await ada.get('/dashboard/connections')
      return page.status !== 200 || page.text.includes('left.example')
    })
    t.equal(page.status, 200)
    t.match(page.text, /from unknown/)
  })
  t.test('connections are listed in pages of 50', async (t) => {
    const sockets = await Promise.all(Array.from({ length: 60 }, () => enter(bob, 'lobby')))
    const first = await ada.get('/dashboard/connections?q=bob')
    const next = /rel="next" href="([^"]+)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const second = await ada.get(next)
    const all = [...links(first.text), ...links(second.text)]
    t.same([links(first.text).length, links(second.text).length, new Set(all).size], [50, 10, 60])
    t.notMatch(second.text, /rel="next"/)
    for (const socket of sockets) socket.close()
  })

  t.test('the check explains point by point why sockets cannot connect', async (t) => {
    t.equal((await bob.post('/dashboard/connections/check', {})).status, 404)
    const { status, text } = await ada.post('/dashboard/connections/check', {})
    t.equal(status, 200)
    t.match(text, /Everything is OK/)
    const points = [...text.matchAll(/<li class="(\w+)">\s*<p><b>(\w+)/g)].map(
      ([, state, point]) => `${point} ${state}`,
    )
    t.same(points, [
      ...['path ok', 'server ok', 'database ok', 'Redis skipped', 'origin ok', 'session ok', 'format ok'],
      ...['disk ok', 'clock ok'],
    ])
  })

  t.test('the check finds a proxy that removes the upgrade or changes the host', async (t) => {
    const { hostname: host, port } = new URL(server.address)
    const config = { ...readConfig({}), host, port: Number(port), dataDirectory: temporaryFolder(t) }
    const findings = async (publicUrl: string, changed: Partial<typeof config> = {}) => {
      const subject = { config: { ...config, publicUrl, ...changed }, database: server.app.database }
      return Object.fromEntries(await runChecklist(subject))
    }
    const withoutUpgrade = await startProxy(t, server.address)
    const lost = await findings(withoutUpgrade, { allowedOrigins: [withoutUpgrade] })
    t.match(lost, {
      server: { state: 'ok' },
      path: { state: 'wrong', found: /answered with 404/, advice: /headers Upgrade and Connection/ },
      session: { state: 'wrong', advice: /DATA_DIR or SECRET/ },
      disk: { state: 'ok' },
    })
    t.match((await ada.get('/metrics')).text, /handshakes_refused_total\{reason="upgrade"\} [1-9]/)
    const elsewhere = await findings(`http://localhost:${port}`, {
      allowedOrigins: ['https://chat.example.com'],
    })
    t.match(elsewhere, { path: { state: 'ok' }, origin: { state: 'wrong', advice: /ALLOWED_ORIGINS/ } })
    const nothing = await findings('http://127.0.0.1:2', { redisUrl: 'redis://127.0.0.1:2' })
    t.match(nothing, {
      server: { state: 'wrong', found: /ECONNREFUSED/, advice: /PUBLIC_URL/ },
      Redis: { state: 'wrong' },
    })
    const misdirected = await startStrangeServer(t)
    t.match(await findings(misdirected), { server: { state: 'wrong', advice: /server_name/ } })
    const rude = await startRudeServer(t)
    t.match(
      await findings(rude),
      { path: { found: /where there is none/ }, session: { state: 'wrong' } },
      'the check continues',
    )
    if (!withRedis.skip) {
      const { url: redisUrl } = await startRedis(t)
      const unshared = await findings(server.address, { redisUrl })
      t.match(unshared.Redis, { state: 'wrong', found: /does not use Redis/, advice: /REDIS_URL/ })
    }
    const gone = await findings('http://127.0.0.1:2', { port: 2 })
    t.match(gone, { server: { state: 'wrong' }, clock: { state: 'skipped' } }, 'the clock was not compared')

    t.test(
      'the check finds files that belong to another user',
      { skip: process.getuid?.() !== 0 && 'it takes root' },
      async (t) => {
        const dataDirectory = temporaryFolder(t)
        writeFileSync(databasePath(dataDirectory), '')
        chownSync(dataDirectory, 65_534, 65_534)
        const { disk } = await findings('http://127.0.0.1:2', { dataDirectory, port: 2 })
        t.match(disk, { state: 'wrong', found: /a different user/, advice: /chown/ })
      },
    )
  })

  t.test('the stream does not hold up a stop', async (t) => {
    const events = await TestEvents.open(ada, EVENTS)
    await events.next()
    await server.app.close()
    t.match((await events.rest()).at(-1), { data: { type: 'close', code: 1012 } })
  })
})

t.test('each of two processes shows both, and forgets one that is gone', withRedis, async (t) => {
  const { first, folder, person, redis, second } = await startTwoProcesses(t)
  const ada = await person('ada')
  const socket = await enter(at(second, ada), 'lobby')
  const events = await TestEvents.open(ada, EVENTS)
  const both = await sampleWith(events, ({ processes }) => processes.length === 2)
  const there = await sampleWith(events, ({ all }) => all.connections.chat === 1)
  const port = new URL(second.address).port
  t.match(
    there.processes.find(({ name }) => name.endsWith(`:${port}`)),
    { connections: { chat: 1 } },
  )
  t.equal(
    there.all.memory,
    there.processes.reduce((sum, { memory }) => sum + memory, 0),
  )
  const id = both.processes.find(({ name }) => name.endsWith(`:${port}`))?.id
  t.equal((await ada.get(`/dashboard?process=${id}`)).status, 200)
  const data = { ...(await dataSettings(folder)), DATA_DIR: folder }
  const settings = { ...data, REDIS_URL: redis.url, PORT: new URL(first.address).port }
  const doctor = (changed: Record<string, string>) =>
    run(t, { ...settings, ...changed }, ['bin/partyline', 'doctor'])
  const well = await doctor({})
  t.equal(well.code, 0, well.stdout)
  for (const point of ['path', 'server', 'database', 'Redis', 'origin', 'session', 'format', 'disk', 'clock'])
    t.match(well.stdout, RegExp(`^OK +${point} `, 'm'))
  const ill = await doctor({ SECRET: 'another secret than that of the server' })
  t.equal(ill.code, 1)
  t.match(ill.stdout, /^WRONG +session .*\n +→ .*SECRET/m)
  t.match(ill.stdout, /^To fix: session\.$/m)

  const listed = await ada.get('/dashboard/connections?q=chat')
  const [href = ''] = links(listed.text)
  t.match((await ada.get(href)).text, /ada<\/bdi>, chat in Lobby/)
  second.child.kill('SIGSTOP')
  const held = await ada.post(`${href}/close`, {})
  t.match(held, { status: 503, text: /did not answer/ })
  second.child.kill('SIGCONT')
  t.notMatch(
    (await ada.get(href)).text,
    /Close code/,
    'an unanswered request closes nothing later, when the audit log would not have it',
  )
  t.equal((await ada.post(`${href}/close`, {})).status, 303)
  t.match(await socket.closed(), { code: 1012 })
  // The server counts a connection as ended when the client's own close frame has come.
  await eventually('the page shows the end', async () =>
    /Close code<\/dt><dd>1012/.test((await ada.get(href)).text),
  )

  await second.kill()
  const without = await ada.get('/dashboard/connections')
  t.match(without.text, RegExp(`:${port} did not answer in time`))
  const alone = await sampleWith(events, ({ processes }) => processes.length === 1)
  t.match(alone.processes, [{ name: RegExp(`:${new URL(first.address).port}$`) }])
  events.close()
})
