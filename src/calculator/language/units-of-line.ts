import { beginsUnit, limit, type Unit } from '../numbers/index.ts'
import type { Grammar, TypedUnit, Units, Where } from './grammar.ts'
import type { Token } from './token.ts'
import type { UnitPower } from './vocabulary.ts'
import { isOperator, NEVER_UNITS } from './words.ts'

/** The largest power of a unit; nobody measures in larger ones. */
const MOST_POWER = 100

const PREFIXES: ReadonlyMap<string, number> = new Map([
  ['square', 2],
  ['sq', 2],
  ['cubic', 3],
  ['cu', 3],
])

/** Codes of currencies that people write in small letters, and that are not other words. */
const SMALL_CODES = new Set(
  'usd eur gbp jpy chf cad aud nzd sek nok dkk pln czk huf inr cny brl mxn'.split(' '),
)

/** The most tokens of a unit's name: `tonne of oil equivalent`. */
const PHRASE_TOKENS = 4

/** Signs that stand in for a unit's name, where the table of units does not have the sign itself. */
const SIGNS: Readonly<Record<string, string>> = {
  '°': 'deg',
  '°C': 'degC',
  '°F': 'degF',
  '°R': 'degR',
  $: 'USD',
  '€': 'EUR',
  '£': 'GBP',
  '¥': 'JPY',
  '₹': 'INR',
  '₩': 'KRW',
  '₽': 'RUB',
  '₺': 'TRY',
  '₴': 'UAH',
  '₪': 'ILS',
  '₱': 'PHP',
  '₫': 'VND',
  '฿': 'THB',
  "'": 'ft',
  '"': 'in',
}

/** Reads units: `km/h`, `m/s^2`, `ft lbf`, `J/(kg K)`, `square metres`. */
export class UnitsOfLine implements Units {
  readonly #grammar: Grammar
  /** Words that were looked up for this line already. */
  readonly #found = new Map<string, Unit | undefined>()

  constructor(grammar: Grammar) {
    this.#grammar = grammar
  }

  /** Returns the unit of a word or sign, or undefined. */
  find(word: string): Unit | undefined {
    if (NEVER_UNITS.has(word)) return undefined
    const known = this.#found.get(word)
    if (known !== undefined || this.#found.has(word)) return known
    const { findUnit } = this.#grammar.vocabulary
    const sign = Object.hasOwn(SIGNS, word) ? SIGNS[word] : undefined
    const other = sign ?? (SMALL_CODES.has(word) ? word.toUpperCase() : undefined)
    const unit = findUnit(word) ?? (other === undefined ? undefined : findUnit(other))
    this.#found.set(word, unit)
    return unit
  }

  /** Returns the unit `ahead` tokens from here, without taking it. */
  at(where: Where, ahead = 0): Unit | undefined {
    const { reader, vocabulary } = this.#grammar
    const token = reader.peek(ahead)
    if (token.kind === 'operator' && where === 'afterNumber' && (token.text === "'" || token.text === '"'))
      return token.isSpaced || reader.peek(ahead - 1).kind !== 'number' ? undefined : this.find(token.text)
    if (token.kind === 'sign')
      return where !== 'elsewhere' && !isAmount(token, reader.peek(ahead + 1))
        ? this.find(token.text)
        : undefined
    if (token.kind !== 'name') return undefined
    if (token.word === 'in') {
      const phrase = this.#phrase(ahead)?.unit
      return phrase ?? (where === 'target' || this.#isInch(where, ahead) ? this.find('in') : undefined)
    }
    if (isOperator(token.word)) return undefined
    const isCalled = reader.peek(ahead + 1).text === '(' && !reader.peek(ahead + 1).isSpaced
    if (isCalled && (vocabulary.isFunction(token.text) || vocabulary.isBound(token.text))) return undefined
    if (where === 'elsewhere' && this.#meansMore(token) && !this.#powered(ahead)) return undefined
    if (isMathematical(token.text)) return undefined
    return this.#phrase(ahead)?.unit ?? this.find(token.text) ?? this.#powered(ahead)
  }

  /** Tells whether `a week` or `per day` stands so many tokens on, as in `3 times a week`. */
  isPerTime(ahead: number): boolean {
    const { reader, vocabulary } = this.#grammar
    const isPer = /^(?:an?|per|each|every)$/i.test(reader.peek(ahead).text)
    const unit = isPer ? this.at('joined', ahead + 1) : undefined
    const second = this.find('s')
    return unit !== undefined && second !== undefined && vocabulary.isConvertible(unit, second)
  }

  /** The unit of several words `ahead` tokens from here, and how many tokens it has. */
  #phrase(ahead: number): { unit: Unit; tokens: number; text: string } | undefined {
    const { reader, vocabulary } = this.#grammar
    const first = reader.peek(ahead)
    if (!beginsUnit(first.text) || vocabulary.isBound(first.text)) return undefined
    let text = first.text
    let best: { unit: Unit; tokens: number; text: string } | undefined
    for (let tokens = 1; tokens < PHRASE_TOKENS; tokens++) {
      const token = reader.peek(ahead + tokens)
      if (token.kind !== 'name' && token.text !== '-') break
      text += `${token.isSpaced ? ' ' : ''}${token.text}`
      const unit = token.kind === 'name' ? this.find(text) : undefined
      if (unit) best = { unit, tokens: tokens + 1, text }
    }
    return best
  }

  /** The unit after `square` or `cubic`, which are functions too. */
  #powered(ahead: number): Unit | undefined {
    const { reader, vocabulary } = this.#grammar
    const { text } = reader.peek(ahead)
    const next = reader.peek(ahead + 1)
    if (!PREFIXES.has(text.toLowerCase()) || vocabulary.isBound(text) || next.kind !== 'name')
      return undefined
    return vocabulary.isBound(next.text) ? undefined : this.find(next.text)
  }

  #meansMore({ text }: Token): boolean {
    const { isBound, isFunction, isConstant } = this.#grammar.vocabulary
    return isBound(text) || isFunction(text) || isConstant(text)
  }

  /**
   * Tells whether `in` is the unit: then nothing to convert to follows, or a second `in` or `to` does. After another
   * unit the second one is the inch, unless a third unit follows: `3 ft in in`, but `2 lbf in in J`.
   */
  #isInch(where: Where, ahead: number): boolean {
    const { reader } = this.#grammar
    const after = reader.peek(ahead + 1)
    const beyond = reader.peek(ahead + 2)
    if (after.kind === 'name') {
      if (after.text === 'x' || after.text === 'X') return beyond.kind === 'number'
      // The 2 of `m^2 in in^2` is no amount.
      const isAmount = where === 'afterNumber' && reader.peek(ahead - 2).text !== '^'
      if (after.word === 'in') return isAmount || this.at('target', ahead + 2) !== undefined
      return (
        isOperator(after.word) && !/^(?:what|percent|percentage)$/.test(after.word) && beyond.word !== 'cent'
      )
    }
    if (after.kind === 'number' && reader.peek(ahead - 1).kind !== 'number') return false
    if (after.kind === 'number')
      return beyond.kind !== 'name' || this.at('afterNumber', ahead + 2) !== undefined
    return !(after.text === '%' || after.text === '(' || after.kind === 'sign')
  }

  /**
   * Reads the units that stand next.
   *
   * @param isList in a conversion, where `ft in` are two
   * @returns undefined, with nothing taken, when none stands there
   */
  read(where: Where): TypedUnit | undefined {
    const { reader, vocabulary } = this.#grammar
    const parts: UnitPower[] = []
    const begun = reader.token
    const first = this.#factor(where, 1)
    if (!first) return undefined
    parts.push(first)
    let sign = 1
    for (;;) {
      const { token } = reader
      if (token.text === '/' && token.kind === 'operator') {
        const found = this.#divisor(token, parts)
        if (!found) break
        sign = -1
        continue
      }
      if (token.text === '*' && token.kind === 'operator') {
        const place = reader.place
        if (token.isSpaced || reader.peek(1).isSpaced || !this.at('elsewhere', 1)) break
        reader.next()
        const found = this.#factor('elsewhere', 1)
        if (!found) {
          reader.goBack(place)
          break
        }
        parts.push(found)
        sign = 1
        continue
      }
      if (token.word === 'per') {
        if (!this.at('joined', 1)) break
        reader.next()
        const found = this.#factor('joined', -1)
        if (!found) break
        parts.push(found)
        sign = -1
        continue
      }
      const next = this.at('elsewhere')
      if (!next || token.kind !== 'name' || token.word === 'in') break
      // `ft in` are two units of one kind, `ft lbf` is a product.
      if (vocabulary.isConvertible(first.unit, next)) break
      const found = this.#factor('elsewhere', sign)
      if (!found) break
      parts.push(found)
    }
    const [only] = parts
    if (only && parts.length === 1 && only.power === 1) return { unit: only.unit, word: begun.text }
    return { unit: vocabulary.unitProduct(parts) }
  }

  /** Reads what an amount of a currency is paid for: `/kg`, `per hour`, `an hour`. */
  readDivisors(currency: Unit): Unit {
    const parts: UnitPower[] = [{ unit: currency, power: 1 }]
    this.#divisors(parts)
    return parts.length === 1 ? currency : this.#grammar.vocabulary.unitProduct(parts)
  }

  /** Reads the `per year` of `3 per week to per year`; undefined, with nothing taken, when none stands there. */
  readPer(): Unit | undefined {
    const parts: UnitPower[] = []
    this.#divisors(parts)
    return parts.length === 0 ? undefined : this.#grammar.vocabulary.unitProduct(parts)
  }

  #divisors(parts: UnitPower[]): void {
    const { reader } = this.#grammar
    for (;;) {
      const { token } = reader
      if (token.kind === 'operator' && token.text === '/') {
        if (!this.#divisor(token, parts)) break
      } else if (/^(?:per|an?)$/.test(token.word) && this.at('joined', 1)) {
        reader.next()
        const found = this.#factor('joined', -1)
        if (!found) break
        parts.push(found)
      } else break
    }
  }

  /** Takes `/h`, and ` / h` where h is nothing else; `/(kg K)` too. */
  #divisor(slash: Token, parts: UnitPower[]): boolean {
    const { reader, vocabulary } = this.#grammar
    const place = reader.place
    const next = reader.peek(1)
    const isJoined = !slash.isSpaced && !next.isSpaced
    if (next.text === '(' && next.kind === 'operator') {
      reader.skip(2)
      const inside = this.#inParentheses()
      if (inside) {
        parts.push(...inside)
        return true
      }
      reader.goBack(place)
      return false
    }
    const where = isJoined ? 'joined' : 'elsewhere'
    if (!this.at(where, 1)) return false
    reader.next()
    const found = this.#factor(where, -1)
    if (!found) {
      reader.goBack(place)
      return false
    }
    if (isJoined && vocabulary.isBound(next.text))
      this.#grammar.note(
        `\`${next.text}\` is read as the unit here, because it is joined to one. For the name write spaces around the slash.`,
      )
    parts.push(found)
    return true
  }

  #inParentheses(): UnitPower[] | undefined {
    const { reader, vocabulary } = this.#grammar
    const parts: UnitPower[] = []
    let sign = -1
    for (;;) {
      // The names of functions too: BTU/(lb °F), mol/(l min).
      const { text } = reader.token
      const isOwn = vocabulary.isFunction(text) && !vocabulary.isBound(text)
      const where = isOwn ? 'joined' : 'elsewhere'
      const found = this.at(where) && this.#factor(where, sign)
      if (!found) return undefined
      parts.push(found)
      if (reader.take(')')) return parts
      sign = reader.take('/') ? 1 : -1
      if (sign === -1) reader.take('*')
    }
  }

  #factor(where: Where, sign: number): UnitPower | undefined {
    const { reader } = this.#grammar
    const { token } = reader
    const unit = this.at(where)
    if (!unit) return undefined
    const phrase = token.kind === 'name' ? this.#phrase(0) : undefined
    if (phrase) {
      reader.skip(phrase.tokens)
      return { unit, power: sign * this.#power() }
    }
    if (this.#powered(0) === unit && this.find(token.text) !== unit) {
      reader.skip(2)
      return { unit, power: sign * (PREFIXES.get(token.text.toLowerCase()) ?? 1) }
    }
    reader.next()
    return { unit, power: sign * this.#power() }
  }

  /** Takes the power of a unit where it is a number; any other is left. */
  #power(): number {
    const { reader } = this.#grammar
    const { token } = reader
    if (token.kind === 'power') {
      reader.next()
      return bounded(Number(token.text), token)
    }
    if (token.word === 'squared' || token.word === 'cubed') {
      reader.next()
      return token.word === 'squared' ? 2 : 3
    }
    if (token.kind !== 'operator' || token.text !== '^') return 1
    const place = reader.place
    reader.next()
    const isEnclosed = reader.take('(')
    const sign = reader.take('-') ? -1 : 1
    const exponent = reader.token
    if (exponent.kind === 'number' && exponent.fraction === undefined) {
      reader.next()
      let power = sign * Number(exponent.text)
      if (isEnclosed && reader.take('/') && reader.token.kind === 'number')
        power /= Number(reader.next().text)
      if ((!isEnclosed || reader.take(')')) && !reader.at('^') && reader.token.kind !== 'power')
        return bounded(power, exponent)
    }
    reader.goBack(place)
    return 1
  }
}

function bounded(power: number, { position }: Token): number {
  if (!(Math.abs(power) <= MOST_POWER)) throw limit('This unit is too complicated.', position)
  return power
}

/** Tells whether a sign of a currency stands before its amount. */
const isAmount = (sign: Token, next: Token): boolean =>
  next.kind === 'number' && !next.isSpaced && sign.isSpaced

/** Numbers that are one letter; a unit of that letter cannot be meant. */
const isMathematical = (name: string): boolean =>
  name === 'e' || name === 'i' || name === 'pi' || name === 'tau' || name === 'phi'
