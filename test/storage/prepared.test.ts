import { constants, DatabaseSync } from 'node:sqlite'
import { mock } from 'node:test'
import type { Kysely } from 'kysely'
import t, { type Test } from 'tap'
import { Sessions } from '../../src/accounts/sessions.ts'
import { sheetTable } from '../../src/calculator/sheet/sheets.ts'
import { roomTable } from '../../src/chat/room-table.ts'
import { type Database, inTransaction } from '../../src/storage/database.ts'
import { type Placeholder, prepared, preparedForRows } from '../../src/storage/prepared.ts'
import type { Tables } from '../../src/storage/tables.ts'
import { openWithFeatures } from '../support/features.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'
import { temporaryFolder } from '../support/server.ts'

const addRoom = prepared((database, value: Placeholder<{ slug: string; name: string; at: string }>) =>
  database.insertInto('rooms').values({ slug: value('slug'), name: value('name'), created_at: value('at') }),
)

t.test('on SQLite', (t) => holds(t, () => openWithFeatures(temporaryFolder(t))))

t.test('on PostgreSQL', withPostgres, async (t) => {
  const postgres = await startPostgres(t)
  await holds(t, async () => openWithFeatures(temporaryFolder(t), await postgres.database()))
})

async function holds(t: Test, open: () => Promise<Database>): Promise<void> {
  t.test('each execution has its own values, and the fixed ones stay in place', async (t) => {
    const database = await opened(t)
    const find = prepared((database, value: Placeholder<{ slug: string; least: number }>) =>
      database
        .selectFrom('rooms')
        .select('slug')
        .where('id', '>=', value('least'))
        .where('slug', '!=', 'lobby')
        .where((where) => where.or([where('slug', '=', value('slug')), where('name', '=', value('slug'))]))
        .orderBy('slug')
        .limit(2),
    )
    const slugs = async (slug: string, least = 0) =>
      (await find.execute(database, { slug, least })).map((row) => row.slug)
    for (const slug of ['lab', 'north', 'south', 'west'])
      await add(database, slug, slug === 'lab' ? 'Lab' : 'house')
    t.strictSame(await slugs('house'), ['north', 'south'])
    t.strictSame(await slugs('Lab'), ['lab'])
    t.strictSame(await slugs('lobby'), [])
    t.strictSame(await slugs('house', 1_000), [])
  })

  t.test('simultaneous executions do not get each other’s values', async (t) => {
    const database = await opened(t)
    const slugs = Array.from({ length: 20 }, (_, index) => `room-${index}`)
    await Promise.all(slugs.map((slug) => add(database, slug)))
    const find = prepared((database, value: Placeholder<{ slug: string }>) =>
      database.selectFrom('rooms').select('slug').where('slug', '=', value('slug')),
    )
    const found = await Promise.all(slugs.map((slug) => find.executeTakeFirst(database, { slug })))
    t.strictSame(
      found.map((row) => row?.slug),
      slugs,
    )
  })

  t.test(
    'a query is built once for a database and its transactions, and again for another one',
    async (t) => {
      let built = 0
      const count = prepared((database, _value: Placeholder<object>) => {
        built += 1
        return database.selectFrom('rooms').select(({ fn }) => fn.countAll<number>().as('rooms'))
      })
      const first = await opened(t)
      const second = await opened(t)
      await add(second, 'lab')
      const rooms = async (database: Database) => Number((await count.executeTakeFirst(database, {}))?.rooms)
      t.equal(await rooms(first), 1)
      t.equal(await inTransaction(first, rooms), 1)
      t.equal(await inTransaction(first, rooms), 1)
      t.equal(built, 1)
      t.equal(await rooms(second), 2)
      t.equal(built, 2)
    },
  )

  t.test('a query over rows takes any number of them in order, and only few are built', async (t) => {
    const database = await opened(t)
    let built = 0
    const addAll = preparedForRows(
      (database, rows: readonly Placeholder<{ slug: string; name: string; at: string }>[]) => {
        built += 1
        return database
          .insertInto('rooms')
          .values(rows.map((row) => ({ slug: row('slug'), name: row('name'), created_at: row('at') })))
          .returning(['slug', 'name'])
      },
    )
    const rows = (...names: string[]) =>
      names.map((name) => ({ slug: name, name: `the ${name}`, at: '2026-01-01T00:00:00.000Z' }))
    const added = async (...names: string[]) =>
      (await addAll.execute(database, rows(...names))).map(({ slug, name }) => [slug, name])
    t.strictSame(await added('a'), [['a', 'the a']])
    t.strictSame(await added('b', 'c'), [
      ['b', 'the b'],
      ['c', 'the c'],
    ])
    t.strictSame(await added('d', 'e'), [
      ['d', 'the d'],
      ['e', 'the e'],
    ])
    t.equal(built, 2, 'once for each number')
    t.strictSame(await added(), [], 'and no statement for no rows')
    for (const count of [3, 17, 50, 700]) {
      const names = Array.from({ length: count }, (_, index) => `${count}-${index}`)
      const slugs = (await added(...names)).map(([slug]) => slug)
      t.strictSame(slugs, names)
    }
    t.ok(built < 10, `${built} statements took all of these`)
    await t.rejects(addAll.execute(database, rows('f', 'd')), 'if one row cannot be stored, none is')
    t.equal((await database.selectFrom('rooms').select('id').execute()).length, 6 + 770)
  })

  t.test('a query that allows repeated rows is one statement for a few hundred', async (t) => {
    const database = await opened(t)
    let built = 0
    const find = preparedForRows(
      (database, rows: readonly Placeholder<{ slug: string }>[]) => {
        built += 1
        const slugs = rows.map((row) => row('slug'))
        return database.selectFrom('rooms').select('slug').where('slug', 'in', slugs)
      },
      { repeatable: true },
    )
    const names = Array.from({ length: 30 }, (_, index) => `room-${index}`)
    for (const name of names) await add(database, name)
    for (const count of [1, 17, 30, 23]) {
      const wanted = names.slice(0, count)
      const before = built
      const found = await find.execute(
        database,
        wanted.map((slug) => ({ slug })),
      )
      t.strictSame(found.map(({ slug }) => slug).sort(), wanted.toSorted())
      t.ok(built <= before + 1, `one statement for ${count}`)
    }
    t.equal(built, 3, 'and the same for 17 and 23')
    t.strictSame(await find.execute(database, []), [])
    const many = Array.from({ length: 600 }, (_, index) => ({ slug: `room-${index}` }))
    t.equal((await find.execute(database, many)).length, 30)
  })

  t.test('in a transaction, a prepared query is part of it and is undone with it', async (t) => {
    const database = await opened(t)
    const find = prepared((database, value: Placeholder<{ slug: string }>) =>
      database.selectFrom('rooms').select('name').where('slug', '=', value('slug')),
    )
    const failing = inTransaction(database, async (transaction) => {
      await add(transaction, 'lab', 'Lab')
      t.equal((await find.executeTakeFirst(transaction, { slug: 'lab' }))?.name, 'Lab')
      throw new Error('changed my mind')
    })
    await t.rejects(failing, { message: 'changed my mind' })
    t.equal(await find.executeTakeFirst(database, { slug: 'lab' }), undefined)
  })

  t.test('a query that writes gives the requested rows, or none', async (t) => {
    const database = await opened(t)
    const rename = prepared((database, value: Placeholder<{ slug: string; name: string }>) =>
      database
        .updateTable('rooms')
        .set({ name: value('name') })
        .where('slug', '=', value('slug'))
        .returning(['slug', 'name']),
    )
    t.strictSame(await add(database, 'lab'), [])
    const renamed = await rename.executeTakeFirst(database, { slug: 'lab', name: 'Laboratory' })
    t.match(renamed, { slug: 'lab', name: 'Laboratory' })
    t.strictSame(await rename.execute(database, { slug: 'none', name: 'None' }), [])
  })

  t.test('a missing or invalid value is an error, and nothing is stored', async (t) => {
    const database = await opened(t)
    // @ts-expect-error a name is missing
    await t.rejects(addRoom.execute(database, { slug: 'lab', name: 'Lab' }), TypeError)
    // @ts-expect-error a date is not text
    await t.rejects(addRoom.execute(database, { slug: 'lab', name: 'Lab', at: new Date() }), TypeError)
    t.equal((await database.selectFrom('rooms').select('id').execute()).length, 1)
  })

  function add(database: Kysely<Tables>, slug: string, name = slug) {
    return addRoom.execute(database, { slug, name, at: '2026-01-01T00:00:00.000Z' })
  }

  async function opened(t: Test): Promise<Database> {
    const database = await open()
    t.teardown(() => database.destroy())
    return database
  }
}

t.test('whatever number of values is asked for, few statements are kept', async (t) => {
  const database = await openWithFeatures(temporaryFolder(t))
  t.teardown(() => database.destroy())
  const sessions = new Sessions(database)
  const questions = {
    'the revs of rooms': (count: number) => roomTable.revs(database, numbers(count)),
    'the revs of sheets': (count: number) => sheetTable.revs(database, numbers(count)),
    'sessions whose rows are gone': (count: number) => sessions.missing(numbers(count).map(String)),
    'sessions in use': (count: number) => sessions.touch(numbers(count).map(String)),
  }
  const { mock: prepare } = mock.method(DatabaseSync.prototype, 'prepare')
  t.teardown(() => prepare.restore())
  for (const [name, ask] of Object.entries(questions)) {
    prepare.resetCalls()
    for (let count = 0; count < 700; count += 7) await ask(count)
    t.ok(prepare.callCount() <= 26, `${name}: ${prepare.callCount()}`)
  }
})

t.test('SQLite plans a join once, whatever values are bound to it', async (t) => {
  const { mock: prepare } = mock.method(DatabaseSync.prototype, 'prepare')
  t.teardown(() => prepare.restore())
  const database = await openWithFeatures(temporaryFolder(t))
  t.teardown(() => database.destroy())
  const find = prepared((database, value: Placeholder<{ slug: string }>) =>
    database
      .selectFrom('rooms')
      .innerJoin('memberships', 'memberships.room_id', 'rooms.id')
      .select('user_id')
      .where('slug', '=', value('slug')),
  )
  await find.execute(database, { slug: 'lobby' })
  const connection = prepare.calls.at(-1)?.this
  if (!(connection instanceof DatabaseSync)) return t.fail('the query was not prepared')
  // SQLite asks the authorizer about everything that it plans.
  let asked = 0
  connection.setAuthorizer(() => {
    asked += 1
    return constants.SQLITE_OK
  })
  // Every statement is planned again for a new authorizer.
  await find.execute(database, { slug: 'lobby' })
  t.ok(asked > 0)
  asked = 0
  for (const slug of ['lobby', 'north', 'south']) await find.execute(database, { slug })
  t.equal(asked, 0)
})

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

// What the compiler refuses.
prepared((database, value: Placeholder<{ slug: string }>) =>
  // @ts-expect-error there is no such value
  database.selectFrom('rooms').select('id').where('slug', '=', value('name')),
)
prepared((database, value: Placeholder<{ room: string }>) =>
  // @ts-expect-error the number of a room is not text
  database.selectFrom('rooms').select('id').where('id', '=', value('room')),
)
