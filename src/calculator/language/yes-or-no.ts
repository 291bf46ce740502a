/** Questions that are answered with true or false: `is 97 prime`, `2028 is a leap year`, `10 is greater than 5`. */
import { syntax } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import { INFIX_SIGNS } from './infix.ts'
import type { Comparison, Node } from './tree.ts'

/** Comparisons in words, and the word after each. */
const COMPARISONS: readonly (readonly [words: readonly string[], Comparison])[] = [
  [['greater', 'than', 'or', 'equal', 'to'], 'largerEq'],
  [['less', 'than', 'or', 'equal', 'to'], 'smallerEq'],
  ...['greater', 'larger', 'bigger', 'more', 'higher'].map((word) => [[word, 'than'], 'larger'] as const),
  ...['less', 'smaller', 'lower', 'fewer'].map((word) => [[word, 'than'], 'smaller'] as const),
  [['at', 'least'], 'largerEq'],
  [['at', 'most'], 'smallerEq'],
  [['equal', 'to'], 'equal'],
]

/** Functions that answer such questions, by the words that ask for them. */
const KINDS: readonly (readonly [words: readonly string[], name: string])[] = [
  [['prime', 'number'], 'isPrime'],
  [['prime'], 'isPrime'],
  [['leap', 'year'], 'isLeapYear'],
]

/**
 * Reads a line that begins with `is`. Of `is 5 > 3` it takes that word, and the rest is an expression.
 * @throws CalculationError for another question
 */
export function yesOrNo(grammar: Grammar): Node | undefined {
  const { reader } = grammar
  const { place } = reader
  const { position } = reader.token
  // A whole sum would go on to the end of `is 5 less than 3`, and what is joined to that of `is 97 prime`.
  for (const read of [() => grammar.unary(), () => grammar.product(), () => grammar.sum()]) {
    reader.next()
    const found = statement(grammar, read(), position)
    if (found) return found
    const isCompared = INFIX_SIGNS.get(reader.token.text)?.kind === 'compare'
    reader.goBack(place)
    if (!isCompared) continue
    reader.next()
    return undefined
  }
  throw syntax('Write the question as 97 is prime, 2028 is a leap year, 10 is greater than 5.', position)
}

/** Reads what follows a value and `is`: `prime`, `a leap year`, `greater than 5`; undefined, with nothing taken, for others. */
export function statement(grammar: Grammar, left: Node, position: number): Node | undefined {
  const { reader } = grammar
  const { place } = reader
  const compared = COMPARISONS.find(([words]) => takes(grammar, words))
  if (compared) return comparison(grammar, compared[1], left, grammar.sum(), position)
  if (/^an?$/i.test(reader.token.text)) reader.next()
  const kind = KINDS.find(([words]) => takes(grammar, words))
  if (kind) return grammar.node({ kind: 'call', name: kind[1], arguments: [left], position })
  const two = () => grammar.node({ kind: 'number', text: '2', position })
  if (takes(grammar, ['even'])) return divisible(grammar, 'equal', left, two(), position)
  if (takes(grammar, ['odd'])) return divisible(grammar, 'unequal', left, two(), position)
  if (takes(grammar, ['divisible', 'by']))
    return divisible(grammar, 'equal', left, grammar.product(), position)
  reader.goBack(place)
  return undefined
}

function divisible(grammar: Grammar, operator: Comparison, left: Node, right: Node, position: number): Node {
  const rest = grammar.node({ kind: 'binary', operator: 'remainder', left, right, position })
  const nothing = grammar.node({ kind: 'number', text: '0', position })
  return comparison(grammar, operator, rest, nothing, position)
}

const comparison = (
  grammar: Grammar,
  operator: Comparison,
  left: Node,
  right: Node,
  position: number,
): Node => grammar.node({ kind: 'chain', operators: [operator], operands: [left, right], position })

/** Takes these words if they are next, and the sheet gives the first no other meaning. */
function takes({ reader, vocabulary }: Grammar, words: readonly string[]): boolean {
  const isNext = words.every((word, i) => reader.peek(i).text.toLowerCase() === word)
  if (!isNext || vocabulary.isBound(reader.token.text)) return false
  reader.skip(words.length)
  return true
}
