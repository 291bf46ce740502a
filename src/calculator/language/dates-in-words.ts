import { evaluation, syntax } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import type { Token } from './token.ts'
import type { Node, Target } from './tree.ts'
import { isClockWord } from './words.ts'

type DatePart = Extract<Target, { kind: 'datePart' }>['part']

/** Parts of a date, by the words for them. */
const PARTS: readonly { readonly words: readonly string[]; readonly part: DatePart }[] = [
  { words: ['day', 'of', 'the', 'week'], part: 'weekday' },
  { words: ['day', 'of', 'week'], part: 'weekday' },
  { words: ['day', 'of', 'the', 'year'], part: 'dayOfYear' },
  { words: ['day', 'of', 'year'], part: 'dayOfYear' },
  { words: ['week', 'number'], part: 'week' },
  { words: ['calendar', 'week'], part: 'week' },
  { words: ['iso', 'week'], part: 'week' },
  { words: ['weekday'], part: 'weekday' },
  { words: ['week'], part: 'week' },
  { words: ['quarter'], part: 'quarter' },
  { words: ['month'], part: 'month' },
  { words: ['year'], part: 'year' },
  { words: ['date'], part: 'date' },
]

const PARTS_CALLED: ReadonlyMap<string, DatePart> = new Map([
  ['year', 'year'],
  ['month', 'month'],
  ['day', 'day'],
  ['quarter', 'quarter'],
  ['week', 'week'],
])

/** The week of 2024-01-01, a Monday. */
const WEEKDAYS: readonly string[] = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
]

/** Reads dates, and questions about them, in words: `next friday`, `week number of 2026-11-28`. */
export class DatesInWords {
  readonly #grammar: Grammar

  constructor(grammar: Grammar) {
    this.#grammar = grammar
  }

  /** `what day is 2026-12-24`, `what day of the week was 2000-01-01`; undefined, with nothing taken, for anything else. */
  asked(): Node | undefined {
    const { reader } = this.#grammar
    const found = this.#partAhead(1) ?? (reader.peek(1).text === 'day' ? DAY : undefined)
    if (!found) return undefined
    const verb = reader.peek(1 + found.tokens).text.toLowerCase()
    const isFuture = verb === 'will' && reader.peek(2 + found.tokens).text === 'be'
    if (verb !== 'is' && verb !== 'was' && !isFuture) return undefined
    const { position } = reader.token
    reader.skip(1 + found.tokens + (isFuture ? 2 : 1))
    return this.#partOf(this.#grammar.sum(), found.part, position)
  }

  /** `week number of 2026-11-28`, `day of the week of 2026-11-28`; undefined, with nothing taken, for anything else. */
  partOfDate(): Node | undefined {
    const { reader, vocabulary } = this.#grammar
    const { position } = reader.token
    const found = this.#partAhead(0)
    if (!found) return undefined
    const isOf = reader.peek(found.tokens).word === 'of'
    const { kind, text } = reader.peek(found.tokens + (isOf ? 1 : 0))
    // `iso week 2026-11-28`
    if (!isOf && (kind !== 'moment' || found.tokens === 1)) return undefined
    if (kind !== 'moment' && !isClockWord(text) && !vocabulary.isBound(text)) return undefined
    reader.skip(found.tokens + (isOf ? 1 : 0))
    return this.#partOf(this.#grammar.sum(), found.part, position)
  }

  /** `YEAR(2026-11-28)`, of which the first word was taken; undefined, with nothing taken, where it encloses no date. */
  partCalled(text: string, position: number): Node | undefined {
    const { reader } = this.#grammar
    const found = PARTS_CALLED.get(text.toLowerCase())
    const first = reader.peek(1)
    const isDate = first.moment?.date !== undefined || isClockWord(first.text)
    if (found === undefined || reader.token.isSpaced || !isDate) return undefined
    reader.next()
    const of = this.#grammar.inBrackets(() => this.#grammar.expression())
    this.#grammar.close(')')
    return this.#partOf(of, found, position)
  }

  #partAhead(from: number): { part: DatePart; tokens: number } | undefined {
    const { reader } = this.#grammar
    const found = PARTS.find(({ words }) =>
      words.every((word, i) => reader.peek(from + i).text.toLowerCase() === word),
    )
    return found && { part: found.part, tokens: found.words.length }
  }

  #partOf(of: Node, part: DatePart, position: number): Node {
    return this.#grammar.node({ kind: 'convert', of, to: { kind: 'datePart', part, position }, position })
  }

  /** `next friday`, `last monday`, `this sunday`, of which the first word was taken; undefined, with nothing taken, for others. */
  weekday({ text, position }: Token): Node | undefined {
    const { reader, vocabulary } = this.#grammar
    const word = text.toLowerCase()
    if (!/^(?:next|last|this|coming)$/.test(word) || reader.token.kind !== 'name') return undefined
    const named = reader.token.text
    const index = vocabulary.isBound(named) ? -1 : WEEKDAYS.indexOf(named.toLowerCase())
    if (index < 0) {
      if (word === 'last' && /^day$/i.test(named) && reader.peek(1).word === 'of')
        throw syntax('Write the month and the year: last day of November 2026.', position)
      if (/^(?:day|week|month|quarter|year)$/i.test(named) && word !== 'this')
        throw evaluation(
          `Write \`today ${word === 'last' ? '-' : '+'} 1 ${named.toLowerCase()}\` for the day that it is then.`,
          position,
        )
      return undefined
    }
    reader.next()
    if (word === 'next')
      this.#grammar.note(`\`${text} ${named}\` is read as the first ${capitalised(named)} after today.`)
    const today = this.#grammar.today(position)
    const isBack = word === 'last'
    const isAfter = word === 'next' || word === 'last'
    // The days to the weekday are those to one of its dates, without whole weeks.
    const date = `2024-01-${String(8 + index + (isAfter ? (isBack ? 1 : -1) : 0)).padStart(2, '0')}`
    const known = this.#grammar.node({ kind: 'moment', date, position })
    const [left, right] = isBack ? [today, known] : [known, today]
    const days = this.#operation(
      'remainder',
      this.#operation('subtract', left, right, position),
      this.#days(7, position),
      position,
    )
    const away = isAfter ? this.#operation('add', days, this.#days(1, position), position) : days
    return this.#operation(isBack ? 'subtract' : 'add', today, away, position)
  }

  #operation(operator: 'add' | 'subtract' | 'remainder', left: Node, right: Node, position: number): Node {
    return this.#grammar.node({ kind: 'binary', operator, left, right, position })
  }

  #days(count: number, position: number): Node {
    const unit = this.#grammar.units.find('days')
    if (!unit) throw syntax('The unit `days` is not known.', position)
    const value = this.#grammar.node({ kind: 'number', text: String(count), position })
    return this.#grammar.node({ kind: 'measure', value, unit, position })
  }
}

const DAY = { part: 'weekday', tokens: 1 } as const

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
