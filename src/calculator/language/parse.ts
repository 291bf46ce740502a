import { limit, syntax } from '../numbers/index.ts'
import { Calls } from './calls.ts'
import type { Grammar } from './grammar.ts'
import { INFIX_DATES, INFIX_PHRASES, INFIX_SIGNS, INFIX_WORDS, type Infix, LEVEL, ROUND } from './infix.ts'
import { DEPTH, NODES } from './limits.ts'
import { Measures } from './measures.ts'
import { NamedValues } from './named-values.ts'
import { isPlainNumber } from './node-kinds.ts'
import { NumbersOfLine } from './numbers-of-line.ts'
import { Percentages } from './percentages.ts'
import { Phrases } from './phrases.ts'
import { Products } from './products.ts'
import { Questions } from './questions.ts'
import { Roundings } from './roundings.ts'
import { Targets } from './targets.ts'
import type { TokenReader } from './token-reader.ts'
import type { Token } from './tokens.ts'
import type { Comparison, Node, Unary } from './tree.ts'
import { unexpected } from './unexpected.ts'
import { UnitsOfLine } from './units-of-line.ts'
import type { Vocabulary } from './vocabulary.ts'
import { isClockWord, isOperator, PARTS, ROOTS } from './words.ts'

const UNARY: ReadonlyMap<string, Unary> = new Map([
  ['-', 'minus'],
  ['+', 'plus'],
  ['~', 'bitNot'],
])

const UNARY_WORDS: ReadonlyMap<string, Unary> = new Map([
  ['not', 'not'],
  ['minus', 'minus'],
  ['negative', 'minus'],
  ['plus', 'plus'],
])

/** Texts that functions take; no other can stand in an expression. */
const TEXTS = new Set(['fro', 'inf', '-inf', 'unbiased', 'uncorrected', 'biased', 'asc', 'desc'])

/**
 * Reads tokens into the tree of an expression. Operators, from loose to tight: `? :` · `or` · `xor` · `and` · comparisons ·
 * `to in as` · `|` `^|` `&` · shifts · `:` · `+ -` · `* / % mod` · `2 x` · signs and `not` · `^` · `! '`.
 */
export class Parser implements Grammar {
  readonly reader: TokenReader
  readonly vocabulary: Vocabulary
  readonly #note: (sentence: string) => void
  readonly units: UnitsOfLine
  readonly #targets: Targets
  readonly #numbers: NumbersOfLine
  readonly #measures: Measures
  readonly #percentages: Percentages
  readonly #products: Products
  readonly #roundings: Roundings
  readonly #calls: Calls
  readonly #named: NamedValues
  #nodes = 0
  #depth = 0
  /** Inside the middle of `a ? b : c`, where a colon is not a range. */
  #isChoosing = false
  #isBare = false
  #isListing = false
  /** Between the bars of `|x|`, of which the second is no operator. */
  #isInBars = false
  #enclosed: Node | undefined

  constructor(reader: TokenReader, vocabulary: Vocabulary, note: (sentence: string) => void) {
    this.reader = reader
    this.vocabulary = vocabulary
    this.#note = note
    this.units = new UnitsOfLine(this)
    this.#targets = new Targets(this)
    this.#numbers = new NumbersOfLine(this)
    this.#measures = new Measures(this, this.#numbers, this.#targets)
    this.#percentages = new Percentages(this)
    this.#products = new Products(this, this.#numbers, this.#measures, new Questions(this, this.#percentages))
    this.#roundings = new Roundings(this, this.#targets)
    this.#calls = new Calls(this, this.#roundings)
    const phrases = new Phrases(this, this.#numbers, this.#calls)
    this.#named = new NamedValues(this, this.#numbers, this.#calls, phrases)
  }

  /** Reads a whole expression; what stands after it is left. */
  expression(): Node {
    return this.nested(() => this.#choice())
  }

  get isBare(): boolean {
    return this.#isBare
  }

  get isChoosing(): boolean {
    return this.#isChoosing
  }

  get isListing(): boolean {
    return this.#isListing
  }

  get enclosed(): Node | undefined {
    return this.#enclosed
  }

  node(node: Node): Node {
    if (++this.#nodes > NODES) throw limit('This expression has too many parts.', this.reader.token.position)
    return node
  }

  note(sentence: string): void {
    this.#note(sentence)
  }

  today(position: number): Node {
    return this.#named.clock('today', position)
  }

  sum(): Node {
    return this.#infix(LEVEL.sum)
  }

  product(): Node {
    return this.#products.product()
  }

  operand(): Node {
    return this.#products.times(this.unary())
  }

  percentage(): Node {
    const value = this.#percentages.after(this.#power())
    return value.kind === 'percent' ? this.#powers(value) : value
  }

  bareArgument(): Node {
    const outer = this.#isBare
    this.#isBare = true
    const argument = this.nested(() => this.operand())
    this.#isBare = outer
    return argument
  }

  listed(read: () => Node): Node {
    const outer = this.#isListing
    this.#isListing = true
    const found = read()
    this.#isListing = outer
    return found
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
    let left = this.#products.product()
    for (;;) {
      const infix = this.#infixAhead()
      if (!infix || infix.level < least) return left
      const { position, word, text } = this.reader.token
      if (infix.kind === 'compare') {
        left = this.#comparison(left)
        continue
      }
      this.reader.skip(infix.words)
      if (infix.kind === 'round') left = this.#roundings.after(left, position)
      else if (infix.kind === 'convert') left = this.#conversion(left, word === '' ? text : word, position)
      else if (infix.kind === 'ago')
        left = this.node({
          kind: 'binary',
          operator: 'subtract',
          left: this.today(position),
          right: left,
          position,
        })
      else if (infix.kind === 'is') left = this.#percentages.question(left, position)
      else if (infix.kind === 'range') left = this.#range(left, position)
      else {
        const right = infix.level === LEVEL.sum ? this.#products.product() : this.#infix(infix.level + 1)
        if (infix.kind === 'both' && isPlainNumber(left) && isPlainNumber(right))
          throw syntax(
            `\`${text}\` joins conditions: 1 < 2 ${infix.any ? 'or' : 'and'} 2 < 3. To add, write plus.`,
            position,
          )
        const operands =
          infix.kind === 'binary' && infix.turned ? { left: right, right: left } : { left, right }
        left = this.node(
          infix.kind === 'both'
            ? { kind: 'both', left, right, any: infix.any, position }
            : { kind: 'binary', operator: infix.operator, ...operands, position },
        )
      }
    }
  }

  #infixAhead(): Infix | undefined {
    const { kind, text, word } = this.reader.token
    if (kind === 'operator') {
      const isClosing = (text === ':' && this.#isChoosing) || (text === '|' && this.#isInBars)
      return isClosing ? undefined : INFIX_SIGNS.get(text)
    }
    if (word === '') return undefined
    if (this.#roundings.isAhead) return ROUND
    const phrase = INFIX_PHRASES.get(word)
    if (phrase?.second === this.reader.peek(1).word) return phrase.infix
    return (
      INFIX_WORDS.get(word) ?? (this.#isDate(this.reader.peek(1), word) ? INFIX_DATES.get(word) : undefined)
    )
  }

  /** Tells whether a date, or after `after` and `before` a name that may be one, is next. */
  #isDate({ kind, text }: Token, before: string): boolean {
    return kind === 'moment' || isClockWord(text) || (before !== 'from' && this.vocabulary.isBound(text))
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
      operands.push(this.#infix(LEVEL.convert))
    }
    return this.node({ kind: 'chain', operators, operands, position })
  }

  #range(from: Node, position: number): Node {
    const second = this.sum()
    const isStepped = !this.#isChoosing && this.reader.take(':')
    const to = isStepped ? this.sum() : second
    const step = isStepped ? second : undefined
    if (isEmptyRange(from, to, step))
      this.#note('This range is empty: it counts up. To count down write 6:-1:2, and for a ratio 6/2.')
    return this.node({ kind: 'range', from, step, to, position })
  }

  #conversion(left: Node, word: string, position: number): Node {
    const share = this.#percentages.share(left, position)
    return share ?? this.node(this.#targets.convert(left, word, position))
  }

  unary(): Node {
    const { reader } = this
    const { text, position, kind, word } = reader.token
    const operator = kind === 'operator' ? UNARY.get(text) : UNARY_WORDS.get(word)
    if (operator === undefined) return this.percentage()
    reader.next()
    // A sign goes for a number with its unit: -5 °C.
    return this.nested(() => {
      const of = this.unary()
      const whole =
        isSigned(operator) && this.#measures.unitAhead() && isPlainNumber(of)
          ? this.#measures.measure(of)
          : of
      return this.node({ kind: 'unary', operator, of: whole, position })
    })
  }

  #power(): Node {
    return this.#powers(this.#postfix())
  }

  #powers(first: Node): Node {
    const { reader } = this
    let left = first
    for (;;) {
      const { position, text, kind, word } = reader.token
      const ordinal = word === 'to' ? this.#takeOrdinalPower() : undefined
      if (ordinal !== undefined) left = this.raised(left, ordinal, position)
      else if (kind === 'power') {
        reader.next()
        left = this.#postfixes(this.raised(left, text, position))
      } else if (word === 'squared' || word === 'cubed') {
        reader.next()
        left = this.raised(left, word === 'squared' ? '2' : '3', position)
      } else if (kind === 'operator' && (text === '^' || text === '.^')) {
        reader.next()
        return this.#raise(left, text === '^' ? 'power' : 'dotPower', position)
      } else if ((word === 'to' || word === 'raised') && this.#takePowerWords())
        return this.#raise(left, 'power', position)
      else return left
    }
  }

  raised(left: Node, power: string, position: number): Node {
    const digits = this.node({ kind: 'number', text: power.replace('-', ''), position })
    const right = power.startsWith('-')
      ? this.node({ kind: 'unary', operator: 'minus', of: digits, position })
      : digits
    return this.node({ kind: 'binary', operator: 'power', left, right, position })
  }

  #raise(left: Node, operator: 'power' | 'dotPower', position: number): Node {
    return this.nested(() => this.node({ kind: 'binary', operator, left, right: this.exponent(), position }))
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

  /** Takes `to the 8th power`. @returns the 8, or undefined with nothing taken */
  #takeOrdinalPower(): string | undefined {
    const { reader } = this
    if (!reader.atWords('to', 'the')) return undefined
    const [first, second] = [reader.peek(2), reader.peek(3)]
    const isNumbered =
      first.kind === 'number' && /^\d+$/.test(first.text) && /^(?:st|nd|rd|th)$/.test(second.text)
    const ordinal = isNumbered ? first.text : PARTS.get(first.word)
    if (ordinal === undefined) return undefined
    const tokens = isNumbered ? 4 : 3
    const isPower = reader.peek(tokens).text === 'power'
    // `5 to the third` is not finished.
    if (!isPower && !isNumbered) return undefined
    reader.skip(tokens + (isPower ? 1 : 0))
    return ordinal
  }

  exponent(): Node {
    const { text, position, kind, word } = this.reader.token
    const operator = kind === 'operator' ? UNARY.get(text) : word === 'not' ? 'not' : undefined
    if (operator === undefined) return this.#power()
    this.reader.next()
    return this.nested(() => this.node({ kind: 'unary', operator, of: this.exponent(), position }))
  }

  #postfix(): Node {
    return this.#postfixes(this.primary())
  }

  #postfixes(first: Node): Node {
    const { reader } = this
    let left = first
    for (;;) {
      const { position, text, kind } = reader.token
      if (this.#isFactorialWord()) {
        reader.next()
        left = this.node({ kind: 'unary', operator: 'factorial', of: left, position })
        continue
      }
      if (kind !== 'operator') return left
      if (text === '!') {
        const isDouble = reader.peek(1).text === '!' && !reader.peek(1).isSpaced
        reader.skip(isDouble ? 2 : 1)
        if (isDouble) this.#noteDoubleFactorial()
        const operator = isDouble ? 'doubleFactorial' : 'factorial'
        left = this.node({ kind: 'unary', operator, of: left, position })
      } else if (text === "'" && (reader.previous?.kind !== 'number' || reader.token.isSpaced)) {
        reader.next()
        left = this.node({ kind: 'unary', operator: 'transpose', of: left, position })
      } else if (text === '[' && left.kind !== 'number') left = this.#indexed(left)
      else return left
    }
  }

  /** Tells whether `factorial` stands after its number: `5 factorial`. */
  #isFactorialWord(): boolean {
    const { reader, vocabulary } = this
    if (reader.token.text !== 'factorial' || vocabulary.isBound('factorial')) return false
    const { kind, text, word } = reader.peek(1)
    return kind === 'end' || isOperator(word) || (kind === 'operator' && text !== '(' && text !== '[')
  }

  #noteDoubleFactorial(): void {
    const { reader } = this
    if (reader.at('!'))
      throw syntax('Write parentheses: (5!)! is the factorial of a factorial.', reader.token.position)
    this.note('`!!` is the double factorial: 5!! = 5 · 3 · 1. For the factorial of a factorial write (5!)!.')
  }

  #indexed(of: Node): Node {
    const { reader } = this
    const { position } = reader.next()
    const at = this.inBrackets(() => {
      const dimensions: (Node | undefined)[] = []
      do {
        const isWhole = reader.at(':') && (reader.peek(1).text === ',' || reader.peek(1).text === ']')
        if (isWhole) reader.next()
        dimensions.push(isWhole ? undefined : this.expression())
      } while (reader.take(','))
      return dimensions
    })
    this.close(']')
    return this.node({ kind: 'index', of, position, at })
  }

  // Values

  primary(): Node {
    const { reader } = this
    const token = reader.next()
    const { kind, text, position } = token
    switch (kind) {
      case 'number':
        return this.#ordinalRoot(token) ?? this.#numbers.numeral(token)
      case 'name':
        return this.#named.value(token)
      case 'moment':
        return this.#moment(token)
      case 'sign':
        if (reader.token.kind === 'number') return this.#numbers.money(text, position)
        if (reader.at('-') && reader.peek(1).kind === 'number' && !reader.peek(1).isSpaced) {
          const sign = reader.next()
          return this.node({
            kind: 'unary',
            operator: 'minus',
            of: this.#numbers.money(text, position),
            position: sign.position,
          })
        }
        break
      case 'text':
        if (TEXTS.has(text)) return this.node({ kind: 'text', text, position })
        throw syntax('Text cannot be used in calculations.', position)
      case 'power':
        if (reader.at('√') && /^\d+$/.test(text)) {
          reader.next()
          return this.#calls.root('nthRoot', position, text)
        }
        break
      case 'operator': {
        if (text === '(') return this.#enclosedValue()
        if (text === '[') return this.#rows(position)
        if (text === '|') return this.#absolute(position)
        const root = ROOTS.get(text)
        if (root !== undefined) return this.#calls.root(root, position)
        break
      }
      default:
    }
    if (kind !== 'end') reader.goBack(reader.place - 1)
    throw unexpected(reader)
  }

  /** `4th root of 81`. */
  #ordinalRoot({ text, position }: Token): Node | undefined {
    const { reader } = this
    const { token } = reader
    if (token.isSpaced || !/^(?:st|nd|rd|th)$/.test(token.text) || reader.peek(1).word !== 'root')
      return undefined
    if (!/^\d+$/.test(text)) return undefined
    reader.skip(2)
    return this.#calls.nthRoot(text, position)
  }

  /** `|x - 3|`: the absolute value. */
  #absolute(position: number): Node {
    const { reader } = this
    if (reader.token.kind === 'end') throw unexpected(reader)
    const inner = this.inBrackets(() => {
      this.#isInBars = true
      return this.expression()
    })
    if (!reader.take('|')) throw syntax('The second bar of |x| is missing here.', reader.token.position)
    const absolute = this.node({ kind: 'call', name: 'abs', arguments: [inner], position })
    this.#enclosed = absolute
    return absolute
  }

  /** Reads a date or time, with the date and the zone that may follow: `3 pm on 2026-11-28`, `14:00 New York time`. */
  #moment({ moment, position }: Token): Node {
    const { reader, vocabulary } = this
    const { date, time, zone } = moment ?? {}
    const next = reader.peek(1).moment
    const isDated = time !== undefined && date === undefined && reader.token.word === 'on'
    const day = isDated && next?.time === undefined ? next?.date : undefined
    if (day !== undefined) reader.skip(2)
    const place = time !== undefined && zone === undefined ? this.#placeOfTime() : undefined
    if (place !== undefined && reader.token.text === 'time' && !vocabulary.isBound('time')) reader.next()
    return this.node({
      kind: 'moment',
      ...moment,
      ...(day !== undefined && { date: day }),
      ...(place !== undefined && { zone: place }),
      position,
    })
  }

  /** Takes the place right after a time: `14:00 UTC`, `9:35 in New York`. */
  #placeOfTime(): string | undefined {
    const { reader, vocabulary } = this
    const { place } = reader
    if (reader.takeWords('in')) {
      const found = vocabulary.isBound('in') ? undefined : this.#targets.place()
      if (found === undefined) reader.goBack(place)
      return found
    }
    const { kind, text, word } = reader.token
    return kind === 'name' && word === '' && !vocabulary.isBound(text) ? this.#targets.place() : undefined
  }

  #enclosedValue(): Node {
    const inner = this.inBrackets(() => this.expression())
    this.close(')')
    this.#enclosed = inner
    return inner
  }

  #rows(position: number): Node {
    const { reader } = this
    const rows: Node[][] = []
    let nested = false
    this.inBrackets(() => {
      if (reader.at(']')) return
      do {
        const row: Node[] = []
        do row.push(this.expression())
        while (reader.take(','))
        rows.push(row)
        nested = reader.at(';') || nested
      } while (reader.take(';'))
    })
    this.close(']')
    return this.node({ kind: 'rows', rows, nested, position })
  }

  inBrackets<T>(read: () => T): T {
    const [isChoosing, isBare, isListing] = [this.#isChoosing, this.#isBare, this.#isListing]
    const isInBars = this.#isInBars
    this.#isInBars = false
    this.#isChoosing = false
    this.#isBare = false
    this.#isListing = false
    const result = read()
    this.#isListing = isListing
    this.#isInBars = isInBars
    this.#isChoosing = isChoosing
    this.#isBare = isBare
    return result
  }

  close(bracket: ')' | ']'): void {
    const { reader } = this
    if (reader.take(bracket)) return
    if (reader.token.kind !== 'end') throw unexpected(reader)
    const what = bracket === ')' ? 'parenthesis' : 'bracket'
    throw syntax(`A closing ${what} is missing.`, reader.token.position)
  }

  nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH)
      throw limit(`This is nested more than ${DEPTH} deep.`, this.reader.token.position)
    const result = read()
    this.#depth--
    return result
  }
}

/** Tells whether a range of numbers as typed can hold none. */
function isEmptyRange(from: Node, to: Node, step: Node | undefined): boolean {
  const isTyped = from.kind === 'number' && to.kind === 'number' && (!step || step.kind === 'number')
  return isTyped && Number(from.text) > Number(to.text)
}

const isSigned = (operator: Unary): boolean => operator === 'minus' || operator === 'plus'
