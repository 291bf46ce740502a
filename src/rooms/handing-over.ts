import type { FastifyInstance } from 'fastify'
import { type Database, inTransaction, isLogged } from '../storage/index.ts'
import { noteAccessChange } from './access-changes.ts'
import { handOver } from './members.ts'
import { lockRoom } from './room-lock.ts'

/** Milliseconds between two looks for rooms of people whose accounts were deactivated while no server ran. */
const LOOK_INTERVAL = 60 * 60 * 1_000

/** Rooms that are handed over in one go. */
const AT_ONCE = 100

/**
 * Hands the rooms of deactivated people over to the person who has been a member longest, as when an owner leaves: in a private
 * room nobody else could add and remove people. A room without other members stays as it is until its owner comes back.
 */
export function handOverRooms(app: FastifyInstance): void {
  app.jobs.every('hand-over-rooms', LOOK_INTERVAL, async () => {
    if (await handOverSome(app)) return { again: 0 }
  })
  app.changedPeople.listen(({ deactivated, id }) => {
    if (deactivated) handOverAll(app, id).catch((error) => complain(app, error))
  })
}

async function handOverAll(app: FastifyInstance, owner: number): Promise<void> {
  while (await handOverSome(app, owner));
}

/** @returns whether there may be more */
async function handOverSome(app: FastifyInstance, owner?: number): Promise<boolean> {
  const rooms = await ownedByDeactivated(app.database, owner)
  for (const { room, user } of rooms) await handOverOne(app.database, room, user)
  if (rooms.length > 0) await app.rooms.accessChanged()
  return rooms.length === AT_ONCE
}

async function handOverOne(database: Database, room: number, owner: number): Promise<void> {
  await inTransaction(database, async (transaction) => {
    await lockRoom(transaction, room)
    const changed = await transaction
      .updateTable('memberships')
      .set({ role: 'member' })
      .where('room_id', '=', room)
      .where('user_id', '=', owner)
      .where('role', '=', 'owner')
      .returning('user_id')
      .executeTakeFirst()
    // Another process, or they themselves, did it meanwhile.
    if (!changed) return
    await noteAccessChange(transaction, { room, user: owner })
    await handOver(transaction, room)
  })
}

/** Rooms of owners whose accounts are deactivated, with another member whose account is in use. @param owner one person; else all */
function ownedByDeactivated(
  database: Database,
  owner: number | undefined,
): Promise<{ readonly room: number; readonly user: number }[]> {
  return (
    database
      .selectFrom('users')
      .innerJoin('memberships', 'memberships.user_id', 'users.id')
      .select(['memberships.room_id as room', 'users.id as user'])
      // Those alone ever changed: the condition is that of an index.
      .where('users.changed_at', 'is not', null)
      .where('users.deactivated_at', 'is not', null)
      .where('memberships.role', '=', 'owner')
      .$if(owner !== undefined, (query) => query.where('users.id', '=', owner ?? 0))
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('memberships as other')
            .innerJoin('users as heir', 'heir.id', 'other.user_id')
            .select('other.user_id')
            .whereRef('other.room_id', '=', 'memberships.room_id')
            .where('heir.deactivated_at', 'is', null),
        ),
      )
      .limit(AT_ONCE)
      .execute()
  )
}

function complain({ log }: FastifyInstance, error: unknown): void {
  if (!isLogged(error)) log.warn({ err: error }, 'rooms of a deactivated account were not handed over yet')
}
