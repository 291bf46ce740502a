import type { CalculationError } from '../numbers/index.ts'
import {
  ambiguousDateAt,
  dateAt,
  dateOfWeekdayAt,
  dottedTimeAt,
  type FoundMoment,
  hourAt,
  isAmongTimes,
  isLikelyTime,
  isNoTime,
  isPossibleDate,
  isSurelyTime,
  shortDateAt,
  shortSlashedDateAt,
  timeAt,
  tooManyMinutesAt,
  wordedTimeAt,
  yearlessDateAt,
} from './moments.ts'
import { datedInWordsAt, type FoundDay, spokenTimeAt, weekDateAt } from './moments-in-words.ts'
import type { OpenBrackets } from './open-brackets.ts'
import type { Vocabulary } from './vocabulary.ts'
import { OF_LISTS } from './words.ts'

const YEAR_AND_MONTH = /(?:19|20)\d\d-(?:0[1-9]|1[0-2])(?![\d./-])/y
/** A date of which the month or the day has one digit. */
const SLASHED_NUMBERS = /((?:19|20)\d\d)\/(0?[1-9]|1[0-2])\/(0?[1-9]|[12]\d|3[01])(?![\d./])/y
const HYPHENED_DATE = /(?=\d{4}-|\d+-\d+-\d{4})(\d{4}|\d{1,2})-(\d{1,2})-(\d{4}|\d{1,2})(?![\d./-])/y
/** The sign that `5 pm` is a time: a length of time is added or subtracted, or another time follows. */
const GOES_ON_AS_TIME =
  /\s*(?:[-+]\s*\d+(?:[.,]\d+)?\s*(?:h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)(?![\p{L}\d])|to\s+\d{1,2}\s*[ap]m)/iuy
const IN_PLACE = /\s*(?:in|to)\s+(\p{L}+)(?: +(\p{L}+))?/uy
/** The sign that `5 pm` is a length: it is converted to a unit of length. */
const GOES_ON_AS_LENGTH =
  /\s*(?:to|in|as|into)\s+[\p{L}µ]{1,3}m(?![\p{L}\d])|\s*(?:to|in|into)\s+(?:m|in|ft|met|ang)/iuy
/** `am` or `pm` after a time. */
const HALF = / ?[ap]m(?![\p{L}\d_])/iuy
/** The first letters of months, and of dates and times in words: `noon`, `half past 3`, `last day of May 2026`. */
const FIRST_OF_MONTH = /^[jfmasond]/i
const FIRST_OF_WORDS = /^[abefhlmnoqst]/i
const FIRST_OF_WEEKDAY = /^[mtwfs]/i

/** How a line that is being read is explained, and refused. */
export interface Remarks {
  /** Adds a sentence that explains how something was read. */
  note(sentence: string): void
  /** Makes the error for what begins at an index. */
  fail(message: string, index: number): CalculationError
}

/**
 * Finds the dates and times of a line from left to right, where nothing else can be meant. It explains what only looks like
 * one, and refuses what could be two.
 */
export class MomentsOfLine {
  readonly #text: string
  readonly #vocabulary: Vocabulary
  readonly #brackets: OpenBrackets
  readonly #remarks: Remarks
  /** True if a date or time has been found so far. */
  #isFound = false
  #isAmongTimes: boolean | undefined

  constructor(text: string, vocabulary: Vocabulary, brackets: OpenBrackets, remarks: Remarks) {
    this.#text = text
    this.#vocabulary = vocabulary
    this.#brackets = brackets
    this.#remarks = remarks
  }

  /**
   * Returns the date or time that begins with digits, or undefined.
   *
   * @param start index of the first digit
   * @param end index after the last; the same as `start` where a number begins with its point
   * @param before the text of the token before them, if there is one
   * @param noun the text of the token before them, or before an `of` that precedes them
   * @throws CalculationError for a day or an hour that does not exist, and for what could be two of them
   */
  atDigits(start: number, end: number, before?: string, noun?: string): FoundMoment | undefined {
    const next = this.#text.charAt(end)
    const length = end - start
    const isBeforeWord = next === ' ' || /[a-z]/i.test(next)
    // A date begins with a year or a day, a time with an hour.
    const isDayOrHour = length === 1 || length === 2
    const isDay = isDayOrHour && (isBeforeWord || next === '-' || next === '.')
    const isPart = isDayOrHour && next === '/' && before !== '/'
    const isYear = length === 4 && (next === '-' || next === '/' || next === '.')
    const date = isYear || isDay || isPart ? dateAt(this.#text, start) : undefined
    if (date) return this.#found(date, start)
    const week = isYear && next === '-' ? this.#day(weekDateAt(this.#text, start), start) : undefined
    if (week) return week
    if (next === '-') this.#noteHyphens(start, before)
    if (isYear && next === '/') this.#noteSlashes(start)
    if (isPart) this.#refuseAmbiguousDate(start)
    if (isPart) this.#noteShortDate(start)
    if (isDayOrHour && next === '.') this.#refuseShortDate(start)
    if (!isDayOrHour) return undefined
    if (next === ':') return this.#clock(start, before, noun)
    const dotted = next === '.' ? dottedTimeAt(this.#text, start) : undefined
    if (dotted) return this.#found(dotted, start)
    if (isBeforeWord || next === '.') this.#askForYear(start)
    const worded = isBeforeWord ? this.#inWords(start) : undefined
    return worded ?? (isBeforeWord ? this.#hour(start, end) : undefined)
  }

  /** Returns the date or time of `last day of May 2026`, `half past 3`, `noon`, unless the sheet gives the word another meaning. */
  inWordsAt(start: number): FoundMoment | undefined {
    return FIRST_OF_WORDS.test(this.#text.charAt(start)) ? this.#inWords(start) : undefined
  }

  /**
   * Returns the date that begins with the name of a month, or undefined.
   *
   * @throws CalculationError for a date without its year
   */
  atMonth(start: number): FoundMoment | undefined {
    if (!FIRST_OF_MONTH.test(this.#text.charAt(start))) return undefined
    const date = dateAt(this.#text, start)
    if (date) return this.#found(date, start)
    this.#askForYear(start)
    return undefined
  }

  /**
   * Returns the date that begins with the name of its day, or undefined.
   *
   * @throws CalculationError for a date that is another day
   */
  atWeekday(start: number): FoundMoment | undefined {
    if (!FIRST_OF_WEEKDAY.test(this.#text.charAt(start))) return undefined
    const found = dateOfWeekdayAt(this.#text, start)
    if (!found) return undefined
    const { date = '' } = found.moment
    const day = isPossibleDate(date) ? weekdayOf(date) : undefined
    if (day !== undefined && day !== found.weekday)
      throw this.#remarks.fail(
        `${date} is another day of the week. Write the date alone, or correct it.`,
        start,
      )
    return this.#found(found, start)
  }

  #found(found: FoundMoment, start: number): FoundMoment {
    const { date } = found.moment
    if (date !== undefined && !isPossibleDate(date))
      throw this.#remarks.fail(
        `There is no day ${date}. To subtract, write spaces: ${date.replaceAll('-', ' - ')}.`,
        start,
      )
    if (found.note !== undefined) this.#remarks.note(found.note)
    this.#isFound = true
    return found
  }

  // Dates

  #noteHyphens(start: number, before: string | undefined): void {
    YEAR_AND_MONTH.lastIndex = start
    const typed = before === undefined ? YEAR_AND_MONTH.exec(this.#text)?.[0] : undefined
    if (typed !== undefined)
      this.#remarks.note(`\`${typed}\` is read as a subtraction. For a date write the day too: ${typed}-01.`)
    HYPHENED_DATE.lastIndex = start
    const [found, year = '', month = '', day = ''] = HYPHENED_DATE.exec(this.#text) ?? []
    if (found !== undefined && before !== '-') {
      const last = Number(month) > 12 ? [year, month] : [month, year]
      const date = year.length === 4 ? [year, month, day] : [day, ...last]
      const written = date.map((part) => part.padStart(2, '0')).join('-')
      if (isPossibleDate(written))
        this.#remarks.note(`\`${found}\` is read as a subtraction. For the date write ${written}.`)
    }
  }

  /** Notes that `2026/1/2` is read as divisions. */
  #noteSlashes(start: number): void {
    SLASHED_NUMBERS.lastIndex = start
    const [typed, year = '', ...parts] = SLASHED_NUMBERS.exec(this.#text) ?? []
    if (typed === undefined) return
    const date = [year, ...parts.map((part) => part.padStart(2, '0'))].join('-')
    this.#remarks.note(`\`${typed}\` is read as divisions. For the date write ${date}.`)
  }

  /** @throws CalculationError for `3/4/2026`, which is another day in Europe than in America */
  #refuseAmbiguousDate(start: number): void {
    const dates = ambiguousDateAt(this.#text, start)
    if (dates)
      throw this.#remarks.fail(
        `This could be two dates. Write ${dates[0]} or ${dates[1]}. To divide, write spaces.`,
        start,
      )
  }

  /** Notes that `15/01/24` is read as divisions. */
  #noteShortDate(start: number): void {
    const typed = shortSlashedDateAt(this.#text, start)
    if (typed !== undefined)
      this.#remarks.note(`\`${typed}\` is read as divisions. For a date write the whole year: 2024-01-15.`)
  }

  /** @throws CalculationError for `15.01.24`, which could be of any century */
  #refuseShortDate(start: number): void {
    const typed = shortDateAt(this.#text, start)
    if (typed !== undefined)
      throw this.#remarks.fail(`Write the whole year: ${typed.slice(0, -2)}20${typed.slice(-2)}.`, start)
  }

  /** @throws CalculationError for `10 June`, since the year is not known here */
  #askForYear(start: number): void {
    const found = yearlessDateAt(this.#text, start)
    if (found === undefined || this.#vocabulary.isBound(found.month)) return
    throw this.#remarks.fail(`Write the year too: ${found.day} ${found.month} 2026.`, found.end)
  }

  // Times

  /** In an argument, a cell or a choice, `9:30` is two numbers unless it can only be a time. */
  #clock(start: number, before?: string, noun = ''): FoundMoment | undefined {
    const text = this.#text
    const { isInChoice, isInList } = this.#brackets
    const found = timeAt(text, start)
    if (!found && !isInList && isNoTime(text, start))
      throw this.#remarks.fail(`There is no ${text.slice(start, start + 5)}: a day has 24 hours.`, start)
    const minutes = found || isInList ? undefined : tooManyMinutesAt(text, start)
    if (minutes !== undefined && before !== ':')
      this.#remarks.note(
        `\`${minutes}\` is read as a range of numbers: an hour has 60 minutes, and a minute 60 seconds.`,
      )
    if (!found || before === ':') return undefined
    if (OF_LISTS.has(noun) && !isSurelyTime(text, start, found.end)) return undefined
    this.#refuseHalf(start, found.end)
    // A time alone in parentheses says nothing: `(1:10) * 2` is of the numbers.
    const isAlone = before === '(' && text.charAt(found.end) === ')'
    const isTime =
      (!isAlone && !isInList && !isInChoice) ||
      isSurelyTime(text, start, found.end) ||
      (isInList && this.#isLineOfTimes())
    if (isTime) return this.#found(found, start)
    if (isInList && isLikelyTime(text, start, found.end)) {
      const typed = text.slice(start, found.end)
      this.#remarks.note(`\`${typed}\` is read as a range of numbers here. For the time write ${typed}:00.`)
    }
    return undefined
  }

  /** @throws CalculationError for `13:30 pm`, since neither half of the day has that hour */
  #refuseHalf(start: number, end: number): void {
    HALF.lastIndex = end
    const half = HALF.exec(this.#text)?.[0]
    if (
      half === undefined ||
      /[ap]/i.test(this.#text.slice(start, end)) ||
      this.#vocabulary.isBound(half.trim())
    )
      return
    const typed = this.#text.slice(start, end)
    throw this.#remarks.fail(`There is no hour ${typed}${half}: write ${typed}.`, start)
  }

  /** Asked once: the answer is about the whole line. */
  #isLineOfTimes(): boolean {
    this.#isAmongTimes ??= isAmongTimes(this.#text)
    return this.#isAmongTimes
  }

  /** `noon` and `12 noon`, `half past 3`, `first Monday of January 2027`. */
  #inWords(start: number): FoundMoment | undefined {
    const found = wordedTimeAt(this.#text, start)
    if (found && !this.#vocabulary.isBound(found.word)) return this.#found(found, start)
    const [first = ''] = /^\p{L}*/u.exec(this.#text.slice(start, start + 20)) ?? []
    if (first !== '' && this.#vocabulary.isBound(first)) return undefined
    const spoken = spokenTimeAt(this.#text, start)
    return spoken ? this.#found(spoken, start) : this.#day(datedInWordsAt(this.#text, start), start)
  }

  /** @throws CalculationError for a day that does not exist */
  #day(found: FoundDay | undefined, start: number): FoundMoment | undefined {
    if (found && 'refused' in found) throw this.#remarks.fail(found.refused, start)
    return found && this.#found(found, start)
  }

  #hour(start: number, end: number): FoundMoment | undefined {
    const text = this.#text
    const found = hourAt(text, end, text.slice(start, end))
    if (!found) {
      this.#refuseHour(start, end)
      return undefined
    }
    if (found.isSpaced && !this.#isFound) {
      GOES_ON_AS_LENGTH.lastIndex = found.end
      if (GOES_ON_AS_LENGTH.test(text)) return undefined
      GOES_ON_AS_TIME.lastIndex = found.end
      if (!GOES_ON_AS_TIME.test(text) && !this.#isInPlace(found.end)) {
        const hour = text.slice(start, end)
        const half = text.slice(end, found.end).trim()
        const unit = /^p/i.test(half) ? 'picometres' : 'attometres'
        throw this.#remarks.fail(
          `\`${hour} ${half}\` could be a time or ${hour} ${unit}. Write ${hour}${half} for the time, or ${hour} ${unit}.`,
          start,
        )
      }
    }
    return this.#found(found, start)
  }

  /** @throws CalculationError for `13pm`, which nobody means as a length */
  #refuseHour(start: number, end: number): void {
    const typed = /^\d\d[ap]m(?![\p{L}\d_])/u.exec(this.#text.slice(start, end + 3))?.[0]
    GOES_ON_AS_LENGTH.lastIndex = end + 2
    if (typed !== undefined && Number(typed.slice(0, 2)) <= 24 && !GOES_ON_AS_LENGTH.test(this.#text))
      throw this.#remarks.fail(
        `There is no hour ${typed}: write ${typed.slice(0, 2)}:00, or a space before a length.`,
        start,
      )
  }

  /** Tells whether the name of a place follows: `3 pm in Tokyo`. */
  #isInPlace(index: number): boolean {
    IN_PLACE.lastIndex = index
    const [, first = '', second = ''] = IN_PLACE.exec(this.#text) ?? []
    const { findZone } = this.#vocabulary
    return first !== '' && (findZone(first) !== undefined || findZone(`${first} ${second}`) !== undefined)
  }
}

/** The day of the week of a date, from 1 for Monday; undefined where there is no such date. */
function weekdayOf(date: string): number | undefined {
  const day = new Date(`${date}T00:00:00Z`).getUTCDay()
  return Number.isNaN(day) ? undefined : day || 7
}
