import { chownSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { enter, newRoom } from '../support/chat.ts'
import { execute } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { addressOf, load, sayWith, sentFile } from '../support/files.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'
import { launch, run, type ServerProcess, startProcess } from '../support/process.ts'
import { temporaryFolder } from '../support/server.ts'
import { Visitor } from '../support/visitor.ts'

const SETTINGS = { RATE_LIMIT: '0', SECRET: 'a secret of thirty-two characters' }

/** More bytes than one part of a file has. */
const FILE = new Uint8Array(600_000).fill(7)

/** A room with messages of two people, a reaction and lines on its sheet. */
async function furnish({ address }: ServerProcess): Promise<string> {
  const [ada, bob] = [new Visitor(address), new Visitor(address)]
  await ada.signUp('ada')
  await bob.signUp('bob')
  const room = await newRoom(ada, 'physics')
  const socket = await enter(bob, room)
  socket.send({ message: 'kept', id: 'm1' })
  await socket.next('message')
  socket.send({ type: 'react', seq: 1, emoji: '👍', on: true, id: 'r1' })
  await socket.next('done')
  const sheet = ada.socket(`/ws/calculator/${room}`)
  await sheet.next('welcome')
  sheet.send({ expression: 'x = 1/3', id: 'l1' })
  await sheet.next('result')
  const file = await sentFile(ada, room, { name: 'kept.bin', content: FILE })
  await sayWith(ada, room, 'with a file', [file.id])
  return room
}

/** Everything that a visitor sees of the room. */
async function seen({ address }: ServerProcess, room: string) {
  const ada = new Visitor(address)
  await ada.signIn('ada')
  const talk = JSON.parse((await ada.get(`/api/rooms/${room}/messages`)).text)
  const [file] = talk.messages.flatMap(({ files = [] }) => files)
  const { content } = await load(ada, addressOf(file))
  const sheet = JSON.parse((await ada.get(`/api/sheets/${room}`)).text)
  return { talk, sheet, file: content.equals(FILE) }
}

/** The entries in the audit log of an embedded database about the whole of it. */
function audited(path: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database.prepare("select action, detail from audit_entries where address = 'shell'").all()
  database.close()
  return rows.map(({ action, detail }) => [action, detail])
}

const partyline = (t: Test, env: Record<string, string>, ...words: string[]) =>
  run(t, { ...SETTINGS, ...env }, ['bin/partyline', ...words])

t.test('a backup is taken while people write, and has everything acknowledged before', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const file = join(temporaryFolder(t), 'backup.sqlite')
  const server = await startProcess(t, { ...SETTINGS, DATA_DIR })
  const room = await furnish(server)
  const ada = new Visitor(server.address)
  await ada.signIn('ada')
  const socket = await enter(ada, room)
  const acknowledged: number[] = []
  let isWriting = true
  const writing = (async () => {
    while (isWriting) {
      socket.send({ message: `said ${acknowledged.length}`, id: `w${acknowledged.length}` })
      const { seq } = await socket.next('message')
      acknowledged.push(Number(seq))
    }
  })()
  await eventually('people are writing', () => acknowledged.length > 100)
  const before = [...acknowledged]
  const done = await partyline(t, { DATA_DIR }, 'backup', file)
  t.ok(acknowledged.length > before.length, 'they continue to write meanwhile')
  isWriting = false
  await writing
  t.match(done, { code: 0, stderr: '' })
  const named = Number(/physics up to rev (\d+)/.exec(done.stdout)?.[1])
  t.ok(named >= Math.max(...before), 'it names the change up to which it holds the room')

  const copy = new DatabaseSync(file, { readOnly: true })
  const { rows } = copy.prepare('select count(*) as rows from messages where rev <= ?').get(named) ?? {}
  const kept = new Set(
    copy
      .prepare('select seq from messages')
      .all()
      .map(({ seq }) => seq),
  )
  const { rev } = copy.prepare('select rev from rooms where slug = ?').get(room) ?? {}
  copy.close()
  t.same(
    before.filter((seq) => !kept.has(seq)),
    [],
    'with every message that was acknowledged before',
  )
  t.equal(rev, named)
  t.equal(rows, named - 1, 'each change is a message, except one reaction')
  t.match(done.stdout, /1 file was copied/)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(await partyline(t, { DATA_DIR }, 'backup', file), { code: 1, stderr: /already exists/ })
  const nowhere = join(file, 'nowhere', 'backup')
  t.match(await partyline(t, { DATA_DIR }, 'backup', nowhere), {
    code: 1,
    stderr: /^There is no folder .*nowhere\. Create it, or give another name\.\n$/,
  })
})

t.test('restoring a backup replaces the data, which is put aside', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const file = join(temporaryFolder(t), 'backup.sqlite')
  const server = await startProcess(t, { ...SETTINGS, DATA_DIR })
  const room = await furnish(server)
  const then = await seen(server, room)
  await partyline(t, { DATA_DIR }, 'backup', file)
  const ada = new Visitor(server.address)
  await ada.signIn('ada')
  const socket = await enter(ada, room)
  socket.send({ message: 'after the backup', id: 'late' })
  await socket.next('message')

  t.match(await partyline(t, { DATA_DIR }, 'restore', file), {
    code: 1,
    stderr: /^A Partyline is running on .* Stop it/,
  })
  await server.stop()
  writeFileSync(join(DATA_DIR, 'no-backup'), 'x'.repeat(5_000))
  t.match(await partyline(t, { DATA_DIR }, 'restore', join(DATA_DIR, 'no-backup')), { code: 1, stdout: '' })
  t.match(await partyline(t, { DATA_DIR }, 'restore', join(DATA_DIR, 'none')), {
    code: 1,
    stderr: /^There is no file /,
  })
  const damaged = readFileSync(file)
  damaged.fill(7, 3 * 4096, 6 * 4096)
  writeFileSync(join(DATA_DIR, 'damaged'), damaged)
  t.match(await partyline(t, { DATA_DIR }, 'restore', join(DATA_DIR, 'damaged')), { code: 1, stdout: '' })

  // Root may restore for a server that runs as another user.
  if (process.geteuid?.() === 0) chownSync(DATA_DIR, 65_534, 65_534)
  const done = await partyline(t, { DATA_DIR }, 'restore', file)
  t.match(done, { code: 0, stdout: /physics up to rev 3/ })
  const { uid, gid } = statSync(DATA_DIR)
  for (const name of ['partyline.sqlite', 'lock.sqlite']) {
    const { mode, ...owner } = statSync(join(DATA_DIR, name))
    t.match(owner, { uid, gid }, `${name} belongs to whom the folder belongs to`)
    t.equal(mode & 0o777, 0o600)
  }
  const aside = readdirSync(DATA_DIR).filter((name) => /^partyline\.sqlite\.\d{4}/.test(name))
  t.equal(aside.length, 1)
  const put = new DatabaseSync(join(DATA_DIR, String(aside[0])), { readOnly: true })
  t.same({ ...put.prepare('select count(*) as rows from messages').get() }, { rows: 3 })
  put.close()
  t.same(audited(join(DATA_DIR, String(aside[0]))), [['data.backup', 'backup.sqlite']])
  t.same(audited(join(DATA_DIR, 'partyline.sqlite')), [['data.restore', 'backup.sqlite']])
  t.strictSame(await seen(await startProcess(t, { ...SETTINGS, DATA_DIR }), room), then)
})

t.test('data moves to PostgreSQL, and back again with a backup', withPostgres, async (t) => {
  const postgres = await startPostgres(t)
  const url = await postgres.database()
  const DATA_DIR = temporaryFolder(t)
  const server = await startProcess(t, { ...SETTINGS, DATA_DIR })
  const room = await furnish(server)
  const then = await seen(server, room)
  t.match(await partyline(t, { DATA_DIR }, 'move-to', url), {
    code: 1,
    stderr: /^A Partyline is running on .* Stop it/,
  })
  await server.stop()
  const moved = await partyline(t, { DATA_DIR }, 'move-to', url)
  t.match(moved, { code: 0, stdout: /rows of \d+ tables were compared, and are the same/ })
  t.match(moved.stderr, /^copying messages: 2 rows so far$/m)
  const entries = await execute(url, 'select action, actor_id, address, detail from audit_entries')
  t.match(entries, [{ action: 'data.move', actor_id: null, address: 'shell', detail: /^to postgres/ }])
  t.notMatch(entries, [{ detail: RegExp(new URL(url).password) }])
  t.notMatch(moved.stdout, new URL(url).password, 'no password is shown')

  const onServer = await startProcess(t, { ...SETTINGS, DATA_DIR, DATABASE_URL: url })
  t.strictSame(await seen(onServer, room), then)
  const cyd = new Visitor(onServer.address)
  await cyd.signUp('cyd')
  await newRoom(cyd, 'numbering continues')
  t.match(await partyline(t, { DATA_DIR }, 'move-to', url), { code: 1, stdout: '' })

  const file = join(temporaryFolder(t), 'backup.sqlite')
  t.match(await partyline(t, { DATABASE_URL: url }, 'backup', file), { code: 0, stdout: /3 accounts/ })
  t.match(await partyline(t, { DATA_DIR, DATABASE_URL: url }, 'restore', file), {
    code: 1,
    stderr: /^A Partyline is running on postgres.* Stop it/,
  })
  await onServer.stop()
  t.match(await partyline(t, { DATA_DIR }, 'move-to', url), {
    code: 1,
    stderr: /holds the accounts of 3 people/,
  })
  const empty = await postgres.database()
  t.match(await partyline(t, { DATA_DIR, DATABASE_URL: empty }, 'restore', file), { code: 0 })
  t.match(await execute(empty, 'select count(*)::int as rows from users'), [{ rows: 3 }])
  const back = temporaryFolder(t)
  t.match(await partyline(t, { DATA_DIR: back }, 'restore', file), { code: 0 })
  t.strictSame(await seen(await startProcess(t, { ...SETTINGS, DATA_DIR: back }), room), then)
})

t.test('a move that is killed changes nothing, and can be repeated', withPostgres, async (t) => {
  const postgres = await startPostgres(t)
  const url = await postgres.database()
  const DATA_DIR = temporaryFolder(t)
  const release = join(import.meta.dirname, '../releases/0.1.0/partyline.sqlite.gz')
  writeFileSync(join(DATA_DIR, 'partyline.sqlite'), gunzipSync(readFileSync(release)))
  const moving = launch(t, { ...SETTINGS, DATA_DIR }, ['bin/partyline', 'move-to', url])
  await new Promise<void>((resolve, reject) => {
    moving.child.stderr?.on('data', () => moving.stderr().includes('copying messages') && resolve())
    moving.child.on('exit', () => reject(new Error(`it ended too early: ${moving.stderr()}`)))
  })
  moving.child.removeAllListeners('exit')
  await moving.kill()
  t.match(await execute(url, 'select count(*)::int as rows from users'), [{ rows: 0 }])
  const moved = await partyline(t, { DATA_DIR }, 'move-to', url)
  t.match(moved, { code: 0, stdout: /compared, and are the same/ })
})
