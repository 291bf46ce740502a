import { type CalculationError, syntax } from '../numbers/index.ts'
import {
  beginsName,
  type Characters,
  endOfName,
  FRACTIONS,
  isDigit,
  NUMBER_LETTERS,
  pointAt,
  SUPERSCRIPTS,
} from './characters.ts'
import { NAME_LENGTH } from './limits.ts'
import {
  ambiguousDateAt,
  dateAt,
  dottedTimeAt,
  type FoundMoment,
  hourAt,
  isAmongTimes,
  isLikelyTime,
  isNoTime,
  isPossibleDate,
  isSurelyTime,
  type MomentText,
  timeAt,
  tooManyMinutesAt,
  wordedTimeAt,
  yearlessDateAt,
} from './moments.ts'
import { readNumeral } from './numerals.ts'
import { OpenBrackets } from './open-brackets.ts'
import type { Vocabulary } from './vocabulary.ts'
import { AMOUNT_WORDS, wordOf } from './words.ts'

export interface Token {
  /** A `power` is written above the line; a `sign` is of a currency. */
  readonly kind: 'number' | 'name' | 'operator' | 'power' | 'sign' | 'text' | 'moment' | 'end'
  readonly text: string
  /** 0-based code point of what was typed. */
  readonly position: number
  /** White space stands before it. */
  readonly isSpaced: boolean
  /** The word of the language that a name is, in lower case, or ''. */
  readonly word: string
  /** Numerator and denominator of the ½ in `½` and `1½`. */
  readonly fraction: readonly [string, string] | undefined
  readonly moment: MomentText | undefined
}

const OPERATORS = /\*\*|\.\*|\.\/|\.\^|<<|>>|<=|>=|==|!=|\^\||->|&&|\|\||[-+*/^%!'()[\],:;?<>=&|~√∛∜→≤≥≠∞‰⁄]/y
const TEXT = /"([^"]*)"/y
const BLANK = /[ \t\r\n]+/y
/** Marks, zero-width characters and direction controls: unseen, they could make a line read as another one. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{M}\u115f\u1160\u3164\uffa0]/u
/** A number with one group of thousands. */
const GROUPED = /[1-9]\d{0,2},(\d{3})(?![\d.]|,\d)/y
/** A point, and what follows it: the end, a space or a bracket. */
const FULL_STOP = /\.(?=([ \t\r\n)\],]|$))/y
const CURRENCY_SIGN = /^\p{Sc}$/u
const HYPHENED_DATE = /(\d{4}|\d{1,2})-(\d{1,2})-(\d{4}|\d{1,2})(?![\d./-])/y
/** Signs that `5 pm` is a time: a span of time is added, or a place follows. */
const GOES_ON_AS_TIME =
  /\s*(?:[-+]\s*\d+(?:[.,]\d+)?\s*(?:h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)(?![\p{L}\d])|to\s+\d{1,2}\s*[ap]m)/iuy
const IN_PLACE = /\s*(?:in|to)\s+(\p{L}+)(?: +(\p{L}+))?/uy
/** A sign that it is a length: it is converted. */
const GOES_ON_AS_LENGTH =
  /\s*(?:to|in|as|into)\s+[\p{L}µ]{1,3}m(?![\p{L}\d])|\s*(?:to|in|into)\s+(?:m|in|ft|met|ang)/iuy

const SAME_OPERATOR: Readonly<Record<string, string>> = {
  '≤': '<=',
  '≥': '>=',
  '≠': '!=',
  '→': '->',
  '⁄': '/',
  '**': '^',
}

/** An expression as it was read. */
export interface Tokens {
  /** The last is of kind `end`. */
  readonly tokens: readonly Token[]
  readonly notes: readonly string[]
}

/**
 * Splits an expression into tokens, from an index of its characters on.
 *
 * @throws CalculationError `syntax`, with a position, at what is no token
 */
export function tokenise(
  characters: Characters,
  vocabulary: Vocabulary,
  from = 0,
  to = characters.text.length,
): Tokens {
  const tokeniser = new Tokeniser(characters, vocabulary, from, to)
  return { tokens: tokeniser.tokens(), notes: tokeniser.notes }
}

class Tokeniser {
  readonly notes: string[] = []
  readonly #tokens: Token[] = []
  readonly #characters: Characters
  readonly #text: string
  readonly #vocabulary: Vocabulary
  readonly #isBound: (name: string) => boolean
  #index: number
  #isSpaced = false
  readonly #brackets: OpenBrackets

  constructor(characters: Characters, vocabulary: Vocabulary, from: number, to: number) {
    this.#characters = characters
    this.#text = characters.text.slice(0, to)
    this.#vocabulary = vocabulary
    this.#isBound = (name) => vocabulary.isBound(name)
    this.#brackets = new OpenBrackets(this.#text)
    this.#index = from
  }

  tokens(): Token[] {
    const { length } = this.#text
    while (this.#index < length) {
      const code = this.#text.charCodeAt(this.#index)
      if (code === 32 || code === 9 || code === 10 || code === 13) this.#skipBlank()
      else if (isDigit(code) || (code === 46 && isDigit(this.#text.charCodeAt(this.#index + 1)))) {
        // The point of `Rs.500` is that of the word.
        if (code === 46 && !this.#isSpaced && AMOUNT_WORDS.has(this.#tokens.at(-1)?.text ?? '')) this.#index++
        this.#number()
      } else if (beginsName(this.#text, this.#index)) this.#name()
      else if (code === 47 && this.#text.charCodeAt(this.#index + 1) === 47) break
      else this.#sign(code)
    }
    this.#index = Math.max(this.#index, 0)
    this.#put('end', '', this.#index)
    return this.#tokens
  }

  #skipBlank(): void {
    BLANK.lastIndex = this.#index
    BLANK.test(this.#text)
    this.#index = BLANK.lastIndex
    this.#isSpaced = true
  }

  #put(
    kind: Token['kind'],
    text: string,
    end: number,
    word = '',
    fraction?: readonly [string, string],
    moment?: MomentText,
  ): void {
    this.#tokens.push({
      kind,
      text,
      position: this.#characters.positionOf(this.#index),
      isSpaced: this.#isSpaced,
      word,
      fraction,
      moment,
    })
    this.#index = end
    this.#isSpaced = false
  }

  #fail(message: string, index = this.#index): CalculationError {
    return syntax(message, this.#characters.positionOf(index))
  }

  #number(): void {
    const start = this.#index
    const text = this.#text
    let end = start
    while (isDigit(text.charCodeAt(end))) end++
    const next = text.charCodeAt(end)
    const length = end - start
    // A date begins with a year or a day, a time with an hour.
    if (length === 4 && (next === 45 || next === 47) && this.#moment(dateAt(text, start))) return
    if (next === 45 && length <= 2 && this.#moment(dateAt(text, start))) return
    if (next === 45) this.#noteHyphens(start)
    if (length === 1 || length === 2) {
      if ((next === 46 || next === 32 || isLetter(next)) && this.#moment(dateAt(text, start))) return
      if (next === 47 && this.#tokens.at(-1)?.text !== '/') {
        if (this.#moment(dateAt(text, start))) return
        this.#refuseAmbiguousDate(start)
      }
      if (next === 58 && this.#time(start)) return
      if (next === 46 && this.#moment(dottedTimeAt(text, start))) return
      if (next === 46 || next === 32 || isLetter(next)) this.#askForYear()
      if (next === 32 && this.#wordedTime()) return
      if ((next === 32 || isLetter(next)) && this.#hour(start, end)) return
    }
    const numeral = readNumeral(text, start, this.#brackets, (message) => this.#fail(message, start))
    if (numeral.note !== undefined) this.notes.push(numeral.note)
    if (this.#brackets.commaSeparates) this.#noteGroup(start)
    const fraction = FRACTIONS.get(text.charAt(numeral.end))
    const isWhole = numeral.end === end
    if (fraction && !isWhole) throw this.#fail('A fraction must come after a whole number: 1½.', numeral.end)
    this.#put('number', numeral.text, numeral.end + (fraction ? 1 : 0), '', fraction)
  }

  /** Says that a comma separates here where it could be one of thousands: `sum(1,000, 2)`. */
  #noteGroup(start: number): void {
    GROUPED.lastIndex = start
    const [typed, group = ''] = GROUPED.exec(this.#text) ?? []
    if (typed !== undefined && (group.startsWith('0') || this.#text.includes(', ')))
      this.notes.push(
        `\`${typed}\` is read as two values here. For one number write ${typed.replace(',', '')}.`,
      )
  }

  #moment(found: FoundMoment | undefined): boolean {
    if (!found) return false
    const { date } = found.moment
    if (date !== undefined && !isPossibleDate(date))
      throw this.#fail(`There is no day ${date}. To subtract, write spaces: ${date.replaceAll('-', ' - ')}.`)
    if (found.note !== undefined) this.notes.push(found.note)
    this.#put('moment', this.#text.slice(this.#index, found.end), found.end, '', undefined, found.moment)
    return true
  }

  /** In an argument, a cell and a choice `9:30` are two numbers, unless it can be nothing but a time. */
  #time(start: number): boolean {
    const found = timeAt(this.#text, start)
    if (!found && !this.#brackets.isInList && isNoTime(this.#text, start))
      throw this.#fail(`There is no ${this.#text.slice(start, start + 5)}: a day has 24 hours.`)
    const minutes = found || this.#brackets.isInList ? undefined : tooManyMinutesAt(this.#text, start)
    if (minutes !== undefined && this.#tokens.at(-1)?.text !== ':')
      this.notes.push(`\`${minutes}\` is read as a range of numbers: an hour has 60 minutes.`)
    if (!found || this.#tokens.at(-1)?.text === ':') return false
    // A time alone in parentheses says nothing: `(1:10) * 2` is of the numbers.
    const isAlone = this.#tokens.at(-1)?.text === '(' && this.#text.charAt(found.end) === ')'
    const isTime =
      (!isAlone && !this.#brackets.isInList && !this.#brackets.isInChoice) ||
      isSurelyTime(this.#text, start, found.end) ||
      (this.#brackets.isInList && isAmongTimes(this.#text))
    if (!isTime && this.#brackets.isInList && isLikelyTime(this.#text, start, found.end)) {
      const typed = this.#text.slice(start, found.end)
      this.notes.push(`\`${typed}\` is read as a range of numbers here. For the time write ${typed}:00.`)
    }
    return isTime && this.#moment(found)
  }

  /** @throws CalculationError for `10 June`, since nobody knows here which year it is */
  #askForYear(): void {
    const found = yearlessDateAt(this.#text, this.#index)
    if (found === undefined || this.#isBound(found.month)) return
    throw this.#fail(`Write the year too: ${found.day} ${found.month} 2026.`, found.end)
  }

  /** `noon` and `12 noon`, where the sheet gives the word no other meaning. */
  #wordedTime(): boolean {
    const found = wordedTimeAt(this.#text, this.#index)
    return found !== undefined && !this.#isBound(found.word) && this.#moment(found)
  }

  #hour(start: number, end: number): boolean {
    const text = this.#text
    const found = hourAt(text, end, text.slice(start, end))
    if (!found) return this.#noHour(start, end)
    if (found.isSpaced && !this.#tokens.some(({ kind }) => kind === 'moment')) {
      GOES_ON_AS_LENGTH.lastIndex = found.end
      if (GOES_ON_AS_LENGTH.test(text)) return false
      GOES_ON_AS_TIME.lastIndex = found.end
      if (!GOES_ON_AS_TIME.test(text) && !this.#isInPlace(found.end)) {
        const hour = text.slice(start, end)
        const half = text.slice(end, found.end).trim()
        const unit = /^p/i.test(half) ? 'picometres' : 'attometres'
        throw this.#fail(
          `\`${hour} ${half}\` could be a time or ${hour} ${unit}. Write ${hour}${half} for the time, or ${hour} ${unit}.`,
          start,
        )
      }
    }
    return this.#moment(found)
  }

  /** @throws CalculationError for `13pm`, which nobody means as a length */
  #noHour(start: number, end: number): false {
    const typed = /^\d\d[ap]m(?![\p{L}\d_])/u.exec(this.#text.slice(start, end + 3))?.[0]
    GOES_ON_AS_LENGTH.lastIndex = end + 2
    if (typed !== undefined && Number(typed.slice(0, 2)) <= 24 && !GOES_ON_AS_LENGTH.test(this.#text))
      throw this.#fail(
        `There is no hour ${typed}: write ${typed.slice(0, 2)}:00, or a space before a length.`,
      )
    return false
  }

  /** Tells whether the name of a place follows: `3 pm in Tokyo`. */
  #isInPlace(index: number): boolean {
    IN_PLACE.lastIndex = index
    const [, first = '', second = ''] = IN_PLACE.exec(this.#text) ?? []
    const { findZone } = this.#vocabulary
    return first !== '' && (findZone(first) !== undefined || findZone(`${first} ${second}`) !== undefined)
  }

  #noteHyphens(start: number): void {
    HYPHENED_DATE.lastIndex = start
    const [found, year = '', month = '', day = ''] = HYPHENED_DATE.exec(this.#text) ?? []
    if (found !== undefined && this.#tokens.at(-1)?.text !== '-') {
      const date = year.length === 4 ? [year, month, day] : [day, month, year]
      const written = date.map((part) => part.padStart(2, '0')).join('-')
      this.notes.push(`\`${found}\` is read as a subtraction. For the date write ${written}.`)
    }
  }

  /** @throws CalculationError for `3/4/2026`, which is another day in Europe than in America */
  #refuseAmbiguousDate(start: number): void {
    const dates = ambiguousDateAt(this.#text, start)
    if (dates)
      throw this.#fail(`This could be two dates. Write ${dates[0]} or ${dates[1]}. To divide, write spaces.`)
  }

  #name(): void {
    const start = this.#index
    const end = endOfName(this.#text, start)
    const typed = this.#text.slice(start, end)
    if (typed.length > NAME_LENGTH) throw this.#fail(`A name can have at most ${NAME_LENGTH} characters.`)
    const constant = NUMBER_LETTERS.get(typed)
    if (constant !== undefined) {
      this.#put('name', constant, end)
      return
    }
    const name = isAscii(typed) ? typed : typed.normalize('NFC')
    if (/^[nm]/i.test(typed) && this.#wordedTime()) return
    if (this.#tokens.length > 0 && /\d/.test(typed) && this.#split(typed, name)) return
    const isMonth = this.#tokens.at(-1)?.kind !== 'number' && /^[jfmasond]/i.test(typed)
    if (isMonth && this.#moment(dateAt(this.#text, start))) return
    if (isMonth) this.#askForYear()
    this.#put('name', name, end, wordOf(name, this.#isBound))
  }

  /** Takes the first part of what grew together with digits: `2x3`, `5ft3in`, `50 m2`. */
  #split(typed: string, name: string): boolean {
    const { isFunction, isConstant, findUnit } = this.#vocabulary
    if (this.#isBound(name) || isFunction(name) || isConstant(name) || findUnit(name)) return false
    const before = this.#tokens.at(-1)
    const isAttached = before?.kind === 'number' && !this.#isSpaced
    const [letters = ''] = /^\D+/.exec(typed) ?? []
    const rest = typed.slice(letters.length)
    const isAfterPercent = before?.kind === 'operator' && before.text === '%'
    if (isAfterPercent && /^(?:of|on|off)$/.test(letters) && /^\d+$/.test(rest)) {
      this.#put('name', letters, this.#index + letters.length, letters)
      return true
    }
    if ((letters === 'x' || letters === 'X') && (before?.kind === 'number' || isAfterPercent)) {
      this.#put('name', letters, this.#index + 1, 'x')
      return true
    }
    if (letters === '' || this.#isBound(letters) || !findUnit(letters)) return false
    const isPower = rest === '2' || rest === '3'
    if (
      isPower &&
      (isAttached ||
        before?.kind === 'number' ||
        before?.text === '/' ||
        /^(?:per|to|in|as|into)$/.test(before?.word ?? ''))
    ) {
      this.#put('name', letters, this.#index + letters.length)
      this.#put('power', rest, this.#index + 1)
      return true
    }
    if (!isAttached) return false
    this.#put('name', letters, this.#index + letters.length, wordOf(letters, this.#isBound))
    return true
  }

  #sign(code: number): void {
    const start = this.#index
    const text = this.#text
    if (code === 46 && this.#isFullStop()) {
      this.#index++
      return
    }
    if (code > 127) {
      const point = pointAt(text, start)
      if (SUPERSCRIPTS.has(point)) {
        this.#superscript()
        return
      }
      const fraction = FRACTIONS.get(point)
      if (fraction) {
        this.#put('number', '', start + 1, '', fraction)
        return
      }
      if (point === '°' || point === '℃' || point === '℉') {
        this.#degrees(point)
        return
      }
      if (point === '∞') {
        this.#put('name', 'Infinity', start + 1)
        return
      }
    }
    // After a number, the marks of feet and inches.
    if (code === 34 && (!this.#isInch() || this.#isSpaced)) {
      this.#textInQuotes()
      return
    }
    if (code === 34) {
      this.#put('operator', '"', start + 1)
      return
    }
    if (code === 36 || (code > 127 && CURRENCY_SIGN.test(pointAt(text, start)))) {
      this.#put('sign', text.charAt(start), start + 1)
      return
    }
    // Two marks of feet are one of inches.
    if (code === 39 && text.charCodeAt(start + 1) === 39 && this.#isInch() && !this.#isSpaced) {
      this.#put('operator', '"', start + 2)
      return
    }
    OPERATORS.lastIndex = start
    const found = OPERATORS.exec(text)?.[0]
    if (found === undefined) throw this.#unknown()
    this.#operator(found)
  }

  /** Tells whether a point ends an abbreviation, `5 lbs. 3 oz.`, or the line. */
  #isFullStop(): boolean {
    const before = this.#tokens.at(-1)
    if (!before || this.#isSpaced) return false
    const isWord = before.kind === 'name'
    const isClosed = before.kind === 'power' || /^[)\]%!]$/.test(before.text)
    FULL_STOP.lastIndex = this.#index
    const [found, after] = FULL_STOP.exec(this.#text) ?? []
    return found !== undefined && (isWord || (isClosed && after === ''))
  }

  #isInch(): boolean {
    const before = this.#tokens.at(-1)
    return before?.kind === 'number'
  }

  #textInQuotes(): void {
    TEXT.lastIndex = this.#index
    const [all, inside] = TEXT.exec(this.#text) ?? []
    if (all === undefined || inside === undefined) throw this.#fail('A closing quotation mark is missing.')
    this.#put('text', inside, this.#index + all.length)
  }

  #operator(found: string): void {
    const before = this.#tokens.at(-1)
    const end = this.#index + found.length
    if (found === '&&' || found === '||') {
      const word = found === '&&' ? 'and' : 'or'
      this.#put('name', word, end, word)
      return
    }
    if (found === '(' || found === '[')
      this.#brackets.open(
        this.#index,
        before?.kind === 'name' && (before.word === '' || this.#vocabulary.isFunction(before.text)),
      )
    else if (found === ')' || found === ']') this.#brackets.close()
    else if (found === '?' || found === ':') this.#brackets.choose(found)
    this.#put('operator', SAME_OPERATOR[found] ?? found, end)
  }

  #superscript(): void {
    let end = this.#index
    let power = ''
    for (;;) {
      const digit = SUPERSCRIPTS.get(this.#text.charAt(end))
      if (digit === undefined) break
      power += digit
      end++
    }
    if (!/^[+-]?\d+$/.test(power))
      throw this.#fail('A superscript sign needs superscript digits after it: 2⁻¹.')
    this.#put('power', power.replace('+', ''), end)
  }

  #degrees(point: string): void {
    const start = this.#index
    if (point !== '°') {
      this.#put('name', point === '℃' ? '°C' : '°F', start + 1)
      return
    }
    const letter = this.#text.charAt(start + 1)
    const isScale = /^[CFKRcf]$/.test(letter) && !beginsName(this.#text, start + 2)
    if (letter === 'K' && isScale) this.#put('name', 'K', start + 2)
    else if (isScale) this.#put('name', `°${letter.toUpperCase()}`, start + 2)
    else this.#put('name', '°', start + 1)
  }

  #unknown(): CalculationError {
    const point = pointAt(this.#text, this.#index)
    if (UNSEEN.test(point)) return this.#fail('There is an invisible character here. Delete it.')
    if (point === '{' || point === '}') return this.#fail('Use parentheses ( ) instead of braces.')
    if (point === '.') return this.#fail('A digit is missing next to this point.')
    if (point === '#') return this.#fail('Write // before a comment. A heading begins with #.')
    const shown = /^[\ud800-\udfff]$/.test(point) ? '\ufffd' : point
    return this.#fail(`I can't read \`${shown}\` here. Leave it out, or write // before a comment.`)
  }
}

const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90)

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}
