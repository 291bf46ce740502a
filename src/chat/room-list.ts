import { sql } from 'kysely'
import { byName, memberRooms } from '../rooms/index.ts'
import { type Database, type Placeholder, preparedForRows } from '../storage/index.ts'

export interface RoomInList {
  readonly slug: string
  readonly name: string
  /** How many messages of others have not been read, such as `12` or `99+`; null if none. */
  readonly unread: string | null
}

/** Messages of one room that are looked at to count the unread ones: in the rooms that are most active, and in the others. */
const COUNTED = { most: 1_000, rest: 100 }
const MOST_ACTIVE = 20

/** The rooms that a person is a member of (`memberRooms`), by name, with how many messages of others they have not read. */
export async function roomList(database: Database, user: number): Promise<RoomInList[]> {
  const rooms = (await memberRooms(database, user)).map((room, index) => ({
    ...room,
    limit: index < MOST_ACTIVE ? COUNTED.most : COUNTED.rest,
  }))
  const behind = rooms.filter(({ rev, readSeq }) => rev > readSeq)
  const counts = await countUnread.execute(
    database,
    behind.map(({ id, readSeq, limit }) => ({ room: id, user, after: readSeq, limit })),
  )
  const unread = new Map(counts.map((count) => [count.room, Number(count.unread)]))
  return byName(rooms).map(({ id, slug, name, limit }) => ({
    slug,
    name,
    unread: badgeOf(unread.get(id) ?? 0, limit),
  }))
}

function badgeOf(unread: number, limit: number): string | null {
  if (unread === 0) return null
  return unread < limit ? String(unread) : `${limit - 1}+`
}

const countUnread = preparedForRows(
  (database, rooms: readonly Placeholder<{ room: number; user: number; after: number; limit: number }>[]) => {
    const parts = rooms.map((value) => {
      const next = database
        .selectFrom('messages')
        .select('sender_id')
        .where('room_id', '=', value('room'))
        .where('seq', '>', value('after'))
        .orderBy('seq')
        .limit(value('limit'))
      return database
        .selectFrom(next.as('next'))
        .select(({ fn }) => [
          sql<number>`cast(${value('room')} as bigint)`.as('room'),
          fn.countAll<number>().as('unread'),
        ])
        .where('sender_id', '!=', value('user'))
    })
    const [first, ...others] = parts
    if (!first) throw new Error('unread messages of no room were to be counted')
    return others.reduce((all, part) => all.unionAll(part), first)
  },
)
