import { currencyOf, syntax } from '../numbers/index.ts'
import type { Grammar, TypedUnit } from './grammar.ts'
import { INFIX_SIGNS } from './infix.ts'
import { isPlainNumber } from './node-kinds.ts'
import type { NumbersOfLine } from './numbers-of-line.ts'
import type { Targets } from './targets.ts'
import type { Node } from './tree.ts'
import { innermost, unexpected } from './unexpected.ts'
import { COUNTS, MONEY_SCALES, SCALES } from './words.ts'

/** Units that people leave out after a larger one, and the amounts for which that is clear: `6 foot 2`. */
const OMITTED = [
  { after: /^(?:ft|foot|feet|')$/, unit: 'in', amount: /^(?:\d|1[01])$/, large: 'feet', small: 'inches' },
  { after: /^(?:st|stones?)$/, unit: 'lb', amount: /^(?:\d|1[0-3])$/, large: 'stone', small: 'pounds' },
  { after: /^(?:m|met(?:re|er)s?)$/, unit: 'cm', amount: /^\d\d$/, large: 'metres', small: 'centimetres' },
  { after: /^(?:mins?|minutes?)$/, unit: 's', amount: /^[0-5]?\d$/, large: 'minutes', small: 'seconds' },
  { after: /^(?:h|hrs?|hours?)$/, unit: 'min', amount: /^[0-5]?\d$/, large: 'hours', small: 'minutes' },
]

/** Joins values and their units: `5 km/h`, `5 ft 3 in`, `2h 30m`. */
export class Measures {
  readonly #grammar: Grammar
  readonly #numbers: NumbersOfLine
  readonly #targets: Targets

  constructor(grammar: Grammar, numbers: NumbersOfLine, targets: Targets) {
    this.#grammar = grammar
    this.#numbers = numbers
    this.#targets = targets
  }

  unitAhead(): boolean {
    return this.#grammar.units.at(this.#isAfterNumber ? 'afterNumber' : 'elsewhere') !== undefined
  }

  /** Tells whether a number stands right before what is next. */
  get #isAfterNumber(): boolean {
    const before = this.#grammar.reader.previous
    if (before === undefined) return false
    const { reader } = this.#grammar
    if (before.kind === 'number' || (before.word !== '' && SCALES.has(before.word))) return true
    // `10M€`
    return reader.token.kind === 'sign' && MONEY_SCALES.has(before.text) && reader.peek(-2).kind === 'number'
  }

  /** Reads the unit of a value, and further units with their own numbers: `5 ft 3 in`. */
  measure(counted: Node): Node {
    const { reader } = this.#grammar
    const isJoined = reader.previous?.kind === 'number' && !reader.token.isSpaced
    this.#askOfOrdinal(isJoined)
    const typed = this.#readUnit()
    if (!typed) throw unexpected(reader)
    if (typed.word !== undefined && this.#grammar.vocabulary.isBound(typed.word))
      this.#grammar.noteUnit(typed.word)
    if (typed.word !== undefined && currencyOf(typed.unit.dimension) !== undefined)
      this.#numbers.takeAgain(typed.unit)
    const { position } = counted
    const value = isPlainNumber(counted) ? this.#withPart(counted) : counted
    if (reader.at('^')) return this.#poweredUnit(value, typed, position)
    if (value.kind === 'number') this.#numbers.noteThousands(value.text, typed.unit)
    if (isJoined && typed.word === 'M' && value.kind === 'number')
      this.#grammar.note(`\`M\` is moles per litre. For millions write ${value.text} million.`)
    const first = this.#grammar.node({ kind: 'measure', value, unit: typed.unit, position })
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
      : this.#grammar.node({
          kind: 'mixed',
          parts: parts.map(({ value, unit }) => ({ value, unit })),
          position,
        })
  }

  /** The 3rd is no three rods, and the 1st may be no stone. @throws CalculationError for the third */
  #askOfOrdinal(isJoined: boolean): void {
    const { token, previous } = this.#grammar.reader
    if (!previous || !isJoined) return
    const typed = `${previous.text}${token.text}`
    if (!/(?:^|[^1])(?:1st|3rd)$/.test(typed)) return
    if (token.text === 'rd')
      throw syntax(
        `\`${typed}\` is an ordinal, which is no number here. For rods write ${previous.text} rods.`,
        previous.position,
      )
    this.#grammar.note(`\`${typed}\` is read as a weight in stone.`)
  }

  /** Takes the `and a half` of `an hour and a half`. */
  #withPart(left: Node): Node {
    const part = this.#grammar.isListing ? undefined : this.#numbers.takePartInWords()
    if (part === undefined) return left
    const { position } = left
    const right = this.#numbers.fraction(...part, position)
    return this.#grammar.node({ kind: 'binary', operator: 'add', left, right, position })
  }

  #readUnit(): TypedUnit | undefined {
    return this.#grammar.units.read(this.#isAfterNumber ? 'afterNumber' : 'elsewhere')
  }

  /** `5 m^n`: the power of a unit is computed where it is not a plain number. */
  #poweredUnit(value: Node, { unit, word }: TypedUnit, position: number): Node {
    const { reader } = this.#grammar
    const caret = reader.next()
    if (word === undefined)
      throw syntax(
        'The power of a unit must be a number here: m/s^2. Put parentheses around the rest.',
        caret.position,
      )
    const right = this.#grammar.nested(() => this.#grammar.exponent())
    const of = this.#grammar.node({ kind: 'unit', unit, position: caret.position })
    const power = this.#grammar.node({
      kind: 'binary',
      operator: 'power',
      left: of,
      right,
      position: caret.position,
    })
    return this.#grammar.node({ kind: 'binary', operator: 'multiply', left: value, right: power, position })
  }

  /** Reads `3 in` after `5 ft`: a number with a unit of the same kind. */
  #nextPart(before: TypedUnit): { value: Node; unit: TypedUnit['unit']; typed: TypedUnit } | undefined {
    const { reader } = this.#grammar
    const place = reader.place
    const isComma = !this.#grammar.isListing && reader.at(',') && innermost(reader) === 'nothing'
    if (isComma) reader.next()
    const isJoined = !this.#grammar.isListing && reader.takeWords('and')
    const { token } = reader
    const count = COUNTS.get(token.word)
    if (token.kind !== 'number' && count === undefined) {
      reader.goBack(place)
      return undefined
    }
    reader.next()
    const value =
      count === undefined ? this.#numbers.numeral(token) : this.#numbers.inWords({ ...token, text: count })
    const typed = this.#smaller(before) ?? this.#unitLeftOut(before, count ?? token.text)
    // `x > 2 km and 1 m < y` are two conditions.
    const isCondition = isJoined && INFIX_SIGNS.get(reader.token.text)?.kind === 'compare'
    if (typed && !isCondition) return { value, unit: typed.unit, typed }
    reader.goBack(place)
    return undefined
  }

  #smaller(before: TypedUnit): TypedUnit | undefined {
    const { reader } = this.#grammar
    const { isConvertible } = this.#grammar.vocabulary
    const { text } = reader.token
    const isAngle = before.word === '°' || before.word === "'"
    if (isAngle && (text === "'" || text === '"') && before.word !== undefined) {
      const arc = this.#grammar.units.find(text === "'" ? 'arcmin' : 'arcsec')
      if (arc && isConvertible(before.unit, arc)) {
        reader.next()
        return { unit: arc, word: text }
      }
    }
    const unit = this.#grammar.units.at('afterNumber')
    if (!unit) return undefined
    const after = reader.peek(1)
    if (after.text === '^' || after.kind === 'power' || (after.text === '/' && !after.isSpaced))
      return undefined
    if (isConvertible(before.unit, unit)) {
      reader.next()
      return { unit, word: text }
    }
    const minute = this.#grammar.units.find('min')
    if (text !== 'm' || !minute || !isConvertible(before.unit, minute)) return undefined
    reader.next()
    this.#grammar.note('`m` after hours is read as minutes.')
    return { unit: minute, word: 'min' }
  }

  /** `6 foot 2`, `5' 10` and `3h20`, where nothing else can be meant. */
  #unitLeftOut({ word }: TypedUnit, text: string): TypedUnit | undefined {
    const { reader, units } = this.#grammar
    const omitted = OMITTED.find(({ after }) => after.test(word ?? ''))
    const isJoined = word === 'h' && reader.previous?.isSpaced === false
    const after = reader.peek(1)
    const isConverted = /^(?:to|in|as|into)$/.test(reader.token.word)
    const isEnd = reader.token.kind === 'end' || (isConverted && after.text !== '^' && after.kind !== 'power')
    if (!omitted?.amount.test(text) || !(isEnd || isJoined)) return undefined
    const unit = units.find(omitted.unit)
    if (!unit) return undefined
    this.#grammar.note(`\`${text}\` after ${omitted.large} is read as ${omitted.small}.`)
    return { unit, word: omitted.unit }
  }
}
