import { compare, currencyOf, evaluation, syntax, type Unit } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import type { Token } from './token.ts'
import type { Node } from './tree.ts'
import { AMOUNT_WORDS, COUNTS, CURRENCY, DOLLARS, MONEY_SCALES, PARTS, SCALES, TENS } from './words.ts'

/** Reads numbers with what belongs to them: `1½`, `1 1/2`, `2 million`, `$1.50/kg`. */
export class NumbersOfLine {
  readonly #grammar: Grammar

  constructor(grammar: Grammar) {
    this.#grammar = grammar
  }

  /** A number with what belongs to it: `1½`, `1 1/2`, `2 million`. */
  numeral(token: Token): Node {
    const { text, position } = token
    const parts = this.#partsCounted(token)
    if (parts !== undefined) return this.fraction(text, parts, position)
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
   * A number in words, the first of which was taken: `twenty-one`, `two point five`, `one million two hundred thousand`,
   * `one hundred and five`.
   * @param first that word, with the number that it means as its text
   */
  inWords(first: Token): Node {
    const { reader } = this.#grammar
    let text = String(Number(first.text) + (TENS.has(first.word) ? this.#takeUnits() : 0))
    if (reader.token.text === 'point' && COUNTS.has(reader.peek(1).word)) {
      reader.next()
      text += '.'
      while (COUNTS.has(reader.token.word)) text += COUNTS.get(reader.next().word)
    } else text = String(this.#takeRest(BigInt(text)))
    const scale = SCALES.get(reader.previous?.word ?? '')
    const part = zerosOf(scale) >= 6 && !this.#grammar.isListing ? this.takePartInWords() : undefined
    if (scale === undefined || part === undefined) return this.numeral({ ...first, text })
    // `one million and a half`
    const { position } = first
    const left = this.#grammar.node({ kind: 'number', text, position })
    const right = this.#times(this.fraction(...part, position), [scale], position)
    return this.#grammar.node({ kind: 'binary', operator: 'add', left, right, position })
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

  /** Takes the `hundred and five` of `one hundred and five`, and the groups of a larger number, from large to small. */
  #takeRest(first: bigint): bigint {
    const { reader } = this.#grammar
    let total = 0n
    let group = first
    let least = Number.POSITIVE_INFINITY
    for (;;) {
      const { word } = reader.token
      if (word === 'hundred' && group > 0n && group < 100n) {
        reader.next()
        group = group * 100n + (this.#takeCount() ?? 0n)
        continue
      }
      const zeros = zerosOf(SCALES.get(word))
      if (zeros < 3 || zeros >= least) return total + group
      reader.next()
      total += group * 10n ** BigInt(zeros)
      const next = this.#takeCount()
      if (next === undefined) return total
      group = next
      least = zeros
    }
  }

  /** Takes the next part of a number in words, with an `and` before it: `two`, `and twenty-one`. */
  #takeCount(): bigint | undefined {
    const { reader } = this.#grammar
    const isJoined = reader.token.word === 'and' && !this.#grammar.isListing
    const token = reader.peek(isJoined ? 1 : 0)
    const count = COUNTS.get(token.word)
    // `one hundred and two thirds` goes on as a fraction.
    if (count === undefined || count === '0' || PARTS.has(reader.peek(isJoined ? 2 : 1).word))
      return undefined
    reader.skip(isJoined ? 2 : 1)
    return BigInt(Number(count) + (TENS.has(token.word) ? this.#takeUnits() : 0))
  }

  /** The fraction that belongs to a number: that of `½`, `1½`, `1 ½` and `1 1/2`. */
  #partOf(token: Token): Node | undefined {
    const { reader } = this.#grammar
    const { text, position, fraction } = token
    if (fraction) return this.fraction(fraction[0], fraction[1], position)
    const worded = this.takePartInWords()
    if (worded !== undefined) return this.fraction(...worded, position)
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

  /** Takes the `thirds` of `2 thirds of 9`. @returns the number of parts */
  #partsCounted({ text, fraction }: Token): string | undefined {
    const { reader } = this.#grammar
    const parts = PARTS.get(reader.token.word)
    if (parts === undefined || fraction || !/^\d{1,9}$/.test(text) || reader.peek(1).word !== 'of')
      return undefined
    reader.next()
    return parts
  }

  /** Takes `and a half` and `and three quarters`. @returns numerator and denominator */
  takePartInWords(): [string, string] | undefined {
    const { reader } = this.#grammar
    if (reader.token.word !== 'and') return undefined
    const { word } = reader.peek(1)
    const numerator = word === 'a' || word === 'an' ? '1' : COUNTS.get(word)
    const denominator = PARTS.get(reader.peek(2).word)
    if (numerator === undefined || denominator === undefined) return undefined
    reader.skip(3)
    return [numerator, denominator]
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

  /** A number as typed, with the `million` after it: `2 million`, `1 lakh 50 thousand`, `1.2m EUR`. */
  scaled(text: string, position: number): Node {
    const letter = this.#takeMoneyScale()
    const scales = letter === undefined ? this.#takeScales() : [letter]
    const [scale = ''] = scales
    // `a hundred and a half` could be 150 and 100.5.
    const isClear = scales.length === 1 && scale !== 'e2' && scale !== 'e3'
    const part = isClear && !this.#grammar.isListing ? this.takePartInWords() : undefined
    let value = this.#multiplied(text, scales, position)
    if (part !== undefined) {
      const right = this.#times(this.fraction(...part, position), scales, position)
      return this.#grammar.node({ kind: 'binary', operator: 'add', left: value, right, position })
    }
    let least = zerosOf(scales.at(-1))
    for (;;) {
      const { reader } = this.#grammar
      const zeros = zerosOf(SCALES.get(reader.peek(1).word))
      if (scales.length !== 1 || !isWhole(reader.token) || zeros < 3 || zeros >= least) return value
      const part = reader.next()
      const right = this.#multiplied(part.text, this.#takeScales(), part.position)
      value = this.#grammar.node({ kind: 'binary', operator: 'add', left: value, right, position })
      least = zeros
    }
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
    const isOwn = letter.kind === 'name' && !vocabulary.isBound(letter.text)
    // `$5 m` is no amount times a length, but `$5 T` could be.
    const isScale =
      isOwn && (!letter.isSpaced || /^[mMB]$/.test(letter.text)) && !this.#goesOn(reader.peek(1))
    const scale = isScale ? MONEY_SCALES.get(letter.text) : undefined
    if (scale !== undefined) reader.next()
    if (scale !== undefined && letter.isSpaced)
      this.#grammar.note(
        `\`${letter.text}\` after an amount is read as ${letter.text === 'B' ? 'billion' : 'million'}.`,
      )
    const value =
      scale === undefined ? this.numeral(token) : this.#multiplied(token.text, [scale], token.position)
    this.noteThousands(token.text, unit)
    const owner = this.#currencyAfter(currency) ?? unit
    this.takeAgain(owner)
    const paidFor = this.#grammar.units.readDivisors(owner)
    return this.#grammar.node({ kind: 'measure', value, unit: paidFor, position })
  }

  /** Tells whether a unit goes on: `m/s`, `m^2`. */
  #goesOn({ kind, text }: Token): boolean {
    return kind === 'power' || text === '^'
  }

  /** Notes that the point of `1.200 €` is not one of thousands, as it may have been meant: amounts of money have two decimals. */
  noteThousands(typed: string, unit: Unit): void {
    if (!/^[1-9]\d{0,2}\.\d{3}$/.test(typed) || currencyOf(unit.dimension) === undefined) return
    const point = String(Number(typed))
    this.#grammar.note(`\`${typed}\` is read as ${point}, not as ${typed.replace('.', '')}.`)
  }

  /** Takes the `m` of `1.2m EUR`, and the `M` of `10 M€`: a currency follows, with no amount of its own. */
  #takeMoneyScale(): string | undefined {
    const { reader, units, vocabulary } = this.#grammar
    const { kind, text, isSpaced } = reader.token
    const scale = kind === 'name' && !vocabulary.isBound(text) ? MONEY_SCALES.get(text) : undefined
    const sign = reader.peek(1)
    const isJoined = sign.kind === 'sign' && !sign.isSpaced
    if (scale === undefined || (isSpaced && text === text.toLowerCase() && !isJoined)) return undefined
    const currency = reader.peek(2).kind === 'number' ? undefined : units.at('afterNumber', 1)
    if (!currency || currencyOf(currency.dimension) === undefined) return undefined
    reader.next()
    return scale
  }

  /**
   * Takes a currency that is named a second time: `€50 EUR`, `£5 pounds`, `50 USD USD`.
   * @throws CalculationError for another one than before
   */
  takeAgain(unit: Unit): void {
    const { reader, units, vocabulary } = this.#grammar
    const { kind, text, position } = reader.token
    const isSign = kind === 'sign' && reader.peek(1).kind !== 'number'
    if (!isSign && (kind !== 'name' || vocabulary.isBound(text))) return
    // A pound is a mass elsewhere.
    const other = units.find(/^pounds?$/i.test(text) ? 'GBP' : text)
    const code = other && currencyOf(other.dimension)
    if (!other || code === undefined || (text.length < 3 && !isSign)) return
    const before = currencyOf(unit.dimension)
    if (code !== before)
      throw syntax(`This amount has two currencies, ${before} and ${code}. Write one of them.`, position)
    if (compare(other.factor, unit.factor) !== 0)
      throw syntax(`Write \`${text}\` without the sign of the currency before its amount.`, position)
    reader.next()
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

  /** `USD 50`, `US$50` and `Rs 50`. */
  currencyBefore(text: string): string | undefined {
    const { reader } = this.#grammar
    const { token } = reader
    if (token.kind === 'number' && CURRENCY.test(text) && this.#grammar.units.find(text)) return text
    if (token.kind === 'number' && AMOUNT_WORDS.has(text)) return AMOUNT_WORDS.get(text)
    const code = DOLLARS.get(text)
    if (code === undefined || token.text !== '$' || token.isSpaced || reader.peek(1).kind !== 'number')
      return undefined
    reader.next()
    return code
  }
}

/** The zeros that a scale adds: 6 for a million; 0 for a dozen, and where there is no scale. */
const zerosOf = (scale: string | undefined): number => (scale?.startsWith('e') ? Number(scale.slice(1)) : 0)

const isWhole = ({ kind, text, fraction }: Token): boolean =>
  kind === 'number' && !fraction && /^\d+$/.test(text)
