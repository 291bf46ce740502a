import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import type { Database, Tables } from '../storage/index.ts'
import { isLogged, type Placeholder, prepared } from '../storage/index.ts'

/** A room that a person is a member of. */
export interface MemberRoom {
  readonly id: number
  readonly slug: string
  readonly name: string
  readonly rev: number
  /** How far they have read. */
  readonly readSeq: number
}

/** Makes a person a member of a room; unread counts from there. Members stay what they are. */
export async function joinRoom(
  database: Kysely<Tables>,
  room: { readonly id: number; readonly rev: number },
  user: number,
): Promise<void> {
  await insertMembership.execute(database, {
    room: room.id,
    user,
    seq: room.rev,
    at: new Date().toISOString(),
  })
}

export async function leaveRoom(database: Database, room: number, user: number): Promise<void> {
  await database.deleteFrom('memberships').where('room_id', '=', room).where('user_id', '=', user).execute()
}

/**
 * Moves the reader's mark forward. A mark never moves back: a slow second tab does not make things unread again. One that
 * cannot be stored is only logged: people can read on a disk that takes nothing more, and the next mark stands for both.
 */
export async function tryMarkRead(
  { database, roomAnnouncements }: FastifyInstance,
  log: FastifyBaseLogger,
  room: number,
  user: number,
  seq: number,
): Promise<void> {
  try {
    const [raised] = await raiseReadMark.execute(database, { room, user, seq })
    if (raised) roomAnnouncements.wasRead(user, room, seq)
  } catch (error) {
    if (!isLogged(error)) log.warn({ err: error }, 'a reader’s mark could not be stored')
  }
}

/** Rooms of one person that are listed. */
const LISTED = 200
/** Rooms of one person among which the most active are looked for. */
const CONSIDERED = 1_000

/**
 * The rooms that a person is a member of, by latest activity; of more than 200 the most active. Of more than a thousand these are found
 * among the newest thousand and the thousand most active rooms of all, so that it costs the same however many rooms there are.
 */
export async function memberRooms(database: Database, user: number): Promise<MemberRoom[]> {
  const rows = await selectNewest.execute(database, { user })
  if (rows.length === LISTED) rows.push(...(await selectMostActive.execute(database, { user })))
  return [...new Map(rows.map((row) => [row.id, row])).values()]
    .sort((a, b) => compare(b.active_at, a.active_at))
    .slice(0, LISTED)
    .map(({ id, slug, name, rev, read_seq }) => ({ id, slug, name, rev, readSeq: read_seq }))
}

/** Puts rooms into the order in which they are listed: by name. */
export function byName<Listed extends { readonly name: string }>(rooms: readonly Listed[]): Listed[] {
  return rooms.toSorted((a, b) => compare(a.name, b.name))
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

const insertMembership = prepared(
  (database, value: Placeholder<{ room: number; user: number; seq: number; at: string }>) =>
    database
      .insertInto('memberships')
      .values({
        room_id: value('room'),
        user_id: value('user'),
        read_seq: value('seq'),
        joined_at: value('at'),
      })
      .onConflict((conflict) => conflict.columns(['user_id', 'room_id']).doNothing()),
)

const raiseReadMark = prepared((database, value: Placeholder<{ room: number; user: number; seq: number }>) =>
  database
    .updateTable('memberships')
    .set({ read_seq: value('seq') })
    .where('room_id', '=', value('room'))
    .where('user_id', '=', value('user'))
    .where('read_seq', '<', value('seq'))
    .returning('read_seq'),
)

const selectNewest = prepared((database, value: Placeholder<{ user: number }>) => {
  const mine = database
    .selectFrom('memberships')
    .select(['room_id', 'read_seq'])
    .where('user_id', '=', value('user'))
    .orderBy('room_id', 'desc')
    .limit(CONSIDERED)
  return database
    .selectFrom(mine.as('mine'))
    .innerJoin('rooms', 'rooms.id', 'mine.room_id')
    .select(['id', 'slug', 'name', 'rev', 'active_at', 'read_seq'])
    .orderBy('active_at', 'desc')
    .limit(LISTED)
})

const selectMostActive = prepared((database, value: Placeholder<{ user: number }>) => {
  const active = database
    .selectFrom('rooms')
    .select(['id', 'slug', 'name', 'rev', 'active_at'])
    .orderBy('active_minute', 'desc')
    .limit(CONSIDERED)
  return database
    .selectFrom(active.as('active'))
    .innerJoin('memberships', (join) =>
      join.onRef('room_id', '=', 'active.id').on('user_id', '=', value('user')),
    )
    .select(['id', 'slug', 'name', 'rev', 'active_at', 'read_seq'])
    .orderBy('active_at', 'desc')
    .limit(LISTED)
})
