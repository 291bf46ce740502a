import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import type { Database, Tables } from '../storage/index.ts'
import { isLogged, type Placeholder, prepared } from '../storage/index.ts'
import type { Level } from './access.ts'

/** Makes a person a member of a room; unread counts from there. Members stay what they are. */
export async function joinRoom(
  database: Kysely<Tables>,
  room: { readonly id: number; readonly rev: number },
  user: number,
): Promise<void> {
  await insertMember(database, room, user, 'member')
}

/** As `joinRoom`, with a role. */
export async function insertMember(
  database: Kysely<Tables>,
  room: { readonly id: number; readonly rev: number },
  user: number,
  role: 'owner' | 'member',
): Promise<void> {
  const at = new Date().toISOString()
  await insertMembership.execute(database, { room: room.id, user, role, seq: room.rev, at })
}

/** Sets what a person is notified of in a room. @returns whether they are a member of it */
export async function setLevel(
  database: Database,
  room: number,
  user: number,
  level: Level,
): Promise<boolean> {
  const changed = await database
    .updateTable('memberships')
    .set({ level })
    .where('room_id', '=', room)
    .where('user_id', '=', user)
    .returning('user_id')
    .executeTakeFirst()
  return changed !== undefined
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

interface NewMembership {
  readonly room: number
  readonly user: number
  readonly role: 'owner' | 'member'
  readonly seq: number
  readonly at: string
}

const insertMembership = prepared((database, value: Placeholder<NewMembership>) =>
  database
    .insertInto('memberships')
    .values({
      room_id: value('room'),
      user_id: value('user'),
      role: value('role'),
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
