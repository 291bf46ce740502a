import type { Kysely } from 'kysely'
import { type Placeholder, preparedForRows, type Tables } from '../storage/index.ts'
import type {} from './tables.ts'

export interface Position {
  readonly stream: number
  readonly rev: number
}

/** The last change of each of these streams that a follower has applied; streams that it has not begun are left out. */
export async function readPositions(
  database: Kysely<Tables>,
  follower: string,
  streams: readonly number[],
): Promise<Map<number, number>> {
  const rows = await selectPositions.execute(
    database,
    streams.map((stream) => ({ follower, stream })),
  )
  return new Map(rows.map(({ stream, rev }) => [stream, rev]))
}

export async function writePositions(
  database: Kysely<Tables>,
  follower: string,
  positions: readonly Position[],
): Promise<void> {
  await upsertPositions.execute(
    database,
    positions.map((position) => ({ follower, ...position })),
  )
}

const selectPositions = preparedForRows(
  (database, streams: readonly Placeholder<{ follower: string; stream: number }>[]) => {
    const [first] = streams
    if (!first) throw new Error('no position was to be read')
    return database
      .selectFrom('follower_positions')
      .select(['stream_id as stream', 'rev'])
      .where('follower', '=', first('follower'))
      .where(
        'stream_id',
        'in',
        streams.map((stream) => stream('stream')),
      )
  },
)

const upsertPositions = preparedForRows(
  (database, positions: readonly Placeholder<{ follower: string; stream: number; rev: number }>[]) =>
    database
      .insertInto('follower_positions')
      .values(
        positions.map((position) => ({
          follower: position('follower'),
          stream_id: position('stream'),
          rev: position('rev'),
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['follower', 'stream_id']).doUpdateSet(({ ref }) => ({ rev: ref('excluded.rev') })),
      ),
)
