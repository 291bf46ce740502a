import { type RawBuilder, sql, type Transaction } from 'kysely'
import { type Database, inTransaction, type Tables } from '../../storage/index.ts'
import { type Manner, type ScopedCondition, scopedConditions } from '../scopes.ts'
import type { FoundPlace, FoundPlaces, IndexQuery, Scope } from '../search-index.ts'
import { BEGINNING } from '../words/tokens.ts'
import { SHORTEST, stretchesBetween } from './stretches.ts'

/** Milliseconds that one statement of a search may take, and after which a search stops. */
const STATEMENT_WITHIN = 2_000
const WITHIN = 500

/** Messages that one statement should look at: that many are read from the table in a few milliseconds. */
const LOOKED_AT_ONCE = 1_000

/** Matches among the first thousand places from which on words count as common. */
const OFTEN = 16

/** The factor by which a statement may search more places than the one before, and the most places. */
const GROWTH = 64
const LARGEST = 2 ** 22

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
    await setUp(transaction)
    const state = await transaction
      .selectFrom('search_state')
      .select(['low', 'high'])
      .executeTakeFirstOrThrow()
    const started = performance.now()
    const places: FoundPlace[] = []
    let size = SHORTEST
    let manner: Manner = 'first'
    for (let end = Math.min(below ?? state.high, state.high); end > state.low; ) {
      const begin = Math.floor((end - size) / SHORTEST) * SHORTEST
      const conditions = scopedConditions(query, manner)
      const { rows } = await statementOf(query, conditions, { begin, end }, limit - places.length).execute(
        transaction,
      )
      for (const { place, rev, room, seq } of rows) if (place !== null) places.push({ place, room, seq, rev })
      const last = places.at(-1)
      if (places.length === limit && last) return { places, next: last.place }
      if (performance.now() - started > WITHIN && begin > state.low) return { places, next: begin }
      const { looked } = rows[0] ?? { looked: 0 }
      if (manner === 'first') manner = looked < OFTEN ? 'seldom' : 'often'
      size = sizeAfter(end - begin, looked)
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

async function setUp(transaction: Transaction<Tables>): Promise<void> {
  const settings = Object.entries(SETTINGS).map(([name, value]) => sql`set_config(${name}, ${value}, true)`)
  await sql`select ${sql.join(settings)}`.execute(transaction)
}

/** The number of places to search next, after `size` places in which `looked` messages were looked at. */
function sizeAfter(size: number, looked: number): number {
  const aim = looked === 0 ? size * GROWTH : (size * LOOKED_AT_ONCE) / looked
  return Math.min(Math.max(aim, SHORTEST), size * GROWTH, LARGEST)
}

interface Window {
  readonly begin: number
  readonly end: number
}

function statementOf(
  query: IndexQuery,
  conditions: readonly ScopedCondition[],
  { begin, end }: Window,
  limit: number,
): RawBuilder<Row> {
  const stretches = stretchesBetween(begin, end).map(quoted).join(' | ')
  // Each condition is an index search of its own: with `or`, the whole index would be read for rare words.
  const parts = conditions.map((condition) => {
    const matches = [...matchesOf(condition), stretches].map((words) => sql`and tokens @@ ${words}::tsquery`)
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
