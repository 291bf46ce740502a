import { type CalculationError, evaluation, limit, syntax } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import { ARGUMENTS, DEPTH, NODES } from './limits.ts'
import { Targets } from './targets.ts'
import type { TokenReader } from './token-reader.ts'
import type { Token } from './tokens.ts'
import type { Binary, Comparison, Node, Unary } from './tree.ts'
import { unexpected } from './unexpected.ts'
import { type TypedUnit, UnitsOfLine } from './units-of-line.ts'
import type { Vocabulary } from './vocabulary.ts'
import {
  COUNTS,
  CURRENCY,
  DOLLARS,
  isInfix,
  isOperator,
  MONEY_SCALES,
  MULTIPLES,
  PARTS,
  SCALES,
} from './words.ts'

/** What an operator between two values is. */
type Infix =
  | { level: number; kind: 'binary'; operator: Binary; words: number }
  | { level: number; kind: 'compare'; operator: Comparison; words: number }
  | { level: number; kind: 'both'; any: boolean; words: number }
  | { level: number; kind: 'convert'; words: number }
  | { level: number; kind: 'range'; words: number }
  | { level: number; kind: 'is'; words: number }

/** From loose to tight. */
const LEVEL = {
  or: 1,
  xor: 2,
  and: 3,
  bitOr: 4,
  bitXor: 5,
  bitAnd: 6,
  compare: 7,
  shift: 8,
  convert: 9,
  range: 10,
  sum: 11,
}

const binary = (level: number, operator: Binary): Infix => ({ level, kind: 'binary', operator, words: 1 })
const compare = (operator: Comparison): Infix => ({
  level: LEVEL.compare,
  kind: 'compare',
  operator,
  words: 1,
})
const CONVERT: Infix = { level: LEVEL.convert, kind: 'convert', words: 1 }
const AND: Infix = { level: LEVEL.and, kind: 'both', any: false, words: 1 }
const OR: Infix = { level: LEVEL.or, kind: 'both', any: true, words: 1 }

const SIGNS: ReadonlyMap<string, Infix> = new Map([
  ['|', binary(LEVEL.bitOr, 'bitOr')],
  ['^|', binary(LEVEL.bitXor, 'bitXor')],
  ['&', binary(LEVEL.bitAnd, 'bitAnd')],
  ['==', compare('equal')],
  ['!=', compare('unequal')],
  ['<', compare('smaller')],
  ['>', compare('larger')],
  ['<=', compare('smallerEq')],
  ['>=', compare('largerEq')],
  ['<<', binary(LEVEL.shift, 'leftShift')],
  ['>>', binary(LEVEL.shift, 'rightShift')],
  ['->', CONVERT],
  [':', { level: LEVEL.range, kind: 'range', words: 1 }],
  ['+', binary(LEVEL.sum, 'add')],
  ['-', binary(LEVEL.sum, 'subtract')],
])

const WORDS: ReadonlyMap<string, Infix> = new Map([
  ['or', OR],
  ['xor', binary(LEVEL.xor, 'xor')],
  ['and', AND],
  ['to', CONVERT],
  ['in', CONVERT],
  ['as', CONVERT],
  ['into', CONVERT],
  ['is', { level: LEVEL.convert, kind: 'is', words: 1 }],
  ['plus', binary(LEVEL.sum, 'add')],
  ['minus', binary(LEVEL.sum, 'subtract')],
])

interface ProductSign {
  readonly operator: Binary
  readonly words: number
}
const product = (operator: Binary, words = 1): ProductSign => ({ operator, words })
const PRODUCT_SIGNS: ReadonlyMap<string, ProductSign> = new Map([
  ['*', product('multiply')],
  ['/', product('divide')],
  ['%', product('remainder')],
  ['.*', product('dotMultiply')],
  ['./', product('dotDivide')],
])
const PRODUCT_WORDS: ReadonlyMap<string, ProductSign> = new Map([
  ['times', product('multiply')],
  ['over', product('divide')],
  ['per', product('divide')],
  ['mod', product('remainder')],
  ['modulo', product('remainder')],
  ['choose', product('choose')],
])
const TIMES = product('multiply')

const UNARY: ReadonlyMap<string, Unary> = new Map([
  ['-', 'minus'],
  ['+', 'plus'],
  ['~', 'bitNot'],
])

const ROOTS: ReadonlyMap<string, string> = new Map([
  ['√', 'sqrt'],
  ['∛', 'cbrt'],
  ['∜', 'nthRoot'],
])

/** Texts that functions take; no other can stand in an expression. */
const TEXTS = new Set(['fro', 'inf', '-inf', 'unbiased', 'uncorrected', 'biased', 'asc', 'desc'])

const LATER = new Set(['today', 'now', 'tomorrow', 'yesterday'])

/**
 * Reads tokens into the tree of an expression. Operators, from loose to tight: `? :` · `or` · `xor` · `and` · `|` `^|` `&` ·
 * comparisons · shifts · `to in as` · `:` · `+ -` · `* / % mod` · `2 x` · signs and `not` · `^` · `! '`.
 */
export class Parser implements Grammar {
  readonly reader: TokenReader
  readonly vocabulary: Vocabulary
  readonly #note: (sentence: string) => void
  readonly #units: UnitsOfLine
  readonly #targets: Targets
  #nodes = 0
  #depth = 0
  /** Inside the middle of `a ? b : c`, where a colon is not a range. */
  #isChoosing = false
  /** Inside the argument of `sin 30°`, which the next function ends. */
  #isBare = false
  /** What parentheses enclosed last: they end what `3/4` may still join with. */
  #enclosed: Node | undefined

  constructor(reader: TokenReader, vocabulary: Vocabulary, note: (sentence: string) => void) {
    this.reader = reader
    this.vocabulary = vocabulary
    this.#note = note
    this.#units = new UnitsOfLine(this)
    this.#targets = new Targets(this, this.#units)
  }

  /** Reads a whole expression; what stands after it is left. */
  expression(): Node {
    return this.#nested(() => this.#choice())
  }

  node(node: Node): Node {
    if (++this.#nodes > NODES) throw limit('This expression has too many parts.', this.reader.token.position)
    return node
  }

  note(sentence: string): void {
    this.#note(sentence)
  }

  sum(): Node {
    return this.#infix(LEVEL.sum)
  }

  operand(): Node {
    return this.#times(this.#unary())
  }

  #choice(): Node {
    const condition = this.#infix(LEVEL.or)
    const { position } = this.reader.token
    if (!this.reader.take('?')) return condition
    const outer = this.#isChoosing
    this.#isChoosing = true
    const yes = this.expression()
    this.#isChoosing = outer
    if (!this.reader.take(':'))
      throw syntax('The `:` of this choice is missing: x > 0 ? 1 : 2.', this.reader.token.position)
    return this.node({ kind: 'choice', condition, yes, no: this.expression(), position })
  }

  #infix(least: number): Node {
    let left = this.#product()
    for (;;) {
      const infix = this.#infixAhead()
      if (!infix || infix.level < least) return left
      const { position, word, text } = this.reader.token
      if (infix.kind === 'compare') {
        left = this.#comparison(left)
        continue
      }
      this.reader.skip(infix.words)
      if (infix.kind === 'convert') left = this.#conversion(left, word === '' ? text : word, position)
      else if (infix.kind === 'is') left = this.#question(left, position)
      else if (infix.kind === 'range') left = this.#range(left, position)
      else {
        const right = infix.level === LEVEL.sum ? this.#product() : this.#infix(infix.level + 1)
        left = this.node(
          infix.kind === 'both'
            ? { kind: 'both', left, right, any: infix.any, position }
            : { kind: 'binary', operator: infix.operator, left, right, position },
        )
      }
    }
  }

  #infixAhead(): Infix | undefined {
    const { kind, text, word } = this.reader.token
    if (kind === 'operator') return text === ':' && this.#isChoosing ? undefined : SIGNS.get(text)
    return word === '' ? undefined : WORDS.get(word)
  }

  #comparison(first: Node): Node {
    const operands = [first]
    const operators: Comparison[] = []
    const { position } = this.reader.token
    for (;;) {
      const infix = this.#infixAhead()
      if (infix?.kind !== 'compare') break
      this.reader.next()
      operators.push(infix.operator)
      operands.push(this.#infix(LEVEL.shift))
    }
    return this.node({ kind: 'chain', operators, operands, position })
  }

  #range(from: Node, position: number): Node {
    const second = this.sum()
    if (this.#isChoosing || !this.reader.take(':'))
      return this.node({ kind: 'range', from, step: undefined, to: second, position })
    return this.node({ kind: 'range', from, step: second, to: this.sum(), position })
  }

  // Conversions and questions

  #conversion(left: Node, word: string, position: number): Node {
    const share = this.#share(left, position)
    return share ?? this.node(this.#targets.convert(left, word, position))
  }

  /** Reads `% of 80` after `20 as`. */
  #share(part: Node, position: number): Node | undefined {
    const { reader } = this
    const place = reader.place
    if (reader.token.word === 'a' || reader.token.word === 'the') reader.next()
    if (!this.#takePercent() || !/^(?:of|on|off)$/.test(reader.token.word)) {
      reader.goBack(place)
      return undefined
    }
    return this.#shareOf(part, position)
  }

  /** Reads `of 80`, `on 80`, `off 80`: what percentage one number is of, above or below another. */
  #shareOf(part: Node, position: number): Node {
    const { word } = this.reader.next()
    const of = this.operand()
    const difference =
      word === 'of'
        ? part
        : this.node({
            kind: 'binary',
            operator: 'subtract',
            left: word === 'on' ? part : of,
            right: word === 'on' ? of : part,
            position,
          })
    return this.node({ kind: 'percentage', question: 'share', part: difference, of, position })
  }

  /** Reads what follows `20 is`: `what % of 80`, `25% of what`. */
  #question(left: Node, position: number): Node {
    const { reader } = this
    if (reader.takeWords('what')) {
      if (this.#takePercent() && /^(?:of|on|off)$/.test(reader.token.word))
        return this.#shareOf(left, position)
      throw syntax('Write `20 is what % of 80`.', reader.token.position)
    }
    const share = this.#percentage()
    const { word } = reader.token
    if (share.kind === 'percent' && /^(?:of|on|off)$/.test(word) && reader.peek(1).word === 'what') {
      reader.skip(2)
      return this.#wholeOf(left, share, word, position)
    }
    throw syntax('After `is` stands a question: 20 is what % of 80, or 50 is 25% of what.', position)
  }

  /** The number of which `part` is that percentage, or to which the percentage was added. */
  #wholeOf(part: Node, share: Node, word: string, position: number): Node {
    if (word === 'of') return this.node({ kind: 'percentage', question: 'whole', part, of: share, position })
    const one = this.node({ kind: 'number', text: '1', position: share.position })
    // "1 + 25%" would be that of the 1; it is the same.
    const all = this.node({
      kind: 'binary',
      operator: word === 'on' ? 'add' : 'subtract',
      left: one,
      right: share,
      position,
    })
    return this.node({ kind: 'binary', operator: 'divide', left: part, right: all, position })
  }

  /** Takes `%`, `percent` and `per cent`. */
  #takePercent(): boolean {
    const { reader } = this
    if (reader.take('%')) return true
    if (/^(?:percent|percentage|pct)$/.test(reader.token.word)) {
      reader.next()
      return true
    }
    return reader.takeWords('per', 'cent')
  }

  // Products

  #product(): Node {
    let left = this.#first()
    for (;;) {
      const sign = this.#productAhead()
      if (!sign) return left
      const { position } = this.reader.token
      this.reader.skip(sign.words)
      left =
        sign.operator === 'divide'
          ? this.#divide(left, position)
          : this.node({ kind: 'binary', operator: sign.operator, left, right: this.operand(), position })
    }
  }

  /** `what is` and the like, from habit. */
  #first(): Node {
    if (this.reader.place === 0 && this.reader.atWords('what')) return this.#asked()
    return this.operand()
  }

  #asked(): Node {
    const { reader } = this
    const { position } = reader.next()
    if (reader.takeWords('is')) return this.operand()
    const isPercent = this.#takePercent()
    if (isPercent && reader.takeWords('is')) {
      const part = this.operand()
      if (reader.token.word === 'of') return this.#shareOf(part, position)
    } else if (isPercent && reader.takeWords('of')) {
      const of = this.operand()
      if (reader.takeWords('is')) {
        const part = this.operand()
        return this.node({ kind: 'percentage', question: 'share', part, of, position })
      }
    }
    throw syntax('Write `what % of 80 is 20`.', reader.token.position)
  }

  #productAhead(): ProductSign | undefined {
    const { reader } = this
    const { kind, text, word } = reader.token
    if (kind === 'operator') return PRODUCT_SIGNS.get(text)
    if (kind !== 'name') return undefined
    if (word !== '') {
      const found = PRODUCT_WORDS.get(word)
      if (found) return found
      if ((word === 'divided' || word === 'multiplied') && reader.peek(1).word === 'by')
        return product(word === 'divided' ? 'divide' : 'multiply', 2)
      if (word === 'out' && reader.peek(1).word === 'of') return product('divide', 2)
    }
    if (text === 'nCr' && !this.vocabulary.isBound(text)) return product('choose')
    return this.#isTimes() ? TIMES : undefined
  }

  /** Tells whether an `x` is the sign for times: between two values where it has no value itself, or between two numbers. */
  #isTimes(): boolean {
    const { reader } = this
    const { text, word } = reader.token
    if (text !== 'x' && text !== 'X') return false
    const after = reader.peek(1)
    if (word !== 'x')
      return reader.previous?.kind === 'number' && after.kind === 'number' && this.#noteTimes(text)
    if (!reader.previous) return false
    if (after.kind === 'number' || after.kind === 'sign' || ROOTS.has(after.text)) return true
    if (after.text === '(' && after.kind === 'operator') return after.isSpaced
    return after.kind === 'name' && !isInfix(after.word) && !isTimesLetter(after)
  }

  #noteTimes(letter: string): boolean {
    this.note(`\`${letter}\` between numbers is read as times.`)
    return true
  }

  /**
   * Reads the divisor. `3/4 mm` is three quarters of a millimetre and `1/2 x` half of x; `8 pi / 2 pi` is 4, because there
   * number and name belong together on both sides, and so is `400 km/h / 100 km/h`.
   */
  #divide(left: Node, position: number): Node {
    const right = this.#unary()
    const isEnclosed = right === this.#enclosed
    const divided = () => this.node({ kind: 'binary', operator: 'divide', left, right, position })
    if (!isNumeral(right) && !isEnclosed) return this.#dividedBy(left, this.#times(right), position)
    if (this.#unitAhead()) {
      if (isQuantity(left)) return this.#dividedBy(left, this.#times(right), position)
      if (endsInNumeral(left)) return this.#times(divided())
      const begun = this.reader.token.position
      const typed = this.#units.read('afterNumber')
      if (!typed) return divided()
      const of = this.#times(this.node({ kind: 'unit', unit: typed.unit, position: begun }))
      return this.node({ kind: 'part', numerator: left, denominator: right, of, position })
    }
    if (!isEnclosed && this.#beginsFactor() && endsInNumeral(left)) return this.#times(divided())
    return this.#dividedBy(left, this.#times(right), position)
  }

  #dividedBy(left: Node, right: Node, position: number): Node {
    return this.node({ kind: 'binary', operator: 'divide', left, right, position })
  }

  /** Joins what stands beside a value without an operator: its unit, and factors as in `2 x`. */
  #times(first: Node): Node {
    let left = first
    for (;;) {
      if (this.#unitAhead()) {
        left = this.#measure(left)
        continue
      }
      if (!this.#beginsFactor()) return left
      const { position } = this.reader.token
      const right = this.#percentage()
      left = this.node({ kind: 'binary', operator: 'multiply', left, right, position })
    }
  }

  #beginsFactor(): boolean {
    const { reader } = this
    const { kind, text, word } = reader.token
    if (kind === 'name') {
      if (word !== '' ? isInfix(word) || word === 'x' : text === 'nCr')
        return word === 'x' && !this.#isTimes()
      if (isTimesLetter(reader.token) && this.#isTimes()) return false
      return !(this.#isBare && this.vocabulary.isFunction(text) && !this.vocabulary.isBound(text))
    }
    if (kind === 'operator') return text === '(' || ROOTS.has(text)
    return kind === 'number' && reader.previous?.text === ')' && reader.previous.kind === 'operator'
  }

  // Units

  /** Tells whether a number stands right before what is next. */
  get #isAfterNumber(): boolean {
    const before = this.reader.previous
    if (before === undefined) return false
    return (
      before.kind === 'number' || before.kind === 'power' || (before.word !== '' && SCALES.has(before.word))
    )
  }

  #unitAhead(): boolean {
    return this.#units.at(this.#isAfterNumber ? 'afterNumber' : 'elsewhere') !== undefined
  }

  /** Reads the unit of a value, and further units with their own numbers: `5 ft 3 in`. */
  #measure(value: Node): Node {
    const { reader } = this
    const typed = this.#readUnit()
    if (!typed) throw unexpected(reader)
    const { position } = value
    if (reader.at('^')) return this.#poweredUnit(value, typed, position)
    const first = this.node({ kind: 'measure', value, unit: typed.unit, position })
    this.#targets.remember(first, typed.word)
    if (typed.word === undefined || !isPlainNumber(value)) return first
    const parts = [{ value, unit: typed.unit }]
    let last = typed
    for (;;) {
      const next = this.#nextPart(last)
      if (!next) break
      parts.push(next)
      last = next.typed
    }
    return parts.length === 1
      ? first
      : this.node({ kind: 'mixed', parts: parts.map(({ value, unit }) => ({ value, unit })), position })
  }

  #readUnit(): TypedUnit | undefined {
    return this.#units.read(this.#isAfterNumber ? 'afterNumber' : 'elsewhere')
  }

  /** `5 m^n`: the power of a unit that is no number is computed. */
  #poweredUnit(value: Node, { unit, word }: TypedUnit, position: number): Node {
    const { reader } = this
    const caret = reader.next()
    if (word === undefined)
      throw syntax(
        'The power of a unit is a number here: m/s^2. Write parentheses around the rest.',
        caret.position,
      )
    const right = this.#nested(() => this.#exponent())
    const of = this.node({ kind: 'unit', unit, position: caret.position })
    const power = this.node({ kind: 'binary', operator: 'power', left: of, right, position: caret.position })
    return this.node({ kind: 'binary', operator: 'multiply', left: value, right: power, position })
  }

  /** Reads `3 in` after `5 ft`: a number with a unit of the same kind. */
  #nextPart(before: TypedUnit): { value: Node; unit: TypedUnit['unit']; typed: TypedUnit } | undefined {
    const { reader } = this
    const place = reader.place
    const nodes = this.#nodes
    reader.takeWords('and')
    const { token } = reader
    if (token.kind !== 'number') {
      reader.goBack(place)
      return undefined
    }
    const value = this.#numeral(reader.next())
    const typed = this.#smaller(before)
    if (typed) return { value, unit: typed.unit, typed }
    reader.goBack(place)
    this.#nodes = nodes
    return undefined
  }

  #smaller(before: TypedUnit): TypedUnit | undefined {
    const { reader } = this
    const { isConvertible } = this.vocabulary
    const { text } = reader.token
    const isAngle = before.word === '°' || before.word === "'"
    if (isAngle && (text === "'" || text === '"') && before.word !== undefined) {
      const arc = this.#units.find(text === "'" ? 'arcmin' : 'arcsec')
      if (arc && isConvertible(before.unit, arc)) {
        reader.next()
        return { unit: arc, word: text }
      }
    }
    const unit = this.#units.at('afterNumber')
    if (!unit) return undefined
    const after = reader.peek(1)
    if (after.text === '^' || after.kind === 'power' || (after.text === '/' && !after.isSpaced))
      return undefined
    if (isConvertible(before.unit, unit)) {
      reader.next()
      return { unit, word: text }
    }
    const minute = this.#units.find('min')
    if (text !== 'm' || !minute || !isConvertible(before.unit, minute)) return undefined
    reader.next()
    this.note('`m` after hours is read as minutes.')
    return { unit: minute, word: 'min' }
  }

  // Signs, percentages and powers

  #unary(): Node {
    const { reader } = this
    const { text, position, kind, word } = reader.token
    const operator = kind === 'operator' ? UNARY.get(text) : word === 'not' ? 'not' : undefined
    if (operator === undefined) return this.#percentage()
    reader.next()
    // A sign goes for a number with its unit: -5 °C.
    return this.#nested(() => {
      const of = this.#unary()
      const whole = isSigned(operator) && this.#unitAhead() && isPlainNumber(of) ? this.#measure(of) : of
      return this.node({ kind: 'unary', operator, of: whole, position })
    })
  }

  #percentage(): Node {
    const { reader } = this
    let left = this.#power()
    for (;;) {
      const { position, text, kind } = reader.token
      if (kind === 'operator' && text === '‰') {
        reader.next()
        const right = this.node({ kind: 'number', text: '1000', position })
        left = this.node({ kind: 'binary', operator: 'divide', left, right, position })
        continue
      }
      const isSign = kind === 'operator' && text === '%'
      if (isSign ? this.#isRemainder(left) : !this.#percentWordAhead()) return left
      const isSpaced = reader.token.isSpaced
      this.#takePercent()
      left = this.node({ kind: 'percent', of: left, position })
      this.#ignoreWord(isSpaced)
      left = this.#ofPercentage(left)
    }
  }

  #percentWordAhead(): boolean {
    const { word } = this.reader.token
    return word === 'percent' || word === 'pct' || (word === 'per' && this.reader.peek(1).word === 'cent')
  }

  /** Reads `of 50`, `on 50` and `off 50` after a percentage. */
  #ofPercentage(percent: Node): Node {
    const { reader } = this
    const { word, position } = reader.token
    if (word !== 'of' && word !== 'on' && word !== 'off') return percent
    if (reader.peek(1).word === 'what') {
      if (reader.peek(2).word !== 'is') return percent
      reader.skip(3)
      return this.#wholeOf(this.operand(), percent, word, position)
    }
    reader.next()
    const of = this.#nested(() => this.operand())
    if (word === 'of')
      return this.node({ kind: 'binary', operator: 'multiply', left: percent, right: of, position })
    return this.node({ kind: 'percentage', question: word, part: percent, of, position })
  }

  /** Takes the one word after a percentage that means nothing: `19% VAT`. */
  #ignoreWord(isSpaced: boolean): void {
    const { reader } = this
    const { kind, text } = reader.token
    if (kind !== 'name' || !this.#isMeaningless(reader.token, reader.peek(1), isSpaced)) return
    reader.next()
    this.note(`\`${text}\` is ignored.`)
  }

  #isMeaningless({ text, word }: Token, after: Token, isSpaced: boolean): boolean {
    const { isBound, isFunction, isConstant } = this.vocabulary
    if (word !== '' || isBound(text) || isFunction(text) || isConstant(text) || this.#units.find(text))
      return false
    if (isSpaced && text.length < 2) return false
    if (after.kind === 'end') return true
    if (after.kind === 'operator') return after.text !== '(' && after.text !== '[' && after.text !== '='
    return after.word !== '' && isInfix(after.word)
  }

  /** A `%` is a remainder when an operand follows. A sign may be either: `50%-20%` and `10% - 3` against `10 % -3`. */
  #isRemainder(left: Node): boolean {
    const { reader } = this
    const sign = reader.token
    const after = reader.peek(1)
    const { text } = after
    if (after.kind === 'number') {
      if (!sign.isSpaced && after.isSpaced)
        this.note(
          '`%` between two numbers is read as the remainder. A percentage is written with `of`: 20% of 80.',
        )
      return true
    }
    if (after.kind === 'sign') return true
    if (after.kind === 'name') {
      if (after.word !== '')
        return (
          after.word === 'not' ||
          (after.word === 'in' && this.vocabulary.isBound('in') && this.#units.at('target', 2) === undefined)
        )
      return !(isPlainNumber(left) && this.#isMeaningless(after, reader.peek(2), sign.isSpaced))
    }
    if (after.kind !== 'operator') return false
    if (text === '-' || text === '+') return sign.isSpaced && !reader.peek(2).isSpaced
    return text === '(' || text === '[' || text === '~' || ROOTS.has(text)
  }

  #power(): Node {
    const { reader } = this
    let left = this.#postfix()
    for (;;) {
      const { position, text, kind, word } = reader.token
      if (kind === 'power') {
        reader.next()
        left = this.#postfixes(this.#raised(left, text, position))
      } else if (word === 'squared' || word === 'cubed') {
        reader.next()
        left = this.#raised(left, word === 'squared' ? '2' : '3', position)
      } else if (kind === 'operator' && (text === '^' || text === '.^')) {
        reader.next()
        return this.#raise(left, text === '^' ? 'power' : 'dotPower', position)
      } else if ((word === 'to' || word === 'raised') && this.#takePowerWords())
        return this.#raise(left, 'power', position)
      else return left
    }
  }

  #raised(left: Node, power: string, position: number): Node {
    const digits = this.node({ kind: 'number', text: power.replace('-', ''), position })
    const right = power.startsWith('-')
      ? this.node({ kind: 'unary', operator: 'minus', of: digits, position })
      : digits
    return this.node({ kind: 'binary', operator: 'power', left, right, position })
  }

  #raise(left: Node, operator: 'power' | 'dotPower', position: number): Node {
    return this.#nested(() =>
      this.node({ kind: 'binary', operator, left, right: this.#exponent(), position }),
    )
  }

  /** Takes `to the power of` and `raised to`. */
  #takePowerWords(): boolean {
    const { reader } = this
    if (reader.takeWords('to', 'the', 'power', 'of') || reader.takeWords('to', 'the', 'power')) return true
    if (
      reader.takeWords('raised', 'to', 'the', 'power', 'of') ||
      reader.takeWords('raised', 'to', 'the', 'power')
    )
      return true
    return reader.takeWords('raised', 'to')
  }

  #exponent(): Node {
    const { text, position, kind, word } = this.reader.token
    const operator = kind === 'operator' ? UNARY.get(text) : word === 'not' ? 'not' : undefined
    if (operator === undefined) return this.#power()
    this.reader.next()
    return this.#nested(() => this.node({ kind: 'unary', operator, of: this.#exponent(), position }))
  }

  #postfix(): Node {
    return this.#postfixes(this.#primary())
  }

  #postfixes(first: Node): Node {
    const { reader } = this
    let left = first
    for (;;) {
      const { position, text, kind } = reader.token
      if (kind !== 'operator') return left
      if (text === '!') {
        reader.next()
        left = this.node({ kind: 'unary', operator: 'factorial', of: left, position })
        if (reader.at('!')) this.note('`!!` is read as the factorial of a factorial.')
      } else if (text === "'" && (reader.previous?.kind !== 'number' || reader.token.isSpaced)) {
        reader.next()
        left = this.node({ kind: 'unary', operator: 'transpose', of: left, position })
      } else if (text === '[' && left.kind !== 'number') left = this.#indexed(left)
      else return left
    }
  }

  #indexed(of: Node): Node {
    const { reader } = this
    const { position } = reader.next()
    const at = this.#inBrackets(() => {
      const dimensions: (Node | undefined)[] = []
      do {
        const isWhole = reader.at(':') && (reader.peek(1).text === ',' || reader.peek(1).text === ']')
        if (isWhole) reader.next()
        dimensions.push(isWhole ? undefined : this.expression())
      } while (reader.take(','))
      return dimensions
    })
    this.#close(']')
    return this.node({ kind: 'index', of, position, at })
  }

  // Values

  #primary(): Node {
    const { reader } = this
    const token = reader.next()
    const { kind, text, position } = token
    switch (kind) {
      case 'number':
        return this.#numeral(token)
      case 'name':
        return this.#named(token)
      case 'moment': {
        const { moment = {} } = token
        return this.node({ kind: 'moment', ...moment, position })
      }
      case 'sign':
        if (reader.token.kind === 'number') return this.#money(text, position)
        if (reader.at('-') && reader.peek(1).kind === 'number' && !reader.peek(1).isSpaced) {
          const sign = reader.next()
          return this.node({
            kind: 'unary',
            operator: 'minus',
            of: this.#money(text, position),
            position: sign.position,
          })
        }
        break
      case 'text':
        if (TEXTS.has(text)) return this.node({ kind: 'text', text, position })
        throw syntax('Text cannot be calculated with.', position)
      case 'operator': {
        if (text === '(') return this.#enclosedValue()
        if (text === '[') return this.#rows(position)
        const root = ROOTS.get(text)
        if (root !== undefined) return this.#root(root, position)
        break
      }
      default:
    }
    if (kind !== 'end') reader.goBack(reader.place - 1)
    throw unexpected(reader)
  }

  #enclosedValue(): Node {
    const inner = this.#inBrackets(() => this.expression())
    this.#close(')')
    this.#enclosed = inner
    return inner
  }

  /** A number with what belongs to it: `1½`, `1 1/2`, `2 million`. */
  #numeral(token: Token): Node {
    const { reader } = this
    const { text, position, fraction } = token
    let value = fraction ? this.#fraction(fraction[0], fraction[1], position) : undefined
    if (text !== '') {
      const whole = this.#scaled(text, position)
      value = value
        ? this.node({ kind: 'binary', operator: 'add', left: whole, right: value, position })
        : whole
    }
    if (!fraction && this.#isMixedNumber(token)) {
      const numerator = reader.next()
      reader.next()
      const denominator = reader.next()
      const part = this.#fraction(numerator.text, denominator.text, numerator.position)
      if (value) return this.node({ kind: 'binary', operator: 'add', left: value, right: part, position })
    }
    return value ?? this.node({ kind: 'number', text, position })
  }

  #fraction(numerator: string, denominator: string, position: number): Node {
    const left = this.node({ kind: 'number', text: numerator, position })
    const right = this.node({ kind: 'number', text: denominator, position })
    return this.node({ kind: 'binary', operator: 'divide', left, right, position })
  }

  /** Tells whether a proper fraction, written without spaces, follows a whole number. */
  #isMixedNumber(whole: Token): boolean {
    const { reader } = this
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

  #scaled(text: string, position: number): Node {
    const { reader } = this
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
    let value = this.node({ kind: 'number', text: number, position })
    for (const factor of factors) {
      const right = this.node({ kind: 'number', text: factor, position })
      value = this.node({ kind: 'binary', operator: 'multiply', left: value, right, position })
    }
    return value
  }

  /** An amount after the sign of its currency, with what it is paid for: `$1.50/kg`. */
  #money(currency: string, position: number): Node {
    const { reader, vocabulary } = this
    const unit = this.#units.find(currency)
    if (!unit) throw evaluation(`I don't know the currency \`${currency}\`.`, position)
    const token = reader.next()
    const letter = reader.token
    const scale =
      letter.kind === 'name' && !letter.isSpaced && !vocabulary.isBound(letter.text)
        ? MONEY_SCALES.get(letter.text)
        : undefined
    if (scale !== undefined) reader.next()
    const value =
      scale === undefined ? this.#numeral(token) : this.#multiplied(token.text, [scale], token.position)
    const paidFor = this.#units.readDivisors(unit)
    return this.node({ kind: 'measure', value, unit: paidFor, position })
  }

  #named(token: Token): Node {
    const { reader, vocabulary } = this
    const { text, word, position } = token
    if (word !== '') {
      const phrase = this.#phrase(token)
      if (phrase) return phrase
    }
    const isCall = reader.at('(')
    const isBound = vocabulary.isBound(text)
    const name = isBound ? text : this.#functionName(text)
    if (isCall && word !== 'not' && (word === '' || name !== undefined)) {
      if (isBound || name !== undefined) return this.#call(name ?? text, position)
      if (!vocabulary.isConstant(text) && !this.#units.find(text)) return this.#call(text, position)
    }
    if (isBound) return this.node({ kind: 'name', name: text, position })
    if (isOperator(word) && word !== 'in') {
      reader.goBack(reader.place - 1)
      throw this.#misplaced(token)
    }
    if (LATER.has(word))
      throw evaluation(`\`${text}\` cannot be used yet. Write the date: 2026-11-28.`, position)
    return this.#constantOrUnit(token, name) ?? this.node({ kind: 'name', name: text, position })
  }

  #misplaced({ word, position }: Token): CalculationError {
    if (word === 'of')
      return syntax('`of` belongs after a percentage or a function: 10% of 50, square root of 16.', position)
    return unexpected(this.reader)
  }

  /** The name of a function, also where a keyboard wrote its first letter large. */
  #functionName(text: string): string | undefined {
    const { isFunction, isConstant } = this.vocabulary
    if (isFunction(text)) return text
    const small = text.charAt(0).toLowerCase() + text.slice(1)
    return small !== text &&
      small.length > 2 &&
      isFunction(small) &&
      !isConstant(text) &&
      !this.#units.find(text)
      ? small
      : undefined
  }

  #constantOrUnit({ text, position }: Token, functionName: string | undefined): Node | undefined {
    const { reader, vocabulary } = this
    if (functionName !== undefined) {
      const before = reader.place > 1 ? reader.peek(-2) : undefined
      const isUnitPlace = before?.kind === 'operator' && (before.text === '/' || before.text === '*')
      const unit = this.#units.find(text)
      if (unit && isUnitPlace && !this.#beginsArgument()) return this.node({ kind: 'unit', unit, position })
      return this.#bareCall(functionName, position)
    }
    if (text === 'ans') return this.node({ kind: 'name', name: text, position })
    if (vocabulary.isConstant(text)) return this.node({ kind: 'constant', name: text, position })
    const code = this.#currencyBefore(text)
    if (code !== undefined) return this.#money(code, position)
    reader.goBack(reader.place - 1)
    const typed = this.#units.read(text === 'in' ? 'target' : 'elsewhere')
    if (typed) return this.node({ kind: 'unit', unit: typed.unit, position })
    reader.next()
    return undefined
  }

  /** `USD 50` and `US$50`. */
  #currencyBefore(text: string): string | undefined {
    const { reader } = this
    const { token } = reader
    if (token.kind === 'number' && CURRENCY.test(text) && this.#units.find(text)) return text
    const code = DOLLARS.get(text)
    if (code === undefined || token.text !== '$' || token.isSpaced || reader.peek(1).kind !== 'number')
      return undefined
    reader.next()
    return code
  }

  #call(name: string, position: number): Node {
    const { reader } = this
    reader.next()
    const args: Node[] = []
    this.#inBrackets(() => {
      if (reader.at(')')) return
      do args.push(this.expression())
      while (reader.take(','))
    })
    this.#close(')')
    if (args.length > ARGUMENTS) throw limit(`A function takes at most ${ARGUMENTS} arguments.`, position)
    return this.node({ kind: 'call', name, position, arguments: args })
  }

  /** A function without parentheses: `sqrt 16`, `sin 30°`, `sin² x`, `average of 3 and 5`. */
  #bareCall(name: string, position: number): Node {
    const { reader } = this
    const power = this.#powerOfFunction(name)
    if (power !== undefined) {
      const of = reader.at('(') ? this.#call(name, position) : this.#applied(name, position)
      return this.#raised(of, power, position)
    }
    if (reader.takeWords('of')) return this.#appliedToAll(name, position)
    return this.#applied(name, position)
  }

  #powerOfFunction(name: string): string | undefined {
    const { reader } = this
    const { token } = reader
    const isRaised = token.kind === 'power'
    const digits = isRaised ? token : reader.peek(1)
    if (!isRaised && !(reader.at('^') && digits.kind === 'number')) {
      if (reader.at('^') && digits.text === '-') throw inverse(name, token.position)
      return undefined
    }
    if (digits.text.startsWith('-')) throw inverse(name, token.position)
    reader.skip(isRaised ? 1 : 2)
    return digits.text
  }

  #applied(name: string, position: number): Node {
    const { reader } = this
    if (!this.#beginsArgument()) throw evaluation(`\`${name}\` is a function: write ${name}(…).`, position)
    const outer = this.#isBare
    this.#isBare = true
    const argument = this.#nested(() => this.operand())
    this.#isBare = outer
    const { token } = reader
    if (token.kind === 'operator' && (token.text === '/' || token.text === '*') && !token.isSpaced && !outer)
      this.note(
        `\`${name}\` takes only what stands before the \`${token.text}\`. Write parentheses for more: ${name}(…).`,
      )
    return this.node({ kind: 'call', name, position, arguments: [argument] })
  }

  #appliedToAll(name: string, position: number): Node {
    const { reader } = this
    reader.takeWords('the')
    const args = [this.#nested(() => this.operand())]
    for (;;) {
      const isListed = reader.take(',')
      const isLast = reader.takeWords('and')
      if (!isListed && !isLast) break
      args.push(this.operand())
    }
    if (args.length > ARGUMENTS) throw limit(`A function takes at most ${ARGUMENTS} arguments.`, position)
    return this.node({ kind: 'call', name, position, arguments: args })
  }

  #beginsArgument(): boolean {
    const { reader } = this
    const { kind, text, word, isSpaced } = reader.token
    if (kind === 'number' || kind === 'sign' || kind === 'moment') return true
    if (kind === 'name') return word === '' || word === 'x' || !isInfix(word)
    if (kind !== 'operator') return false
    if (text === '-') return isSpaced && !reader.peek(1).isSpaced
    return text === '(' || text === '[' || ROOTS.has(text)
  }

  #root(name: string, position: number): Node {
    const of = this.#nested(() => {
      const sign = this.reader.token
      if (!this.reader.take('-')) return this.#primary()
      return this.node({ kind: 'unary', operator: 'minus', of: this.#primary(), position: sign.position })
    })
    const args = name === 'nthRoot' ? [of, this.node({ kind: 'number', text: '4', position })] : [of]
    return this.node({ kind: 'call', name, position, arguments: args })
  }

  #rows(position: number): Node {
    const { reader } = this
    const rows: Node[][] = []
    let nested = false
    this.#inBrackets(() => {
      if (reader.at(']')) return
      do {
        const row: Node[] = []
        do row.push(this.expression())
        while (reader.take(','))
        rows.push(row)
        nested = reader.at(';') || nested
      } while (reader.take(';'))
    })
    this.#close(']')
    return this.node({ kind: 'rows', rows, nested, position })
  }

  // Phrases

  /** Reads `half of`, `a third of`, `two thirds of`, `twice`, `square root of`, `a dozen` and their kind. */
  #phrase(token: Token): Node | undefined {
    const { reader } = this
    const { word, position } = token
    if (word === 'the') return this.#nested(() => this.#primary())
    if (word === 'convert' || word === 'calculate') {
      if (reader.place === 1 && reader.token.kind !== 'end' && !reader.at('='))
        return this.#nested(() => this.operand())
      return undefined
    }
    const multiple = MULTIPLES.get(word)
    if (multiple !== undefined && this.#beginsArgument()) return this.#multipleOf(multiple, position)
    if (word === 'half') return this.#partOf('1', '2', position)
    if (word === 'square' || word === 'cube') return this.#rootOf(word, position)
    const isArticle = word === 'a' || word === 'an'
    const count = isArticle ? '1' : COUNTS.get(word)
    if (count !== undefined) {
      const part = PARTS.get(reader.token.word)
      if (part !== undefined && (reader.peek(1).word === 'of' || reader.token.word !== 'half')) {
        reader.next()
        return this.#partOf(count, part, position)
      }
      if (isArticle && !SCALES.has(reader.token.word) && !this.#units.at('elsewhere')) return undefined
      return this.#scaled(count, position)
    }
    const part = PARTS.get(word)
    return part !== undefined && reader.token.word === 'of' ? this.#partOf('1', part, position) : undefined
  }

  #multipleOf(multiple: string, position: number): Node {
    this.reader.takeWords('of')
    const left = this.node({ kind: 'number', text: multiple, position })
    const right = this.#nested(() => this.operand())
    return this.node({ kind: 'binary', operator: 'multiply', left, right, position })
  }

  /** `half of 10`, `half an hour`, `two thirds of 9`; alone it is the number. */
  #partOf(numerator: string, denominator: string, position: number): Node {
    const { reader } = this
    const left = this.#fraction(numerator, denominator, position)
    const isOf = reader.takeWords('of')
    if (!isOf && reader.token.word !== 'a' && reader.token.word !== 'an') return left
    if (!isOf) reader.next()
    if (!isOf && SCALES.has(reader.token.word)) {
      const right = this.#scaled('1', position)
      return this.node({ kind: 'binary', operator: 'multiply', left, right, position })
    }
    const right = this.#nested(() => this.operand())
    return this.node({ kind: 'binary', operator: 'multiply', left, right, position })
  }

  #rootOf(word: string, position: number): Node | undefined {
    const { reader } = this
    if (reader.token.word !== 'root') return undefined
    reader.next()
    reader.takeWords('of')
    return this.#applied(word === 'square' ? 'sqrt' : 'cbrt', position)
  }

  #inBrackets<T>(read: () => T): T {
    const [isChoosing, isBare] = [this.#isChoosing, this.#isBare]
    this.#isChoosing = false
    this.#isBare = false
    const result = read()
    this.#isChoosing = isChoosing
    this.#isBare = isBare
    return result
  }

  #close(bracket: ')' | ']'): void {
    const { reader } = this
    if (reader.take(bracket)) return
    if (reader.token.kind !== 'end') throw unexpected(reader)
    const what = bracket === ')' ? 'parenthesis' : 'bracket'
    throw syntax(`A closing ${what} is missing.`, reader.token.position)
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH)
      throw limit(`This is nested more than ${DEPTH} deep.`, this.reader.token.position)
    const result = read()
    this.#depth--
    return result
  }
}

const isTimesLetter = ({ text }: Token): boolean => text === 'x' || text === 'X'

const isSigned = (operator: Unary): boolean => operator === 'minus' || operator === 'plus'

const inverse = (name: string, position: number): CalculationError =>
  syntax(`Write a${name}(…) for the inverse function, or 1/${name}(…).`, position)

/** Tells whether a node is a number as typed: `12`, `1½`, `2 million`. */
function isPlainNumber(node: Node): boolean {
  if (node.kind === 'number') return true
  if (node.kind !== 'binary') return false
  return node.left.position === node.position && isPlainNumber(node.left) && isPlainNumber(node.right)
}

/** Tells whether a node is made of numbers alone. */
function isNumeral(node: Node): boolean {
  if (node.kind === 'number') return true
  if (node.kind === 'unary') return isNumeral(node.of)
  // The right side first: it is short, where the left one may be all that was read.
  return node.kind === 'binary' && isNumeral(node.right) && isNumeral(node.left)
}

/** Tells whether what a slash would divide first is a number: the 3 of `2 m * 3/4 s`. */
const endsInNumeral = (node: Node): boolean =>
  isNumeral(node) || (node.kind === 'binary' && node.operator === 'multiply' && isNumeral(node.right))

/** Tells whether a node has a unit as far as can be seen. */
function isQuantity(node: Node): boolean {
  if (node.kind === 'measure' || node.kind === 'mixed' || node.kind === 'unit' || node.kind === 'part')
    return true
  if (node.kind === 'unary') return isQuantity(node.of)
  return node.kind === 'binary' && (isQuantity(node.right) || isQuantity(node.left))
}
