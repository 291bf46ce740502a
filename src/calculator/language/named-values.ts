import { evaluation } from '../numbers/index.ts'
import type { Calls } from './calls.ts'
import { DatesInWords } from './dates-in-words.ts'
import { foreignCall } from './foreign.ts'
import type { Grammar } from './grammar.ts'
import { Nouns } from './nouns.ts'
import type { NumbersOfLine } from './numbers-of-line.ts'
import { isLowering } from './percentages.ts'
import type { Phrases } from './phrases.ts'
import { unknownName } from './suggest.ts'
import { atTime } from './times-as-lengths.ts'
import type { Token } from './token.ts'
import { TOTALS } from './totals.ts'
import type { Node } from './tree.ts'
import { unexpected } from './unexpected.ts'
import { isClockWord, isInclusion, isOperator, ROOTS, UNITS_FIRST } from './words.ts'

/** The name of a logarithm that includes its base: `log2`, `log_10`, `log₂`. */
const LOGARITHM = /^log_?(\d+|[₀-₉]+)$/
const digitsOf = (text: string): string =>
  text.replaceAll(/[₀-₉]/g, (digit) => String((digit.codePointAt(0) ?? 0) - 0x2080))

/** The most words after the first in the name of a constant. */
const CONSTANT_WORDS = 3

/** Reads values that have names: names of the sheet, calls, constants, units, `ans` and the words of the clock. */
export class NamedValues {
  readonly #grammar: Grammar
  readonly #numbers: NumbersOfLine
  readonly #calls: Calls
  readonly #phrases: Phrases
  readonly #nouns: Nouns
  readonly #dates: DatesInWords

  constructor(grammar: Grammar, numbers: NumbersOfLine, calls: Calls, phrases: Phrases) {
    this.#grammar = grammar
    this.#numbers = numbers
    this.#calls = calls
    this.#phrases = phrases
    this.#nouns = new Nouns(grammar, calls)
    this.#dates = new DatesInWords(grammar)
  }

  /** Reads the value of a name that was just taken. */
  value(token: Token): Node {
    const { reader, vocabulary } = this.#grammar
    const { text, word, position } = token
    // `TODAY()`
    if (isClockWord(text) && reader.at('(') && reader.peek(1).text === ')') reader.skip(2)
    if (word !== '') {
      const phrase = this.#phrases.phrase(token)
      if (phrase) return phrase
    }
    // Without a number before it, no currency.
    if (/^rand$/i.test(text) && !vocabulary.isBound(text)) throw unknownName(text, [], position)
    const noun =
      this.#nouns.read(token) ?? (vocabulary.isBound(text) ? undefined : this.#dates.weekday(token))
    if (noun) return noun
    const isBound = vocabulary.isBound(text)
    if (!isBound && /^if$/i.test(text)) return this.#calls.choice(position)
    const asked = !isBound && reader.at('(') ? this.#otherCall(token) : undefined
    if (asked) return asked
    const isCall = reader.at('(') && (isBound || !LOGARITHM.test(text) || vocabulary.isFunction(text))
    const name = isBound ? text : this.#calls.functionName(text)
    if (text === 'phi' && !isBound && reader.at('(') && !reader.token.isSpaced)
      this.#grammar.note("`phi` is the golden ratio. For Euler's totient write totient(…).")
    if (isCall && word !== 'not' && (word === '' || name !== undefined)) {
      if (isBound || name !== undefined) return this.#calls.call(name ?? text, position)
      if (!vocabulary.isConstant(text) && !this.#grammar.units.find(text))
        return this.#calls.call(text, position)
    }
    if (isBound) {
      const named = this.#grammar.node({ kind: 'name', name: text, position })
      return text === 'today' ? atTime(this.#grammar, named) : named
    }
    const base = LOGARITHM.exec(text)?.[1]
    if (base !== undefined && name === undefined) return this.#calls.logarithm(digitsOf(base), position)
    if (isOperator(word) && word !== 'in') {
      reader.goBack(reader.place - 1)
      throw unexpected(reader)
    }
    if (/^inf(?:inity)?$/i.test(text) && !vocabulary.isConstant(text))
      throw evaluation('Infinity cannot be used in calculations here.', position)
    if (isClockWord(word)) {
      const moment = this.clock(text, position)
      return word === 'now' ? moment : atTime(this.#grammar, moment)
    }
    return (
      this.#constantOrUnit(token, name) ??
      this.#constantInWords(token) ??
      this.#nameOfPercentage(token) ??
      this.#grammar.node({ kind: 'name', name: text, position })
    )
  }

  /** `C(5, 2)` and `PI()`, as they are written elsewhere. @throws CalculationError for `degrees(pi)`, which is a unit here */
  #otherCall({ text, position }: Token): Node | undefined {
    const { reader } = this.#grammar
    if (/^pi$/i.test(text) && reader.peek(1).text === ')') {
      reader.skip(2)
      return this.#grammar.node({ kind: 'constant', name: 'pi', position })
    }
    const part = this.#dates.partCalled(text, position)
    if (part) return part
    const foreign = reader.token.isSpaced ? undefined : foreignCall(text, position)
    if (foreign) throw foreign
    if (!(text === 'C' || text === 'P') || reader.peek(2).text !== ',') return undefined
    const name = text === 'C' ? 'combinations' : 'permutations'
    this.#grammar.note(`\`${text}(…)\` is read as ${name}(…).`)
    return this.#calls.call(name, position)
  }

  /** `90th percentile of [1, 2, 3]`, of which the number was taken; undefined, with nothing taken, for anything else. */
  percentile(token: Token): Node | undefined {
    return this.#nouns.percentile(token)
  }

  /** `today` and `now` are inputs of a sheet; `tomorrow` and `yesterday` are one day from `today`. */
  clock(text: string, position: number): Node {
    const word = text.toLowerCase()
    const name = word === 'now' ? 'now' : 'today'
    if (!this.#grammar.vocabulary.isBound(name))
      throw evaluation(`\`${text}\` is known only on a sheet. Write the date: 2026-11-28.`, position)
    const known = this.#grammar.node({ kind: 'name', name, position })
    const day = this.#grammar.vocabulary.findUnit('day')
    if (word === name || !day) return known
    const value = this.#grammar.node({ kind: 'number', text: '1', position })
    const right = this.#grammar.node({ kind: 'measure', value, unit: day, position })
    const operator = word === 'tomorrow' ? 'add' : 'subtract'
    return this.#grammar.node({ kind: 'binary', operator, left: known, right, position })
  }

  /** Leaves out the word before a percentage that says what it is for: `VAT 19%`. */
  #nameOfPercentage({ text }: Token): Node | undefined {
    const { reader } = this.#grammar
    const before = reader.place > 1 ? reader.peek(-2) : undefined
    const isFirst = before === undefined || /^(?:[-+(]|plus|minus)$/.test(before.text)
    const sign = reader.peek(1)
    const isPercentage = reader.token.kind === 'number' && (sign.text === '%' || sign.word === 'percent')
    if (!isFirst || !isPercentage || text.length < 3 || isInclusion(text)) return undefined
    if (isLowering(text) && reader.peek(2).word === 'on') return this.#takenOff()
    this.#grammar.note(`\`${text}\` is ignored.`)
    return this.#grammar.nested(() => this.#grammar.primary())
  }

  /** `discount 20% on 80`, of which the first word was taken. */
  #takenOff(): Node {
    const { reader } = this.#grammar
    const of = this.#grammar.nested(() => this.#grammar.primary())
    const { position } = reader.next()
    reader.next()
    const part = this.#grammar.node({ kind: 'percent', of, position })
    const whole = this.#grammar.nested(() => this.#grammar.operand())
    return this.#grammar.node({ kind: 'percentage', question: 'off', part, of: whole, position })
  }

  /** `speed of light`, `planck constant`: a constant whose name is of several words. */
  #constantInWords({ text, position }: Token): Node | undefined {
    const { reader, vocabulary } = this.#grammar
    let name = text.toLowerCase()
    for (let i = 0; i < CONSTANT_WORDS && reader.peek(i).kind === 'name'; i++) {
      const word = reader.peek(i).text.toLowerCase()
      name += word.charAt(0).toUpperCase() + word.slice(1)
      if (vocabulary.isConstant(name)) {
        reader.skip(i + 1)
        return this.#grammar.node({ kind: 'constant', name, position })
      }
    }
    return undefined
  }

  #constantOrUnit({ text, position }: Token, functionName: string | undefined): Node | undefined {
    const { reader, vocabulary } = this.#grammar
    if (functionName !== undefined && !UNITS_FIRST.has(text)) {
      const before = reader.place > 1 ? reader.peek(-2) : undefined
      const isUnitPlace = before?.kind === 'operator' && (before.text === '/' || before.text === '*')
      const unit = this.#grammar.units.find(text)
      if (unit && isUnitPlace && !this.#calls.beginsArgument())
        return this.#grammar.node({ kind: 'unit', unit, position })
      if (this.#isTotal(functionName))
        return this.#grammar.node({ kind: 'total', name: functionName, position })
      return this.#calls.bareCall(functionName, position)
    }
    if (/^(?:ans|Ans|ANS|prev|Prev)$/.test(text))
      return this.#grammar.node({ kind: 'name', name: 'ans', position })
    if (vocabulary.isConstant(text)) return this.#grammar.node({ kind: 'constant', name: text, position })
    if (text === 'Pi') return this.#grammar.node({ kind: 'constant', name: 'pi', position })
    const code = this.#numbers.currencyBefore(text)
    if (code !== undefined) return this.#numbers.money(code, position)
    reader.goBack(reader.place - 1)
    const typed = this.#grammar.units.read(text === 'in' || UNITS_FIRST.has(text) ? 'target' : 'elsewhere')
    if (typed) return this.#grammar.node({ kind: 'unit', unit: typed.unit, position })
    reader.next()
    return undefined
  }

  /** Tells whether a word such as `sum` means the values above: `sum of 3 and 4` and `sum [1, 2]` have values of their own. */
  #isTotal(name: string): boolean {
    if (!TOTALS.includes(name) || this.#grammar.vocabulary.isBound(name)) return false
    const { kind, text, word } = this.#grammar.reader.token
    if (kind === 'operator') return text !== '[' && !ROOTS.has(text)
    // `max a` is of the list a.
    if (kind === 'name' && word === '' && this.#grammar.vocabulary.isBound(text)) return false
    if (word === 'from' && this.#grammar.reader.peek(1).kind === 'number') return false
    return kind !== 'number' && kind !== 'sign' && kind !== 'moment' && word !== 'of'
  }
}
