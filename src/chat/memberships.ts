import type { FastifyBaseLogger } from 'fastify'
import type { Kysely } from 'kysely'
import type { Database } from '../storage/database.ts'
import { type Placeholder, prepared } from '../storage/prepared.ts'
import type { Tables } from '../storage/tables.ts'

export interface RoomInList {
  readonly slug: string
  readonly name: string
  readonly unread: number
}

/** Opening an open room joins it; unread counts from there. Who is in already stays so. */
export async function joinRoom(
  database: Kysely<Tables>,
  room: { readonly id: number; readonly rev: number },
  user: number,
): Promise<void> {
  await joining.execute(database, { room: room.id, user, seq: room.rev, at: new Date().toISOString() })
}

export async function leaveRoom(database: Database, room: number, user: number): Promise<void> {
  await database.deleteFrom('memberships').where('room_id', '=', room).where('user_id', '=', user).execute()
}

/**
 * Moves the reader's mark forward. A mark never moves back: a slow second tab does not make things unread again. One that
 * cannot be stored is only logged: whoever reads can, on a disk that takes nothing more, and the next mark stands for both.
 */
export async function tryMarkRead(
  database: Database,
  log: FastifyBaseLogger,
  room: number,
  user: number,
  seq: number,
): Promise<void> {
  try {
    await reading.execute(database, { room, user, seq })
  } catch (error) {
    log.warn({ err: error }, 'a reader’s mark could not be stored')
  }
}

/** The rooms that a person is in, by name, with how many messages of others they have not read. */
export async function roomsOf(database: Database, user: number): Promise<RoomInList[]> {
  const rows = await listing.execute(database, { user })
  return rows.map((row) => ({ ...row, unread: Number(row.unread) }))
}

const joining = prepared(
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

const reading = prepared((database, value: Placeholder<{ room: number; user: number; seq: number }>) =>
  database
    .updateTable('memberships')
    .set({ read_seq: value('seq') })
    .where('room_id', '=', value('room'))
    .where('user_id', '=', value('user'))
    .where('read_seq', '<', value('seq')),
)

const listing = prepared((database, value: Placeholder<{ user: number }>) =>
  database
    .selectFrom('memberships')
    .innerJoin('rooms', 'rooms.id', 'memberships.room_id')
    .select((select) => [
      'rooms.slug',
      'rooms.name',
      select
        .selectFrom('messages')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .whereRef('messages.room_id', '=', 'rooms.id')
        .whereRef('messages.seq', '>', 'memberships.read_seq')
        .where('messages.sender_id', '!=', value('user'))
        .as('unread'),
    ])
    .where('memberships.user_id', '=', value('user'))
    .orderBy('rooms.name'),
)
