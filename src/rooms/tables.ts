import type { Generated } from 'kysely'
import type { Kind, Level } from './access.ts'

/** The tables of rooms as kysely sees them. */

declare module '../storage/tables.ts' {
  interface Tables {
    rooms: RoomsTable
    room_names: RoomNamesTable
    room_words: RoomWordsTable
    memberships: MembershipsTable
    bars: BarsTable
    mutes: MutesTable
    silenced_rooms: SilencedRoomsTable
    invitations: InvitationsTable
    access_revs: AccessRevsTable
    access_changes: AccessChangesTable
  }
}

export interface RoomsTable {
  id: Generated<number>
  slug: string
  /** For a direct room: the usernames of its people, as `directName` joins them. */
  name: string
  kind: Generated<Kind>
  description: Generated<string>
  /** Number of the room's latest change. */
  rev: Generated<number>
  created_by: number | null
  created_at: string
  /** When something was last said, or the room was made. */
  active_at: Generated<string>
  /** The minute of `active_at`, by which rooms are indexed: an index over the time itself would change with each message. */
  active_minute: Generated<string>
  /** Since when nothing can be changed in it; null: it is in use. */
  archived_at: string | null
  /** Since when it is being deleted, a piece at a time; null: it is not. Nobody can find it any more. */
  deleted_at: string | null
  /** Not 0: somebody in it may want to be notified of everything that is said there. */
  watched: Generated<number>
  /** Not 0: it may be hidden from somebody in it (`hidden_after`); always 0 in a direct room, which may be anyway. */
  hides: Generated<number>
  /** Names the people of a direct room (`directKey`), so that the same people always get the same one. */
  direct_key: string | null
}

/** The names of open rooms as they look (`skeletons`): each belongs to one room. */
export interface RoomNamesTable {
  skeleton: string
  room_id: number
}

/** The words by which open rooms are found (`indexedWords`). */
export interface RoomWordsTable {
  word: string
  room_id: number
}

export interface MembershipsTable {
  room_id: number
  user_id: number
  role: Generated<'owner' | 'member'>
  /** The reader's mark: what has a higher `seq` is unread. */
  read_seq: number
  joined_at: string
  /** The notifications that the person wants; null: those that are usual in such a room (`levelOf`). */
  level: Level | null
  /**
   * The room's `rev` when the person left it, if it is direct, or was added by somebody whom they have blocked: it is hidden until there
   * is a later change.
   */
  hidden_after: number | null
}

/** People who were removed from rooms, until somebody adds them again. */
export interface BarsTable {
  room_id: number
  user_id: number
  barred_by: number | null
  barred_at: string
}

/** People who may read a room for a time, and change nothing in it. One that has expired counts for nothing, and is deleted later. */
export interface MutesTable {
  room_id: number
  user_id: number
  muted_by: number | null
  /** ISO 8601. */
  muted_until: string
}

/** Rooms of which people want to be notified of nothing, whether they are in them or not: open rooms can mention everyone. */
export interface SilencedRoomsTable {
  user_id: number
  room_id: number
}

/** The link by which a room can be joined: one for each room at most. */
export interface InvitationsTable {
  room_id: number
  code: string
  created_by: number
  created_at: string
  expires_at: string
}

/** A single row, with the number of the latest access change. */
export interface AccessRevsTable {
  id: number
  rev: number
}

/** The latest change of the access to each room, for everybody or for one person. */
export interface AccessChangesTable {
  rev: number
  room_id: number
  /** Null: it concerns everybody in the room. */
  user_id: number | null
}
