import { type Expression, type RawBuilder, sql } from 'kysely'
import { type Database, type Placeholder, preparedForRows } from '../storage/index.ts'
import type { Kind } from './access.ts'
import { titlesOf } from './direct-names.ts'

/**
 * A condition of a query: whether a person may read a room, as `may(…, 'see')` decides. Its tables have names of their own, so that
 * what it is given can be a column of any query.
 */
export function mayRead(room: Expression<unknown>, user: Expression<unknown>): RawBuilder<boolean> {
  return sql<boolean>`(
    exists (select 1 from memberships as reading where reading.user_id = ${user} and reading.room_id = ${room})
    or (exists (select 1 from rooms as readable where readable.id = ${room} and readable.kind = 'open')
      and not exists (select 1 from bars as barring where barring.room_id = ${room} and barring.user_id = ${user})))`
}

/** A condition of a query: whether a person has read a room up to a `seq`. */
export function hasRead(
  room: Expression<unknown>,
  user: Expression<unknown>,
  seq: Expression<unknown>,
): RawBuilder<boolean> {
  return sql<boolean>`exists (select 1 from memberships as reading
    where reading.user_id = ${user} and reading.room_id = ${room} and reading.read_seq >= ${seq})`
}

/** A room, and somebody who wants to read it. */
export interface Reader {
  readonly room: number
  readonly user: number
  readonly username: string
}

export interface ReadableRoom {
  readonly room: number
  readonly user: number
  readonly slug: string
  /** The name that this person sees. */
  readonly name: string
  readonly kind: Kind
}

/** The rooms that these people may read now; what somebody may not read is left out. */
export async function readableRooms(database: Database, readers: readonly Reader[]): Promise<ReadableRoom[]> {
  const found = await selectReadable.execute(
    database,
    readers.map(({ room, user }) => ({ room, user })),
  )
  const usernames = new Map(readers.map(({ user, username }) => [user, username]))
  const rooms: ReadableRoom[] = []
  for (const [user, theirs] of Map.groupBy(found, ({ user }) => user)) {
    const title = await titlesOf(database, theirs, usernames.get(user) ?? '')
    rooms.push(...theirs.map((room) => ({ ...room, name: title(room) })))
  }
  return rooms
}

const selectReadable = preparedForRows(
  (database, readers: readonly Placeholder<{ room: number; user: number }>[]) => {
    const wanted = readers.map(
      (reader) => sql`(cast(${reader('room')} as bigint), cast(${reader('user')} as bigint))`,
    )
    const pairs = sql<{ column1: number; column2: number }>`(values ${sql.join(wanted)})`.as('wanted')
    return database
      .selectFrom(pairs)
      .innerJoin('rooms', 'rooms.id', 'wanted.column1')
      .select(['rooms.id as room', 'wanted.column2 as user', 'slug', 'name', 'kind'])
      .where(({ ref }) => mayRead(ref('wanted.column1'), ref('wanted.column2')))
  },
)
