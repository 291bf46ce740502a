import { syntax } from '../numbers/index.ts'
import { changeAhead, comparisonAhead, splitAhead } from './changes.ts'
import type { Grammar } from './grammar.ts'
import { PRODUCT_SIGNS, PRODUCT_WORDS, type ProductSign, product, TIMES } from './infix.ts'
import type { Measures } from './measures.ts'
import { endsInNumeral, isNumeral, isPlainNumber, isQuantity } from './node-kinds.ts'
import type { NumbersOfLine } from './numbers-of-line.ts'
import type { Percentages } from './percentages.ts'
import type { Questions } from './questions.ts'
import { asFactors } from './times-as-lengths.ts'
import type { Token } from './token.ts'
import type { Binary, Node } from './tree.ts'
import { COUNTS, isInfix, ROOTS } from './words.ts'

interface Change {
  readonly operator: 'multiply' | 'divide'
  readonly by: string
}

/** Words after a value that multiply or divide it. */
const CHANGES: ReadonlyMap<string, Change> = new Map([
  ['doubled', { operator: 'multiply', by: '2' }],
  ['tripled', { operator: 'multiply', by: '3' }],
  ['quadrupled', { operator: 'multiply', by: '4' }],
  ['halved', { operator: 'divide', by: '2' }],
])

/** Reads products: `2 * 3`, `2 x`, `3/4 mm`, `2x3`. */
export class Products {
  readonly #grammar: Grammar
  readonly #numbers: NumbersOfLine
  readonly #measures: Measures
  readonly #percentages: Percentages
  readonly #questions: Questions

  constructor(
    grammar: Grammar,
    numbers: NumbersOfLine,
    measures: Measures,
    percentages: Percentages,
    questions: Questions,
  ) {
    this.#grammar = grammar
    this.#numbers = numbers
    this.#measures = measures
    this.#percentages = percentages
    this.#questions = questions
  }

  product(): Node {
    let left = this.#first()
    for (;;) {
      const { word } = this.#grammar.reader.token
      if ((word === 'of' || word === 'off') && isFraction(left)) {
        left = this.#partOf(left)
        continue
      }
      if (word === 'of' && isPlainNumber(left)) {
        const share = this.#shareOf(left)
        if (!share) return left
        left = share
        continue
      }
      const { position } = this.#grammar.reader.token
      const change = this.#changeAhead()
      if (change) {
        this.#grammar.reader.next()
        const right = this.#grammar.node({ kind: 'number', text: change.by, position })
        left = this.#grammar.node({ kind: 'binary', operator: change.operator, left, right, position })
        continue
      }
      const sign = this.#productAhead(left)
      if (!sign) return left
      this.#grammar.reader.skip(sign.words)
      if (sign.isTurned) {
        const amount = this.#grammar.operand()
        left = this.#grammar.node({
          kind: 'binary',
          operator: sign.operator,
          left: amount,
          right: left,
          position,
        })
        continue
      }
      left =
        sign.operator === 'divide' && !sign.isWhole
          ? this.#divide(left, position)
          : this.#combined(sign.operator, left, this.#right(sign), position)
      if (sign.call !== undefined && left.kind === 'binary')
        left = this.#grammar.node({
          kind: 'call',
          name: sign.call,
          arguments: [left.left, left.right],
          position,
        })
      if (sign.isWhole)
        left = this.#grammar.node({ kind: 'call', name: 'floor', arguments: [left], position })
    }
  }

  /** The value after an operator; a rate with the `/100km` that is joined to it. */
  #right({ operator }: ProductSign): Node {
    const { reader } = this.#grammar
    const right = this.#grammar.operand()
    if (operator !== 'at' || !reader.at('/') || reader.token.isSpaced) return right
    const { position } = reader.next()
    return this.#divide(right, position)
  }

  #combined(operator: Binary, first: Node, second: Node, position: number): Node {
    const [left, right] =
      operator === 'multiply' || operator === 'divide' || operator === 'at'
        ? asFactors(this.#grammar, first, second)
        : [first, second]
    if (operator === 'multiply' && isList(left) && isList(right))
      this.#grammar.note(
        'The product of two lists is their dot product. Write .* for each cell, or cross(a, b).',
      )
    return this.#grammar.node({ kind: 'binary', operator, left, right, position })
  }

  #first(): Node {
    const question = this.#grammar.reader.place === 0 ? this.#questions.read() : undefined
    return question ?? this.#grammar.operand()
  }

  /** `7 doubled`, `10 km halved`. */
  #changeAhead(): Change | undefined {
    const { kind, text } = this.#grammar.reader.token
    return kind === 'name' && !this.#grammar.vocabulary.isBound(text)
      ? CHANGES.get(text.toLowerCase())
      : undefined
  }

  /** `1/3 of 90`, `¾ of an hour`, `a third off 90`. */
  #partOf(part: Node): Node {
    const { position, word } = this.#grammar.reader.next()
    const of = this.#grammar.nested(() => this.#grammar.operand())
    return this.#grammar.node(
      word === 'off'
        ? { kind: 'percentage', question: 'off', part, of, position }
        : { kind: 'binary', operator: 'multiply', left: part, right: of, position },
    )
  }

  /** `20 of 80 in %`; undefined, with nothing taken, where it does not go on to a percentage. */
  #shareOf(left: Node): Node | undefined {
    const { reader } = this.#grammar
    const { place } = reader
    const { position } = reader.next()
    const of = reader.token.kind === 'number' ? this.#grammar.operand() : undefined
    const article = reader.peek(1).word === 'a' ? 2 : 1
    const target = reader.peek(article)
    const isPercent =
      /^(?:in|as|to|into)$/.test(reader.token.word) &&
      (target.text === '%' || /^(?:percent|percentage|pct|per)$/.test(target.word))
    if (of && isPercent) return this.#dividedBy(left, of, position)
    reader.goBack(place)
    return undefined
  }

  #productAhead(left: Node): ProductSign | undefined {
    const { reader } = this.#grammar
    const { kind, text, word } = reader.token
    if (kind === 'operator') return PRODUCT_SIGNS.get(text)
    if (kind !== 'name') return undefined
    if (word !== '') {
      // `3 times a week`
      if (word === 'times' && this.#grammar.units.isPerTime(1)) return product('divide', 2)
      const found = PRODUCT_WORDS.get(word)
      // `80 at 25% off` is a change.
      if (found && !(word === 'at' && changeAhead(reader, this.#grammar.vocabulary))) return found
      if ((word === 'divided' || word === 'multiplied') && reader.peek(1).word === 'by')
        return product(word === 'divided' ? 'divide' : 'multiply', 2)
      if (word === 'by' && isQuantity(left) && this.#isSideAhead()) return product('multiply')
      if (word === 'for' && this.#isForAmount()) return { ...product('at'), isTurned: true }
      if (word === 'out' && reader.peek(1).word === 'of') return product('divide', 2)
    }
    if (text === 'div' && !this.#grammar.vocabulary.isBound(text))
      return { ...product('divide'), isWhole: true }
    if (text === 'nCr' && !this.#grammar.vocabulary.isBound(text)) return product('choose')
    if (text === 'nPr' && !this.#grammar.vocabulary.isBound(text))
      return { ...product('choose'), call: 'permutations' }
    if (this.#isDoneBy()) return product(text === 'divide' ? 'divide' : 'multiply', 2)
    if (this.#isPer()) return product('divide')
    return this.#isTimes() ? TIMES : undefined
  }

  /** Tells whether an article stands for *per*: `8 h a day`, `60 km an hour`. */
  #isPer(): boolean {
    const { reader, units } = this.#grammar
    return /^an?$/.test(reader.token.word) && units.at('elsewhere', 1) !== undefined
  }

  /** Tells whether an `x` means times: between two numbers, or between any two values if the sheet gives it no value. */
  #isTimes(): boolean {
    const { reader } = this.#grammar
    const { text, word } = reader.token
    if (text !== 'x' && text !== 'X') return false
    const after = reader.peek(1)
    if (word !== 'x')
      return reader.previous?.kind === 'number' && after.kind === 'number' && this.#noteTimes(text)
    if (!reader.previous) return false
    if (after.kind === 'number' || after.kind === 'sign' || ROOTS.has(after.text)) return true
    if (after.text === '(' && after.kind === 'operator')
      return after.isSpaced || reader.previous.kind === 'number' || reader.previous.text === ')'
    if (after.text === '-' && after.kind === 'operator') return after.isSpaced && !reader.peek(2).isSpaced
    return after.kind === 'name' && !isInfix(after.word) && !isTimesLetter(after)
  }

  /** Tells whether `by` is followed by the other side of an area: `10 ft by 12 ft`, but not `increase 10 ft by 12 ft`. */
  #isSideAhead(): boolean {
    const { reader, units } = this.#grammar
    const isRequest = REQUESTS.test(reader.peek(-reader.place).text)
    return reader.peek(1).kind === 'number' && units.at('afterNumber', 2) !== undefined && !isRequest
  }

  /** Tells whether `for` is followed by a quantity: `60 km/h for 20 min`, where `3 for $10` is a price. */
  #isForAmount(): boolean {
    const { reader, units } = this.#grammar
    const isCounted = reader.peek(1).kind === 'number' || COUNTS.has(reader.peek(1).word)
    return isCounted && units.at('afterNumber', 2) !== undefined
  }

  #noteTimes(letter: string): boolean {
    this.#grammar.note(`\`${letter}\` between numbers is read as times.`)
    return true
  }

  /**
   * Reads the divisor. `3/4 mm` is three quarters of a millimetre and `1/2 x` half of x; `8 pi / 2 pi` is 4, because there
   * number and name belong together on both sides, and so is `400 km/h / 100 km/h`.
   */
  #divide(left: Node, position: number): Node {
    const share = this.#percentages.ofFraction(left)
    if (share) return share
    const right = this.#grammar.unary()
    const isEnclosed = right === this.#grammar.enclosed
    const divided = () => this.#dividedBy(left, right, position)
    if (right.kind === 'number' && this.#numbers.scaleAhead)
      return this.times(this.#numbers.withScales(divided()))
    if (right.kind === 'call' && !isEnclosed && this.#grammar.vocabulary.isBound(right.name))
      return this.#dividedBy(left, this.times({ ...right, isDivisor: true }), position)
    if (!isNumeral(right) && !isEnclosed) return this.#dividedBy(left, this.times(right), position)
    if (this.#measures.unitAhead()) {
      if (isQuantity(left)) return this.#dividedBy(left, this.times(right), position)
      if (endsInNumeral(left)) return this.times(divided())
      const begun = this.#grammar.reader.token.position
      const typed = this.#grammar.units.read('afterNumber')
      if (!typed) return divided()
      const of = this.times(this.#grammar.node({ kind: 'unit', unit: typed.unit, position: begun }))
      return this.#grammar.node({ kind: 'part', numerator: left, denominator: right, of, position })
    }
    if (!isEnclosed && this.#beginsFactor() && endsInNumeral(left)) return this.times(divided())
    return this.#dividedBy(left, this.times(right), position)
  }

  #dividedBy(left: Node, right: Node, position: number): Node {
    return this.#combined('divide', left, right, position)
  }

  /** Joins what stands beside a value without an operator: its unit, and factors as in `2 x`. */
  times(first: Node): Node {
    let left = first
    for (;;) {
      this.#refuseCoordinate(left)
      if (this.#measures.unitAhead()) {
        left = this.#measures.measure(left)
        continue
      }
      if (!this.#beginsFactor()) return left
      const { position } = this.#grammar.reader.token
      this.#refuseBetween(left)
      const right = this.#grammar.percentage()
      left = this.#grammar.node({ kind: 'binary', operator: 'multiply', left, right, position })
    }
  }

  /** `16 divide by 4`. */
  #isDoneBy(): boolean {
    const { reader, vocabulary } = this.#grammar
    const { text } = reader.token
    return (
      (text === 'multiply' || text === 'divide') && reader.peek(1).word === 'by' && !vocabulary.isBound(text)
    )
  }

  /** `up` and `down` of `round 1234 up to the nearest 100`. */
  #isDirection(): boolean {
    const { reader, vocabulary } = this.#grammar
    const { text } = reader.token
    return (text === 'up' || text === 'down') && reader.peek(1).word === 'to' && !vocabulary.isBound(text)
  }

  /** @throws CalculationError for `48° 51' 24" N`, where N is no newton */
  #refuseCoordinate(left: Node): void {
    const { reader, vocabulary, units } = this.#grammar
    const { text, kind, position } = reader.token
    if (left.kind !== 'mixed' || kind !== 'name' || !/^[NSEW]$/.test(text) || vocabulary.isBound(text)) return
    const [degree, arc] = [units.find('deg'), left.parts[0]?.unit]
    if (degree && arc && vocabulary.isConvertible(arc, degree))
      throw syntax(`Leave out the \`${text}\` of a coordinate: an angle has no direction here.`, position)
  }

  /** @throws CalculationError for `12 gcd 18`, which is not a product */
  #refuseBetween(left: Node): void {
    const { reader, vocabulary } = this.#grammar
    const { text, position } = reader.token
    if (!OF_SEVERAL.test(text) || vocabulary.isBound(text) || reader.peek(1).kind !== 'number') return
    const first = left.kind === 'number' ? left.text : '3'
    throw syntax(`Write ${text}(${first}, ${reader.peek(1).text}).`, position)
  }

  #beginsFactor(): boolean {
    const { reader } = this.#grammar
    const { kind, text, word } = reader.token
    if (kind === 'name') {
      const { vocabulary } = this.#grammar
      if (this.#isPer() || this.#changeAhead() || changeAhead(reader, vocabulary)) return false
      if (comparisonAhead(reader, vocabulary) || splitAhead(reader, vocabulary)) return false
      if (word === 'x') return !this.#isTimes()
      if (word !== '') return word === 'square' || word === 'cube'
      if (
        text === 'nCr' ||
        text === 'nPr' ||
        this.#isDirection() ||
        this.#isDoneBy() ||
        (text === 'div' && !this.#grammar.vocabulary.isBound(text))
      )
        return false
      if (isTimesLetter(reader.token) && this.#isTimes()) return false
      return !(
        this.#grammar.isBare &&
        this.#grammar.vocabulary.isFunction(text) &&
        !this.#grammar.vocabulary.isBound(text)
      )
    }
    if (kind === 'operator') return text === '(' || ROOTS.has(text)
    const before = reader.previous
    if (kind !== 'number' || before?.kind !== 'operator') return false
    // `3!2!` is a product.
    return before.text === ')' || (before.text === '!' && !reader.token.isSpaced)
  }
}

const isFraction = (node: Node): boolean =>
  node.kind === 'binary' && node.operator === 'divide' && isNumeral(node)

/** Tells whether a node is a list of one row as typed. */
const isList = (node: Node): boolean =>
  node.kind === 'rows' && !node.nested && node.rows[0]?.[0]?.kind !== 'rows'

/** Verbs whose second value comes after `by`. */
const REQUESTS = /^(?:increase|raise|decrease|reduce|lower|multiply|divide)$/i

/** Functions of several values that some calculators write between two values. */
const OF_SEVERAL = /^(?:gcd|hcf|lcm|max|maximum|minimum|hypot|pow|average|mean|median|atan2|nthRoot|mod)$/

const isTimesLetter = ({ text }: Token): boolean => text === 'x' || text === 'X'
