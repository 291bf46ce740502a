import type { Generated, Kysely } from 'kysely'
import { FrameError } from '../../src/channels/index.ts'
import type { Database, Tables } from '../../src/storage/index.ts'
import {
  type Change,
  type OpenStream,
  type StreamKind,
  type StreamRow,
  type Streams,
  streamTable,
} from '../../src/streams/index.ts'

declare module '../../src/storage/tables.ts' {
  interface Tables {
    /** A stream for each room. */
    hands: { id: Generated<number>; rev: Generated<number>; room_id: number; count: Generated<number> }
    hands_up: { hands_id: number; user_id: number }
  }
}

/** The number of raised hands. Each one replaces the one before. */
export interface Count extends Change {
  readonly seq: 0
  readonly count: number
}

/** A command says what should be so, and can be given again. `fits`: whether its person may keep one more row. */
export interface Raise {
  readonly by: number
  readonly on: boolean
  readonly fits: boolean
}

/** `changed`: whether there is one row more. */
interface Raised {
  readonly rev: number
  readonly changed: boolean
}

export type HandsStreams = Streams<StreamRow, Raise, Raised, Count>

export const hands: StreamKind<StreamRow, Raise, Raised, Count> = {
  name: 'hands',
  table: streamTable('hands'),
  group: (id) => `hands.${id}`,
  async apply(transaction, items) {
    const results: (Raised | FrameError)[] = []
    for (const { stream, command } of items) results.push(await raise(transaction, stream, command))
    return results
  },
  async changes(database, id, after) {
    const row = await database
      .selectFrom('hands')
      .select(['rev', 'count'])
      .where('id', '=', id)
      .where('rev', '>', after)
      .executeTakeFirst()
    return row ? [{ rev: row.rev, seq: 0, count: row.count }] : []
  },
  fingerprint: ({ count }) => String(count),
  frame: ({ rev, count }) => ({ type: 'hands', rev, count }),
}

async function raise(
  transaction: Kysely<Tables>,
  stream: OpenStream<StreamRow, Count>,
  { by, on, fits }: Raise,
): Promise<Raised | FrameError> {
  const mark = { hands_id: stream.id, user_id: by }
  const up = await transaction
    .selectFrom('hands_up')
    .select('user_id')
    .where(({ and }) => and(mark))
    .executeTakeFirst()
  if ((up !== undefined) === on) return { rev: stream.rev, changed: false }
  if (on && !fits) return new FrameError('limit', 'there is no space left for this')
  if (on) await transaction.insertInto('hands_up').values(mark).execute()
  else
    await transaction
      .deleteFrom('hands_up')
      .where(({ and }) => and(mark))
      .execute()
  const { count } = await transaction
    .updateTable('hands')
    .set(({ eb }) => ({ count: eb('count', on ? '+' : '-', 1) }))
    .where('id', '=', stream.id)
    .returning('count')
    .executeTakeFirstOrThrow()
  const { rev } = stream.change((rev): Count => ({ rev, seq: 0, count }))
  return { rev, changed: on }
}

/** The stream of a room; the first who comes makes it. */
export async function findHands(database: Database, room: number): Promise<number> {
  await database
    .insertInto('hands')
    .values({ room_id: room })
    .onConflict((conflict) => conflict.column('room_id').doNothing())
    .execute()
  const { id } = await database
    .selectFrom('hands')
    .select('id')
    .where('room_id', '=', room)
    .executeTakeFirstOrThrow()
  return id
}
