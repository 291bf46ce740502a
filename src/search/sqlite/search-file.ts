import type { DatabaseSync } from 'node:sqlite'
import { type Manner, type ScopedCondition, scopedConditions } from '../scopes.ts'
import type { FoundPlace, FoundPlaces, IndexQuery } from '../search-index.ts'
import { BEGINNING } from '../words/tokens.ts'

/** The newest places, which are searched first, and the matches among them from which on words count as common. */
const NEWEST = 2 ** 12
const OFTEN = 64

/** Places that one statement searches: no other search is served before it ends. */
const PLACES_AT_ONCE = 2 ** 22

/** Messages that are looked at before other searches get a turn. */
const LOOKED_AT_ONCE = 250

/** The most messages that are looked at for one page, and milliseconds that it may take. The matches up to then are shown. */
const LOOKED_AT = 20_000
const WITHIN = 500

/** A search that yields now and then, so that others get a turn, and returns the places it found. */
export type SteppedSearch = Generator<undefined, FoundPlaces, undefined>

/** Searches messages, newest first. Only messages that the person may read are looked at, and count. */
export function* searchFile(database: DatabaseSync, query: IndexQuery): SteppedSearch {
  const { after, before, below, limit, needles, scope } = query
  const { low = 0, high = 0 } = database.prepare('select low, high from state').get() ?? {}
  const lowest = Number(low)
  const places: FoundPlace[] = []
  const select = database.prepare(STATEMENT)
  const rooms = (scope.only ? [scope.only, []] : [scope.members, scope.barred]).map((ids) =>
    JSON.stringify(ids),
  )
  let looked = 0
  let spent = 0
  let manner: Manner = 'first'
  for (let end = Math.min(below ?? Number(high), Number(high)); end > lowest; ) {
    const begin = Math.max(end - (manner === 'first' ? NEWEST : PLACES_AT_ONCE), lowest)
    const match = matchOf(scopedConditions(query, manner))
    let started = performance.now()
    for (const row of select.iterate(match, begin, end, scope.only ? 0 : 1, ...rooms)) {
      const { at, place, rev, room, seq, words } = row as unknown as Row
      looked += 1
      if (isBetween(at, after, before) && holdsAll(words, needles)) places.push({ place, room, seq, rev })
      if (places.length === limit || looked === LOOKED_AT) return { places, next: place }
      if (looked % LOOKED_AT_ONCE !== 0) continue
      spent += performance.now() - started
      if (spent > WITHIN) return { places, next: place }
      yield
      started = performance.now()
    }
    end = begin
    if (manner === 'first') manner = looked < OFTEN ? 'seldom' : 'often'
    spent += performance.now() - started
    if (spent > WITHIN && end > lowest) return { places, next: end }
    yield
  }
  return { places, next: undefined }
}

interface Row {
  readonly place: number
  readonly room: number
  readonly seq: number
  readonly rev: number
  readonly at: number
  readonly words: string
}

/** Rooms are compared in the rows that were found: as a condition of the index, all of their messages would be read. */
const STATEMENT = `
  select place, room, seq, rev, at, words from grams cross join entries on place = grams.rowid
  where grams match ?1 and grams.rowid >= ?2 and grams.rowid < ?3 and (
    (?4 and flags & 1 and room not in (select value from json_each(?6))) or room in (select value from json_each(?5)))
  order by grams.rowid desc`

function isBetween(at: number, after: number | undefined, before: number | undefined): boolean {
  return (after === undefined || at >= after) && (before === undefined || at < before)
}

function holdsAll(words: string, needles: readonly string[]): boolean {
  if (needles.length === 0) return true
  const text = ` ${words} `
  return needles.every((needle) => text.includes(needle))
}

/** Combines conditions, of which one must hold, into an FTS5 query. */
function matchOf(conditions: readonly ScopedCondition[]): string {
  return conditions
    .map(({ all, any }) => `(${[...all.map(quoted), ...any.map(oneOf)].join(' AND ')})`)
    .join(' OR ')
}

function oneOf(tokens: readonly string[]): string {
  return `(${tokens.map(quoted).join(' OR ')})`
}

/** Quotes a token. No token contains a quotation mark. */
function quoted(token: string): string {
  return token.endsWith(BEGINNING) ? `"${token.slice(0, -BEGINNING.length)}"*` : `"${token}"`
}
