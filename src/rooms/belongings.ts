import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import type { Belonging } from '../accounts/index.ts'
import type { Tables } from '../storage/index.ts'
import { announceMember } from './announcements.ts'
import { directName, titlesOf, usernamesIn } from './direct-names.ts'
import { leaveRoom } from './members.ts'
import { lockRoom } from './room-lock.ts'

/** Rooms that are read at once, and that are left in one go. */
const READ = 200
const LEFT = 50

/**
 * The rooms that people are in. A deleted account leaves them as its person would: a room that it owns goes to the person who has
 * been a member longest. In direct rooms it stays, without its name, because the others continue to read them.
 */
export function roomBelongings(app: FastifyInstance): readonly Belonging[] {
  const { database } = app

  /** The rooms of a person that follow one, by their numbers. */
  function roomsAfter(user: number, after: number, limit: number) {
    return database
      .selectFrom('memberships')
      .innerJoin('rooms', 'rooms.id', 'memberships.room_id')
      .select(['rooms.id', 'slug', 'name', 'kind', 'role', 'joined_at', 'level'])
      .where('user_id', '=', user)
      .where('room_id', '>', after)
      .orderBy('room_id')
      .limit(limit)
      .execute()
  }

  async function nameOf(user: number): Promise<string> {
    const row = await database.selectFrom('users').select('name').where('id', '=', user).executeTakeFirst()
    return row?.name ?? ''
  }

  return [
    {
      name: 'rooms',
      async read(user, after) {
        const rooms = await roomsAfter(user, Number(after), READ)
        const title = await titlesOf(database, rooms, await nameOf(user))
        const items = rooms.map(({ joined_at, kind, level, name, role, slug }) => ({
          room: slug,
          name: title({ kind, name }).name,
          kind,
          role,
          joined_at,
          level,
        }))
        return { items, next: rooms.length === READ ? String(rooms.at(-1)?.id) : undefined }
      },
      async erase({ id, formerName, name }, after, job) {
        const rooms = await roomsAfter(id, Number(after), LEFT)
        for (const { id: room, kind } of rooms) {
          job.signal.throwIfAborted()
          if (kind !== 'direct') await leaveRoom(database, room, id)
          else await job.transaction((transaction) => renameDirect(transaction, room, formerName, name))
          announceMember(app, { id: room }, id)
        }
        if (rooms.length > 0) await app.rooms.accessChanged()
        if (rooms.length === LEFT) return String(rooms.at(-1)?.id)
        await job.transaction(async (transaction) => {
          await transaction.deleteFrom('bars').where('user_id', '=', id).execute()
          await transaction.deleteFrom('mutes').where('user_id', '=', id).execute()
          await transaction.deleteFrom('silenced_rooms').where('user_id', '=', id).execute()
        })
        return undefined
      },
    },
  ]
}

/** Puts another username in the place of one in the name of a direct room, from which somebody else may go at the same time. */
async function renameDirect(
  transaction: Transaction<Tables>,
  room: number,
  formerName: string,
  name: string,
): Promise<void> {
  await lockRoom(transaction, room)
  const found = await transaction.selectFrom('rooms').select('name').where('id', '=', room).executeTakeFirst()
  if (!found) return
  const names = usernamesIn(found.name).map((one) => (one === formerName ? name : one))
  await transaction
    .updateTable('rooms')
    .set({ name: directName(names) })
    .where('id', '=', room)
    .execute()
}
