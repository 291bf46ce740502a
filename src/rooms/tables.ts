import type { Generated } from 'kysely'

/** The tables of rooms as kysely sees them. */

declare module '../storage/tables.ts' {
  interface Tables {
    rooms: RoomsTable
    room_names: RoomNamesTable
    room_words: RoomWordsTable
    memberships: MembershipsTable
  }
}

export interface RoomsTable {
  id: Generated<number>
  slug: string
  name: string
  /** Number of the room's latest change. */
  rev: Generated<number>
  created_by: number | null
  created_at: string
  /** When something was last said, or the room was made. */
  active_at: Generated<string>
  /** The minute of `active_at`, by which rooms are indexed: an index over the time itself would change with each message. */
  active_minute: Generated<string>
}

/** What the names of open rooms look like (`skeletons`): each belongs to one room. */
export interface RoomNamesTable {
  skeleton: string
  room_id: number
}

/** What open rooms are found by (`indexedWords`). */
export interface RoomWordsTable {
  word: string
  room_id: number
}

export interface MembershipsTable {
  room_id: number
  user_id: number
  /** The reader's mark: what has a higher `seq` is unread. */
  read_seq: number
  joined_at: string
}
