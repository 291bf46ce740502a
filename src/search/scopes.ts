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

/** Splits a search into one of open rooms and one of the person's other rooms, neither of which touches the other's messages. */
export function scopedConditions(query: IndexQuery, manner: Manner): ScopedCondition[] {
  const { dates, scope, words } = query
  const all = manner === 'seldom' ? words.seldom : words.often
  const any = [
    ...query.any,
    ...(scope.only ? [scope.only.map(ofRoom)] : []),
    ...(dates && manner === 'often' ? [dates] : []),
  ]
  const isAnything = all.length === 0 && query.any.length === 0 && !scope.only
  const open = { isOpen: true, all: isAnything ? [IN_OPEN_ROOM] : all, any }
  if (scope.members.length === 0) return [open]
  const rooms = isAnything ? [...any, scope.members.map(ofRoom)] : any
  return [open, { isOpen: false, all: all.map(inPrivate), any: rooms.map((tokens) => tokens.map(inPrivate)) }]
}
