import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { eventually } from './support/eventually.ts'
import { launch, run, startProcess } from './support/process.ts'
import { temporaryFolder } from './support/server.ts'
import { Visitor } from './support/visitor.ts'

const ONE_LINE = /^[^\n]+\n$/

/** Resolves when a process has opened the lock of a data folder that another holds. */
async function opensLock(pid: number | undefined, folder: string): Promise<void> {
  const isOpen = (file: string) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${file}`) === join(folder, 'lock.sqlite')
    } catch {
      return false
    }
  }
  while (!readdirSync(`/proc/${pid}/fd`).some(isOpen)) await delay(10)
}

// One of these tests waits for ten seconds.
t.jobs = 2

t.test('a second server on one folder', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const first = await startProcess(t, { DATA_DIR })
  const ada = new Visitor(first.address)
  await ada.signUp('ada')
  const second = launch(t, { DATA_DIR })
  const start = performance.now()

  t.test('it waits ten seconds, then says in one line why it stops', async (t) => {
    t.match(await second.ended(), {
      code: 1,
      stdout: '',
      stderr: `Another Partyline is using ${DATA_DIR}. Stop it, set another DATA_DIR, or give both a REDIS_URL.\n`,
    })
    const seconds = (performance.now() - start) / 1000
    t.ok(seconds > 9 && seconds < 100, `${seconds} s`)
    t.equal((await ada.get('/account')).status, 200, 'and the first one still works')
  })

  const skip = process.platform === 'linux' ? false : 'needs /proc'
  t.test('it takes over if the first one ends in that time', { skip }, async (t) => {
    const next = launch(t, { DATA_DIR, LOG_LEVEL: 'info' })
    await opensLock(next.child.pid, DATA_DIR)
    t.equal(next.stdout(), '', 'it does not listen yet')
    await first.stop()
    const same = new Visitor(await next.address())
    for (const [name, value] of ada.cookies) same.cookies.set(name, value)
    t.equal((await same.get('/account')).status, 200)
  })
})

t.test('a server says in one line where it listens', async (t) => {
  const server = await startProcess(t)
  t.equal((await fetch(`${server.address}/healthz`)).status, 200)
  t.match(await server.stop(), {
    code: 0,
    signal: null,
    stdout: `Partyline is at ${server.address}\n`,
    stderr: '',
  })
})

t.test('stopping a server', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const first = await startProcess(t, { DATA_DIR })
  const ada = new Visitor(first.address)
  await ada.signUp('ada')
  const socket = ada.socket('/ws/chat/lobby')
  await socket.next('welcome')
  socket.send({ message: 'said before the stop', id: 'before' })
  t.match(await socket.next('message'), { id: 'before', seq: 1 })

  t.test(
    'sockets are told in milliseconds when to reconnect, and the server ends within ten seconds',
    async (t) => {
      const start = performance.now()
      const stopped = first.stop()
      const { code, reason } = await socket.closed()
      t.equal(code, 1012)
      t.match(reason, /^\d+$/)
      t.ok(Number(reason) >= 500 && Number(reason) < 60_000, reason)
      t.match(await stopped, { code: 0, signal: null, stderr: '' })
      t.ok(performance.now() - start < 5_000)
      await t.rejects(fetch(first.address), 'and nobody listens any more')
    },
  )

  t.test('sessions and everything acknowledged survive a stop', async (t) => {
    const second = await startProcess(t, { DATA_DIR })
    const same = new Visitor(second.address)
    for (const [name, value] of ada.cookies) same.cookies.set(name, value)
    t.equal((await same.get('/account')).status, 200)
    t.match((await same.get('/rooms/lobby')).text, 'said before the stop')
    t.equal((await new Visitor(second.address).signIn('ada')).status, 303)

    const again = same.socket('/ws/chat/lobby')
    t.match(await again.next('welcome'), { rev: 1 })
    again.send({ message: 'said before the kill', id: 'killed' })
    t.match(await again.next('message'), { id: 'killed', seq: 2 })
    t.match(await second.kill(), { code: null, signal: 'SIGKILL' })
  })

  t.test('sessions and everything acknowledged survive kill -9', async (t) => {
    const third = await startProcess(t, { DATA_DIR })
    const same = new Visitor(third.address)
    for (const [name, value] of ada.cookies) same.cookies.set(name, value)
    const { text } = await same.get('/api/rooms/lobby/messages')
    t.match(JSON.parse(text), {
      messages: [
        { seq: 1, id: 'before', message: 'said before the stop' },
        { seq: 2, id: 'killed', message: 'said before the kill' },
      ],
    })
    third.child.kill('SIGINT')
    t.match(await third.ended(), { code: 0, signal: null }, 'SIGINT stops it in the same way')
  })
})

t.test('a server that cannot start says why in one line', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  t.teardown(() => taken.close())
  const address = taken.address()
  const port = typeof address === 'object' && address ? String(address.port) : ''
  const cases: [string, Record<string, string>, RegExp][] = [
    ['a wrong number', { RATE_LIMIT: 'fast' }, /^RATE_LIMIT=fast is not valid: it takes a whole number/],
    ['a port that is taken', { PORT: port }, /EADDRINUSE.+Stop it, or set another PORT\.$/],
    ['an address that is not ours', { HOST: '192.0.2.1' }, /^HOST=192\.0\.2\.1 .*EADDRNOTAVAIL/],
    ['a name that nobody has', { HOST: 'nowhere.invalid' }, /^HOST=nowhere\.invalid .*(ENOTFOUND|EAI_AGAIN)/],
  ]
  for (const [what, settings, line] of cases) {
    t.test(what, async (t) => {
      const { code, stdout, stderr } = await run(t, settings)
      t.equal(code, 1)
      t.equal(stdout, '')
      t.match(stderr, ONE_LINE)
      t.match(stderr.trimEnd(), line)
    })
  }
})

t.test('a start with TRUST_PROXY=true logs a warning', async (t) => {
  const warned = await startProcess(t, { TRUST_PROXY: 'true' })
  const { stdout } = await warned.stop()
  t.match(stdout, /"level":40.*TRUST_PROXY=true.*can choose its address.*TRUST_PROXY=loopback/)
  const silent = await startProcess(t, { TRUST_PROXY: 'loopback' })
  t.notMatch((await silent.stop()).stdout, 'TRUST_PROXY')
})

const limited = process.platform === 'linux' ? false : 'needs /proc'
t.test('a server that runs out of file descriptors says so once', { skip: limited }, async (t) => {
  const command = ['sh', '-c', 'ulimit -n 100; exec "$0" src/main.ts', process.execPath]
  const server = launch(t, {}, command)
  const { hostname, port } = new URL(await server.address())
  const peers = Array.from({ length: 100 }, () => connect(Number(port), hostname).on('error', () => {}))
  t.teardown(() => {
    for (const peer of peers) peer.destroy()
  })
  const lines = () =>
    server.stdout().match(/(no file descriptors are left|file descriptors are in use)[^"]+/g) ?? []
  await eventually('it is told', () => lines().length > 0)
  t.match(lines()[0], 'raise the limit')
  for (const peer of peers) peer.destroy()
  await eventually('that is told too', () => server.stdout().includes('file descriptors are available again'))
  t.equal(lines().length, 1)
})

const lets = process.platform === 'linux' ? false : 'other systems let fewer wait'
t.test(
  'a thousand clients can connect while the server is busy, as after a restart',
  { skip: lets },
  async (t) => {
    const server = await startProcess(t)
    const { hostname, port } = new URL(server.address)
    server.child.kill('SIGSTOP')
    const peers = Array.from({ length: 1_000 }, () => connect(Number(port), hostname))
    t.teardown(() => {
      for (const peer of peers) peer.destroy()
    })
    await Promise.all(peers.map((peer) => once(peer, 'connect')))
    server.child.kill('SIGCONT')
    t.equal((await fetch(`${server.address}/healthz`)).status, 200)
  },
)
