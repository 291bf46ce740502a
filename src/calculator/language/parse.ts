import { limit, syntax } from '../numbers/index.ts'
import { Calls } from './calls.ts'
import type { Grammar } from './grammar.ts'
import { LEVEL } from './infix.ts'
import { Infixes } from './infixes.ts'
import { DEPTH, NODES } from './limits.ts'
import { Measures } from './measures.ts'
import { NamedValues } from './named-values.ts'
import { isPlainNumber } from './node-kinds.ts'
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
import type { Token } from './token.ts'
import type { TokenReader } from './token-reader.ts'
import type { Node, Unary } from './tree.ts'
import { TypedMoments } from './typed-moments.ts'
import { unexpected } from './unexpected.ts'
import { UnitsOfLine } from './units-of-line.ts'
import type { Vocabulary } from './vocabulary.ts'
import { ROOTS } from './words.ts'

/** The texts that functions take; there can be no others in an expression. */
const TEXTS = new Set(['fro', 'inf', '-inf', 'unbiased', 'uncorrected', 'biased', 'asc', 'desc'])

/** The most names that are noted as read as units. */
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
  readonly #numbers: NumbersOfLine
  readonly #measures: Measures
  readonly #powers: Powers
  readonly #percentages: Percentages
  readonly #products: Products
  readonly #infixes: Infixes
  readonly #calls: Calls
  readonly #named: NamedValues
  readonly #moments: TypedMoments
  #nodes = 0
  #depth = 0
  /** Inside the middle of `a ? b : c`, where a colon is not a range. */
  #isChoosing = false
  #isBare = false
  #isListing = false
  #isInBars = false
  #enclosed: Node | undefined

  constructor(reader: TokenReader, vocabulary: Vocabulary, note: (sentence: string) => void) {
    this.reader = reader
    this.vocabulary = vocabulary
    this.#note = note
    this.units = new UnitsOfLine(this)
    const targets = new Targets(this)
    this.#numbers = new NumbersOfLine(this)
    this.#measures = new Measures(this, this.#numbers, targets)
    this.#powers = new Powers(this, new Postfixes(this))
    this.#percentages = new Percentages(this)
    const percentageQuestions = new PercentageQuestions(this, this.#percentages)
    const questions = new Questions(this, percentageQuestions)
    this.#products = new Products(this, this.#numbers, this.#measures, this.#percentages, questions)
    const roundings = new Roundings(this, targets)
    this.#infixes = new Infixes(this, percentageQuestions, roundings, targets)
    this.#calls = new Calls(this, roundings, targets)
    const phrases = new Phrases(this, this.#numbers, this.#calls)
    this.#moments = new TypedMoments(this, targets)
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

  get isInBars(): boolean {
    return this.#isInBars
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
    return this.#infixes.read(LEVEL.sum)
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
    const condition = this.#infixes.read(LEVEL.or)
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
    if (inner.kind === 'rows')
      this.note(
        '|…| takes the absolute value of each cell. For the length write norm(…), for the determinant det(…).',
      )
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

const isSigned = (operator: Unary): boolean => operator === 'minus' || operator === 'plus'
