/** Dates and times as people type them. */
export interface MomentText {
  /** `2026-12-24`. */
  readonly date?: string
  /** `15:30` or `15:30:20`. */
  readonly time?: string
  readonly zone?: string
  /** The time was typed in digits alone, as lengths of time are too: `7:30`. */
  readonly isClock?: true
}

export interface FoundMoment {
  /** Index after its last character. */
  readonly end: number
  readonly moment: MomentText
  /** Explains how it was read, if it could also be something else. */
  readonly note?: string
}

const ISO_DATE = /\d{4}-\d{2}-\d{2}(?![\d-])/y
const SLASHED_ISO_DATE = /(\d{4})\/(0[1-9]|1[0-2])\/(0[1-9]|[12]\d|3[01])(?![\d./])/y
const DOTTED_TIME = /(\d{1,2})\.([0-5]\d)([ap])\.?m(?:\.|(?![\p{L}\d_]))/iuy
const LISTED_TIMES = /(?<![\d:.])(?:[01]?\d|2[0-4]):[0-5]\d *, *(?:[01]?\d|2[0-4]):[0-5]\d(?![\d:.])/
const TIMES = /(?<![\d:.])([01]?\d|2[0-4]):([0-5]\d)(?![\d:.])/g
const POSSIBLE_DATE = /-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/
const DOTTED_DATE = /(0?[1-9]|[12]\d|3[01])\. ?(0?[1-9]|1[0-2])\. ?(\d{4})(?![\d.]*\d)/y
const DOTTED_ISO_DATE = /(\d{4})\. ?(0?[1-9]|1[0-2])\. ?(0?[1-9]|[12]\d|3[01])(?:\.(?!\d)|(?![\d.]))/y
/** A date with a two-digit year, which cannot be a number, since it has two points. */
const SHORT_DATE = /(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.\d\d(?![\d.,])/y
/** A date in the order of Europe or of America with a two-digit year. */
const SHORT_SLASHED_DATE = /(?=0|\d\/0|\d\d\/\d\d\/)(\d{1,2})\/(\d{1,2})\/(\d\d)(?![\d./])/y
const WEEKDAY = /(mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day)?\.?,? +/iy
const TIME = /([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d)(\.\d+)?)?(?![\d:]*[\d:])/y
const TWO_PAIRS = /(\d\d):0\d(?![\d:])/y
const TOO_MANY_MINUTES = /(?:1\d|2[0-3]):(?:[6-9]\d|[0-5]\d:[6-9]\d)(?![\d:.])/y
/** A day and a month in the order of Europe or of America. */
const SLASHED_DATE = /(\d{1,2})\/(\d{1,2})\/([12]\d{3})(?![\d./])/y
const TIME_OF_DATE = /(?:T|,? +(?:at +)?)([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d)(\.\d+)?)?(?![\d:])/y
const OFFSET_OF_DATE = /Z(?![\p{L}\d])|[+-]\d{2}:\d{2}(?!\d)/uy
const TIME_IN_WORDS = /(?:12 +)?(noon|midnight)(?![\p{L}\d_])(?!\s*:?=(?!=))/iuy
const HALF_OF_DAY = /( *)([ap])\.? ?m(?:\.|(?![\p{L}\d_]))/iuy
const SPACES = /,? +(?:at +)?/y
const HOUR_OF_DATE = /,? +(?:at +)?(\d{1,2})(?= *[ap]\.?m)/iy
const MONTH =
  '(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december)'
const DAY_MONTH = new RegExp(
  `(0?[1-9]|[12]\\d|3[01])(?:(?:st|nd|rd|th|\\.)?(?: +of)? +|-)${MONTH}(?:\\.?,? +|-)(\\d{4})(?![\\d.,]*\\d)`,
  'iy',
)
const MONTH_DAY = new RegExp(
  `${MONTH}\\.? +(0?[1-9]|[12]\\d|3[01])(?:st|nd|rd|th)?,? +(\\d{4})(?![\\d.,]*\\d)`,
  'iy',
)
const DAY_AND_WORD = /(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.)? +(\p{L}+)(?![\p{L}\d_(])/iuy
const WORD_AND_DAY = /(\p{L}+) +(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?![\p{L}\d_:]|[.,]\d)/iuy
const WHOLE_MONTH =
  /^(?:january|february|march|april|may|june|july|august|september|october|november|december)$/i
/** In small letters, `mar`, `dec` and `oct` are other words too. */
const SHORT_MONTH = /^(?:[Jj]an|[Ff]eb|Mar|[Aa]pr|[Jj]un|[Jj]ul|[Aa]ug|[Ss]ept?|Oct|[Nn]ov|Dec)$/
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

function match(pattern: RegExp, text: string, index: number): RegExpExecArray | undefined {
  pattern.lastIndex = index
  return pattern.exec(text) ?? undefined
}

/**
 * Returns the date, with its time if one follows, that begins at an index, or undefined.
 *
 * @param index of a digit or a letter
 */
export function dateAt(text: string, index: number): FoundMoment | undefined {
  const found = iso(text, index) ?? dotted(text, index) ?? slashed(text, index) ?? named(text, index)
  if (!found) return undefined
  const { date, end, note } = found
  const time = timeOfDate(text, end)
  return { end: time?.end ?? end, moment: { date, ...time?.moment }, ...(note !== undefined && { note }) }
}

/** Returns the time that follows a date: `15:30`, `at 3 pm`, `noon`, `T12:00Z`; or undefined. */
function timeOfDate(text: string, end: number): FoundMoment | undefined {
  const clock = match(TIME_OF_DATE, text, end)
  if (clock) {
    const [all, hours = '', minutes = '', seconds, fraction] = clock
    const after = end + all.length
    const half = halfOfDay(text, after, hours)
    if (half) return { end: half.end, moment: { time: clockText(half.hours, minutes, seconds) } }
    const offset = match(OFFSET_OF_DATE, text, after)?.[0]
    const zone = offset === 'Z' ? 'UTC' : offset
    const time = clockText(hours, minutes, seconds, fraction)
    return { end: after + (offset?.length ?? 0), moment: { time, ...(zone !== undefined && { zone }) } }
  }
  const spaces = match(SPACES, text, end)?.[0].length ?? 0
  const worded = spaces > 0 ? wordedTimeAt(text, end + spaces) : undefined
  if (worded) return worded
  const hour = match(HOUR_OF_DATE, text, end)
  const half = hour && halfOfDay(text, end + hour[0].length, hour[1] ?? '')
  return half && { end: half.end, moment: { time: clockText(half.hours, '00') } }
}

/** Returns the day and month of a date that lacks its year, or undefined. */
export function yearlessDateAt(text: string, index: number) {
  const dayFirst = match(DAY_AND_WORD, text, index)
  const found = dayFirst ?? match(WORD_AND_DAY, text, index)
  if (!found) return undefined
  const [all, one = '', other = ''] = found
  const [day, month] = dayFirst ? [one, other] : [other, one]
  const isMonth = WHOLE_MONTH.test(month) || SHORT_MONTH.test(month)
  return isMonth ? { day, month, end: index + all.length } : undefined
}

/** Returns `15.01.24` as it was typed, a date without its century; undefined for anything else. */
export const shortDateAt = (text: string, index: number): string | undefined =>
  match(SHORT_DATE, text, index)?.[0]

/** Returns `15/01/24` as it was typed, which may be meant as a date; undefined for anything else. */
export function shortSlashedDateAt(text: string, index: number): string | undefined {
  const [typed, first = '', second = ''] = match(SHORT_SLASHED_DATE, text, index) ?? []
  const isEither = (isMonth(first) && Number(second) <= 31) || (isMonth(second) && Number(first) <= 31)
  return isEither ? typed : undefined
}

/** Returns the date after the name of its day, `Saturday, 28 November 2026`, and the number of that day; or undefined. */
export function dateOfWeekdayAt(
  text: string,
  index: number,
): (FoundMoment & { weekday: number }) | undefined {
  const [all, day = ''] = match(WEEKDAY, text, index) ?? []
  const found = all === undefined ? undefined : dateAt(text, index + all.length)
  return found && { ...found, weekday: WEEKDAYS.indexOf(day.toLowerCase()) + 1 }
}

/** Tells whether a date as it was typed could be one: 13 is no month. */
export const isPossibleDate = (date: string): boolean => POSSIBLE_DATE.test(date)

/** Returns the time that begins at an index, or undefined: hours and two digits of minutes. */
export function timeAt(text: string, index: number): FoundMoment | undefined {
  const clock = match(TIME, text, index)
  if (!clock) return undefined
  const [all, hours = '', minutes = '', seconds, fraction] = clock
  const half = halfOfDay(text, index + all.length, hours)
  if (half) return { end: half.end, moment: { time: clockText(half.hours, minutes, seconds) } }
  const after = text.slice(index + all.length, index + all.length + 20)
  const isWorkedWith = /^ *[*/^.'!%]/.test(after) || (/^[01]$/.test(hours) && after.trim() === '')
  const isRising = Number(hours) < Number(minutes) && !/^0/.test(minutes) && !/^0/.test(seconds ?? '')
  const couldBeRange = isWorkedWith && isRising && hours.length === 1
  const time = clockText(hours, minutes, seconds, fraction)
  const numbers = seconds === undefined ? `${hours}, ${minutes}` : `${hours}, ${seconds}, ${minutes}`
  return {
    end: index + all.length,
    moment: { time, isClock: true },
    ...(couldBeRange && { note: `\`${all}\` is read as a time. For the numbers write range(${numbers}).` }),
  }
}

/** Returns the time of `noon`, `12 noon` or `midnight`, which is the start of the day; or undefined. */
export function wordedTimeAt(text: string, index: number): (FoundMoment & { word: string }) | undefined {
  const found = match(TIME_IN_WORDS, text, index)
  if (!found) return undefined
  const [all, word = ''] = found
  const time = word.toLowerCase() === 'noon' ? '12:00' : '00:00'
  return { end: index + all.length, moment: { time }, word }
}

/** Tells whether something like `25:05` begins at an index: no day has that hour, and nobody writes a range of numbers so. */
export function isNoTime(text: string, index: number): boolean {
  const found = match(TWO_PAIRS, text, index)
  return found !== undefined && Number(found[1]) > 24
}

/** Returns `12:75` as it was typed, which looks like a time but is not one; undefined for anything else. */
export const tooManyMinutesAt = (text: string, index: number): string | undefined =>
  match(TOO_MANY_MINUTES, text, index)?.[0]

/** Tells whether only a time can be meant, even where `9:30` would be a range of numbers: `09:30`, `9:30pm`, `17:00`. */
export function isSurelyTime(text: string, index: number, end: number): boolean {
  const typed = text.slice(index, end)
  return /^0|[a-z]/i.test(typed) || isFalling(typed)
}

/** Tells whether a text contains something that can only be a time, `9:30 - 17:00`, or a list of two times. */
export function isAmongTimes(text: string): boolean {
  if (LISTED_TIMES.test(text)) return true
  for (const [typed] of text.matchAll(TIMES)) if (typed.startsWith('0') || isFalling(typed)) return true
  return false
}

/** Tells whether a range of numbers looks much like a time, as `9:30` does and `1:10` does not. */
export const isLikelyTime = (text: string, index: number, end: number): boolean =>
  /^\d{1,2}:(?:00|15|30|45)$/.test(text.slice(index, end)) && !/^1:/.test(text.slice(index, end))

/** Tells whether the minutes are less than the hours, as in `17:00`: no range of numbers counts down. */
function isFalling(typed: string): boolean {
  const [hours = '', minutes = '', ...others] = typed.split(':')
  return others.length === 0 && Number(minutes) < Number(hours)
}

/** Returns the time of `9.30pm`, without a space, or undefined. */
export function dottedTimeAt(text: string, index: number): FoundMoment | undefined {
  const [all = '', hours = '', minutes = '', half = ''] = match(DOTTED_TIME, text, index) ?? []
  const hour = Number(hours)
  if (all === '' || hour < 1 || hour > 12) return undefined
  const ofDay = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  return { end: index + all.length, moment: { time: clockText(String(ofDay), minutes) } }
}

/** An hour with `am` or `pm` after it. */
export interface FoundHour extends FoundMoment {
  /** White space stands between: then `5 pm` may be 5 picometres. */
  readonly isSpaced: boolean
}

/** Returns the time of `3pm` and `3 p.m.`, where the hour's digits end at an index; or undefined. */
export function hourAt(text: string, end: number, hours: string): FoundHour | undefined {
  const half = halfOfDay(text, end, hours)
  return half && { end: half.end, moment: { time: clockText(half.hours, '00') }, isSpaced: half.isSpaced }
}

function halfOfDay(text: string, index: number, hours: string) {
  const found = match(HALF_OF_DAY, text, index)
  const hour = Number(hours)
  if (!found || hours.length > 2 || hour < 1 || hour > 12) return undefined
  const [all, space = '', half = ''] = found
  const isAfternoon = half.toLowerCase() === 'p'
  return {
    end: index + all.length,
    hours: String((hour % 12) + (isAfternoon ? 12 : 0)),
    isSpaced: space !== '',
  }
}

const clockText = (hours: string, minutes: string, seconds?: string, fraction = ''): string =>
  `${hours.padStart(2, '0')}:${minutes}${seconds === undefined ? '' : `:${seconds}${fraction}`}`

interface FoundDate {
  readonly date: string
  /** Index after its last character. */
  readonly end: number
  readonly note?: string
}

function iso(text: string, index: number): FoundDate | undefined {
  const dotted = match(DOTTED_ISO_DATE, text, index)
  if (dotted) {
    const [all, year = '', month = '', day = ''] = dotted
    return { date: isoDate(year, month, day), end: index + all.length }
  }
  const slashed = match(SLASHED_ISO_DATE, text, index)
  if (slashed) return { date: slashed[0].replaceAll('/', '-'), end: index + slashed[0].length }
  const found = match(ISO_DATE, text, index)
  return found && { date: found[0], end: index + found[0].length }
}

function dotted(text: string, index: number): FoundDate | undefined {
  const found = match(DOTTED_DATE, text, index)
  if (!found) return undefined
  const [all, day = '', month = '', year = ''] = found
  return { date: isoDate(year, month, day), end: index + all.length }
}

/**
 * Returns both dates that `3/4/2026` could be, in the form of ISO 8601; undefined when it can only be one date, or none.
 */
export function ambiguousDateAt(text: string, index: number): readonly [string, string] | undefined {
  const [, first = '', second = '', year = ''] = match(SLASHED_DATE, text, index) ?? []
  const isEither = isMonth(first) && isMonth(second) && Number(first) !== Number(second)
  return isEither ? [isoDate(year, first, second), isoDate(year, second, first)] : undefined
}

/** `24/12/2026` and `12/24/2026`, of which only one number can be the month. */
function slashed(text: string, index: number): FoundDate | undefined {
  const found = match(SLASHED_DATE, text, index)
  if (!found || ambiguousDateAt(text, index)) return undefined
  const [all, first = '', second = '', year = ''] = found
  const [day, month] = isMonth(second) ? [first, second] : [second, first]
  if (!isMonth(month) || Number(day) < 1 || Number(day) > 31) return undefined
  const date = isoDate(year, month, day)
  return { date, end: index + all.length, note: `\`${all}\` is read as ${date}.` }
}

const isMonth = (digits: string): boolean => Number(digits) >= 1 && Number(digits) <= 12

const isoDate = (year: string, month: string, day: string): string =>
  `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`

function named(text: string, index: number): FoundDate | undefined {
  const dayFirst = match(DAY_MONTH, text, index)
  const found = dayFirst ?? match(MONTH_DAY, text, index)
  if (!found) return undefined
  const [all, one = '', other = '', year = ''] = found
  const [day, month] = dayFirst ? [one, other] : [other, one]
  const number = String(MONTHS.indexOf(month.slice(0, 3).toLowerCase()) + 1)
  return { date: isoDate(year, number, day), end: index + all.length }
}
