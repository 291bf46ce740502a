import type { Kysely } from 'kysely'
import type { AuditedRoom } from '../audit/index.ts'
import type { Identity } from '../channels/index.ts'
import { type Database, type Placeholder, prepared, preparedForRows, type Tables } from '../storage/index.ts'
import { type Access, type Kind, type Level, may, type Standing } from './access.ts'
import { titlesOf } from './direct-names.ts'
import { joinRoom, showRoom } from './memberships.ts'

export type Person = Identity['user']

export interface Room {
  readonly id: number
  readonly slug: string
  /** The room's name as the person who looked it up sees it. */
  readonly name: string
  readonly description: string
  readonly kind: Kind
  /** The number of the latest change of its talk. */
  readonly rev: number
}

/** A room as one person finds it. */
export interface FoundRoom extends Room, Access {
  /** The `seq` up to which they have read: messages with a higher one are unread. */
  readonly readSeq: number
  readonly level: Level
  /** True if opening it has just put it into the person's list: mostly, since it made them a member. */
  readonly isNew: boolean
  /** The room's `rev` up to which it is hidden from them (`isShown`); null: it is not. */
  readonly hiddenAfter: number | null
  /** The number of the latest access change when it was found. */
  readonly accessRev: number
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

/**
 * Finds a room among those that a person may know of, and changes nothing. An open room from which they were removed is found too:
 * what they may do there is up to `may`.
 */
export async function findRoom(
  database: Database,
  slug: string,
  person: Person,
): Promise<FoundRoom | undefined> {
  if (!SLUG.test(slug)) return undefined
  const row = await selectRoom.executeTakeFirst(database, { slug, user: person.id })
  if (!row) return undefined
  const title = await titlesOf(database, [row], person.name)
  const { archivedAt, barred, level, mutedUntil, name, readSeq, role, silenced, ...room } = row
  return {
    ...room,
    name: title(row).name,
    archived: archivedAt !== null,
    standing: standingOf({ role, barred }),
    mutedUntil,
    administrator: person.administrator,
    readSeq: readSeq ?? room.rev,
    level: levelOf(level, room.kind, silenced !== null),
    isNew: false,
  }
}

/** Finds any room by its address, for operators of the server. @returns its number */
export async function roomNamed(database: Database, slug: string): Promise<number | undefined> {
  if (!SLUG.test(slug)) return undefined
  const room = await database
    .selectFrom('rooms')
    .select('id')
    .where('slug', '=', slug)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return room?.id
}

/** A room by its number. The name of a direct room is of its people. */
export interface NumberedRoom extends Room {
  readonly archivedAt: string | null
}

/** Finds rooms by their numbers, without regard to who may see them. */
export function roomsNumbered(database: Database, rooms: readonly number[]): Promise<NumberedRoom[]> {
  return selectNumbered.execute(
    database,
    rooms.map((room) => ({ room })),
  )
}

/** A room as an entry of the audit log names it. @throws where there is no such room */
export function auditedRoom(database: Kysely<Tables>, room: number): Promise<AuditedRoom> {
  return database
    .selectFrom('rooms')
    .select(['id', 'name', 'kind'])
    .where('id', '=', room)
    .executeTakeFirstOrThrow()
}

/**
 * Finds a room as `findRoom` does; opening an open room joins it. One to which somebody was added whom they have blocked is not
 * hidden from them any more once they open it.
 */
export async function enterRoom(
  database: Database,
  slug: string,
  person: Person,
): Promise<FoundRoom | undefined> {
  const room = await findRoom(database, slug, person)
  if (room && room.kind !== 'direct' && room.hiddenAfter !== null) {
    await showRoom(database, room.id, person.id)
    return { ...room, isNew: true }
  }
  // Most people are members already, and thousands may come back at once: they only read.
  if (room?.standing !== 'none' || !may(room, 'enter')) return room
  await joinRoom(database, room, person.id)
  const joined = await findRoom(database, slug, person)
  return joined && { ...joined, isNew: joined.standing === 'member' }
}

/** Returns a person's relation to a room. @param row of what the database knows of them there */
export function standingOf({
  role,
  barred,
}: {
  readonly role: 'owner' | 'member' | null
  readonly barred: number | null
}): Standing {
  return barred === null ? (role ?? 'none') : 'barred'
}

/**
 * Returns the level of notification that counts for a person.
 * @param chosen null: they have not chosen, or are no member
 * @param isSilenced whether they have chosen nothing, while they were a member or not
 */
export function levelOf(chosen: Level | null, kind: Kind, isSilenced = false): Level {
  if (chosen === null && isSilenced) return 'nothing'
  return chosen ?? (kind === 'direct' ? 'everything' : 'mentions')
}

/** Looks up what rooms are called and of which kind they are, by their addresses. The name of a direct room is of its people. */
export async function roomTitles(
  database: Database,
  slugs: readonly string[],
): Promise<Map<string, Pick<Room, 'name' | 'kind'>>> {
  if (slugs.length === 0) return new Map()
  const rooms = await database
    .selectFrom('rooms')
    .select(['slug', 'name', 'kind'])
    .where('slug', 'in', [...new Set(slugs)])
    .execute()
  return new Map(rooms.map(({ slug, name, kind }) => [slug, { name, kind }]))
}

const selectNumbered = preparedForRows((database, rooms: readonly Placeholder<{ room: number }>[]) =>
  database
    .selectFrom('rooms')
    .select(['id', 'slug', 'name', 'kind', 'description', 'archived_at as archivedAt', 'rev'])
    .where(
      'id',
      'in',
      rooms.map((value) => value('room')),
    ),
)

const selectRoom = prepared((database, value: Placeholder<{ slug: string; user: number }>) =>
  database
    .selectFrom('rooms')
    .leftJoin('memberships', (join) =>
      join.onRef('memberships.room_id', '=', 'rooms.id').on('memberships.user_id', '=', value('user')),
    )
    .leftJoin('bars', (join) =>
      join.onRef('bars.room_id', '=', 'rooms.id').on('bars.user_id', '=', value('user')),
    )
    .leftJoin('mutes', (join) =>
      join.onRef('mutes.room_id', '=', 'rooms.id').on('mutes.user_id', '=', value('user')),
    )
    .leftJoin('silenced_rooms', (join) =>
      join.onRef('silenced_rooms.room_id', '=', 'rooms.id').on('silenced_rooms.user_id', '=', value('user')),
    )
    .select(({ selectFrom }) => [
      'rooms.id',
      'slug',
      'name',
      'description',
      'kind',
      'rev',
      'archived_at as archivedAt',
      'role',
      'level',
      'read_seq as readSeq',
      'hidden_after as hiddenAfter',
      'bars.user_id as barred',
      'muted_until as mutedUntil',
      'silenced_rooms.user_id as silenced',
      selectFrom('access_revs').select('access_revs.rev').$asScalar().$notNull().as('accessRev'),
    ])
    .where('slug', '=', value('slug'))
    .where('deleted_at', 'is', null)
    .where(({ and, eb, or }) =>
      or([
        eb('kind', '=', 'open'),
        and([eb('memberships.user_id', 'is not', null), eb('bars.user_id', 'is', null)]),
      ]),
    ),
)
