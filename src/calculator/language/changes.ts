import { type Infix, LEVEL } from './infix.ts'
import type { TokenReader } from './token-reader.ts'
import type { Comparison } from './tree.ts'
import type { Vocabulary } from './vocabulary.ts'
import { COUNTS } from './words.ts'

/** Words that change a value by the percentage after them: `50 raised by 8%`. */
const VERBS: readonly { readonly words: readonly string[]; readonly operator: 'add' | 'subtract' }[] = [
  { words: ['raised', 'by'], operator: 'add' },
  { words: ['upped', 'by'], operator: 'add' },
  { words: ['grown', 'by'], operator: 'add' },
  { words: ['marked', 'up', 'by'], operator: 'add' },
  { words: ['up', 'by'], operator: 'add' },
  { words: ['lowered', 'by'], operator: 'subtract' },
  { words: ['take', 'away'], operator: 'subtract' },
  { words: ['cut', 'by'], operator: 'subtract' },
  { words: ['discounted', 'by'], operator: 'subtract' },
  { words: ['marked', 'down', 'by'], operator: 'subtract' },
  { words: ['down', 'by'], operator: 'subtract' },
]

/** Comparisons in words between two values. `more than` and `less than` count on from a value, as in `5 more than 20`. */
const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ...['greater', 'larger', 'bigger', 'higher'].map((word) => [word, 'larger'] as const),
  ...['smaller', 'lower', 'fewer'].map((word) => [word, 'smaller'] as const),
])

/** The comparison that stands next: `equals`, `greater than`. */
export function comparisonAhead(reader: TokenReader, vocabulary: Vocabulary): Infix | undefined {
  const word = wordAt(reader, vocabulary, 0)
  if (word === 'equals') return { level: LEVEL.compare, kind: 'compare', operator: 'equal', words: 1 }
  const operator = COMPARISONS.get(word)
  if (operator === undefined || reader.peek(1).word !== 'than') return undefined
  return { level: LEVEL.compare, kind: 'compare', operator, words: 2 }
}

/** Words after the number of shares. */
export const SHARES = /^(?:ways?|people|persons|friends)$/i

/** The division that stands next: `split 3 ways`, `split between 3`. */
export function splitAhead(reader: TokenReader, vocabulary: Vocabulary): Infix | undefined {
  if (!/^(?:split|shared)$/.test(wordAt(reader, vocabulary, 0))) return undefined
  const words = /^(?:by|between|among|into)$/.test(reader.peek(1).text) ? 2 : 1
  const count = reader.peek(words)
  const isCount = count.kind === 'number' || COUNTS.has(count.word)
  if (!isCount || (words === 1 && !SHARES.test(reader.peek(2).text))) return undefined
  return { level: LEVEL.range, kind: 'split', words }
}

/** Words after a percentage that is taken away: `80 with 25% off`. */
const TAKEN = /^(?:off|discount|rebate|reduction|markdown)$/i

/** The operator of a change by a percentage, `from` tokens ahead: `raised by 8%`, `up 8%`, `with 25% off`. */
export function changeAhead(reader: TokenReader, vocabulary: Vocabulary, from = 0): Infix | undefined {
  const first = wordAt(reader, vocabulary, from)
  if (first === '') return undefined
  const verb = VERBS.find(({ words }) =>
    words.every((word, i) => wordAt(reader, vocabulary, from + i) === word),
  )
  if (verb) return change(verb.operator, verb.words.length)
  if ((first === 'up' || first === 'down') && endOfPercentage(reader, from + 1) !== undefined)
    return change(first === 'up' ? 'add' : 'subtract', 1)
  if (first !== 'with' && first !== 'at') return undefined
  const begin = /^an?$/.test(wordAt(reader, vocabulary, from + 1)) ? 2 : 1
  const end = endOfPercentage(reader, from + begin)
  const noun = end === undefined ? '' : wordAt(reader, vocabulary, end)
  if (noun === '' || (first === 'at' && !TAKEN.test(noun))) return undefined
  return change(TAKEN.test(noun) ? 'subtract' : 'add', begin)
}

/** Tells whether the next token is the `off` that ends `with 25% off`, which takes nothing off what follows. */
export function endsChange(reader: TokenReader): boolean {
  const words = [-3, -4].map((ahead) => reader.peek(ahead).text.toLowerCase())
  return words.some((word) => /^(?:with|at|an?)$/.test(word)) && reader.peek(1).kind !== 'number'
}

const change = (operator: 'add' | 'subtract', words: number): Infix => ({
  level: LEVEL.sum,
  kind: 'change',
  operator,
  words,
})

/** The tokens up to the end of a number with its percent sign, or undefined where there is none. */
function endOfPercentage(reader: TokenReader, begin: number): number | undefined {
  if (reader.peek(begin).kind !== 'number') return undefined
  const sign = reader.peek(begin + 1)
  if (sign.text === '%' || sign.word === 'percent' || sign.word === 'pct') return begin + 2
  return sign.word === 'per' && reader.peek(begin + 2).word === 'cent' ? begin + 3 : undefined
}

function wordAt(reader: TokenReader, vocabulary: Vocabulary, ahead: number): string {
  const { kind, text } = reader.peek(ahead)
  return kind === 'name' && !vocabulary.isBound(text) ? text.toLowerCase() : ''
}
