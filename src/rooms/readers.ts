import { type Expression, type RawBuilder, sql } from 'kysely'
import { type Database, type Placeholder, prepared, preparedForRows } from '../storage/index.ts'
import type { Kind } from './access.ts'
import { titlesOf } from './direct-names.ts'

/**
 * A condition for queries: whether a person may read a room, as `may(…, 'see')` decides. Its table aliases are unique, so that
 * its arguments can be columns of any query.
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

/** The rooms that these people may read now; others are left out. */
export async function readableRooms(database: Database, readers: readonly Reader[]): Promise<ReadableRoom[]> {
  const found = await selectReadable.execute(
    database,
    readers.map(({ room, user }) => ({ room, user })),
  )
  const usernames = new Map(readers.map(({ user, username }) => [user, username]))
  const rooms: ReadableRoom[] = []
  for (const [user, theirs] of Map.groupBy(found, ({ user }) => user)) {
    const title = await titlesOf(database, theirs, usernames.get(user) ?? '')
    rooms.push(...theirs.map((room) => ({ ...room, name: title(room).name })))
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
      .distinct()
  },
  { repeatable: true },
)

/** Which rooms a person may read: all open ones but some, and some others. */
export interface ReadableScope {
  /** Open rooms from which they were removed. */
  readonly barred: readonly number[]
  /** Private and direct rooms that they are in. */
  readonly members: readonly number[]
}

/** The rooms that a person may read now, as `may(…, 'see')` decides of each of them. */
export async function readableScope(database: Database, user: number): Promise<ReadableScope> {
  const rows = await selectScope.execute(database, { user })
  const numbers = (isBar: boolean) =>
    rows.filter(({ barred }) => (barred !== 0) === isBar).map(({ room }) => room)
  return { barred: numbers(true), members: numbers(false) }
}

/** The rooms with these addresses that a person may read now. */
export async function readableSlugs(
  database: Database,
  user: number,
  slugs: readonly string[],
): Promise<readonly number[]> {
  if (slugs.length === 0) return []
  const rows = await database
    .selectFrom('rooms')
    .select('rooms.id')
    .where('slug', 'in', slugs)
    .where('deleted_at', 'is', null)
    .where(({ ref, val }) => mayRead(ref('rooms.id'), val(user)))
    .execute()
  return rows.map(({ id }) => id)
}

/** Finds those of some rooms that a person may read now. */
export async function readableAmong(
  database: Database,
  user: number,
  rooms: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows = await database
    .selectFrom('rooms')
    .select('rooms.id')
    .where('rooms.id', 'in', rooms)
    .where('deleted_at', 'is', null)
    .where(({ ref, val }) => mayRead(ref('rooms.id'), val(user)))
    .execute()
  return new Set(rows.map(({ id }) => id))
}

const selectScope = prepared((database, value: Placeholder<{ user: number }>) =>
  database
    .selectFrom('memberships')
    .innerJoin('rooms', 'rooms.id', 'memberships.room_id')
    .select(['rooms.id as room', sql<number>`0`.as('barred')])
    .where('memberships.user_id', '=', value('user'))
    .where('rooms.kind', '<>', 'open')
    .unionAll(
      database
        .selectFrom('bars')
        .select(['bars.room_id as room', sql<number>`1`.as('barred')])
        .where('bars.user_id', '=', value('user')),
    ),
)
