import { evaluation, type Unit } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import type { Token } from './tokens.ts'
import type { Node } from './tree.ts'
import { CURRENCY, DOLLARS, MONEY_SCALES, SCALES } from './words.ts'

/** Reads numbers with what belongs to them: `1½`, `1 1/2`, `2 million`, `$1.50/kg`. */
export class NumbersOfLine {
  readonly #grammar: Grammar

  constructor(grammar: Grammar) {
    this.#grammar = grammar
  }

  /** A number with what belongs to it: `1½`, `1 1/2`, `2 million`. */
  numeral(token: Token): Node {
    const { reader } = this.#grammar
    const { text, position, fraction } = token
    let value = fraction ? this.fraction(fraction[0], fraction[1], position) : undefined
    if (text !== '') {
      const whole = this.scaled(text, position)
      value = value
        ? this.#grammar.node({ kind: 'binary', operator: 'add', left: whole, right: value, position })
        : whole
    }
    const beside = reader.token
    if (!fraction && beside.fraction && beside.text === '' && /^\d+$/.test(text) && value) {
      reader.next()
      const part = this.fraction(beside.fraction[0], beside.fraction[1], beside.position)
      return this.#grammar.node({ kind: 'binary', operator: 'add', left: value, right: part, position })
    }
    if (!fraction && this.#isMixedNumber(token)) {
      const numerator = reader.next()
      reader.next()
      const denominator = reader.next()
      const part = this.fraction(numerator.text, denominator.text, numerator.position)
      if (value)
        return this.#grammar.node({ kind: 'binary', operator: 'add', left: value, right: part, position })
    }
    return value ?? this.#grammar.node({ kind: 'number', text, position })
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

  scaled(text: string, position: number): Node {
    const { reader } = this.#grammar
    const exponents: string[] = []
    for (;;) {
      const scale = SCALES.get(reader.token.word)
      if (scale === undefined || (reader.token.word === 'k' && reader.peek(1).text === '(')) break
      reader.next()
      exponents.push(scale)
    }
    return this.#multiplied(text, exponents, position)
  }

  #multiplied(text: string, scales: readonly string[], position: number): Node {
    let number = text
    const factors: string[] = []
    for (const scale of scales) {
      if (scale.startsWith('e') && /^[\d.]+$/.test(number)) number += scale
      else factors.push(scale.startsWith('e') ? `1${scale}` : scale)
    }
    let value = this.#grammar.node({ kind: 'number', text: number, position })
    for (const factor of factors) {
      const right = this.#grammar.node({ kind: 'number', text: factor, position })
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
