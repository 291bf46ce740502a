import { evaluation, type Unit } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import type { Token } from './tokens.ts'
import type { Node } from './tree.ts'
import { CURRENCY, DOLLARS, MONEY_SCALES, PARTS, SCALES } from './words.ts'

/** Reads numbers with what belongs to them: `1½`, `1 1/2`, `2 million`, `$1.50/kg`. */
export class NumbersOfLine {
  readonly #grammar: Grammar

  constructor(grammar: Grammar) {
    this.#grammar = grammar
  }

  /** A number with what belongs to it: `1½`, `1 1/2`, `2 million`. */
  numeral(token: Token): Node {
    const { text, position } = token
    const part = this.#partOf(token)
    if (part === undefined) return this.scaled(text, position)
    if (text === '') return this.#times(part, this.#takeScales(), position)
    const left = this.#grammar.node({ kind: 'number', text, position })
    const sum = this.#grammar.node({ kind: 'binary', operator: 'add', left, right: part, position })
    return this.#times(sum, this.#takeScales(), position)
  }

  /** The fraction that belongs to a number: that of `½`, `1½`, `1 ½` and `1 1/2`. */
  #partOf(token: Token): Node | undefined {
    const { reader } = this.#grammar
    const { text, position, fraction } = token
    if (fraction) return this.fraction(fraction[0], fraction[1], position)
    const worded = this.#takePartInWords()
    if (worded !== undefined) return this.fraction('1', worded, position)
    const beside = reader.token
    if (beside.fraction && beside.text === '' && /^\d+$/.test(text)) {
      reader.next()
      return this.fraction(beside.fraction[0], beside.fraction[1], beside.position)
    }
    if (!this.#isMixedNumber(token)) return undefined
    const numerator = reader.next()
    reader.next()
    const denominator = reader.next()
    return this.fraction(numerator.text, denominator.text, numerator.position)
  }

  /** Takes `and a half`. @returns the 2 */
  #takePartInWords(): string | undefined {
    const { reader } = this.#grammar
    if (!reader.atWords('and', 'a')) return undefined
    const part = PARTS.get(reader.peek(2).word)
    if (part !== undefined) reader.skip(3)
    return part
  }

  /** Tells whether a proper fraction, written without spaces, follows a whole number. */
  #isMixedNumber(whole: Token): boolean {
    const { reader } = this.#grammar
    const [numerator, slash, denominator] = [reader.token, reader.peek(1), reader.peek(2)]
    return (
      numerator.kind === 'number' &&
      slash.text === '/' &&
      denominator.kind === 'number' &&
      numerator.isSpaced &&
      !slash.isSpaced &&
      !denominator.isSpaced &&
      [whole, numerator, denominator].every(({ text, fraction }) => !fraction && /^\d{1,9}$/.test(text)) &&
      Number(numerator.text) < Number(denominator.text)
    )
  }

  fraction(numerator: string, denominator: string, position: number): Node {
    const left = this.#grammar.node({ kind: 'number', text: numerator, position })
    const right = this.#grammar.node({ kind: 'number', text: denominator, position })
    return this.#grammar.node({ kind: 'binary', operator: 'divide', left, right, position })
  }

  /** A number as typed, with the `million` after it. */
  scaled(text: string, position: number): Node {
    return this.#multiplied(text, this.#takeScales(), position)
  }

  #takeScales(): string[] {
    const { reader } = this.#grammar
    const exponents: string[] = []
    for (;;) {
      const scale = SCALES.get(reader.token.word)
      if (scale === undefined || (reader.token.word === 'k' && reader.peek(1).text === '(')) break
      reader.next()
      exponents.push(scale)
    }
    return exponents
  }

  #multiplied(text: string, scales: readonly string[], position: number): Node {
    let number = text
    const factors: string[] = []
    for (const scale of scales) {
      if (scale.startsWith('e') && /^[\d.]+$/.test(number)) number += scale
      else factors.push(scale)
    }
    return this.#times(this.#grammar.node({ kind: 'number', text: number, position }), factors, position)
  }

  #times(first: Node, scales: readonly string[], position: number): Node {
    let value = first
    for (const scale of scales) {
      const text = scale.startsWith('e') ? `1${scale}` : scale
      const right = this.#grammar.node({ kind: 'number', text, position })
      value = this.#grammar.node({ kind: 'binary', operator: 'multiply', left: value, right, position })
    }
    return value
  }

  /** An amount after the sign of its currency, with what it is paid for: `$1.50/kg`. */
  money(currency: string, position: number): Node {
    const { reader, vocabulary } = this.#grammar
    const unit = this.#grammar.units.find(currency)
    if (!unit) throw evaluation(`I don't know the currency \`${currency}\`.`, position)
    const token = reader.next()
    const letter = reader.token
    const scale =
      letter.kind === 'name' && !letter.isSpaced && !vocabulary.isBound(letter.text)
        ? MONEY_SCALES.get(letter.text)
        : undefined
    if (scale !== undefined) reader.next()
    const value =
      scale === undefined ? this.numeral(token) : this.#multiplied(token.text, [scale], token.position)
    const paidFor = this.#grammar.units.readDivisors(this.#currencyAfter(currency) ?? unit)
    return this.#grammar.node({ kind: 'measure', value, unit: paidFor, position })
  }

  /** `$30 CAD`: the code says whose dollars. */
  #currencyAfter(sign: string): Unit | undefined {
    const { text, kind } = this.#grammar.reader.token
    if (sign !== '$' || kind !== 'name' || !CURRENCY.test(text) || this.#grammar.vocabulary.isBound(text))
      return undefined
    const unit = this.#grammar.units.find(text)
    if (unit) this.#grammar.reader.next()
    return unit
  }

  /** `USD 50` and `US$50`. */
  currencyBefore(text: string): string | undefined {
    const { reader } = this.#grammar
    const { token } = reader
    if (token.kind === 'number' && CURRENCY.test(text) && this.#grammar.units.find(text)) return text
    const code = DOLLARS.get(text)
    if (code === undefined || token.text !== '$' || token.isSpaced || reader.peek(1).kind !== 'number')
      return undefined
    reader.next()
    return code
  }
}
