import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import t from 'tap'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { DatabaseAway, RowsHeld } from '../../src/storage/errors.ts'
import { GroupCommit } from '../../src/storage/group-commit.ts'
import type { Tables } from '../../src/storage/tables.ts'
import { settled } from '../support/notes.ts'
import { temporaryFolder } from '../support/server.ts'

const TOO_MUCH = 'the database is away: too much is waiting for it'

/** Batches that wait until the test says that they are stored. The result of each item is its name. */
function slowStore() {
  const batches: { items: readonly string[]; done(): void; fails(error: Error): void }[] = []
  const store = (items: readonly string[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      batches.push({ items, done: () => resolve(items), fails: reject })
    })
  return {
    batches,
    store,
    last: () => batches.at(-1),
    items: () => batches.map(({ items }) => items.join(' ')),
  }
}

const sqlite = await openDatabase(temporaryFolder(t))
t.teardown(() => sqlite.destroy())

/** Only the kind of the database matters. */
const postgres: Database = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new PostgresIntrospector(database),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

for (const [name, database] of Object.entries({ SQLite: sqlite, PostgreSQL: postgres })) {
  t.test(`on ${name}, items of one turn are stored together, whatever their streams`, async (t) => {
    const { store, items, last } = slowStore()
    const turns = new GroupCommit(database, store)
    const results = Promise.all([turns.add(1, 'a'), turns.add(2, 'b'), turns.add(1, 'c')])
    await settled()
    t.strictSame(items(), ['a c b'], 'in order within a stream')
    last()?.done()
    t.strictSame(await results, ['a', 'b', 'c'], 'and each has its own result')
  })

  t.test(
    `on ${name}, items that arrive while their stream is being stored wait, and are then stored together`,
    async (t) => {
      const { store, batches, items, last } = slowStore()
      const turns = new GroupCommit(database, store)
      const added = [turns.add(1, 'a')]
      await settled()
      added.push(turns.add(1, 'b'))
      await settled()
      added.push(turns.add(1, 'c'))
      await settled()
      t.strictSame(items(), ['a'])
      batches[0]?.done()
      // Longer than everything that follows the end of a batch, but still in the same turn.
      for (let microtask = 0; microtask < 50; microtask += 1) await added[0]
      added.push(turns.add(1, 'd'))
      await settled()
      t.strictSame(items(), ['a', 'b c d'], 'with items of the turn in which that ends')
      last()?.done()
      t.strictSame(await Promise.all(added), ['a', 'b', 'c', 'd'])
    },
  )

  t.test(`on ${name}, a stream that always has more than a batch leaves room for others`, async (t) => {
    const { store, batches, items, last } = slowStore()
    const turns = new GroupCommit(database, store)
    const pile = (stream: number) =>
      Array.from({ length: 1024 }, (_, index) => turns.add(stream, `${stream}-${index}`))
    const piles = Array.from({ length: 5 }, (_, stream) => pile(stream))
    const other = turns.add(9, 'other')
    await settled()
    let stored = 0
    for (; !last()?.items.includes('other') && stored < 20; stored += 1) {
      batches[stored]?.done()
      await settled()
    }
    t.ok(stored < 6, `${stored} batches were stored before`)
    for (; stored < batches.length; stored += 1) {
      batches[stored]?.done()
      await settled()
    }
    t.equal(await other, 'other')
    await Promise.all(piles.flat())
    for (let stream = 0; stream < 5; stream += 1) {
      const order = items()
        .join(' ')
        .split(' ')
        .filter((item) => item.startsWith(`${stream}-`))
      t.strictSame(
        order,
        Array.from({ length: 1024 }, (_, index) => `${stream}-${index}`),
      )
    }
  })

  t.test(`on ${name}, a failed batch is tried item by item, and only the bad ones fail`, async (t) => {
    const turns = new GroupCommit(database, async (items: readonly string[]) => {
      if (items.includes('bad')) throw new Error('this one cannot')
      return items
    })
    const [good, bad, other] = await Promise.allSettled([
      turns.add(1, 'good'),
      turns.add(1, 'bad'),
      turns.add(2, 'other'),
    ])
    t.match(
      [good, bad, other],
      [{ value: 'good' }, { reason: { message: 'this one cannot' } }, { value: 'other' }],
    )
  })

  t.test(`on ${name}, all are told at once that the database is away`, async (t) => {
    let asked = 0
    const turns = new GroupCommit(database, async () => {
      asked += 1
      throw new DatabaseAway('gone', { undone: true })
    })
    const outcomes = await Promise.allSettled([turns.add(1, 'a'), turns.add(2, 'b')])
    t.match(outcomes, [{ reason: { statusCode: 503 } }, { reason: { statusCode: 503 } }])
    t.equal(asked, 1)
  })
}

t.test('on SQLite, which has one writer at a time, batches are stored one by one', async (t) => {
  const { store, batches, items, last } = slowStore()
  const turns = new GroupCommit(sqlite, store)
  const first = turns.add(1, 'a')
  await settled()
  const second = turns.add(2, 'b')
  await settled()
  t.strictSame(items(), ['a'])
  batches[0]?.done()
  await first
  await settled()
  last()?.done()
  t.equal(await second, 'b')
})

t.test('on PostgreSQL, a stream that has to wait does not delay later ones', async (t) => {
  const { store, batches, items } = slowStore()
  const turns = new GroupCommit(postgres, store)
  const held = turns.add(1, 'held')
  await settled()
  const other = turns.add(2, 'other')
  await settled()
  t.strictSame(items(), ['held', 'other'])
  batches[1]?.done()
  t.equal(await other, 'other')
  batches[0]?.done()
  t.equal(await held, 'held')
})

t.test('on PostgreSQL, items that do not fit in one batch do not wait for it', async (t) => {
  const { store, batches } = slowStore()
  const turns = new GroupCommit(postgres, store)
  const first = Array.from({ length: 512 }, (_, index) => turns.add(1, `${index}`))
  const other = turns.add(2, 'other')
  await settled()
  t.strictSame(batches[1]?.items, ['other'])
  batches[1]?.done()
  t.equal(await other, 'other')
  batches[0]?.done()
  await Promise.all(first)
})

t.test('on PostgreSQL, a locked stream fails by itself, and waits by itself from then on', async (t) => {
  const { store, batches, items } = slowStore()
  const turns = new GroupCommit(postgres, store)
  const [held, other] = [turns.add(1, 'held'), turns.add(2, 'other')]
  const told = t.rejects(held, { message: 'the database is away: a lock' })
  await settled()
  t.strictSame(items(), ['held other'])
  batches[0]?.fails(new RowsHeld('a lock'))
  await settled()
  t.strictSame(items().slice(1), ['held', 'other'], 'each is tried by itself')
  batches[2]?.done()
  t.equal(await other, 'other')
  batches[1]?.fails(new RowsHeld('a lock'))
  await told

  const [again, next] = [turns.add(1, 'again'), turns.add(2, 'next')]
  await settled()
  t.strictSame(items().slice(3), ['again', 'next'])
  batches[4]?.done()
  t.equal(await next, 'next', 'nobody waits for it')
  batches[3]?.done()
  t.equal(await again, 'again')

  const both = Promise.all([turns.add(1, 'free'), turns.add(2, 'together')])
  await settled()
  t.strictSame(items().slice(5), ['free together'], 'until it is free')
  batches[5]?.done()
  await both
})

t.test('on PostgreSQL, locked streams leave room for others, however many they are', async (t) => {
  const { store, batches, items } = slowStore()
  const turns = new GroupCommit(postgres, store)
  const streams = [1, 2, 3, 4, 5, 6]
  const told = Promise.all(streams.map((stream) => t.rejects(turns.add(stream, 'held'))))
  await settled()
  batches[0]?.fails(new RowsHeld('a lock'))
  await settled()
  for (const batch of batches.slice(1)) batch.fails(new RowsHeld('a lock'))
  await told
  const before = batches.length
  const again = streams.map((stream) => turns.add(stream, `${stream}`))
  const other = turns.add(7, 'other')
  await settled()
  t.strictSame(items().slice(before), ['1', '2', 'other'])
  batches[before + 2]?.done()
  t.equal(await other, 'other')
  for (let index = before; index < batches.length; index += 1) {
    batches[index]?.done()
    await settled()
  }
  t.strictSame(await Promise.all(again), ['1', '2', '3', '4', '5', '6'])
})

t.test('when too much waits, the excess is refused at once and the rest is stored', async (t) => {
  for (const [bytes, fitting] of [
    [10, 10_000],
    [1024 * 1024, 32],
  ] as const) {
    const refused: DatabaseAway[] = []
    const { store, batches } = slowStore()
    const turns = new GroupCommit(sqlite, store, (error) => refused.push(error))
    const added = Array.from({ length: fitting }, (_, index) => turns.add(1, `${index}`, bytes))

    await t.rejects(turns.add(2, 'one too many', bytes), { message: TOO_MUCH })

    t.equal(refused.length, 1)
    for (let stored = 0; stored < added.length; stored += batches.at(-1)?.items.length ?? 0) {
      await settled()
      batches.at(-1)?.done()
    }
    await Promise.all(added)
    const next = turns.add(2, 'next', bytes)
    await settled()
    batches.at(-1)?.done()
    t.equal(await next, 'next')
  }
})
