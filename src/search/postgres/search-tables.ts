import { type RawBuilder, sql, type Transaction } from 'kysely'
import { type Database, inTransaction, type Tables } from '../../storage/index.ts'
import { type Manner, type ScopedCondition, scopedConditions } from '../scopes.ts'
import type { FoundPlace, FoundPlaces, IndexQuery, Scope } from '../search-index.ts'
import { BEGINNING, inPrivate, ofRoom } from '../words/tokens.ts'
import { SHORTEST, stretchesBetween } from './stretches.ts'

/** Milliseconds that one statement of a search may take, and after which a search stops. */
const STATEMENT_WITHIN = 2_000
const WITHIN = 500

/** Messages that one statement should look at: that many are read from the table in a few milliseconds. */
const LOOKED_AT_ONCE = 1_000

/** Messages with rare words that are rather all looked at than found by the stretches they are in. */
const FEW = 400

/** Matches among the first thousand places from which on words count as common. */
const OFTEN = 16

/** Matches to find beyond those that are wanted, since they are spread unevenly. */
const SPARE = 5

/** The factor by which a statement may search more places than the one before, and the most places. */
const GROWTH = 64
const LARGEST = 2 ** 22

/** The most dates that are looked up where few messages have the words: reading these takes longer than that. */
const DATES = 64

/** The most rooms that are looked up in the index: of more, the rooms of the messages that were found are compared. */
const ROOMS = 8

interface Row {
  /** Null if nothing was found. */
  readonly place: number | null
  readonly room: number
  readonly seq: number
  readonly rev: number
  /** Messages between these places that the index let through. */
  readonly looked: number
}

/** Searches messages, newest first, in as many places at a time as it takes to find enough. */
export function searchTables(database: Database, query: IndexQuery): Promise<FoundPlaces> {
  const { below, limit } = query
  return inTransaction(database, async (transaction) => {
    const { high, low } = await setUp(transaction)
    const started = performance.now()
    const places: FoundPlace[] = []
    let size = SHORTEST
    let manner: Manner = 'first'
    // Matches that were looked at, unless there are more above the place where this continues.
    let above: number = below === undefined ? 0 : Number.POSITIVE_INFINITY
    for (let end = Math.min(below ?? high, high); end > low; ) {
      const begin = Math.floor((end - size) / SHORTEST) * SHORTEST
      const isRest = begin <= low && manner !== 'first' && above <= FEW
      const byDay: boolean = manner === 'often' || (isRest && isShort(query.dates))
      const conditions = scopedConditions(query, manner, byDay)
      const wanted = limit - places.length
      const statement = statementOf(query, conditions, { begin, end, isRest }, wanted)
      const rows: readonly Row[] = (await statement.execute(transaction)).rows
      const before = places.length
      for (const { place, rev, room, seq } of rows) if (place !== null) places.push({ place, room, seq, rev })
      const last = places.at(-1)
      if (places.length === limit && last) return { places, next: last.place }
      if (performance.now() - started > WITHIN && begin > low) return { places, next: begin }
      const { looked } = rows[0] ?? { looked: 0 }
      if (manner === 'first') manner = looked < OFTEN ? mannerOf(query) : 'often'
      above += looked
      const found = places.length - before
      size = sizeAfter({ size: end - begin, looked, found, wanted: wanted - found, left: begin - low })
      end = begin
    }
    return { places, next: undefined }
  })
}

/** Settings for the transaction of a search: parallel workers and compilation would take longer than the search itself. */
const SETTINGS = {
  statement_timeout: String(STATEMENT_WITHIN),
  // The index is faster here, however many rows the planner expects.
  enable_seqscan: 'off',
  enable_indexscan: 'off',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
}

/** Prepares the transaction. @returns the places of which the index consists */
async function setUp(transaction: Transaction<Tables>): Promise<{ low: number; high: number }> {
  const settings = Object.entries(SETTINGS).map(([name, value]) => sql`set_config(${name}, ${value}, true)`)
  const { rows } = await sql<{ low: number; high: number }>`
    select low, high, ${sql.join(settings)} from search_state`.execute(transaction)
  const [state] = rows
  if (!state) throw new Error('the search index has no state')
  return state
}

/** The manner for few matches. Those of a sender in a short time may be few although the words are common. */
function mannerOf({ after, any, dates }: IndexQuery): Manner {
  return any.length > 0 && after !== undefined && isShort(dates) ? 'often' : 'seldom'
}

function isShort(dates: IndexQuery['dates']): boolean {
  return (dates?.length ?? 0) <= DATES
}

interface Searched {
  /** The number of places that were searched, and of messages in them that were looked at, and that matched. */
  readonly size: number
  readonly looked: number
  readonly found: number
  /** Matches that are still wanted, and places that are left. */
  readonly wanted: number
  readonly left: number
}

/** The number of places to search next: as many as it probably takes to find enough, or all if few messages are in them. */
function sizeAfter({ found, left, looked, size, wanted }: Searched): number {
  const most = Math.min(size * GROWTH, LARGEST)
  if (looked === 0 || (looked * left) / size <= FEW) return most
  const enough = found === 0 ? Number.POSITIVE_INFINITY : (size * 2 * (wanted + SPARE)) / found
  return Math.min(Math.max(Math.min(enough, (size * LOOKED_AT_ONCE) / looked), SHORTEST), most)
}

interface Window {
  readonly begin: number
  readonly end: number
  /** True if it is all that is left, and the index has few messages to offer, wherever they are. */
  readonly isRest: boolean
}

function statementOf(
  query: IndexQuery,
  conditions: readonly ScopedCondition[],
  { begin, end, isRest }: Window,
  limit: number,
): RawBuilder<Row> {
  // To look up dozens of stretches takes longer than to read the few messages above.
  const stretches = isRest ? [] : [stretchesBetween(begin, end)]
  // Each condition is an index search of its own: with `or`, the whole index would be read for rare words.
  const parts = conditions.map((condition) => {
    const any = [...condition.any, ...roomsOf(query.scope, condition), ...stretches]
    const matches = matchesOf({ ...condition, any }).map((words) => sql`and tokens @@ ${words}::tsquery`)
    return sql`select place, room_id, seq, rev, ${foundBy(query)} as is_found from search_entries
      where place < ${end} ${within(query.scope, condition)} ${sql.join(matches, sql` `)}`
  })
  return sql<Row>`
    with looked as materialized (${sql.join(parts, sql` union all `)}),
    found as (
      select place, room_id as room, seq, rev from looked where is_found order by place desc limit ${limit}
    )
    select found.*, counted.looked from (select count(*)::int as looked from looked) as counted left join found on true
    order by place desc`
}

/** The tokens of the person's other rooms if they are few: then messages in the rooms of others are not even looked at. */
function roomsOf({ members, only }: Scope, { isOpen }: ScopedCondition): string[][] {
  if (isOpen || only || members.length > ROOMS) return []
  return [members.map((room) => inPrivate(ofRoom(room)))]
}

/** Rooms are compared in the rows that were found: by the index of rooms, all of their messages would be read. */
function within({ barred, members, only }: Scope, { isOpen }: ScopedCondition): RawBuilder<unknown> {
  if (only) return sql`and room_id + 0 = any(${`{${only.join()}}`}::bigint[])`
  if (!isOpen) return sql`and room_id + 0 = any(${`{${members.join()}}`}::bigint[])`
  return barred.length === 0 ? sql`` : sql`and room_id + 0 <> all(${`{${barred.join()}}`}::bigint[])`
}

function foundBy({ after, before, needles }: Pick<IndexQuery, 'after' | 'before' | 'needles'>) {
  const conditions = needles.map((needle) => sql`position(${needle} in ' ' || words || ' ') > 0`)
  if (after !== undefined) conditions.push(sql`said_at >= ${after}`)
  if (before !== undefined) conditions.push(sql`said_at < ${before}`)
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}

/** Converts a condition to tsquery parts, all of which must match. */
function matchesOf({ all, any }: ScopedCondition): string[] {
  const own = all.length === 0 ? [] : [all.map(quoted).join(' & ')]
  return [...own, ...any.map((tokens) => tokens.map(quoted).join(' | '))]
}

/** Quotes a token. No token contains an apostrophe or a backslash. */
function quoted(token: string): string {
  return token.endsWith(BEGINNING) ? `'${token.slice(0, -BEGINNING.length)}':*` : `'${token}'`
}
