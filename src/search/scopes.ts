import type { Condition, IndexQuery } from './search-index.ts'
import { IN_OPEN_ROOM, inPrivate, ofRoom } from './words/tokens.ts'

/** The condition for the rooms of one kind. */
export interface ScopedCondition extends Condition {
  readonly isOpen: boolean
}

/**
 * How a search goes on, after the newest messages were looked through: `first` for those.
 * - `often`: what is looked for is said all the time, and the days tell where it is to be looked for
 * - `seldom`: the few messages that hold it are looked at, whenever they were said
 */
export type Manner = 'first' | 'often' | 'seldom'

/** Splits a search into one of open rooms, and one of the others that the person is in: neither goes through what the other does. */
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
