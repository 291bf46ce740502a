import type { FastifyBaseLogger } from 'fastify'
import { type Kysely, sql } from 'kysely'
import type { Database, Tables } from '../storage/index.ts'
import { isLogged, type Placeholder, prepared, preparedForRows } from '../storage/index.ts'

export interface RoomInList {
  readonly slug: string
  readonly name: string
  /** How many messages of others have not been read, such as `12` or `99+`; null: none. */
  readonly unread: string | null
}

/** Opening an open room joins it; unread counts from there. Who is in already stays so. */
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
    await raiseReadMark.execute(database, { room, user, seq })
  } catch (error) {
    if (!isLogged(error)) log.warn({ err: error }, 'a reader’s mark could not be stored')
  }
}

/** Rooms of one person that are listed. */
const LISTED = 200
/** Rooms of one person among which the most active are looked for. */
const CONSIDERED = 1_000

/** Messages of one room that are looked at for how many are unread: in the rooms that are most active, and in the others. */
const COUNTED = { most: 1_000, rest: 100 }
const MOST_ACTIVE = 20

/**
 * The rooms that a person is in, by name, with how many messages of others they have not read; of more than 200 the most
 * active. Of more than a thousand these are found among the newest thousand and the thousand most active rooms of all: so it
 * costs the same however many rooms and messages there are.
 */
export async function roomsOf(database: Database, user: number): Promise<RoomInList[]> {
  const rows = await selectRoomsOf.execute(database, { user })
  if (rows.length === LISTED) rows.push(...(await listingActive.execute(database, { user })))
  const rooms = [...new Map(rows.map((row) => [row.id, row])).values()]
    .sort((a, b) => compare(b.active_at, a.active_at))
    .slice(0, LISTED)
    .map((room, index) => ({ ...room, limit: index < MOST_ACTIVE ? COUNTED.most : COUNTED.rest }))
  const behind = rooms.filter(({ rev, read_seq }) => rev > read_seq)
  const counts = await counting.execute(
    database,
    behind.map(({ id, read_seq, limit }) => ({ room: id, user, after: read_seq, limit })),
  )
  const unread = new Map(counts.map((count) => [count.room, Number(count.unread)]))
  return rooms
    .sort((a, b) => compare(a.name, b.name))
    .map(({ id, slug, name, limit }) => ({ slug, name, unread: badgeOf(unread.get(id) ?? 0, limit) }))
}

function badgeOf(unread: number, limit: number): string | null {
  if (unread === 0) return null
  return unread < limit ? String(unread) : `${limit - 1}+`
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
    .where('read_seq', '<', value('seq')),
)

const selectRoomsOf = prepared((database, value: Placeholder<{ user: number }>) => {
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

const listingActive = prepared((database, value: Placeholder<{ user: number }>) => {
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

const counting = preparedForRows(
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
