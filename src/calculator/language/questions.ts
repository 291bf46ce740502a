import { syntax } from '../numbers/index.ts'
import { DatesInWords } from './dates-in-words.ts'
import type { Grammar } from './grammar.ts'
import type { PercentageQuestions } from './percentage-questions.ts'
import { Spans } from './spans.ts'
import type { Binary, Node } from './tree.ts'
import { yesOrNo } from './yes-or-no.ts'

/** Verbs that begin a line, and what they do with the percentage after `by`. */
const CHANGES: ReadonlyMap<string, 'add' | 'subtract'> = new Map([
  ['increase', 'add'],
  ['raise', 'add'],
  ['decrease', 'subtract'],
  ['reduce', 'subtract'],
  ['lower', 'subtract'],
])

/** Nouns for what is done with two values: `difference of 10 and 4`. */
const OF_TWO: ReadonlyMap<string, 'subtract' | 'divide'> = new Map([
  ['difference', 'subtract'],
  ['quotient', 'divide'],
  ['ratio', 'divide'],
])

/** Verbs that begin a line, the words that may join their two values, and whether the second value comes first. */
const REQUESTS: ReadonlyMap<string, { operator: Binary; joins: ReadonlyMap<string, boolean> }> = new Map([
  [
    'add',
    {
      operator: 'add',
      joins: new Map([
        ['and', false],
        ['to', true],
      ]),
    },
  ],
  ['subtract', { operator: 'subtract', joins: new Map([['from', true]]) }],
  [
    'multiply',
    {
      operator: 'multiply',
      joins: new Map([
        ['by', false],
        ['and', false],
      ]),
    },
  ],
  ['divide', { operator: 'divide', joins: new Map([['by', false]]) }],
])

/** Reads lines that begin as a question or a request: `how many km are in 5 miles`, `days between … and …`. */
export class Questions {
  readonly #grammar: Grammar
  readonly #percentages: PercentageQuestions
  readonly #spans: Spans
  readonly #dates: DatesInWords

  constructor(grammar: Grammar, percentages: PercentageQuestions) {
    this.#grammar = grammar
    this.#percentages = percentages
    this.#spans = new Spans(grammar)
    this.#dates = new DatesInWords(grammar)
  }

  /** Reads the question at the start of a line; undefined, with nothing taken, when none stands there. */
  read(): Node | undefined {
    const { reader, vocabulary } = this.#grammar
    if (reader.atWords('what')) return this.#dates.asked() ?? this.#percentages.asked()
    if (reader.atWords('is')) return yesOrNo(this.#grammar)
    const { text, kind } = reader.token
    if (kind === 'operator' && text !== '%') return undefined
    if (kind === 'name' && vocabulary.isBound(text)) return undefined
    return (
      this.#howMany() ??
      this.#spans.read() ??
      this.#dates.partOfDate() ??
      this.#differenceBetween() ??
      this.#percentages.change() ??
      this.#changed() ??
      this.#requested()
    )
  }

  /** `how many km are in 5 miles`, `how many days are between 2026-11-28 and 2026-12-24`. */
  #howMany(): Node | undefined {
    const { reader, units } = this.#grammar
    const { position } = reader.token
    if (this.#word() !== 'how') return undefined
    const place = reader.place
    if (reader.peek(1).text === 'much' && reader.peek(2).word === 'is') {
      reader.skip(3)
      return this.#grammar.operand()
    }
    if (!/^(?:many|much)$/.test(reader.peek(1).text)) return undefined
    reader.skip(2)
    const share = this.#percentages.percentOf()
    if (share) return share
    if (reader.place > place + 2) throw syntax('Write `what % of 80 is 20`.', reader.token.position)
    const typed = units.read('target')
    if (reader.token.text === 'are' || reader.token.word === 'is') reader.next()
    if (reader.token.text === 'there') reader.next()
    const span = typed && this.#spans.from(typed.unit, position)
    if (span) return span
    const isOf = reader.previous?.word === 'is' && reader.token.kind !== 'end'
    if (!typed || !(reader.takeWords('in') || isOf)) {
      reader.goBack(place)
      return undefined
    }
    if (reader.token.word === 'a' || reader.token.word === 'an') reader.next()
    const of = this.#grammar.operand()
    const to = { kind: 'units' as const, units: [typed.unit], position }
    return this.#grammar.node({ kind: 'convert', of, to, position })
  }

  /** `difference between 10 and 4`, `quotient of 10 and 4`. */
  #differenceBetween(): Node | undefined {
    const { reader } = this.#grammar
    const { position } = reader.token
    if (this.#word() === 'the' && reader.peek(1).text.toLowerCase() === 'difference') reader.next()
    if (this.#word() === 'difference' && reader.peek(1).word === 'between') {
      reader.next()
      const [from, to] = this.#spans.ends('between', position)
      const { token } = reader
      if (/^(?:in|as)$/.test(token.word) && /^(?:%|percent|percentage|pct)$/.test(reader.peek(1).text))
        throw syntax('Write percent change from 80 to 100, or what % of 80 is 20.', token.position)
      const span = this.#subtracted(to, from, position)
      return this.#grammar.node({ kind: 'call', name: 'abs', arguments: [span], position })
    }
    const operator = OF_TWO.get(this.#word())
    if (operator === undefined || reader.peek(1).word !== 'of') return undefined
    reader.skip(2)
    const left = this.#first()
    if (!reader.takeWords('and') && !(operator === 'divide' && reader.takeWords('to')))
      throw syntax('Write `difference of 10 and 4`, or `quotient of 10 and 4`.', reader.token.position)
    return this.#grammar.node({ kind: 'binary', operator, left, right: this.#grammar.sum(), position })
  }

  #subtracted(left: Node, right: Node, position: number): Node {
    return this.#grammar.node({ kind: 'binary', operator: 'subtract', left, right, position })
  }

  /** `increase 50 by 10%`. */
  #changed(): Node | undefined {
    const { reader } = this.#grammar
    const { position, text } = reader.token
    const operator = CHANGES.get(this.#word())
    if (operator === undefined || reader.peek(1).kind === 'operator' || reader.peek(1).kind === 'end')
      return undefined
    reader.next()
    const left = this.#grammar.sum()
    if (!reader.takeWords('by')) throw syntax(`Write \`${text} 50 by 10%\`.`, reader.token.position)
    const right = this.#grammar.product()
    return this.#grammar.node({ kind: 'binary', operator, left, right, position })
  }

  /** `add 3 and 4`, `subtract 3 from 10`, `divide 12 by 4`. */
  #requested(): Node | undefined {
    const { reader } = this.#grammar
    const { position, text } = reader.token
    const request = REQUESTS.get(this.#word())
    if (!request || reader.peek(1).kind === 'operator' || reader.peek(1).kind === 'end') return undefined
    reader.next()
    const first = this.#first()
    const all = request.joins.has('and') ? this.#rest(first, request.operator, position) : undefined
    if (all) return all
    const isTurned = request.joins.get(reader.token.word)
    if (isTurned === undefined)
      throw syntax(`Write \`${text} 12 ${[...request.joins.keys()].at(-1)} 4\`.`, reader.token.position)
    reader.next()
    const second = this.#grammar.sum()
    const [left, right] = isTurned ? [second, first] : [first, second]
    return this.#grammar.node({ kind: 'binary', operator: request.operator, left, right, position })
  }

  /** The `, 6 and 7` of `add 5, 6 and 7`; undefined, with nothing taken, where no such value follows. */
  #rest(first: Node, operator: Binary, position: number): Node | undefined {
    const { reader } = this.#grammar
    let all: Node | undefined
    for (;;) {
      const isListed = reader.take(',')
      const isLast = reader.takeWords('and')
      if (!isListed && !isLast) return all
      const right = this.#first()
      all = this.#grammar.node({ kind: 'binary', operator, left: all ?? first, right, position })
    }
  }

  /** The first of two values, which an `and` may follow. */
  #first(): Node {
    return this.#grammar.listed(() => this.#grammar.sum())
  }

  #word(): string {
    const { kind, text } = this.#grammar.reader.token
    return kind === 'name' ? text.toLowerCase() : ''
  }
}
