import { evaluation, type Unit } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import type { Token } from './tokens.ts'
import type { Node } from './tree.ts'
import { COUNTS, CURRENCY, DOLLARS, MONEY_SCALES, PARTS, SCALES, TENS } from './words.ts'

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
    if (part === undefined && this.#isDenominator(token))
      return this.#grammar.node({ kind: 'number', text, position })
    if (part === undefined) return this.scaled(text, position)
    if (text === '') return this.#times(part, this.#takeScales(), position)
    const left = this.#grammar.node({ kind: 'number', text, position })
    const sum = this.#grammar.node({ kind: 'binary', operator: 'add', left, right: part, position })
    return this.#times(sum, this.#takeScales(), position)
  }

  /**
   * A number in words, of which the first is taken: `twenty-one`, `two point five`, `one hundred and five`.
   * @param first its text is the number that the word means
   */
  inWords(first: Token): Node {
    const { position } = first
    const { reader } = this.#grammar
    let text = first.text
    if (TENS.has(first.word)) text = String(Number(text) + this.#takeUnits())
    if (reader.token.text === 'point' && COUNTS.has(reader.peek(1).word)) {
      reader.next()
      text += '.'
      while (COUNTS.has(reader.token.word)) text += COUNTS.get(reader.next().word)
    }
    const number = this.numeral({ ...first, text })
    return this.#withRest(number, position)
  }

  /** Takes the `-one` of `twenty-one`. */
  #takeUnits(): number {
    const { reader } = this.#grammar
    const isHyphened = reader.at('-') && !reader.token.isSpaced
    const word = reader.peek(isHyphened ? 1 : 0)
    const count = word.kind === 'name' && !(isHyphened && word.isSpaced) ? COUNTS.get(word.word) : undefined
    if (count === undefined || count.length > 1 || count === '0') return 0
    reader.skip(isHyphened ? 2 : 1)
    return Number(count)
  }

  /** Adds the `and five` of `one hundred and five`. */
  #withRest(number: Node, position: number): Node {
    const { reader } = this.#grammar
    const scale = reader.previous?.word ?? ''
    const rest = COUNTS.get(reader.peek(1).word)
    if (scale.length < 5 || !SCALES.has(scale) || reader.token.word !== 'and' || rest === undefined)
      return number
    reader.next()
    const token = reader.next()
    const text = String(Number(rest) + (TENS.has(token.word) ? this.#takeUnits() : 0))
    const right = this.#grammar.node({ kind: 'number', text, position: token.position })
    return this.#grammar.node({ kind: 'binary', operator: 'add', left: number, right, position })
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

  /** Tells whether a number is the 2 of `1/2 million`, where the scale is that of the fraction. */
  #isDenominator({ isSpaced, text }: Token): boolean {
    const { reader } = this.#grammar
    const [numerator, slash] = [reader.peek(-3), reader.peek(-2)]
    const isFraction = slash.text === '/' && !slash.isSpaced && !isSpaced && numerator.kind === 'number'
    return isFraction && /^\d+$/.test(text) && this.scaleAhead
  }

  get scaleAhead(): boolean {
    const { token } = this.#grammar.reader
    return SCALES.has(token.word) && !(token.word === 'k' && this.#grammar.reader.peek(1).text === '(')
  }

  /** A value with the `million` after it. */
  withScales(value: Node): Node {
    return this.#times(value, this.#takeScales(), value.position)
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
      const scale = this.scaleAhead ? SCALES.get(reader.token.word) : undefined
      if (scale === undefined) break
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
