import { type Kysely, sql } from 'kysely'
import { type Placeholder, prepared, preparedForRows, type Tables } from '../storage/index.ts'
import type { StreamTable } from './kind.ts'
import type { StreamRow } from './open-stream.ts'

/** Names of tables whose rows have an `id` and a `rev`. */
export type StreamTableName = {
  [Name in keyof Tables]: Tables[Name] extends { id: unknown; rev: unknown } ? Name : never
}[keyof Tables]

/** The queries of a table that holds a kind of stream, and nothing about them that changes with each change but `rev`. */
export function streamTable(name: StreamTableName): StreamTable<StreamRow> {
  const selectRevs = preparedForRows((database, streams: readonly Placeholder<{ id: number }>[]) =>
    rows(database, name, streams),
  )
  const selectLocked = preparedForRows((database, streams: readonly Placeholder<{ id: number }>[]) =>
    rows(database, name, streams).orderBy('stream.id').forNoKeyUpdate(),
  )
  const setRevs = preparedForRows((database, streams: readonly Placeholder<StreamRow>[]) => {
    const values = streams.map(
      (stream) => sql`(cast(${stream('id')} as bigint), cast(${stream('rev')} as bigint))`,
    )
    return database
      .updateTable(aliased(name))
      .from(sql<{ column1: number; column2: number }>`(values ${sql.join(values)})`.as('changed'))
      .set(({ ref }) => ({ rev: ref('changed.column2') }))
      .whereRef('stream.id', '=', 'changed.column1')
  })
  const selectAfter = prepared((database, value: Placeholder<{ after: number; limit: number }>) =>
    database
      .selectFrom(aliased(name))
      .select(['stream.id', 'stream.rev'])
      .where('stream.id', '>', value('after'))
      .orderBy('stream.id')
      .limit(value('limit')),
  )
  return {
    lock: (transaction, ids) => selectLocked.execute(transaction, inOrder(ids)),
    async revs(database, ids) {
      const found = await selectRevs.execute(database, inOrder(ids))
      return new Map(found.map(({ id, rev }) => [id, rev]))
    },
    list: (database, after, limit) => selectAfter.execute(database, { after, limit }),
    async advance(transaction, streams) {
      await setRevs.execute(
        transaction,
        streams.map(({ id, rev }) => ({ id, rev })),
      )
    },
  }
}

function rows(
  database: Kysely<Tables>,
  name: StreamTableName,
  streams: readonly Placeholder<{ id: number }>[],
) {
  return database
    .selectFrom(aliased(name))
    .select(['stream.id', 'stream.rev'])
    .where(
      'stream.id',
      'in',
      streams.map((stream) => stream('id')),
    )
}

function aliased(name: StreamTableName) {
  return sql<{ id: number; rev: number }>`${sql.table(name)}`.as('stream')
}

/** In one order everywhere, so that no two transactions wait for each other's streams. */
function inOrder(ids: readonly number[]): { id: number }[] {
  return ids.toSorted((a, b) => a - b).map((id) => ({ id }))
}
