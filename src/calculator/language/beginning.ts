import { findLabel, type Label } from './label.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * Tells a blank line, a heading and a comment apart; undefined for a line that has an expression.
 * @param text in the characters of the grammar
 */
export function emptyKindOf(text: string): 'blank' | 'heading' | 'comment' | undefined {
  const begin = skipSpaces(text, 0)
  if (begin === text.length) return 'blank'
  if (text.charAt(begin) === '#') return 'heading'
  return text.startsWith('//', begin) ? 'comment' : undefined
}

/** The label of a line, and where its expression begins: after the label, and after a `=` or `what's` typed out of habit. */
export function beginningOf(
  text: string,
  vocabulary: Vocabulary,
): { readonly label: Label | undefined; readonly from: number } {
  const begin = skipSpaces(text, 0)
  const label = findLabel(text, begin, vocabulary)
  return { label, from: skipQuestion(text, skipEquals(text, label?.end ?? begin)) }
}

export function skipSpaces(text: string, from: number): number {
  let index = from
  while (index < text.length && /\s/.test(text.charAt(index))) index++
  return index
}

function skipEquals(text: string, from: number): number {
  const index = skipSpaces(text, from)
  return text.charAt(index) === '=' && text.charAt(index + 1) !== '=' ? index + 1 : index
}

/** Requests before an expression; a `take` is one only before an amount that is taken off: `take 20% off 50`. */
const REQUEST =
  /^\s*(?:what'?s\s+|(?:compute|find|evaluate|work out)\s+(?=[\d$€£¥])|take\s+(?=[\d.,]+\s*(?:%|percent)\s*off\b))/i

/** Skips `what's` and `find` before an expression; `what is` is read as words of the language. */
function skipQuestion(text: string, from: number): number {
  const [question = ''] = REQUEST.exec(text.slice(from, from + 40)) ?? []
  return from + question.length
}
