import slugify from '@sindresorhus/slugify'
import { type Database, inTransaction } from '../storage/database.ts'
import { type Placeholder, prepared } from '../storage/prepared.ts'
import { joinRoom } from './memberships.ts'

export interface Room {
  readonly id: number
  readonly slug: string
  readonly name: string
  readonly rev: number
}

/** A room that somebody is in. */
export interface EnteredRoom extends Room {
  /** Whether they were in it before they came. */
  readonly joined: boolean
  /** Their reader's mark was here, or is further. */
  readonly readSeq: number
}

export interface RoomLink {
  readonly slug: string
  readonly name: string
}

const ROOM_NAME_LENGTH = 80
const SLUG_LENGTH = 64
/** No database is asked for another: PostgreSQL refuses U+0000. */
const SLUG = /^[a-z0-9-]{1,64}$/

/** What is wrong with a room's name, or undefined. */
export function roomNameFault(name: string): string | undefined {
  // Of characters that nobody sees, such as a zero-width space, a link to the room would have nothing to click on.
  if (!/[^\p{Cc}\p{Cf}\p{Z}]/u.test(name)) return 'Give the room a name.'
  if ([...name.trim()].length > ROOM_NAME_LENGTH)
    return `A room's name has at most ${ROOM_NAME_LENGTH} characters.`
  return /\p{Cc}/u.test(name.trim()) ? 'A room’s name is one line of text.' : undefined
}

/** The room, if this person may see it. All rooms are open to everyone signed in. */
export async function findRoom(database: Database, slug: string): Promise<Room | undefined> {
  if (!SLUG.test(slug)) return undefined
  return bySlug.executeTakeFirst(database, { slug })
}

/** The room, with the person in it: opening an open room joins it. Undefined when there is none that they may see. */
export async function enterRoom(
  database: Database,
  slug: string,
  user: number,
): Promise<EnteredRoom | undefined> {
  const room = await viewRoom(database, slug, user)
  // Most are in already, and thousands may come back at once: they only read.
  if (room && !room.joined) await joinRoom(database, room, user)
  return room
}

/** The room as `enterRoom` gives it, without joining it: for requests that must change nothing. */
export async function viewRoom(
  database: Database,
  slug: string,
  user: number,
): Promise<EnteredRoom | undefined> {
  if (!SLUG.test(slug)) return undefined
  const room = await withMark.executeTakeFirst(database, { slug, user })
  if (!room) return undefined
  const { readSeq, ...rest } = room
  return { ...rest, joined: readSeq !== null, readSeq: readSeq ?? room.rev }
}

/** The open rooms that a person is not in, by name. */
export async function otherRooms(database: Database, user: number): Promise<RoomLink[]> {
  return database
    .selectFrom('rooms')
    .select(['slug', 'name'])
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('memberships')
            .select('room_id')
            .whereRef('memberships.room_id', '=', 'rooms.id')
            .where('user_id', '=', user),
        ),
      ),
    )
    .orderBy('name')
    .execute()
}

/**
 * Makes an open room with its maker in it. Its slug is made from the name; where that is taken, a number follows.
 * @param name one for which `roomNameFault` found nothing
 */
export async function createRoom(database: Database, name: string, user: number): Promise<RoomLink> {
  const wanted =
    slugify(name)
      .slice(0, SLUG_LENGTH - 8)
      .replace(/-+$/, '') || 'room'
  return inTransaction(database, async (transaction) => {
    for (let number = 1; ; number += 1) {
      const slug = number === 1 ? wanted : `${wanted}-${number}`
      const room = await transaction
        .insertInto('rooms')
        .values({
          slug,
          name: name.trim().toWellFormed(),
          created_by: user,
          created_at: new Date().toISOString(),
        })
        .onConflict((conflict) => conflict.column('slug').doNothing())
        .returning(['id', 'slug', 'name', 'rev'])
        .executeTakeFirst()
      if (!room) continue
      await joinRoom(transaction, room, user)
      return room
    }
  })
}

/** When a person made their newest rooms since `since`, the newest first; at most `count` of them. */
export async function roomsMadeSince(
  database: Database,
  user: number,
  since: Date,
  count: number,
): Promise<Date[]> {
  const rooms = await database
    .selectFrom('rooms')
    .select('created_at')
    .where('created_by', '=', user)
    .where('created_at', '>', since.toISOString())
    .orderBy('created_at', 'desc')
    .limit(count)
    .execute()
  return rooms.map(({ created_at }) => new Date(created_at))
}

const bySlug = prepared((database, value: Placeholder<{ slug: string }>) =>
  database.selectFrom('rooms').select(['id', 'slug', 'name', 'rev']).where('slug', '=', value('slug')),
)

const withMark = prepared((database, value: Placeholder<{ slug: string; user: number }>) =>
  database
    .selectFrom('rooms')
    .leftJoin('memberships', (join) =>
      join.onRef('room_id', '=', 'rooms.id').on('user_id', '=', value('user')),
    )
    .select(['id', 'slug', 'name', 'rev', 'read_seq as readSeq'])
    .where('slug', '=', value('slug')),
)
