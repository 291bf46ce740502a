import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { openDatabase } from '../../src/storage/index.ts'
import { execute } from '../support/database.ts'
import { hashAtFullCost } from '../support/passwords.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { type Answers, answersOf, SECRET } from './answers.ts'

// Passwords in the databases of releases are hashed at full cost.
hashAtFullCost(t)

const releases = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

for (const release of releases) {
  t.test(`a SQLite database of ${release} gives the same answers as then`, async (t) => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'partyline.sqlite'), content(release, 'partyline.sqlite.gz'))
    await answersAsThen(t, await startServer(t, { DATA_DIR: folder, SECRET }), release, 'sqlite.json.gz')
  })

  t.test(`a PostgreSQL database of ${release} gives the same answers as then`, withPostgres, async (t) => {
    const postgres = await startPostgres(t)
    const url = await postgres.database()
    await execute(url, withoutCommands(content(release, 'partyline.sql.gz').toString()))
    const server = await startServer(t, { DATABASE_URL: url, SECRET })
    await answersAsThen(t, server, release, 'postgres.json.gz')
  })
}

/** What the migrations of 2026 made of a name: its skeleton, and the words that it is found by. */
const migrated: Record<string, { readonly skeletons: string[]; readonly words: string[] }> = {
  b0b: { skeletons: ['bob'], words: ['b0b'] },
  LIST: { skeletons: ['list', 'llst'], words: ['list'] },
  paypaI: { skeletons: ['paypai', 'paypal'], words: ['paypai'] },
  'Rooм 1': { skeletons: ['rooʍ l'], words: ['1', 'rooм'] },
  'Ünïcödé  Straße': {
    skeletons: ['ünïcödé straße'.normalize('NFD')],
    words: ['straße', 'unicode'],
  },
  東京の部屋: { skeletons: ['東京の部屋'], words: ['の部屋', '京の部屋', '屋', '東京の部屋', '部屋'] },
  'ﬁx 2² 😀': { skeletons: ['fix 22 😀'], words: ['22', 'fix', '😀'] },
  ['x'.repeat(80)]: { skeletons: ['x'.repeat(80)], words: ['x'.repeat(32)] },
}

t.test('a migration makes the same of names as when it was released', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'partyline.sqlite')
  writeFileSync(path, content('0.1.0', 'partyline.sqlite.gz'))
  const file = new DatabaseSync(path)
  const insertRoom = file.prepare("insert into rooms (slug, name, created_at) values (?, ?, '2026')")
  Object.keys(migrated).forEach((name, index) => void insertRoom.run(`named-${index}`, name))
  file.exec("insert into users (name, password, role, created_at) values ('b0b', 'x', 'member', '2026')")
  file.close()

  const database = await openDatabase(folder)
  t.teardown(() => database.destroy())

  for (const [index, [name, expected]] of Object.entries(migrated).entries()) {
    const room = await database
      .selectFrom('rooms')
      .select('id')
      .where('slug', '=', `named-${index}`)
      .executeTakeFirstOrThrow()
    const names = await database
      .selectFrom('room_names')
      .select('skeleton')
      .where('room_id', '=', room.id)
      .execute()
    const words = await database
      .selectFrom('room_words')
      .select('word')
      .where('room_id', '=', room.id)
      .execute()
    t.strictSame(names.map(({ skeleton }) => skeleton).sort(), expected.skeletons, name)
    t.strictSame(words.map(({ word }) => word).sort(), expected.words, name)
  }
  const users = database.selectFrom('users').select('skeleton').where('name', '=', 'b0b')
  t.same(await users.execute(), [{ skeleton: 'bob' }])
})

t.test('old rooms with names that look alike keep them, and can be found', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'partyline.sqlite')
  writeFileSync(path, content('0.1.0', 'partyline.sqlite.gz'))
  const file = new DatabaseSync(path)
  const insert = file.prepare(
    "insert into rooms (slug, name, created_at) values (?, ?, '2026-01-01T00:00:00.000Z')",
  )
  for (const slug of ['twin', 'twin-2', 'twin-3']) insert.run(slug, 'Twin')
  insert.run('blank', '\u3164')
  file.close()

  const server = await startServer(t, { DATA_DIR: folder, SECRET })
  const ada = server.visitor()
  await ada.signIn('ada')
  const { text } = await ada.get('/rooms?q=twin')
  for (const slug of ['twin', 'twin-2', 'twin-3']) {
    t.match(text, `href="/rooms/${slug}"`)
    t.equal((await ada.get(`/rooms/${slug}`)).status, 200)
  }
  t.equal((await ada.get('/rooms/blank')).status, 200)
  const refused = await ada.post('/rooms', { name: 'TWIN' })
  t.equal(refused.status, 400)
  t.match(refused.text, 'href="/rooms/twin"><bdi>')
})

t.test('a room belongs to its creator, or else to the person who has been in it longest', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'partyline.sqlite')
  writeFileSync(path, content('0.1.0', 'partyline.sqlite.gz'))
  const file = new DatabaseSync(path)
  const insert = file.prepare(
    "insert into rooms (id, slug, name, created_by, created_at) values (?, ?, ?, ?, '2026')",
  )
  const enter = file.prepare(
    'insert into memberships (room_id, user_id, read_seq, joined_at) values (?, ?, 0, ?)',
  )
  for (const [id, slug, maker] of [
    [901, 'kept', 3],
    [902, 'left', 3],
    [903, 'deserted', 3],
    [904, 'of-nobody', null],
  ] as const) {
    insert.run(id, slug, slug, maker)
    if (slug === 'kept') enter.run(id, 3, '2026-03')
    if (slug === 'deserted') continue
    enter.run(id, 2, '2026-02')
    enter.run(id, 1, '2026-01')
  }
  file.close()

  const { app } = await startServer(t, { DATA_DIR: folder, SECRET })
  const owners = await app.database
    .selectFrom('rooms')
    .leftJoin('memberships', (join) => join.onRef('room_id', '=', 'rooms.id').on('role', '=', 'owner'))
    .select(['slug', 'user_id as owner', 'kind', 'archived_at as archivedAt'])
    .where('rooms.id', '>', 900)
    .orderBy('rooms.id')
    .execute()
  const open = { kind: 'open', archivedAt: null }
  t.same(owners, [
    { slug: 'kept', owner: 3, ...open },
    { slug: 'left', owner: 1, ...open },
    { slug: 'deserted', owner: null, ...open },
    { slug: 'of-nobody', owner: null, ...open },
  ])
})

async function answersAsThen(t: Test, server: TestServer, release: string, file: string): Promise<void> {
  const then: Answers = JSON.parse(content(release, file).toString())
  const now = await answersOf(server.address, then.cookies, Object.keys(then.rooms))
  t.strictSame(now.rooms, then.rooms, 'every message of every room')
  t.strictSame(now.sheets, then.sheets, 'every line of every sheet')

  const ada = server.visitor()
  t.match(await ada.signIn('ada'), { status: 303 }, 'every account can sign in with its password')
  t.match(await server.visitor().signIn('person-26'), { status: 401 }, 'and a changed one stays changed')
  t.match(await server.visitor().signIn('person-26', 'another horse battery'), { status: 303 })
  t.match(await ada.get('/account'), { status: 200 })
  const socket = ada.socket('/ws/chat/physics')
  await socket.next('welcome')
  socket.send({ message: 'still here', id: 'now' })
  t.match(await socket.next('message'), { id: 'now', message: 'still here' })
}

function content(release: string, file: string): Buffer {
  return gunzipSync(readFileSync(join(import.meta.dirname, release, file)))
}

/** Lines only for psql, which newer versions of `pg_dump` add around the statements. */
function withoutCommands(dump: string): string {
  return dump.replace(/^\\.*$/gm, '')
}
