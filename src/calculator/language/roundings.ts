import { syntax } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import { isPlaces, type Targets } from './targets.ts'
import type { Node } from './tree.ts'
import { PARTS } from './words.ts'

/** Functions that round, by the direction in words. */
const DIRECTIONS: ReadonlyMap<string, 'ceil' | 'floor'> = new Map([
  ['up', 'ceil'],
  ['down', 'floor'],
])

/** Words that are steps only in a rounding: `to the nearest tenth`. */
const STEPS: ReadonlyMap<string, string> = new Map([
  ['whole', '1'],
  ['integer', '1'],
  ['tenth', '10'],
  ['hundredth', '100'],
  ['thousandth', '1000'],
])

/** Reads roundings in words: `round 2/3 to 2 dp`, `3.2 rounded up`, `1234 to the nearest 100`. */
export class Roundings {
  readonly #grammar: Grammar
  readonly #targets: Targets

  constructor(grammar: Grammar, targets: Targets) {
    this.#grammar = grammar
    this.#targets = targets
  }

  /** Tells whether a rounding of the value before follows: `rounded`, `to the nearest`. */
  get isAhead(): boolean {
    const { reader, vocabulary } = this.#grammar
    return (
      reader.token.word === 'rounded' || (this.#nearestAhead !== undefined && !vocabulary.isBound('nearest'))
    )
  }

  /** Reads the rounding of a value that stands before it. */
  after(value: Node, position: number): Node {
    this.#grammar.reader.takeWords('rounded')
    return this.#rounded(value, this.#direction(), position)
  }

  /**
   * Reads `up 3.2`, `2/3 to 2 dp` and `17 to the nearest 5` after `round`; undefined, with nothing taken, where the function
   * rounds to whole numbers.
   */
  requested(position: number): Node | undefined {
    const { reader } = this.#grammar
    const { place } = reader
    const direction = this.#direction()
    if (direction === undefined && !this.#isSaidLater()) {
      reader.goBack(place)
      return undefined
    }
    const value = this.#grammar.nested(() => this.#grammar.sum())
    return this.#rounded(this.#converted(value), direction ?? this.#direction(), position)
  }

  /** `round 5.678 km to m to 0 dp`: the value is converted before it is rounded. */
  #converted(value: Node): Node {
    const { reader } = this.#grammar
    let left = value
    while (/^(?:to|in|as|into)$/.test(reader.token.word)) {
      const { place } = reader
      const { word, position } = reader.next()
      if (isPlaces(reader.token, reader.peek(1)) || this.#wordsToNearest(-1) !== undefined) {
        reader.goBack(place)
        return left
      }
      left = this.#grammar.node(this.#targets.convert(left, word, position))
    }
    return left
  }

  /** Tells whether the words that say how to round follow within these brackets: `round 2/3 to 2 dp`. */
  #isSaidLater(): boolean {
    const { reader } = this.#grammar
    let open = 0
    for (let ahead = 0; ; ahead++) {
      const { kind, text, word } = reader.peek(ahead)
      if (kind === 'end') return false
      if (kind === 'operator' && (text === '(' || text === '[')) open++
      if (kind === 'operator' && (text === ')' || text === ']') && open-- === 0) return false
      if (open > 0) continue
      if (kind === 'operator' && (text === ',' || text === ';')) return false
      const next = reader.peek(ahead + 1)
      if (DIRECTIONS.has(text) && next.word === 'to') return true
      if (word === 'to' && (isPlaces(next, reader.peek(ahead + 2)) || this.#wordsToNearest(ahead)))
        return true
    }
  }

  #direction(): 'ceil' | 'floor' | undefined {
    const { reader, vocabulary } = this.#grammar
    const { text, kind } = reader.token
    const found = kind === 'name' && !vocabulary.isBound(text) ? DIRECTIONS.get(text) : undefined
    if (found) reader.next()
    return found
  }

  #rounded(value: Node, direction: 'ceil' | 'floor' | undefined, position: number): Node {
    const { reader } = this.#grammar
    const name = direction ?? 'round'
    const nearest = this.#nearestAhead
    if (nearest !== undefined) {
      reader.skip(nearest)
      return this.#toSteps(value, this.#step(), name, position)
    }
    if (!reader.atWords('to') || !isPlaces(reader.peek(1), reader.peek(2)))
      return this.#grammar.node({ kind: 'call', name, arguments: [value], position })
    reader.next()
    const places = this.#targets.places()
    if (places?.kind !== 'places') return value
    if (direction === undefined)
      return this.#grammar.node({ kind: 'convert', of: value, to: { ...places, rounds: true }, position })
    if (places.significant) throw syntax('Write how many decimal places: round up 3.14159 to 2 dp.', position)
    const count = this.#grammar.node({ kind: 'number', text: String(places.places), position })
    const of = this.#grammar.node({ kind: 'call', name, arguments: [value, count], position })
    return this.#grammar.node({ kind: 'convert', of, to: places, position })
  }

  get #nearestAhead(): number | undefined {
    return this.#wordsToNearest(0)
  }

  /** The number of words in the `to the nearest` that begins `ahead` tokens from here; undefined where none does. */
  #wordsToNearest(ahead: number): number | undefined {
    const { reader } = this.#grammar
    if (reader.peek(ahead).word !== 'to') return undefined
    const words = reader.peek(ahead + 1).word === 'the' ? 2 : 1
    return reader.peek(ahead + words).text === 'nearest' ? words + 1 : undefined
  }

  #step(): Node {
    const { reader } = this.#grammar
    const { text, position } = reader.token
    const cell = this.#simpleFraction()
    if (cell) return cell
    const isPart = reader.token.kind === 'name' && reader.peek(1).word !== 'of'
    const parts = STEPS.get(text) ?? (isPart ? PARTS.get(reader.token.word) : undefined)
    if (parts === undefined) return this.#grammar.nested(() => this.#grammar.operand())
    reader.next()
    if (text === 'whole' && reader.token.text === 'number') reader.next()
    const left = this.#grammar.node({ kind: 'number', text: '1', position })
    const right = this.#grammar.node({ kind: 'number', text: parts, position })
    return this.#grammar.node({ kind: 'binary', operator: 'divide', left, right, position })
  }

  /** `1/2` and `1/8`, as steps. */
  #simpleFraction(): Node | undefined {
    const { reader } = this.#grammar
    const [numerator, slash, denominator] = [reader.token, reader.peek(1), reader.peek(2)]
    const isFraction =
      slash.text === '/' &&
      [numerator, denominator].every(({ kind, text }) => kind === 'number' && /^\d+$/.test(text))
    if (!isFraction || slash.isSpaced) return undefined
    const { position } = numerator
    reader.skip(3)
    const left = this.#grammar.node({ kind: 'number', text: numerator.text, position })
    const right = this.#grammar.node({ kind: 'number', text: denominator.text, position })
    const step = this.#grammar.node({ kind: 'binary', operator: 'divide', left, right, position })
    return this.#grammar.nested(() => this.#grammar.joined(step))
  }

  /** Rounds to a multiple of a step. */
  #toSteps(value: Node, step: Node, name: string, position: number): Node {
    const build = (node: Node) => this.#grammar.node(node)
    const steps = build({ kind: 'binary', operator: 'divide', left: value, right: step, position })
    const whole = build({ kind: 'call', name, arguments: [steps], position })
    return build({ kind: 'binary', operator: 'multiply', left: whole, right: step, position })
  }
}
