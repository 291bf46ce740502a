import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database, Tables } from '../storage/index.ts'
import { inTransaction, isLogged, type Placeholder, prepared } from '../storage/index.ts'
import type { Level } from './access.ts'
import { lockRoom, lockRoomShared } from './room-lock.ts'

/**
 * Makes a person a member of a room, unless they were removed from it or it is archived by now; unread counts from there. Members
 * stay what they are.
 */
export function joinRoom(
  database: Database,
  room: { readonly id: number; readonly rev: number },
  user: number,
): Promise<void> {
  return inTransaction(database, async (transaction) => {
    await lockRoomShared(transaction, room.id)
    await joinIn(transaction, room, user)
  })
}

/** Does what `joinRoom` does within a transaction that has locked the room. */
export async function joinIn(
  transaction: Transaction<Tables>,
  room: { readonly id: number; readonly rev: number },
  user: number,
): Promise<void> {
  const open = await selectUnbarred.executeTakeFirst(transaction, { room: room.id, user })
  if (open) await insertMember(transaction, room, user, 'member')
}

/** Shows a room in the list of its member again, where it was hidden. */
export async function showRoom(database: Kysely<Tables>, room: number, user: number): Promise<void> {
  await database
    .updateTable('memberships')
    .set({ hidden_after: null })
    .where('room_id', '=', room)
    .where('user_id', '=', user)
    .execute()
}

/** Makes a person a member of a room with a role, whatever they were. */
export async function insertMember(
  database: Kysely<Tables>,
  room: { readonly id: number; readonly rev: number },
  user: number,
  role: 'owner' | 'member',
): Promise<void> {
  const at = new Date().toISOString()
  await insertMembership.execute(database, { room: room.id, user, role, seq: room.rev, at })
}

/**
 * Sets what a person is notified of in a room. A person who wants nothing of it gets nothing also after they have left it, and before
 * they have joined it, as anybody can be mentioned in an open room.
 * @returns false, and sets nothing, where they are no member and want everything
 */
export async function setLevel(
  database: Database,
  room: number,
  user: number,
  level: Level,
): Promise<boolean> {
  return inTransaction(database, async (transaction) => {
    await lockRoom(transaction, room)
    const member = await transaction
      .updateTable('memberships')
      .set({ level })
      .where('room_id', '=', room)
      .where('user_id', '=', user)
      .returning('user_id')
      .executeTakeFirst()
    if (!member && level === 'everything') return false
    await transaction
      .deleteFrom('silenced_rooms')
      .where('user_id', '=', user)
      .where('room_id', '=', room)
      .execute()
    if (level === 'nothing')
      await transaction.insertInto('silenced_rooms').values({ user_id: user, room_id: room }).execute()
    if (member) await noteWatchers(transaction, room)
    return true
  })
}

/** Notes in a room whether anybody in it wants to be notified of everything, so that nobody has to look for them. */
export async function noteWatchers(transaction: Transaction<Tables>, room: number): Promise<void> {
  await transaction
    .updateTable('rooms')
    .set({
      watched: sql<number>`case when exists (
        select 1 from memberships where memberships.room_id = rooms.id and memberships.level = 'everything'
      ) then 1 else 0 end`,
    })
    .where('id', '=', room)
    .execute()
}

/**
 * Moves the reader's mark forward. A mark never moves back: a slow second tab does not make things unread again. One that
 * cannot be stored is only logged: people can read on a disk that takes nothing more, and the next mark stands for both.
 * @returns whether it was stored
 */
export async function tryMarkRead(
  { database, roomAnnouncements }: FastifyInstance,
  log: FastifyBaseLogger,
  room: number,
  user: number,
  seq: number,
): Promise<boolean> {
  try {
    const [raised] = await raiseReadMark.execute(database, { room, user, seq })
    if (raised) roomAnnouncements.wasRead(user, room, seq)
    return true
  } catch (error) {
    if (!isLogged(error)) log.warn({ err: error }, 'a reader’s mark could not be stored')
    return false
  }
}

interface NewMembership {
  readonly room: number
  readonly user: number
  readonly role: 'owner' | 'member'
  readonly seq: number
  readonly at: string
}

/** The room, if it is in use and the person is not barred from it. */
const selectUnbarred = prepared((database, value: Placeholder<{ room: number; user: number }>) =>
  database
    .selectFrom('rooms')
    .select('id')
    .where('id', '=', value('room'))
    .where('archived_at', 'is', null)
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('bars')
            .select('user_id')
            .where('room_id', '=', value('room'))
            .where('user_id', '=', value('user')),
        ),
      ),
    ),
)

const insertMembership = prepared((database, value: Placeholder<NewMembership>) =>
  database
    .insertInto('memberships')
    .values({
      room_id: value('room'),
      user_id: value('user'),
      role: value('role'),
      read_seq: value('seq'),
      joined_at: value('at'),
      level: database
        .selectFrom('silenced_rooms')
        .select(sql.lit('nothing' as const).as('level'))
        .where('user_id', '=', value('user'))
        .where('room_id', '=', value('room')),
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
