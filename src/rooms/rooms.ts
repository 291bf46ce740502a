import { type Database, type Placeholder, prepared } from '../storage/index.ts'
import { joinRoom } from './memberships.ts'

export interface Room {
  readonly id: number
  readonly slug: string
  readonly name: string
  /** The number of the latest change of its talk. */
  readonly rev: number
  /** The id of the person who made it; null if nobody did, or they are gone. */
  readonly owner: number | null
}

/** A room as one person finds it. */
export interface FoundRoom extends Room {
  /** Whether they are a member of it. */
  readonly joined: boolean
  /** How far they have read: what has a higher `seq` is unread. */
  readonly readSeq: number
}

export interface RoomLink {
  readonly slug: string
  readonly name: string
}

/** The database is not asked for any other: PostgreSQL refuses U+0000. */
const SLUG = /^[a-z0-9-]{1,64}$/

/** The minute of a time, as `rooms.active_minute` has it. */
export function minuteOf(at: string): string {
  return at.slice(0, 16)
}

/** Finds a room among those that a person may see, and changes nothing. */
export async function findRoom(
  database: Database,
  slug: string,
  user: number,
): Promise<FoundRoom | undefined> {
  if (!SLUG.test(slug)) return undefined
  const room = await selectRoom.executeTakeFirst(database, { slug, user })
  if (!room) return undefined
  const { readSeq, ...rest } = room
  return { ...rest, joined: readSeq !== null, readSeq: readSeq ?? room.rev }
}

/** Finds a room among those that a person may see; opening an open room joins it. */
export async function enterRoom(
  database: Database,
  slug: string,
  user: number,
): Promise<FoundRoom | undefined> {
  const room = await findRoom(database, slug, user)
  // Most people are members already, and thousands may come back at once: they only read.
  if (room && !room.joined) await joinRoom(database, room, user)
  return room
}

const selectRoom = prepared((database, value: Placeholder<{ slug: string; user: number }>) =>
  database
    .selectFrom('rooms')
    .leftJoin('memberships', (join) =>
      join.onRef('room_id', '=', 'rooms.id').on('user_id', '=', value('user')),
    )
    .select(['id', 'slug', 'name', 'rev', 'created_by as owner', 'read_seq as readSeq'])
    .where('slug', '=', value('slug')),
)
