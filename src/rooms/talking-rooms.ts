import type { Kysely } from 'kysely'
import { type Database, type Placeholder, prepared, type Tables } from '../storage/index.ts'
import type { Kind } from './access.ts'

/** A room, for features that follow the chats of all rooms. */
export interface TalkingRoom {
  readonly id: number
  readonly kind: Kind
  /** The number of the latest change of its talk. */
  readonly rev: number
  /** When something was last said there, or later. */
  readonly activeAt: string
}

/** The rooms that are not being deleted, in rising `id` after one. */
export function talkingRoomsAfter(database: Database, after: number, limit: number): Promise<TalkingRoom[]> {
  return selectAfter.execute(database, { after, limit })
}

/** Finds rooms by their numbers; those that are being deleted are left out. */
export async function talkingRooms(database: Database, ids: readonly number[]): Promise<TalkingRoom[]> {
  if (ids.length === 0) return []
  return database
    .selectFrom('rooms')
    .select(COLUMNS)
    .where('id', 'in', ids)
    .where('deleted_at', 'is', null)
    .execute()
}

/** The number of the latest change in a room's chat. @throws where there is no such room */
export async function latestRev(database: Kysely<Tables>, room: number): Promise<number> {
  const { rev } = await database
    .selectFrom('rooms')
    .select('rev')
    .where('id', '=', room)
    .executeTakeFirstOrThrow()
  return rev
}

const COLUMNS = ['id', 'kind', 'rev', 'active_at as activeAt'] as const

const selectAfter = prepared((database, value: Placeholder<{ after: number; limit: number }>) =>
  database
    .selectFrom('rooms')
    .select(COLUMNS)
    .where('id', '>', value('after'))
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .limit(value('limit')),
)
