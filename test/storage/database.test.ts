import { writeFileSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mock } from 'node:test'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.ts'
import { holdLock } from '../../src/storage/sqlite.ts'
import { enter, handled } from '../support/chat.ts'
import { gate, Notes, settled } from '../support/notes.ts'
import { launch } from '../support/process.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

const TOO_MUCH = 'the database is away: too much is waiting for it'

const person = (name: string) =>
  ({ name, password: 'x', role: 'member', created_at: '2026-01-01T00:00:00.000Z' }) as const

t.test('processes that open a new database at the same time all find it ready', async (t) => {
  const folder = temporaryFolder(t)
  const file = new DatabaseSync(join(folder, 'partyline.sqlite'))
  file.exec('begin exclusive')
  const children = Array.from({ length: 4 }, () =>
    child(
      t,
      folder,
      `
      console.log('opening')
      const database = await openDatabase(folder)
      const { slug } = await database.selectFrom('rooms').select('slug').executeTakeFirstOrThrow()
      await inTransaction(database, (transaction) =>
        transaction.insertInto('users').values({ ...person, name: String(process.pid) }).execute())
      console.log('found', slug)
      await database.destroy()`,
    ),
  )
  await Promise.all(children.map((started) => said(started, 'opening')))
  file.exec('rollback')
  file.close()

  for (const started of children) {
    t.match(await started.ended(), { code: 0, stderr: '', stdout: /^found lobby$/m })
  }
  const database = await open(t, folder)
  t.equal((await names(database)).length, 4, 'and all of them write')
  t.equal((await database.selectFrom('rooms').selectAll().execute()).length, 1, 'and the room is made once')
})

t.test('rows have the columns that a table has after a migration', async (t) => {
  const database = await open(t, temporaryFolder(t))
  const all = () => sql`select * from notes`.execute(database).then(({ rows }) => rows)
  await sql`create table notes (id integer, former text, text text)`.execute(database)
  await sql`insert into notes values (1, 'before', 'the first')`.execute(database)
  t.strictSame(await all(), [{ id: 1, former: 'before', text: 'the first' }])
  await sql`alter table notes add column at text`.execute(database)
  t.strictSame(await all(), [{ id: 1, former: 'before', text: 'the first', at: null }])
  await sql`alter table notes drop column former`.execute(database)
  t.strictSame(await all(), [{ id: 1, text: 'the first', at: null }])
  await sql`alter table notes drop column at`.execute(database)
  await sql`alter table notes add column status text default 'open'`.execute(database)
  t.strictSame(await all(), [{ id: 1, text: 'the first', status: 'open' }])
})

t.test('after kill -9, committed changes are there and uncommitted ones are not', async (t) => {
  const folder = temporaryFolder(t)
  const started = child(
    t,
    folder,
    `
    const database = await openDatabase(folder)
    await inTransaction(database, (transaction) =>
      transaction.insertInto('users').values({ ...person, name: 'committed' }).execute())
    await inTransaction(database, async (transaction) => {
      await transaction.insertInto('users').values({ ...person, name: 'under way' }).execute()
      process.kill(process.pid, 'SIGKILL')
    })`,
  )
  t.match(await started.ended(), { signal: 'SIGKILL', stderr: '' })
  t.strictSame(await names(await open(t, folder)), ['committed'])
})

t.test('a write returns when it is on disk, and readers do not wait for that', async (t) => {
  const database = await open(t)
  const disk = await slowDisk(t)
  const writes: Record<string, () => Promise<unknown>> = {
    'a transaction': () => inTransaction(database, (transaction) => add(transaction, 'ada')),
    'an insertion': () => add(database, 'bob'),
    'an insertion that returns something': () =>
      database.insertInto('users').values(person('eve')).returning('id').execute(),
    'a change': () => database.updateTable('users').set({ role: 'administrator' }).execute(),
    'a deletion': () => database.deleteFrom('users').where('name', '=', 'eve').execute(),
    'words of one’s own': () => sql`update users set role = 'member'`.execute(database),
  }
  for (const [name, write] of Object.entries(writes)) {
    let returned = false
    const writing = write().then(() => {
      returned = true
    })
    await disk.asked()
    t.notOk(returned, `${name} is written and not yet on disk`)
    disk.done()
    await writing
  }
  t.strictSame(await names(database), ['ada', 'bob'], 'a mere read does not wait for the disk')
})

t.test('a change of another process is not read before it is on disk', async (t) => {
  const folder = temporaryFolder(t)
  const other = await open(t, folder)
  const database = await openDatabase(folder, undefined, { shared: true })
  t.teardown(() => database.destroy())
  await names(database)
  const disk = await slowDisk(t)
  const writing = add(other, 'ada')
  await disk.asked()
  let found: string[] | undefined
  const reading = names(database).then((read) => {
    found = read
  })
  await disk.asked()
  t.notOk(found, 'readers wait as well')
  disk.done()
  disk.done()
  await Promise.all([writing, reading])
  t.strictSame(found, ['ada'])
  t.strictSame(await names(database), ['ada'], 'and nobody waits twice for the same')
})

t.test(
  'a write that the disk refuses is an error for its caller, and nothing is written after it',
  async (t) => {
    const database = await open(t)
    const disk = await slowDisk(t)
    const writing = inTransaction(database, (transaction) => add(transaction, 'ada'))
    await disk.asked()
    disk.fails(new Error('the disk is broken'))
    await t.rejects(writing, { message: 'the disk is broken' })
    await t.rejects(add(database, 'bob'), /the disk failed/)
    await t.rejects(
      inTransaction(database, (transaction) => add(transaction, 'eve')),
      /the disk failed/,
    )
    t.notOk((await names(database)).some((name) => name !== 'ada'))
  },
)

t.test('a full disk is not a failure: writing continues when there is space again', async (t) => {
  const database = await open(t)
  await add(database, 'ada')
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(database)
  await sql`pragma max_page_count = ${sql.lit(rows[0]?.page_count ?? 0)}`.execute(database)
  const large = 'x'.repeat(100_000)
  await t.rejects(add(database, large), /full/)
  await t.rejects(
    inTransaction(database, async (transaction) => {
      await add(transaction, 'bob')
      await add(transaction, large)
    }),
    /full/,
  )
  t.strictSame(await names(database), ['ada'])
  await sql`pragma max_page_count = 1000000`.execute(database)
  await inTransaction(database, (transaction) => add(transaction, 'bob'))
  t.strictSame(await names(database), ['ada', 'bob'])
})

t.test('people can still read when the disk has failed', async (t) => {
  const server = await startServer(t, { DATA_DIR: temporaryFolder(t) })
  const { database } = server.app
  const [ada, bob] = [await server.person('ada'), await server.person('bob')]
  await bob.get('/rooms/lobby')
  await ada.post('/rooms/lobby/messages', { message: 'kept' })
  const { token } = JSON.parse((await bob.postJson('/api/token', {})).text)
  const ages = new Date(Date.now() - 2 * 60_000).toISOString()
  await database.updateTable('sessions').set({ last_seen_at: ages }).execute()

  const disk = await slowDisk(t)
  const writing = database.updateTable('users').set({ role: 'member' }).execute()
  await disk.asked()
  disk.fails(new Error('the disk is broken'))
  await t.rejects(writing, { message: 'the disk is broken' })

  t.match(await bob.get('/readyz'), { status: 503 })
  t.match(await bob.get('/'), { status: 200, text: 'Lobby' }, 'though the session would have been renewed')
  t.match(
    await bob.get('/rooms/lobby'),
    { status: 200, text: 'kept' },
    'though that would have been marked as read',
  )
  const socket = await enter(bob, 'lobby')
  socket.send({ type: 'read', seq: 1 })
  await handled(socket)
  const program = server.visitor({ authorization: `Bearer ${token}` })
  t.match(await program.get('/api/rooms/lobby/messages'), { status: 200, text: 'kept' })
  t.match(await ada.post('/rooms/lobby/messages', { message: 'lost' }), {
    status: 503,
    text: 'Not available',
  })
})

t.test('a failed transaction leaves nothing, and does not affect the next one', async (t) => {
  const database = await open(t)
  const failing = inTransaction(database, async (transaction) => {
    await transaction.insertInto('users').values(person('ada')).execute()
    await transaction.insertInto('users').values(person('bob')).execute()
    throw new Error('changed my mind')
  })
  await t.rejects(failing, { message: 'changed my mind' })
  const clashing = inTransaction(database, async (transaction) => {
    await transaction.insertInto('users').values(person('cyd')).execute()
    await transaction.insertInto('users').values(person('cyd')).execute()
  })
  await t.rejects(clashing, /UNIQUE/)
  t.strictSame(await names(database), [])

  const result = await inTransaction(database, async (transaction) => {
    await transaction.insertInto('users').values(person('dan')).execute()
    return 'done'
  })
  t.equal(result, 'done')
  t.strictSame(await names(database), ['dan'])
})

t.test('a transaction waits for another process to end its own', async (t) => {
  const folder = temporaryFolder(t)
  const database = await open(t, folder)
  const other = new DatabaseSync(join(folder, 'partyline.sqlite'))
  t.teardown(() => other.close())
  other.exec(
    `begin immediate; insert into users (name, password, role, created_at) values ('first', '', '', '')`,
  )

  let begun = false
  const waiting = inTransaction(database, async (transaction) => {
    begun = true
    await transaction.insertInto('users').values(person('second')).execute()
  })
  t.strictSame(await names(database), [], 'readers do not wait, and see what was committed')
  t.notOk(begun)
  other.exec('commit')
  await waiting
  t.strictSame(await names(database), ['first', 'second'])
})

t.test('when too many queries wait, one more is refused at once', async (t) => {
  const failures: string[] = []
  const database = await openDatabase(temporaryFolder(t), undefined, {
    onFailure: ({ message }) => failures.push(message),
  })
  t.teardown(() => database.destroy())
  const ask = () => database.selectFrom('installation').select('id').execute()
  const { opened, open } = gate()
  const holding = inTransaction(database, () => opened)
  const waiting = Array.from({ length: 10_000 }, ask)
  // On a slow machine, some do not get their turn in time.
  const answered = Promise.allSettled(waiting)

  await t.rejects(ask(), { message: TOO_MUCH })

  t.strictSame(failures, [TOO_MUCH])
  open()
  await holding
  await waiting[0]
  await answered
  await ask()
})

t.test('a single statement waits for another process too, for more than a moment', async (t) => {
  const folder = temporaryFolder(t)
  const database = await open(t, folder)
  const other = new DatabaseSync(join(folder, 'partyline.sqlite'))
  t.teardown(() => other.close())
  other.exec('begin immediate')

  let written = false
  const writing = database
    .insertInto('users')
    .values(person('patient'))
    .execute()
    .then(() => {
      written = true
    })
  // Longer than SQLite waits by itself.
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.notOk(written)
  other.exec('commit')
  await writing
  t.strictSame(await names(database), ['patient'])
})

t.test('opening a page with nothing new does not wait for a writer', async (t) => {
  const folder = temporaryFolder(t)
  const server = await startServer(t, { DATA_DIR: folder })
  const ada = await server.person('ada')
  await ada.get('/rooms/lobby')
  await ada.post('/rooms/lobby/messages', { message: 'seen' })
  await ada.get('/rooms/lobby')

  const file = new DatabaseSync(join(folder, 'partyline.sqlite'))
  t.teardown(() => file.close())
  file.exec('begin immediate')
  t.match(await ada.get('/rooms/lobby'), { status: 200, text: 'seen' })
})

t.test('a folder is locked by processes that share it, or by a single one', async (t) => {
  const path = join(temporaryFolder(t), 'lock.sqlite')
  const hold = (shared: boolean) => holdLock(path, 0, { shared })
  const [one, other] = [await hold(true), await hold(true)]
  t.ok(one && other)
  t.notOk(await hold(false))
  one?.()
  t.notOk(await hold(false))
  other?.()

  const alone = await hold(false)
  t.ok(alone)
  t.notOk(await hold(false))
  t.notOk(await hold(true))
  alone?.()
  const next = await hold(true)
  t.ok(next)
  next?.()
})

t.test('a value that cannot be stored as it is, is refused', async (t) => {
  const database = await open(t)
  for (const value of [new Date(), {}, [], true, undefined]) {
    await t.rejects(
      sql`insert into users (name, password, role, created_at) values ('ada', '', '', ${value})`.execute(
        database,
      ),
      { name: 'TypeError', message: /cannot be stored/ },
      `${JSON.stringify(value)}`,
    )
  }
  t.strictSame(await names(database), [])
  for (const value of ['text', 1, 1.5, 12n, null]) {
    const { rows } = await sql<{ value: unknown }>`select ${value} as value`.execute(database)
    t.equal(rows[0]?.value, typeof value === 'bigint' ? Number(value) : value)
  }
})

t.test('a row that refers to a missing row is refused', async (t) => {
  const database = await open(t)
  const joining = database
    .insertInto('memberships')
    .values({ room_id: 1, user_id: 99, read_seq: 0, joined_at: '' })
    .execute()
  await t.rejects(joining, /FOREIGN KEY/)
})

t.test('a file that is not a database is not opened', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'partyline.sqlite'), 'this is no database, whatever its name says. '.repeat(100))
  await t.rejects(openDatabase(folder), /not a database/)
})

async function open(t: Test, folder = temporaryFolder(t)): Promise<Database> {
  const database = await openDatabase(folder)
  t.teardown(() => database.destroy())
  return database
}

function add(database: Database, name: string) {
  return database.insertInto('users').values(person(name)).execute()
}

async function names(database: Database): Promise<string[]> {
  const rows = await database.selectFrom('users').select('name').orderBy('id').execute()
  return rows.map(({ name }) => name)
}

/** A process of its own that works on the database in a folder. */
function child(t: Test, folder: string, work: string) {
  const code = `
    import { inTransaction, openDatabase } from './src/storage/database.ts'
    const folder = ${JSON.stringify(folder)}
    const TOO_MUCH = 'the database is away: too much is waiting for it'

const person = ${JSON.stringify(person(''))}
    ${work}`
  return launch(t, {}, [process.execPath, '--input-type=module', '--eval', code])
}

/** Resolves when a process has printed this. */
async function said(started: ReturnType<typeof launch>, text: string): Promise<void> {
  while (!started.stdout().includes(text)) {
    await new Promise((resolve) => started.child.stdout?.once('data', resolve))
  }
}

/** Makes files be on disk only when the test says so. */
async function slowDisk(t: Test) {
  const file = await openFile(import.meta.filename)
  await file.close()
  const happened = new Notes()
  const waiting: PromiseWithResolvers<void>[] = []
  let count = 0
  const { mock: datasync } = mock.method(Object.getPrototypeOf(file), 'datasync', () => {
    const reached = Promise.withResolvers<void>()
    waiting.push(reached)
    happened.add('asked')
    return reached.promise
  })
  t.teardown(() => datasync.restore())
  return {
    /** Resolves when somebody waits for the disk and everything else has happened. */
    async asked() {
      count += 1
      await happened.has('asked', count)
      await settled()
    },
    done: () => waiting.shift()?.resolve(),
    fails: (error: Error) => waiting.shift()?.reject(error),
  }
}
