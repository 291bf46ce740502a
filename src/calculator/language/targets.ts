import { evaluation, readRoman, syntax } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import { isMoment } from './node-kinds.ts'
import { spanOf } from './spans.ts'
import { unknownTarget } from './suggest.ts'
import {
  BASES,
  CLOCK_FORMS,
  DATE_PARTS,
  NOUNS,
  PARTS_OR_UNITS,
  PLACES,
  SIGNIFICANT,
  WRITING_NOUNS,
  WRITINGS,
} from './target-words.ts'
import { asLength } from './times-as-lengths.ts'
import type { Token } from './token.ts'
import type { Node, Target } from './tree.ts'
import { innermost } from './unexpected.ts'
import { COUNTS } from './words.ts'

/** `7/3 as mixed fraction`. */
const MIXED_NOUNS = /^(?:fractions?|numbers?|numerals?)$/i

/** The temperature scales that `C` and `F` mean in a conversion. */
const TEMPERATURES: Readonly<Record<string, string>> = { C: '°C', F: '°F' }

/** Abbreviations of zones in more than one part of the world. */
const AMBIGUOUS_ZONES = new Set(['IST', 'BST', 'CST', 'AST', 'SST', 'GST'])

/** The most tokens in the name of a place: `America/New York`, `UTC+5:30`. */
const PLACE_TOKENS = 8

/** Reads the targets after `to`, `in` and `as`. */
export class Targets {
  readonly #grammar: Grammar
  /** `20 C` and `50 F` as they were typed. */
  readonly #letters = new WeakMap<Node, string>()

  constructor(grammar: Grammar) {
    this.#grammar = grammar
  }

  /** Remembers that a measure was typed with `C` or `F`, which mean a temperature when it is converted to one. */
  remember(measure: Node, word: string | undefined): void {
    if (word === 'C' || word === 'F') this.#letters.set(measure, word)
  }

  /** Reads the target of a conversion, and returns the conversion. */
  convert(of: Node, word: string, position: number): Node {
    const { reader } = this.#grammar
    const counted = of.kind === 'unit' && word === 'in' ? this.#countedIn(of, position) : undefined
    if (counted) return counted
    while (reader.token.kind === 'name' && /^(?:an?|the)$/.test(reader.token.word)) reader.next()
    const { token } = reader
    if (token.kind === 'end')
      throw syntax(`After \`${word}\`, write what to convert to: 5 km ${word} miles.`, token.position)
    const to =
      this.#writing(token.position) ??
      this.places() ??
      this.#datePart(of) ??
      this.#zoneOf(of) ??
      this.#clock() ??
      this.#unitsOf()
    const roman = to && this.#romanNumeral(of, to)
    if (roman) return roman
    if (to) return this.#temperature({ kind: 'convert', of: this.#lengthFor(to, of), to, position })
    const zone = this.place()
    if (zone !== undefined)
      return { kind: 'convert', of, to: { kind: 'zone', zone, position: token.position }, position }
    const value = this.#grammar.sum()
    if (value.kind === 'name' && !this.#grammar.vocabulary.isBound(value.name))
      throw unknownTarget(value.name, isMoment(of), token.position)
    // From one time to another: what lies between.
    if (isMoment(of) && isMoment(value)) return spanOf(this.#grammar, of, value, position)
    if (word === 'in' && this.#isTime(value) && isTyped(of) && !this.#isTime(of)) {
      this.#grammar.note('`in` before a length of time divides by it: 10 km in 50 min is a speed.')
      return { kind: 'binary', operator: 'divide', left: of, right: value, position }
    }
    if (isTyped(value))
      throw syntax(`After \`${word}\`, write the unit alone: 5 km ${word} miles.`, token.position)
    return { kind: 'convert', of, to: { kind: 'value', value, position: token.position }, position }
  }

  /** `MMXXVI to decimal`. */
  #romanNumeral(of: Node, to: Target): Node | undefined {
    const isNumber = to.kind === 'writing' && (to.as === 'decimal' || to.as === 'number')
    if (!isNumber || of.kind !== 'name' || this.#grammar.vocabulary.isBound(of.name)) return undefined
    const number = readRoman(of.name)
    if (number === undefined) return undefined
    return this.#grammar.node({ kind: 'number', text: String(number), position: of.position })
  }

  /** Tells whether a node is a length of time as typed: `50 min`, `1 h 20 min`. */
  #isTime(node: Node): boolean {
    const second = this.#grammar.units.find('s')
    const unit = node.kind === 'mixed' ? node.parts[0]?.unit : node.kind === 'measure' ? node.unit : undefined
    return second !== undefined && unit !== undefined && this.#grammar.vocabulary.isConvertible(unit, second)
  }

  /** `7:30 to h` is read as a length of time, since a time of day has no hours to be counted. */
  #lengthFor(to: Target, of: Node): Node {
    const [unit] = to.kind === 'units' ? to.units : []
    const hour = this.#grammar.units.find('h')
    const isTime = unit && hour && this.#grammar.vocabulary.isConvertible(unit, hour)
    return isTime ? asLength(this.#grammar, of) : of
  }

  /** `minutes in 4 days`, `feet in a mile`: how many there are. */
  #countedIn({ unit, position: begun }: Extract<Node, { kind: 'unit' }>, position: number): Node | undefined {
    const { reader, units } = this.#grammar
    const isArticle = /^(?:an?|one)$/.test(reader.token.word) && units.at('elsewhere', 1) !== undefined
    if (reader.token.kind !== 'number' && !isArticle) return undefined
    const of = this.#grammar.sum()
    return { kind: 'convert', of, to: { kind: 'units', units: [unit], position: begun }, position }
  }

  #writing(position: number): Target | undefined {
    const { reader, vocabulary } = this.#grammar
    if (reader.at('%')) {
      reader.next()
      return { kind: 'writing', as: 'percent', position }
    }
    const { token } = reader
    if (token.kind !== 'name' || vocabulary.isBound(token.text)) return undefined
    if (token.word === 'base') return this.#base(position)
    if (token.word === 'per' && reader.peek(1).word === 'cent') {
      reader.skip(2)
      return { kind: 'writing', as: 'percent', position }
    }
    if (/^mixed$/i.test(token.text) && MIXED_NOUNS.test(reader.peek(1).text)) {
      reader.skip(2)
      return { kind: 'writing', as: 'mixedFraction', position }
    }
    const as = WRITINGS.get(token.text.toLowerCase())
    if (as === undefined) return undefined
    reader.next()
    if (WRITING_NOUNS.get(as)?.test(reader.token.text)) reader.next()
    return { kind: 'writing', as, position }
  }

  #base(position: number): Target {
    const { reader } = this.#grammar
    reader.next()
    const base = reader.next()
    const as = BASES.get(base.text)
    if (as === undefined) throw syntax('The base must be 2, 8, 10 or 16.', base.position)
    return { kind: 'writing', as, position }
  }

  /** Takes `2 dp` and `3 sf`. */
  places(): Target | undefined {
    const { reader } = this.#grammar
    const { token } = reader
    this.#refusePlaces()
    if (!isPlaces(token, reader.peek(1))) return undefined
    const significant = SIGNIFICANT.has(reader.peek(1).text.toLowerCase())
    reader.skip(2)
    if (NOUNS.has(reader.token.text.toLowerCase())) reader.next()
    const places = Number(COUNTS.get(token.word) ?? token.text)
    if (significant && places === 0)
      throw syntax('A number has at least one digit: write 1 digit.', token.position)
    return { kind: 'places', places, significant, position: token.position }
  }

  /** @throws CalculationError for `-1 dp`, `1.5 dp` and `1000 dp` */
  #refusePlaces(): void {
    const { reader } = this.#grammar
    const isSigned = reader.at('-') && reader.peek(1).kind === 'number'
    const [count, noun] = [reader.peek(isSigned ? 1 : 0), reader.peek(isSigned ? 2 : 1)]
    if (count.kind !== 'number' || !PLACES.has(noun.text.toLowerCase()) || noun.text === 'decimal') return
    if (isSigned)
      throw syntax('Places are counted from 0. To round to tens write `to the nearest 10`.', count.position)
    if (!/^\d{1,3}$/.test(count.text))
      throw syntax(`Write a whole number of places, up to 300.`, count.position)
  }

  #datePart(of: Node): Target | undefined {
    const { reader, vocabulary } = this.#grammar
    const { token } = reader
    if (token.kind !== 'name' || vocabulary.isBound(token.text)) return undefined
    const { position } = token
    const word = token.text.toLowerCase()
    if (word === 'day' && reader.peek(1).word === 'of') {
      const article = reader.peek(2).word === 'the' ? 1 : 0
      const whole = reader.peek(2 + article).text
      if (whole === 'week' || whole === 'year') {
        reader.skip(3 + article)
        return { kind: 'datePart', part: whole === 'week' ? 'weekday' : 'dayOfYear', position }
      }
    }
    const part = DATE_PARTS.get(word) ?? (isMoment(of) ? PARTS_OR_UNITS.get(word) : undefined)
    const isNumbered = word === 'week' && reader.peek(1).text === 'number'
    if (part === undefined && !isNumbered) return undefined
    reader.skip(isNumbered ? 2 : 1)
    return { kind: 'datePart', part: part ?? 'week', position }
  }

  #zoneOf(of: Node): Target | undefined {
    if (!isMoment(of)) return undefined
    const { position } = this.#grammar.reader.token
    const zone = this.place()
    return zone === undefined ? undefined : { kind: 'zone', zone, position }
  }

  /** Takes the longest name of a place that stands next: `New York`, `UTC+5:30`. */
  place(): string | undefined {
    const { reader, vocabulary } = this.#grammar
    let words = ''
    let best: { words: string; tokens: number } | undefined
    for (let i = 0; i < PLACE_TOKENS; i++) {
      const token = reader.peek(i)
      const isPart =
        (token.kind === 'name' && (i === 0 || !/^(?:to|in|as|into)$/.test(token.word))) ||
        (i > 0 &&
          !token.isSpaced &&
          (token.kind === 'number' || token.kind === 'moment' || /^[-+/]$/.test(token.text))) ||
        (i === 0 && /^[-+]$/.test(token.text))
      if (!isPart) break
      words += `${token.isSpaced && i > 0 ? ' ' : ''}${token.text}`
      const next = reader.peek(i + 1)
      if (
        token.kind !== 'operator' &&
        (next.isSpaced || next.kind !== 'number') &&
        vocabulary.findZone(words) !== undefined
      )
        best = { words, tokens: i + 1 }
    }
    if (!best) {
      const { kind, text, position } = reader.token
      if (kind === 'name' && AMBIGUOUS_ZONES.has(text) && !vocabulary.isBound(text))
        throw evaluation(`\`${text}\` is the time of several countries. Name a city: in Mumbai.`, position)
      return undefined
    }
    reader.skip(best.tokens)
    return best.words
  }

  /** `l/100km` is one unit, though its number would begin a value elsewhere. */
  #consumption(): Target | undefined {
    const { reader, vocabulary } = this.#grammar
    const { position } = reader.token
    const isOne =
      /^(?:l|L|lit(?:re|er)s?)$/.test(reader.token.text) &&
      (reader.peek(1).text === '/' || reader.peek(1).word === 'per') &&
      reader.peek(2).text === '100' &&
      /^(?:km|kilomet(?:re|er)s)$/.test(reader.peek(3).text)
    const unit = isOne ? vocabulary.findUnit('l/100km') : undefined
    if (!unit) return undefined
    reader.skip(4)
    return { kind: 'units', units: [unit], position }
  }

  /** `h:mm`, `hh:mm:ss` and `mm:ss`: a length of time in these units. */
  #clock(): Target | undefined {
    const { reader, units } = this.#grammar
    let form = ''
    let tokens = 0
    for (; tokens < 5 && /^(?:h{1,2}|m{1,2}|ss|hms|dms|:)$/i.test(reader.peek(tokens).text); tokens++)
      form += reader.peek(tokens).text.toLowerCase()
    const names = CLOCK_FORMS.get(form)
    const found = (names ?? []).flatMap((name) => units.find(name) ?? [])
    if (!names || found.length < names.length) return undefined
    const { position } = reader.token
    reader.skip(tokens)
    return { kind: 'units', units: found, position }
  }

  #unitsOf(): Target | undefined {
    const { reader, vocabulary } = this.#grammar
    const consumption = this.#consumption()
    if (consumption) return consumption
    const { position, text } = reader.token
    const per = reader.at('/') || reader.token.word === 'per' ? this.#grammar.units.readPer() : undefined
    if (per) return { kind: 'units', units: [per], isRate: true, position }
    const first = this.#grammar.units.read('target')
    if (!first) return undefined
    const units = [first.unit]
    if (first.word === undefined) return { kind: 'units', units, position }
    const letter = first.word === 'C' || first.word === 'F' ? text : undefined
    for (;;) {
      const comma = reader.at(',') && innermost(reader) === 'nothing' ? 1 : 0
      const isJoined = comma + (reader.peek(comma).word === 'and' ? 1 : 0)
      const next = this.#grammar.units.at('target', isJoined)
      if (!next || !vocabulary.isConvertible(first.unit, next)) break
      // `km in m in cm` is converted twice.
      if (reader.token.word === 'in' && this.#grammar.units.at('target', 1)) break
      reader.skip(isJoined + 1)
      units.push(next)
    }
    const scale = letter === undefined ? undefined : this.#grammar.units.find(TEMPERATURES[letter] ?? '')
    return { kind: 'units', units, ...(scale && { otherwise: [scale] }), position }
  }

  /** Reads `C` and `F` as temperatures in values that are put together: `20 C > 60 F`. Charges and capacitances never are. */
  inDegrees(nodes: readonly Node[]): readonly Node[] {
    const kelvin = this.#grammar.units.find('K')
    const measures = nodes.map(measureIn)
    const letters = measures.map((measure) => measure && this.#letters.get(measure))
    const areTemperatures = measures.every(
      (measure, i) =>
        letters[i] !== undefined ||
        (measure && kelvin && this.#grammar.vocabulary.isConvertible(measure.unit, kelvin)),
    )
    if (!areTemperatures || new Set(letters).size < 2) return nodes
    return nodes.map((node, i) => {
      const scale = this.#grammar.units.find(TEMPERATURES[letters[i] ?? ''] ?? '')
      return scale ? withUnit(node, scale) : node
    })
  }

  /** Reads `C` and `F` as temperatures where one is converted to the other or to a temperature. */
  #temperature(conversion: Extract<Node, { kind: 'convert' }>): Node {
    const { to } = conversion
    if (to.kind !== 'units') return conversion
    const kelvin = this.#grammar.units.find('K')
    const [target] = to.units
    if (!kelvin || !target) return conversion
    const { isConvertible } = this.#grammar.vocabulary
    const measure = measureIn(conversion.of)
    const letter = measure && this.#letters.get(measure)
    if (letter === undefined && !to.otherwise) return conversion
    const isToTemperature = to.otherwise !== undefined || isConvertible(target, kelvin)
    if (measure && letter !== undefined && isToTemperature && !isConvertible(measure.unit, target)) {
      const scale = this.#grammar.units.find(TEMPERATURES[letter] ?? '')
      if (scale) {
        const units = to.otherwise ?? to.units
        return {
          ...conversion,
          of: withUnit(conversion.of, scale),
          to: { kind: 'units', units, position: to.position },
        }
      }
    }
    if (measure && to.otherwise) {
      const isTemperature = isConvertible(measure.unit, kelvin)
      const units = isTemperature ? to.otherwise : to.units
      return { ...conversion, to: { kind: 'units', units, position: to.position } }
    }
    return conversion
  }
}

/** Tells whether two tokens say how many places or digits to show: `2 dp`, `3 sf`. */
export function isPlaces(count: Token, noun: Token): boolean {
  const word = noun.text.toLowerCase()
  const isCount =
    COUNTS.has(count.word) || (count.kind === 'number' && /^\d{1,3}$/.test(count.text) && !count.fraction)
  return isCount && (PLACES.has(word) || SIGNIFICANT.has(word))
}

/** Tells whether a node is a quantity as typed. */
const isTyped = (node: Node): boolean => node.kind === 'measure' || node.kind === 'mixed'

type Measure = Extract<Node, { kind: 'measure' }>

function measureIn(node: Node): Measure | undefined {
  if (node.kind === 'measure') return node
  return node.kind === 'unary' && node.of.kind === 'measure' ? node.of : undefined
}

function withUnit(node: Node, unit: Measure['unit']): Node {
  if (node.kind === 'unary') return { ...node, of: withUnit(node.of, unit) }
  return node.kind === 'measure' ? { ...node, unit } : node
}
