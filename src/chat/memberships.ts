import type { Kysely } from 'kysely'
import type { Database } from '../storage/database.ts'
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
  await database
    .insertInto('memberships')
    .values({ room_id: room.id, user_id: user, read_seq: room.rev, joined_at: new Date().toISOString() })
    .onConflict((conflict) => conflict.columns(['user_id', 'room_id']).doNothing())
    .execute()
}

export async function leaveRoom(database: Database, room: number, user: number): Promise<void> {
  await database.deleteFrom('memberships').where('room_id', '=', room).where('user_id', '=', user).execute()
}

/** Moves the reader's mark forward. A mark never moves back: a slow second tab does not make things unread again. */
export async function markRead(database: Database, room: number, user: number, seq: number): Promise<void> {
  await database
    .updateTable('memberships')
    .set({ read_seq: seq })
    .where('room_id', '=', room)
    .where('user_id', '=', user)
    .where('read_seq', '<', seq)
    .execute()
}

/** The rooms that a person is in, by name, with how many messages of others they have not read. */
export async function roomsOf(database: Database, user: number): Promise<RoomInList[]> {
  const rows = await database
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
        .where('messages.sender_id', '!=', user)
        .as('unread'),
    ])
    .where('memberships.user_id', '=', user)
    .orderBy('rooms.name')
    .execute()
  return rows.map((row) => ({ ...row, unread: Number(row.unread) }))
}
