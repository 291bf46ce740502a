import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { enter } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { run, type ServerProcess, startProcess } from '../support/process.ts'
import { temporaryFolder } from '../support/server.ts'
import type { TestSocket } from '../support/socket.ts'
import { Visitor } from '../support/visitor.ts'

// Real servers on SQLite, to whose files something happens. One of these tests waits for ten seconds.
t.setTimeout(600_000)
t.jobs = 2

t.test(
  'while another program locks the database, pages can be read and writes are refused in time',
  async (t) => {
    const { server, folder, ada, socket } = await startWithAda(t)
    const other = new DatabaseSync(join(folder, 'partyline.sqlite'))
    t.teardown(() => other.close())
    const crowd = await Promise.all(Array.from({ length: 3 }, () => enter(ada, 'lobby')))
    other.exec('begin immediate')
    const start = performance.now()
    const waited = () => (performance.now() - start) / 1000

    const answers = [socket, ...crowd].map(async (socket, index) => {
      for (const id of [`${index}-first`, `${index}-behind-it`]) socket.send({ message: 'lost', id })
      return [await socket.next('error'), await socket.next('error')]
    })
    const change = ada.post('/account/password', {
      current: 'correct horse battery',
      password: 'another one',
    })
    t.match(await ada.get('/rooms/lobby'), { status: 200 }, 'pages can be read')
    t.ok(waited() < 9, `without waiting: ${waited()} s`)

    for (const errors of await Promise.all(answers))
      t.match(errors, [{ code: 'internal' }, { code: 'internal' }])
    t.match(await change, { status: 503, text: 'Not available right now' })
    t.ok(
      waited() > 9 && waited() < 25,
      `all are told after ten seconds, also those behind others: ${waited()} s`,
    )

    const again = performance.now()
    t.match(await ada.post('/rooms/lobby/messages', { message: 'lost too' }), { status: 503 })
    t.ok(performance.now() - again < 8_000, 'and nobody waits again')
    t.match(await readiness(server), { status: 503, database: 'away' })

    other.exec('rollback')
    await eventually('it is ready again', async () => (await readiness(server)).status === 200)
    socket.send({ message: 'found', id: 'found' })
    t.match(await socket.next('message'), { id: 'found', seq: 1 }, 'refused messages were not stored')
    t.strictSame(logged(server), [
      `the database is away: another program holds the lock of ${folder}/partyline.sqlite; nothing can be stored until it releases the lock`,
      'the database is back: it can be written to again',
    ])
  },
)

const asRoot = process.platform === 'linux' && process.getuid?.() === 0 && mayMount()
const skip = asRoot ? false : 'needs the right to mount a small disk'

t.test('a full disk', { skip }, async (t) => {
  const folder = smallDisk(t, '3m')
  const { server, ada, socket } = await startWithAda(t, folder)
  fill(folder)
  socket.send({ message: 'no room', id: 'full' })
  t.match(await socket.next('error'), { code: 'internal', id: 'full' })
  t.match(await ada.post('/rooms/lobby/messages', { message: 'no room' }), { status: 503 })
  t.match(await readiness(server), { status: 503, database: 'away' })

  t.test('with a full disk, people can still read', async (t) => {
    t.match(await ada.get('/rooms/lobby'), { status: 200 })
  })

  t.test('a start or command on a full disk says so in one line', async (t) => {
    const full = smallDisk(t, '128k')
    const settings = { DATA_DIR: full }
    const { code, stdout, stderr } = await run(t, settings)
    t.match({ code, stdout }, { code: 1, stdout: '' })
    t.match(stderr, /^The disk of [^\n]+partyline\.sqlite is full\. Free some space, then start again\.\n$/)
    t.match(await run(t, settings, ['bin/partyline', 'reset-password', 'ada']), {
      code: 1,
      stdout: '',
      stderr,
    })
  })

  t.test('when a full disk has space again, writing continues without a restart', async (t) => {
    rmSync(join(folder, 'filling'))
    await eventually('it is ready again', async () => (await readiness(server)).status === 200)
    socket.send({ message: 'found', id: 'found' })
    t.match(await socket.next('message'), { id: 'found', seq: 1 })
    // The index of searches is on the same disk, and may say so itself.
    const lines = logged(server).filter((line) => !line.startsWith('the search index'))
    t.strictSame(lines, [
      `the database is away: the disk of ${folder}/partyline.sqlite is full; nothing can be stored until there is space`,
      'the database is back: it can be written to again',
    ])
  })
})

t.test('a person who signs out on a full disk stays signed out, even after a kill', { skip }, async (t) => {
  const folder = smallDisk(t, '3m')
  const { server, ada, socket } = await startWithAda(t, folder)
  const stolen = new Map(ada.cookies)
  const _csrf = await ada.token('/account')
  fill(folder)
  t.match(await ada.post('/rooms/lobby/messages', { message: 'no room' }), { status: 503 })
  t.match(await ada.postBare('/sign-out', { _csrf }), { status: 303 })
  t.match(await socket.closed(), { code: 4001 })
  await server.kill()

  const again = new Visitor((await startProcess(t, { DATA_DIR: folder })).address)
  for (const [name, value] of stolen) again.cookies.set(name, value)
  t.match(await again.get('/account'), { status: 303 }, 'though it could not be stored')
  rmSync(join(folder, 'filling'))
  t.match(await again.signIn('ada'), { status: 303 })
})

t.test(
  'a database that is deleted or replaced under the server accepts no more writes until it is back',
  async (t) => {
    const { server, folder, socket } = await startWithAda(t)
    const path = join(folder, 'partyline.sqlite')
    const away = join(folder, 'away')

    renameSync(path, away)
    socket.send({ message: 'for nobody', id: 'moved' })
    t.match(await socket.next('error'), { code: 'internal', id: 'moved' }, 'nothing more is accepted')
    t.match(await readiness(server), { status: 503, database: 'away' })
    renameSync(away, path)
    await eventually('it is ready again', async () => (await readiness(server)).status === 200)

    copyFileSync(path, away)
    renameSync(away, path)
    await eventually('that is noticed, though nobody writes', () => logged(server).length === 3)
    socket.send({ message: 'for nobody', id: 'replaced' })
    t.match(await socket.next('error'), { code: 'internal', id: 'replaced' })

    const [first, back, second] = logged(server)
    t.match(first, `${path} or its -wal was deleted, moved or replaced under the server`)
    t.match(back, 'the database is back')
    t.equal(second, first)
  },
)

t.test('nothing is written after the write-ahead log is deleted under the server', async (t) => {
  const { server, folder, socket } = await startWithAda(t)
  rmSync(join(folder, 'partyline.sqlite-wal'))
  socket.send({ message: 'for nobody', id: 'gone' })
  t.match(await socket.next('error'), { code: 'internal', id: 'gone' })
  t.match(await readiness(server), { status: 503, database: 'away' })
})

t.test('a damaged database', async (t) => {
  const { server, folder, ada, socket } = await startWithAda(t)
  const path = join(folder, 'partyline.sqlite')

  t.test('damage is noticed while the server runs, logged once, and stops writes', async (t) => {
    damage(path)
    const other = new DatabaseSync(path)
    // The server need not read anything again until another process has written.
    other.exec('pragma user_version = 1')
    other.close()
    await eventually('it is found', async () => (await ada.get('/rooms/lobby')).status === 503)
    t.match(await readiness(server), { status: 503, database: 'away' })
    socket.send({ message: 'lost', id: 'lost' })
    t.match(await socket.next('error'), { code: 'internal', id: 'lost' })
    t.match(logged(server), [
      /^the database is away: .*partyline\.sqlite is damaged \(database disk image is malformed\)/,
    ])
    t.equal(logged(server).length, 1)
  })

  t.test('a start or command on a damaged database says so in one line', async (t) => {
    await server.kill()
    for (const file of ['partyline.sqlite-wal', 'partyline.sqlite-shm']) rmSync(join(folder, file))
    writeFileSync(path, 'this is no database, whatever its name says. '.repeat(100))
    const line = `${path} is damaged (file is not a database). Move it away with its -wal and -shm, restore a backup, then start again.\n`
    t.match(await run(t, { DATA_DIR: folder }), { code: 1, stdout: '', stderr: line })
    const command = ['bin/partyline', 'reset-password', 'ada']
    t.match(await run(t, { DATA_DIR: folder }, command), { code: 1, stdout: '', stderr: line })
  })
})

t.test('only their owner can read the files of a database, even if others could before', async (t) => {
  const folder = temporaryFolder(t)
  const files = ['partyline.sqlite', 'partyline.sqlite-wal', 'partyline.sqlite-shm', 'lock.sqlite'].map(
    (name) => join(folder, name),
  )
  const modes = () => files.map((file) => statSync(file).mode & 0o777)
  const [own, ...rest] = [await startProcess(t, { DATA_DIR: folder })]
  t.strictSame([modes(), rest], [[0o600, 0o600, 0o600, 0o600], []])
  await own?.kill()
  for (const file of files) chmodSync(file, 0o644)
  await startProcess(t, { DATA_DIR: folder })
  t.strictSame(modes(), [0o600, 0o600, 0o600, 0o600])
})

t.test('a write-ahead log that another program made large shrinks afterwards', async (t) => {
  const { server, folder } = await startWithAda(t)
  const path = join(folder, 'partyline.sqlite')
  const size = () => statSync(`${path}-wal`).size
  const reader = new DatabaseSync(path)
  const writer = new DatabaseSync(path)
  t.teardown(() => writer.close())
  reader.exec('begin; select count(*) from users')
  writer.exec(`pragma synchronous = off; create table ballast (text text)`)
  const add = writer.prepare('insert into ballast values (?)')
  while (size() < 70 * 1024 * 1024) add.run('x'.repeat(4_000_000))
  await eventually('the log tells', () => logged(server).length === 1)
  t.match(logged(server)[0], /partyline\.sqlite-wal has \d+ MB and is growing/)
  reader.close()
  // A write before the next check starts the log again, and leaves so many bytes of it.
  await eventually('it shrinks', () => size() <= 64 * 1024 * 1024)
  // The file is already smaller before the line about it is logged.
  await eventually('it says so', () => logged(server)[1]?.includes('has shrunk') ?? false)
})

async function startWithAda(
  t: Test,
  folder = temporaryFolder(t),
): Promise<{ server: ServerProcess; folder: string; ada: Visitor; socket: TestSocket }> {
  const server = await startProcess(t, { DATA_DIR: folder, RATE_LIMIT: '0' })
  const ada = new Visitor(server.address)
  await ada.signUp('ada')
  return { server, folder, ada, socket: await enter(ada, 'lobby') }
}

async function readiness({ address }: ServerProcess): Promise<{ status: number; database: unknown }> {
  const response = await fetch(`${address}/readyz`)
  const { database } = JSON.parse(await response.text())
  return { status: response.status, database }
}

/** What the server has logged. */
function logged(server: ServerProcess): string[] {
  const lines = server
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line).msg)
}

/** Overwrites all pages of a database except the first, as a failing disk would. */
function damage(path: string): void {
  const checkpoint = new DatabaseSync(path)
  checkpoint.exec('pragma wal_checkpoint(truncate)')
  checkpoint.close()
  const { size } = statSync(path)
  truncateSync(path, 4096)
  appendFileSync(path, Buffer.alloc(size - 4096, 0xa5))
}

/** Uses all the space that is left on a disk. */
function fill(folder: string): void {
  const file = openSync(join(folder, 'filling'), 'a')
  try {
    for (;;) writeSync(file, Buffer.alloc(4_096))
  } catch {
    closeSync(file)
  }
}

function mayMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A disk of so many bytes, until the test ends. */
function smallDisk(t: Test, size: string): string {
  const folder = temporaryFolder(t)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'none', folder])
  t.teardown(() => execFileSync('umount', ['--lazy', folder]))
  return folder
}
