import { type Expression, type Kysely, sql } from 'kysely'
import { blocksOf } from '../accounts/index.ts'
import { type Database, type Placeholder, prepared, type Tables } from '../storage/index.ts'
import type { Kind, Level } from './access.ts'
import { othersIn, titlesOf } from './direct-names.ts'
import { levelOf } from './rooms.ts'

/** A room that a person is a member of, in a list. */
export interface MemberRoom {
  readonly id: number
  readonly slug: string
  /** The room's name as the person sees it. */
  readonly name: string
  readonly kind: Kind
  readonly description: string
  readonly archived: boolean
  readonly rev: number
  /** When something was last said there, in ISO 8601. */
  readonly activeAt: string
  /** The `seq` up to which they have read. */
  readonly readSeq: number
  readonly level: Level
  /** The room's `rev` when the person left it, if it is direct; null: they have not. */
  readonly hiddenAfter: number | null
  /** True of a direct room with one other person, whom this one has blocked. */
  readonly isWithBlocked: boolean
  /** The usernames of the others in it, if it is direct; else none. */
  readonly others: readonly string[]
  /** The status of the one other person in it, if it is direct; undefined: there are several, or they have none. */
  readonly status: string | undefined
}

/** Rooms of one person that are listed. */
const LISTED = 200
/** Rooms of one person among which the most active are looked for. */
const CONSIDERED = 1_000

/**
 * The rooms that a person is a member of, by latest activity, and after them the direct rooms that are hidden from them (`isShown`);
 * of more than 200 the first: nobody who makes rooms with a person takes the others off their list. Of more than a thousand these are
 * found among the newest thousand, the newest thousand that were hidden at some time, and the thousand most active rooms of all, so
 * that it costs the same however many rooms there are.
 */
export async function memberRooms(database: Database, user: number): Promise<MemberRoom[]> {
  const rows = await selectNewest.execute(database, { user })
  if (rows.length === LISTED) rows.push(...(await selectMostActive.execute(database, { user })))
  const username = rows[0]?.username ?? ''
  const title = await titlesOf(database, rows, username)
  return [...new Map(rows.map((row) => [row.id, row])).values()]
    .sort((a, b) => a.is_hidden - b.is_hidden || compare(b.active_at, a.active_at))
    .slice(0, LISTED)
    .map((row) => ({
      id: row.id,
      slug: row.slug,
      ...title(row),
      kind: row.kind,
      description: row.description,
      archived: row.archived_at !== null,
      rev: row.rev,
      activeAt: row.active_at,
      readSeq: row.read_seq,
      level: levelOf(row.level, row.kind),
      hiddenAfter: row.hidden_after,
      isWithBlocked: row.is_with_blocked === 1,
      others: othersIn(row, username),
    }))
}

/**
 * Tells whether a room is listed for its member: a direct room that they have left is, if something has happened there since;
 * one with only a blocked person is not.
 */
export function isShown({
  hiddenAfter,
  isWithBlocked,
  rev,
}: Pick<MemberRoom, 'hiddenAfter' | 'isWithBlocked' | 'rev'>): boolean {
  return !isWithBlocked && (hiddenAfter === null || rev > hiddenAfter)
}

/** Puts rooms into the order in which they are listed: by name. */
export function byName<Listed extends { readonly name: string }>(rooms: readonly Listed[]): Listed[] {
  return rooms.toSorted((a, b) => compare(a.name, b.name))
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

const ROOM_COLUMNS = [
  ...(['id', 'slug', 'name', 'kind', 'description', 'archived_at', 'rev', 'active_at'] as const),
  'direct_key',
] as const
const LISTED_COLUMNS = [...ROOM_COLUMNS, 'read_seq', 'level', 'hidden_after'] as const

/** Not zero: a direct room of a person and one whom they have blocked. Its key is made as by `directKey`. */
function isWithBlocked(user: Expression<number>) {
  const [one, other] = [sql.ref('blocked.user_id'), sql.ref('blocked.blocked_id')]
  const key = (first: Expression<unknown>, second: Expression<unknown>) =>
    sql`cast(${first} as text) || ',' || cast(${second} as text)`
  return sql<number>`case when kind = 'direct' and exists (
    select 1 from ${blocksOf(user)} as blocked
    where direct_key = case when ${one} < ${other} then ${key(one, other)} else ${key(other, one)} end
  ) then 1 else 0 end`
}

/** Not zero: a room that is not shown (`isShown`). */
function isHidden(user: Expression<number>) {
  return sql<number>`case when hidden_after >= rev or ${isWithBlocked(user)} = 1 then 1 else 0 end`
}

function usernameOf(database: Kysely<Tables>, user: Expression<number>) {
  return database
    .selectFrom('users')
    .select('users.name')
    .where('users.id', '=', user)
    .$asScalar()
    .$notNull()
    .as('username')
}

const selectNewest = prepared((database, value: Placeholder<{ user: number }>) => {
  // Each by an index of its own: direct rooms that others make and say nothing in take no place of those that are shown.
  const newest = (hidden: 'is' | 'is not') => {
    const some = database
      .selectFrom('memberships')
      .select(['room_id', 'read_seq', 'level', 'hidden_after'])
      .where('user_id', '=', value('user'))
      .where('hidden_after', hidden, null)
      .orderBy('room_id', 'desc')
      .limit(CONSIDERED)
    return database.selectFrom(some.as('some')).selectAll()
  }
  const mine = newest('is').unionAll(newest('is not'))
  return database
    .selectFrom(mine.as('mine'))
    .innerJoin('rooms', 'rooms.id', 'mine.room_id')
    .select([...LISTED_COLUMNS, isWithBlocked(value('user')).as('is_with_blocked')])
    .select(isHidden(value('user')).as('is_hidden'))
    .select(usernameOf(database, value('user')))
    .orderBy('is_hidden')
    .orderBy('active_at', 'desc')
    .limit(LISTED)
})

const selectMostActive = prepared((database, value: Placeholder<{ user: number }>) => {
  const active = database
    .selectFrom('rooms')
    .select(ROOM_COLUMNS)
    .orderBy('active_minute', 'desc')
    .limit(CONSIDERED)
  return database
    .selectFrom(active.as('active'))
    .innerJoin('memberships', (join) =>
      join.onRef('room_id', '=', 'active.id').on('user_id', '=', value('user')),
    )
    .select([...LISTED_COLUMNS, isWithBlocked(value('user')).as('is_with_blocked')])
    .select(isHidden(value('user')).as('is_hidden'))
    .select(usernameOf(database, value('user')))
    .orderBy('is_hidden')
    .orderBy('active_at', 'desc')
    .limit(LISTED)
})
