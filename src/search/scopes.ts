import type { Condition, IndexQuery } from './search-index.ts'
import { IN_OPEN_ROOM, inPrivate, ofRoom } from './words/tokens.ts'

/** The condition for the rooms of one kind. */
export interface ScopedCondition extends Condition {
  readonly isOpen: boolean
}

/**
 * The strategy of a search: `first` for the newest messages, then one of the others.
 * - `often`: the words are common, so days narrow down where to search
 * - `seldom`: the words are rare, so all messages with them are looked at, whatever their day
 */
export type Manner = 'first' | 'often' | 'seldom'

/**
 * Splits a search into one of open rooms and one of the person's other rooms, neither of which touches the other's messages.
 * @param byDay true if messages must have a token of the days that are asked for
 */
export function scopedConditions(
  query: IndexQuery,
  manner: Manner,
  byDay = manner === 'often',
): ScopedCondition[] {
  const { dates, scope, words } = query
  const all = manner === 'seldom' ? words.seldom : words.often
  const any = [...query.any, ...(dates && byDay ? [dates] : [])]
  const isAnything = all.length === 0 && query.any.length === 0 && !scope.only
  const members = new Set(scope.members)
  const [open, others] = scope.only
    ? [scope.only.filter((room) => !members.has(room)), scope.only.filter((room) => members.has(room))]
    : [undefined, scope.members]
  const conditions: ScopedCondition[] = []
  if (open?.length !== 0)
    conditions.push({
      isOpen: true,
      all: isAnything ? [IN_OPEN_ROOM] : all,
      any: open ? [...any, open.map(ofRoom)] : any,
    })
  if (others.length > 0) {
    const rooms = scope.only || isAnything ? [...any, others.map(ofRoom)] : any
    conditions.push({
      isOpen: false,
      all: all.map(inPrivate),
      any: rooms.map((tokens) => tokens.map(inPrivate)),
    })
  }
  return conditions
}
