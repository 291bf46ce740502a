import type { Calls } from './calls.ts'
import type { Grammar } from './grammar.ts'
import type { Token } from './token.ts'
import type { Node } from './tree.ts'

/** Functions by their names in words, which `of` follows: `larger of 3 and 5`, `absolute value of -5`. */
const NOUNS: ReadonlyMap<string, string> = new Map([
  ...['larger', 'largest', 'greater', 'greatest', 'bigger', 'biggest', 'higher', 'highest'].map(
    (word) => [word, 'max'] as const,
  ),
  ...['smaller', 'smallest', 'lesser', 'least', 'lower', 'lowest'].map((word) => [word, 'min'] as const),
  ['absolute value', 'abs'],
  ['natural log', 'log'],
  ['natural logarithm', 'log'],
  ['common log', 'log10'],
  ['common logarithm', 'log10'],
  ['logarithm', 'log'],
  ['cubic root', 'cbrt'],
  ['prime factors', 'primeFactors'],
  ['factorization', 'primeFactors'],
  ['prime factorization', 'primeFactors'],
])

/** Reads functions that are named in words: `larger of 3 and 5`, `reciprocal of 4`, `90th percentile of [1, 2, 3]`. */
export class Nouns {
  readonly #grammar: Grammar
  readonly #calls: Calls

  constructor(grammar: Grammar, calls: Calls) {
    this.#grammar = grammar
    this.#calls = calls
  }

  /** Reads the call of a function whose name begins with the word just taken; undefined, with nothing more taken, for others. */
  read({ text, position }: Token): Node | undefined {
    const { reader, vocabulary } = this.#grammar
    const first = text.toLowerCase()
    const one = reader.token.word === 'of'
    const second = reader.token.kind === 'name' && reader.peek(1).word === 'of'
    if (!(one || second) || vocabulary.isBound(text)) return undefined
    const words = one ? first : `${first} ${reader.token.text.toLowerCase()}`
    const name = NOUNS.get(words)
    if (name === undefined && words !== 'reciprocal') return undefined
    reader.skip(one ? 1 : 2)
    if (name !== undefined) return this.#calls.appliedToAll(name, position)
    const left = this.#grammar.node({ kind: 'number', text: '1', position })
    const right = this.#grammar.nested(() => this.#grammar.operand())
    return this.#grammar.node({ kind: 'binary', operator: 'divide', left, right, position })
  }

  /** `90th percentile of [1, 2, 3]`, of which the number was taken; undefined, with nothing taken, for anything else. */
  percentile({ text, position }: Token): Node | undefined {
    const { reader, vocabulary } = this.#grammar
    const { token } = reader
    const isOrdinal = !token.isSpaced && /^(?:st|nd|rd|th)$/.test(token.text)
    if (!isOrdinal || reader.peek(1).text !== 'percentile' || reader.peek(2).word !== 'of') return undefined
    if (!/^\d{1,3}$/.test(text) || vocabulary.isBound('percentile')) return undefined
    reader.skip(3)
    const list = this.#calls.appliedToAll('quantileSeq', position)
    if (list.kind !== 'call') return list
    const share = this.#grammar.node({ kind: 'number', text: `${text}e-2`, position })
    const [only, ...others] = list.arguments
    const cells = this.#grammar.node({ kind: 'rows', rows: [list.arguments], nested: false, position })
    return { ...list, arguments: [only && others.length === 0 ? only : cells, share] }
  }
}
