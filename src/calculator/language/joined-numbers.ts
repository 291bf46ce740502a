/** Words to which a number was joined: `sin30°`, `sqrt2`, `USD50`. */
import { currencyOf } from '../numbers/index.ts'
import type { Vocabulary } from './vocabulary.ts'
import { CURRENCY } from './words.ts'

/** Functions to which people join a number. */
const OF_ONE = /^(?:a?(?:rc)?(?:sin|cos|tan)h?|cot|sqrt|cbrt|ln|lg)$/i
const WORD = /^(\p{L}+)\d+([kKmMB]|bn)?$/u
/** The text after a name that is defined or called. */
const DEFINED = /^ *(?:\(|:?=(?!=) *[^ ?])/

/**
 * Returns the word to which a number was joined, where the two together are no name.
 * @param after what follows in the line
 */
export function joinedWord(name: string, after: string, vocabulary: Vocabulary): string | undefined {
  const [, word = '', scale = ''] = WORD.exec(name) ?? []
  const isFunction = scale === '' && OF_ONE.test(word)
  if ((!isFunction && !isCurrency(word, vocabulary)) || DEFINED.test(after)) return undefined
  const isName =
    vocabulary.isBound(name) ||
    vocabulary.isBound(word) ||
    vocabulary.isFunction(name) ||
    vocabulary.isConstant(name) ||
    vocabulary.findUnit(name) !== undefined
  return isName ? undefined : word
}

function isCurrency(word: string, { findUnit }: Vocabulary): boolean {
  const unit = CURRENCY.test(word) ? findUnit(word) : undefined
  return unit !== undefined && currencyOf(unit.dimension) !== undefined
}
