import { syntax } from '../numbers/index.ts'
import type { Calls } from './calls.ts'
import type { Grammar } from './grammar.ts'
import type { NumbersOfLine } from './numbers-of-line.ts'
import type { Token } from './token.ts'
import type { Node } from './tree.ts'
import { COUNTS, MULTIPLES, ONLY_COUNTED, PARTS, SCALES } from './words.ts'

/** Reads values in words: `half of 10`, `two thirds of 9`, `square root of 16`, `a dozen`. */
export class Phrases {
  readonly #grammar: Grammar
  readonly #numbers: NumbersOfLine
  readonly #calls: Calls

  constructor(grammar: Grammar, numbers: NumbersOfLine, calls: Calls) {
    this.#grammar = grammar
    this.#numbers = numbers
    this.#calls = calls
  }

  /** Reads `half of`, `a third of`, `two thirds of`, `twice`, `square root of`, `a dozen` and their kind. */
  phrase(token: Token): Node | undefined {
    const { reader } = this.#grammar
    const { word, position } = token
    if (word === 'the') return this.#grammar.nested(() => this.#grammar.primary())
    if (word === 'convert' || word === 'calculate') {
      if (reader.place === 1 && reader.token.kind !== 'end' && !reader.at('='))
        return this.#grammar.nested(() => this.#grammar.operand())
      return undefined
    }
    if (word === 'remainder') return this.#remainder(position)
    const multiple = MULTIPLES.get(word)
    if (multiple !== undefined && this.#grammar.units.isPerTime(0))
      return this.#grammar.node({ kind: 'number', text: multiple, position })
    if (multiple !== undefined && (reader.token.word === 'of' || this.#calls.beginsArgument()))
      return this.#multipleOf(multiple, position)
    if (word === 'half') return this.#partOf('1', '2', position)
    if (word === 'square' || word === 'cube') return this.#rootOf(word, position)
    const ordinal = PARTS.get(word)
    if (ordinal !== undefined && reader.token.word === 'root') {
      reader.next()
      return this.#calls.nthRoot(ordinal, position)
    }
    const isArticle = word === 'a' || word === 'an'
    // `a 25% discount on 80`
    if (isArticle && reader.token.kind === 'number' && reader.peek(1).text === '%')
      return this.#grammar.nested(() => this.#grammar.primary())
    const count = isArticle ? '1' : COUNTS.get(word)
    if (count !== undefined) {
      const part = this.#takePart()
      if (part !== undefined) return this.#partOf(count, part, position)
      if (isArticle && isPercent(reader.token))
        return this.#grammar.node({ kind: 'number', text: '1', position })
      if (isArticle && !SCALES.has(reader.token.word) && !this.#grammar.units.at('elsewhere'))
        return undefined
      return isArticle && !this.#isCountAfterScale()
        ? this.#numbers.scaled(count, position)
        : this.#numbers.inWords({ ...token, text: count })
    }
    // A `grand total` is no thousand.
    if (word.length > 4 && word !== 'grand' && !ONLY_COUNTED.has(word) && SCALES.has(word)) {
      reader.goBack(reader.place - 1)
      return this.#numbers.scaled('1', position)
    }
    const part = PARTS.get(word)
    const { token: next } = reader
    const isQuarter = word === 'quarter' && (SCALES.has(next.word) || this.#grammar.units.at('elsewhere'))
    return part !== undefined && (next.word === 'of' || isQuarter)
      ? this.#partOf('1', part, position)
      : undefined
  }

  /** Tells whether `thousand and one` is next. */
  #isCountAfterScale(): boolean {
    const { reader } = this.#grammar
    return (
      SCALES.has(reader.token.word) &&
      reader.peek(1).word === 'and' &&
      COUNTS.has(reader.peek(2).word) &&
      !PARTS.has(reader.peek(3).word)
    )
  }

  /** Takes the `thirds` of `two thirds` and `two-thirds`. @returns the number of parts */
  #takePart(): string | undefined {
    const { reader } = this.#grammar
    const isHyphened = reader.at('-') && !reader.token.isSpaced && !reader.peek(1).isSpaced
    const part = PARTS.get(reader.peek(isHyphened ? 1 : 0).word)
    if (part !== undefined) reader.skip(isHyphened ? 2 : 1)
    return part
  }

  /** `remainder of 17 divided by 5`. */
  #remainder(position: number): Node | undefined {
    const { reader } = this.#grammar
    if (!reader.takeWords('of')) return undefined
    const quotient = this.#grammar.nested(() => this.#grammar.product())
    if (quotient.kind !== 'binary' || quotient.operator !== 'divide')
      throw syntax('Write `remainder of 17 divided by 5`, or 17 mod 5.', position)
    return { ...quotient, operator: 'remainder' }
  }

  #multipleOf(multiple: string, position: number): Node {
    this.#grammar.reader.takeWords('of')
    const left = this.#grammar.node({ kind: 'number', text: multiple, position })
    const right = this.#grammar.nested(() => this.#grammar.operand())
    return this.#grammar.node({ kind: 'binary', operator: 'multiply', left, right, position })
  }

  /** `half of 10`, `half an hour`, `two thirds of 9`; alone it is the number. */
  #partOf(numerator: string, denominator: string, position: number): Node {
    const { reader } = this.#grammar
    const left = this.#numbers.withScales(this.#numbers.fraction(numerator, denominator, position))
    const isOf = reader.takeWords('of')
    if (!isOf && reader.token.word !== 'a' && reader.token.word !== 'an') return left
    if (!isOf) reader.next()
    if (isPercent(reader.token)) return left
    if (!isOf && SCALES.has(reader.token.word)) {
      const right = this.#numbers.scaled('1', position)
      return this.#grammar.node({ kind: 'binary', operator: 'multiply', left, right, position })
    }
    const right = this.#grammar.nested(() => this.#grammar.operand())
    return this.#grammar.node({ kind: 'binary', operator: 'multiply', left, right, position })
  }

  #rootOf(word: string, position: number): Node | undefined {
    const { reader } = this.#grammar
    if (reader.token.word !== 'root') return undefined
    reader.next()
    const name = word === 'square' ? 'sqrt' : 'cbrt'
    return reader.takeWords('of')
      ? this.#calls.appliedToAll(name, position)
      : this.#calls.applied(name, position)
  }
}

const isPercent = ({ word }: Token): boolean => word === 'percent' || word === 'pct'
