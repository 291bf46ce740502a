import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import { type Database, type Placeholder, prepared } from '../storage/index.ts'
import { indexedWords, searchWords } from '../text/words.ts'
import type { Kind } from './access.ts'

/** A room as administrators see it who need not be in it: nothing of what is said there. */
export interface AdministeredRoom {
  readonly id: number
  readonly slug: string
  readonly name: string
  readonly kind: Kind
  readonly archived: boolean
  readonly createdAt: string
  readonly activeAt: string
  /** The number of changes in its chat: messages, edits and reactions. */
  readonly changes: number
  /** Its members, of whom 1,000 at most are counted. */
  readonly members: number
  /** The username of its owner, the one who has been in it longest; null: it has none. */
  readonly owner: string | null
  readonly ownerName: string | null
}

/** Members that are counted: more is `MEMBERS_COUNTED`. */
export const MEMBERS_COUNTED = 1_000

/** Rooms that are looked at in one query where all are gone through, and that come out at last. */
const AT_ONCE = 2_000
const LARGEST = 20

/** Words of a search that count, and the latest rooms among which private ones are looked for. */
const SEARCH_WORDS = 5
const CANDIDATES = 2_000

/**
 * A page of the open and private rooms, the newest first.
 * @param text words of their names; empty: all of them. Private rooms are found among the newest two thousand
 * @param page from 1
 * @param size how many are on a page
 */
export async function administeredRooms(
  database: Database,
  text: string,
  page: number,
  size: number,
): Promise<{ readonly rooms: AdministeredRoom[]; readonly more: boolean }> {
  // The longest has the fewest rooms.
  const words = searchWords(text)
    .sort((one, other) => other.length - one.length)
    .slice(0, SEARCH_WORDS)
  if (text !== '' && words.length === 0) return { rooms: [], more: false }
  const ids = words.length > 0 ? await named(database, words) : undefined
  if (ids?.length === 0) return { rooms: [], more: false }
  const rows = await selectRooms(database)
    .$if(ids !== undefined, (query) => query.where('rooms.id', 'in', ids ?? []))
    .orderBy('rooms.id', 'desc')
    .offset((page - 1) * size)
    .limit(size + 1)
    .execute()
  return { rooms: rows.slice(0, size).map(roomOf), more: rows.length > size }
}

/** Finds an open or private room by its number. */
export async function administeredRoom(
  database: Database,
  id: number,
): Promise<AdministeredRoom | undefined> {
  const row = await selectRooms(database).where('rooms.id', '=', id).executeTakeFirst()
  return row && roomOf(row)
}

/** Counts the direct rooms: nothing else about them is shown to people outside them. */
export async function countDirectRooms(database: Database): Promise<number> {
  const row = await database
    .selectFrom('rooms')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('direct_key', 'is not', null)
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}

/** The open and private rooms whose talk has changed most often, found by going through all of them a piece at a time. */
export async function largestRooms(database: Database): Promise<AdministeredRoom[]> {
  let largest: { id: number; rev: number }[] = []
  for (let after = 0; ; ) {
    const rooms = await selectRevs.execute(database, { after, limit: AT_ONCE })
    largest = [...largest, ...rooms.filter(({ kind }) => kind !== 'direct')]
      .sort((a, b) => b.rev - a.rev)
      .slice(0, LARGEST)
    const last = rooms.at(-1)
    if (!last || rooms.length < AT_ONCE) break
    after = last.id
    await nextTurn()
  }
  if (largest.length === 0) return []
  const ids = largest.map(({ id }) => id)
  const rows = await selectRooms(database).where('rooms.id', 'in', ids).orderBy('rooms.rev', 'desc').execute()
  return rows.map(roomOf)
}

/** The rooms whose names hold words that begin as these do: open ones by their index, and private ones among the newest. */
async function named(database: Database, words: readonly string[]): Promise<number[]> {
  const open = await database
    .selectFrom('room_words')
    .select('room_id as id')
    .where(({ and, eb }) =>
      and([eb('word', '>=', words[0] ?? ''), eb('word', '<', `${words[0] ?? ''}\u{10ffff}`)]),
    )
    .limit(CANDIDATES)
    .execute()
  const latest = await database
    .selectFrom('rooms')
    .select(['id', 'name'])
    .where('kind', '=', 'private')
    .where('deleted_at', 'is', null)
    .orderBy('id', 'desc')
    .limit(CANDIDATES)
    .execute()
  const found = await database
    .selectFrom('rooms')
    .select(['id', 'name'])
    .where('id', 'in', [...new Set([0, ...open.map(({ id }) => id)])])
    .execute()
  return [...found, ...latest].filter(({ name }) => hasWords(name, words)).map(({ id }) => id)
}

function hasWords(name: string, words: readonly string[]): boolean {
  const own = indexedWords(name)
  return words.every((word) => own.some((one) => one.startsWith(word)))
}

function selectRooms(database: Database) {
  return database
    .selectFrom('rooms')
    .select(({ selectFrom }) => {
      const owner = selectFrom('memberships')
        .innerJoin('users', 'users.id', 'memberships.user_id')
        .whereRef('memberships.room_id', '=', 'rooms.id')
        .where('memberships.role', '=', 'owner')
        .orderBy('joined_at')
        .limit(1)
      const members = selectFrom('memberships')
        .select('user_id')
        .whereRef('memberships.room_id', '=', 'rooms.id')
        .limit(MEMBERS_COUNTED)
      return [
        'rooms.id',
        'rooms.slug',
        'rooms.name',
        'rooms.kind',
        'rooms.archived_at as archivedAt',
        'rooms.created_at as createdAt',
        'rooms.active_at as activeAt',
        'rooms.rev as changes',
        sql<number>`(select count(*) from ${members} as counted)`.as('members'),
        owner.select('users.name').as('owner'),
        owner.select('users.display_name').as('ownerName'),
      ]
    })
    .where('rooms.kind', '<>', 'direct')
    .where('rooms.deleted_at', 'is', null)
}

type Row = Awaited<ReturnType<ReturnType<typeof selectRooms>['executeTakeFirstOrThrow']>>

function roomOf({ archivedAt, members, ...room }: Row): AdministeredRoom {
  return { ...room, archived: archivedAt !== null, members: Number(members) }
}

const selectRevs = prepared((database, value: Placeholder<{ after: number; limit: number }>) =>
  database
    .selectFrom('rooms')
    .select(['id', 'rev', 'kind'])
    .where('id', '>', value('after'))
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .limit(value('limit')),
)
