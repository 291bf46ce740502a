import { syntax, type Unit } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import { wholeMonth } from './moments-in-words.ts'
import { timeAlone } from './node-kinds.ts'
import { presentFor } from './times-as-lengths.ts'
import type { Node } from './tree.ts'
import { COUNTS } from './words.ts'

/** Words before the first moment of a span of time, and those that may stand between the two moments. */
const JOINS: ReadonlyMap<string, readonly string[]> = new Map([
  ['between', ['and']],
  ['from', ['to', 'until', 'till']],
  ['until', []],
  ['till', []],
  ['since', []],
])

/** Returns the time from one moment to another; from 22:00 to 6:00 it is a night. */
export function spanOf(grammar: Grammar, from: Node, to: Node, position: number): Node {
  const [begin, end] = [timeAlone(from), timeAlone(to)]
  const isMidnight = end === '24:00'
  if (begin === undefined || end === undefined || (begin <= end && !isMidnight))
    return grammar.node({ kind: 'binary', operator: 'subtract', left: to, right: from, position })
  if (!isMidnight) grammar.note(`\`${end}\` is read as a time of the next day.`)
  const time = isMidnight ? '00:00' : end
  const left = grammar.node({ kind: 'moment', date: '2024-01-02', time, position })
  const right = grammar.node({ kind: 'moment', date: '2024-01-01', time: begin, position })
  return grammar.node({ kind: 'binary', operator: 'subtract', left, right, position })
}

/** Reads lines that ask for a span of time: `days between … and …`, `hours from 22:00 to 6:00`, `time until 17:00`. */
export class Spans {
  readonly #grammar: Grammar

  constructor(grammar: Grammar) {
    this.#grammar = grammar
  }

  /** Reads the question at the start of a line; undefined, with nothing taken, when none stands there. */
  read(): Node | undefined {
    return this.#counted() ?? this.#spanAlone() ?? this.#fromTo() ?? this.#fromToday()
  }

  /** `days between 2026-11-28 and 2026-12-24`, `number of workdays from 2026-11-28 to 2026-12-24`. */
  #counted(): Node | undefined {
    const { reader, units } = this.#grammar
    if (reader.token.kind !== 'name') return undefined
    const { place, token } = reader
    if (this.#word() === 'the' && reader.peek(1).text === 'number') reader.next()
    if (this.#word() === 'number' && reader.peek(1).word === 'of') reader.skip(2)
    const typed = units.read('target')
    const span = typed && this.from(typed.unit, token.position)
    if (!span) reader.goBack(place)
    return span
  }

  /** Reads `between 2026-11-28 and 2026-12-24` after the unit in which the span is asked for; `to 2026-12-24` begins today. */
  from(unit: Unit, position: number): Node | undefined {
    const { reader, units, vocabulary } = this.#grammar
    const month = this.#inMonth(unit, position)
    if (month) return month
    const isToDate = this.#word() === 'to' && reader.peek(1).moment?.date !== undefined
    const word = isToDate ? 'until' : this.#word()
    if (!JOINS.has(word) || vocabulary.isBound(reader.token.text)) return undefined
    const [from, to] = this.ends(word, position)
    const workday = units.find('workday')
    if (workday && vocabulary.isConvertible(unit, workday)) {
      const count = this.#grammar.node({ kind: 'call', name: 'workdays', arguments: [from, to], position })
      return word === 'between' ? this.#positive(count, position) : count
    }
    const of = this.#between(word, from, to, position)
    const target = { kind: 'units' as const, units: [unit], position }
    return this.#grammar.node({ kind: 'convert', of, to: target, position })
  }

  /** `days in February 2024`, `workdays in 2026`, of which the unit was taken. */
  #inMonth(unit: Unit, position: number): Node | undefined {
    const { reader, units, vocabulary } = this.#grammar
    if (reader.token.word !== 'in' || vocabulary.isBound('in')) return undefined
    const name = reader.peek(1)
    const year = name.kind === 'number' ? name : reader.peek(2)
    const tokens = name.kind === 'number' ? 2 : 3
    if (reader.peek(tokens).kind !== 'end' || vocabulary.isBound(name.text)) return undefined
    const isYear = name.kind === 'number' && /^(?:1[5-9]|2\d)\d\d$/.test(name.text)
    const ends = isYear
      ? [`${name.text}-01-01`, `${Number(name.text) + 1}-01-01`]
      : wholeMonth(name.text, year.text)
    const [first, after] = ends ?? []
    const [day, workday] = [units.find('day'), units.find('workday')]
    if (first === undefined || after === undefined || !day) return undefined
    const [from, to] = [first, after].map((date) =>
      this.#grammar.node({ kind: 'moment', date, position: name.position }),
    )
    if (!from || !to) return undefined
    if (workday && vocabulary.isConvertible(unit, workday)) {
      reader.skip(tokens)
      const value = this.#grammar.node({ kind: 'number', text: '1', position })
      const one = this.#grammar.node({ kind: 'measure', value, unit: day, position })
      const last = this.#grammar.node({
        kind: 'binary',
        operator: 'subtract',
        left: to,
        right: one,
        position,
      })
      return this.#grammar.node({ kind: 'call', name: 'workdays', arguments: [from, last], position })
    }
    if (!vocabulary.isConvertible(unit, day)) return undefined
    reader.skip(tokens)
    const of = this.#grammar.node({ kind: 'binary', operator: 'subtract', left: to, right: from, position })
    return this.#grammar.node({
      kind: 'convert',
      of,
      to: { kind: 'units', units: [unit], position },
      position,
    })
  }

  /** Takes `between 1 and 3`, `from 1 to 3`, `until 3`, which begins today, or `since 1`, which ends today. */
  ends(word: string, position: number): [Node, Node] {
    const { reader } = this.#grammar
    reader.next()
    const from = this.#grammar.listed(() => this.#grammar.sum())
    if (word === 'since') return [from, this.#now(from, position)]
    const joins = JOINS.get(word) ?? []
    if (joins.length === 0) return [this.#now(from, position), from]
    if (!joins.includes(this.#word()))
      throw syntax(
        'Write `days between 2026-11-28 and 2026-12-24`, or `days from 2026-11-28 to 2026-12-24`.',
        reader.token.position,
      )
    reader.next()
    return [from, this.#grammar.sum()]
  }

  /** The present by the clock of the sheet: the time if the other end of the span is a time, else the day. */
  #now(other: Node, position: number): Node {
    if (timeAlone(other) === undefined) return this.#grammar.today(position)
    const to = { kind: 'datePart', part: 'time', position } as const
    return this.#grammar.node({ kind: 'convert', of: this.#grammar.now(position), to, position })
  }

  #between(word: string, from: Node, to: Node, position: number): Node {
    const span = spanOf(this.#grammar, from, to, position)
    const isOfTimes = timeAlone(from) !== undefined && timeAlone(to) !== undefined
    return word === 'between' && !isOfTimes ? this.#positive(span, position) : span
  }

  #positive(of: Node, position: number): Node {
    return this.#grammar.node({ kind: 'call', name: 'abs', arguments: [of], position })
  }

  /** `time between 9:00 and 17:30`, `how long until 2026-12-24`: in the units in which it is best said. */
  #spanAlone(): Node | undefined {
    const { reader } = this.#grammar
    const { place, token } = reader
    const isHow = this.#word() === 'how' && reader.peek(1).text === 'long'
    if (!isHow && this.#word() !== 'time') return undefined
    reader.skip(isHow ? 2 : 1)
    if (isHow && reader.token.word === 'is' && reader.peek(1).text === 'it') reader.skip(2)
    const word = this.#word()
    if (!JOINS.has(word)) {
      reader.goBack(place)
      return undefined
    }
    const [from, to] = this.ends(word, token.position)
    return this.#between(word, from, to, token.position)
  }

  /** `from 9am to 5pm`. */
  #fromTo(): Node | undefined {
    const { reader } = this.#grammar
    const { position } = reader.token
    const word = this.#word()
    if (!(word === 'from' || word === 'between') || reader.peek(1).kind !== 'moment') return undefined
    const [from, to] = this.ends(word, position)
    return this.#between(word, from, to, position)
  }

  /** `in 3 weeks`: the day that it is then. */
  #fromToday(): Node | undefined {
    const { reader, units, vocabulary } = this.#grammar
    const { token, place } = reader
    const next = reader.peek(1)
    const isCount = next.kind === 'number' || COUNTS.has(next.word) || /^an?$/.test(next.word)
    const day = units.find('day')
    const unit = units.at('afterNumber', 2)
    if (token.word !== 'in' || vocabulary.isBound('in') || !isCount || !day || !unit) return undefined
    if (!vocabulary.isConvertible(unit, day)) return undefined
    reader.next()
    const right = this.#grammar.operand()
    if (reader.token.kind === 'end')
      return this.#grammar.node({
        kind: 'binary',
        operator: 'add',
        left: presentFor(this.#grammar, right, token.position),
        right,
        position: token.position,
      })
    reader.goBack(place)
    return undefined
  }

  #word(): string {
    const { kind, text } = this.#grammar.reader.token
    return kind === 'name' ? text.toLowerCase() : ''
  }
}
