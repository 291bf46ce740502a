import { sql } from 'kysely'
import { type Database, type Placeholder, preparedForRows } from '../storage/index.ts'
import type { MessagePlace } from './messages.ts'

/** Changes of a room within which a neighbour is looked for: where more messages in a row were deleted, there is none. */
const WITHIN = 1_000

/** The messages beside one in its room. */
export interface Neighbours extends MessagePlace {
  /** The `seq` of the message before it, and of the one after it; null: there is none. */
  readonly before: number | null
  readonly after: number | null
}

/** The messages right before and right after those at some places, without those that are deleted; in no order. */
export async function neighboursOf(
  database: Database,
  places: readonly MessagePlace[],
): Promise<readonly Neighbours[]> {
  if (places.length === 0) return []
  return selectNeighbours.execute(database, places)
}

const selectNeighbours = preparedForRows((database, places: readonly Placeholder<MessagePlace>[]) => {
  const rows = places.map((place) => sql`(cast(${place('room')} as bigint), cast(${place('seq')} as bigint))`)
  const room = sql.ref<number>('wanted.column1')
  const seq = sql.ref<number>('wanted.column2')
  return database
    .selectFrom(sql<{ column1: number; column2: number }>`(values ${sql.join(rows)})`.as('wanted'))
    .select(({ selectFrom }) => {
      const standing = selectFrom('messages').where('room_id', '=', room).where('deleted_at', 'is', null)
      const before = standing
        .where('seq', '<', seq)
        .where('seq', '>=', sql<number>`${seq} - ${sql.lit(WITHIN)}`)
      const after = standing
        .where('seq', '>', seq)
        .where('seq', '<=', sql<number>`${seq} + ${sql.lit(WITHIN)}`)
      return [
        room.as('room'),
        seq.as('seq'),
        before.select(({ fn }) => fn.max('seq').as('found')).as('before'),
        after.select(({ fn }) => fn.min('seq').as('found')).as('after'),
      ]
    })
})
