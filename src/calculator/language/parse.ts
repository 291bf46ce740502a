import { limit, syntax } from '../numbers/index.ts'
import { Calls } from './calls.ts'
import { changeAhead } from './changes.ts'
import type { Grammar } from './grammar.ts'
import { INFIX_DATES, INFIX_PHRASES, INFIX_SIGNS, INFIX_WORDS, type Infix, LEVEL, ROUND } from './infix.ts'
import { DEPTH, NODES } from './limits.ts'
import { Measures } from './measures.ts'
import { NamedValues } from './named-values.ts'
import { isAmount, isPlainNumber, timeAlone } from './node-kinds.ts'
import { NumbersOfLine } from './numbers-of-line.ts'
import { PercentageQuestions } from './percentage-questions.ts'
import { Percentages } from './percentages.ts'
import { Phrases } from './phrases.ts'
import { Postfixes } from './postfixes.ts'
import { Powers } from './powers.ts'
import { PREFIX_SIGNS, PREFIX_WORDS } from './prefix.ts'
import { Products } from './products.ts'
import { Questions } from './questions.ts'
import { Roundings } from './roundings.ts'
import { Targets } from './targets.ts'
import type { TokenReader } from './token-reader.ts'
import type { Token } from './tokens.ts'
import type { Comparison, Node, Unary } from './tree.ts'
import { TypedMoments } from './typed-moments.ts'
import { unexpected } from './unexpected.ts'
import { UnitsOfLine } from './units-of-line.ts'
import type { Vocabulary } from './vocabulary.ts'
import { isClockWord, ROOTS } from './words.ts'

/** Texts that functions take; no other can stand in an expression. */
const TEXTS = new Set(['fro', 'inf', '-inf', 'unbiased', 'uncorrected', 'biased', 'asc', 'desc'])

/** Names that are kept as read as units. */
const NOTES = 3

/**
 * Reads tokens into the tree of an expression. Operators, from loose to tight: `? :` · `or` · `xor` · `and` · comparisons ·
 * `to in as` · `|` `^|` `&` · shifts · `:` · `+ -` · `* / % mod` · `2 x` · signs and `not` · `^` · `! '`.
 */
export class Parser implements Grammar {
  readonly reader: TokenReader
  readonly vocabulary: Vocabulary
  readonly #note: (sentence: string) => void
  /** Names of the sheet that stand right after a number, where they are the unit. */
  readonly readAsUnits = new Set<string>()
  readonly units: UnitsOfLine
  readonly #targets: Targets
  readonly #numbers: NumbersOfLine
  readonly #measures: Measures
  readonly #powers: Powers
  readonly #percentages: Percentages
  readonly #questions: PercentageQuestions
  readonly #products: Products
  readonly #roundings: Roundings
  readonly #calls: Calls
  readonly #named: NamedValues
  readonly #moments: TypedMoments
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
    this.#powers = new Powers(this, new Postfixes(this))
    this.#percentages = new Percentages(this)
    this.#questions = new PercentageQuestions(this, this.#percentages)
    const questions = new Questions(this, this.#questions)
    this.#products = new Products(this, this.#numbers, this.#measures, this.#percentages, questions)
    this.#roundings = new Roundings(this, this.#targets)
    this.#calls = new Calls(this, this.#roundings)
    const phrases = new Phrases(this, this.#numbers, this.#calls)
    this.#moments = new TypedMoments(this, this.#targets)
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

  noteUnit(name: string): void {
    if (this.readAsUnits.size < NOTES) this.readAsUnits.add(name)
  }

  today(position: number): Node {
    return this.#named.clock('today', position)
  }

  now(position: number): Node {
    return this.#named.clock('now', position)
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

  joined(value: Node): Node {
    return this.#products.times(value)
  }

  percentage(): Node {
    const value = this.#percentages.after(this.#powers.read())
    return value.kind === 'percent' ? this.#powers.after(value) : value
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
      else if (infix.kind === 'change') left = this.#changed(left, infix.operator, position)
      else if (infix.kind === 'is') left = this.#questions.question(left, position)
      else if (infix.kind === 'range') left = this.#range(left, position)
      else {
        const right = infix.level === LEVEL.sum ? this.#products.product() : this.#infix(infix.level + 1)
        if (infix.kind === 'both' && isAmount(left) && isAmount(right))
          throw syntax(
            `\`${text}\` joins conditions: 1 < 2 ${infix.any ? 'or' : 'and'} 2 < 3. To add, write plus.`,
            position,
          )
        if (text === '-') this.#noteTimes(left, right)
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

  /** Says that `9am - 5pm` is a difference, and no span. */
  #noteTimes(left: Node, right: Node): void {
    const [from, to] = [timeAlone(left), timeAlone(right)]
    if (from !== undefined && to !== undefined && from < to)
      this.#note(`For the length of time from ${from} to ${to} write ${from} to ${to}.`)
  }

  /** `80 with 25% off`, of which the words before the percentage were taken. */
  #changed(left: Node, operator: 'add' | 'subtract', position: number): Node {
    const right = this.operand()
    const { text, kind, position: next } = this.reader.token
    if (kind === 'operator' && (text === '*' || text === '/'))
      throw syntax(`Put parentheses around what is changed: (120 with 20% tip) ${text} 4.`, next)
    return this.node({ kind: 'binary', operator, left, right, position })
  }

  #infixAhead(): Infix | undefined {
    const { kind, text, word } = this.reader.token
    if (kind === 'operator') {
      const isClosing = (text === ':' && this.#isChoosing) || (text === '|' && this.#isInBars)
      return isClosing ? undefined : INFIX_SIGNS.get(text)
    }
    const change = kind === 'name' ? changeAhead(this.reader, this.vocabulary) : undefined
    if (word === '') return change
    if (this.#roundings.isAhead) return ROUND
    if (change) return change
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
      const sign = this.reader.next()
      operators.push(infix.operator)
      const operand = this.#infix(LEVEL.convert)
      if (sign.text === '!=' && !sign.isSpaced && isPlainNumber(first) && isPlainNumber(operand))
        this.#note('`!=` is read as *is not equal to*. After a factorial write a space: 5! == 120.')
      operands.push(operand)
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
    const share = this.#questions.share(left, position)
    return share ?? this.node(this.#targets.convert(left, word, position))
  }

  exponent(): Node {
    return this.#powers.exponent()
  }

  raised(of: Node, power: string, position: number): Node {
    return this.#powers.raised(of, power, position)
  }

  unary(): Node {
    const { reader } = this
    const { text, position, kind, word } = reader.token
    const operator = kind === 'operator' ? PREFIX_SIGNS.get(text) : PREFIX_WORDS.get(word)
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

  // Values

  primary(): Node {
    const { reader } = this
    const token = reader.next()
    const { kind, text, position } = token
    switch (kind) {
      case 'number':
        return this.#ordinalRoot(token) ?? this.#named.percentile(token) ?? this.#numbers.numeral(token)
      case 'name':
        return this.#named.value(token)
      case 'moment':
        return this.#moments.read(token)
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
