/** Dates and times in words: `first Monday of January 2027`, `last day of February 2024`, `half past 3`, `quarter to 9`. */
import type { FoundMoment } from './moments.ts'
import { COUNTS } from './words.ts'

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth']

const MONTH =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?'
const YEAR = ',? +(?:of +)?(\\d{4})(?![\\d.,:/-]*\\d|[\\p{L}_])'
const WEEKDAY_OF_MONTH = new RegExp(
  `(first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th) +(${WEEKDAYS.join('|')}) +(?:of|in) +${MONTH}${YEAR}`,
  'iuy',
)
const END_OF_MONTH = new RegExp(
  `(first day|last day|beginning|start|end) +of +(?:the +month +of +)?${MONTH}${YEAR}`,
  'iuy',
)
const END_OF_YEAR = new RegExp(
  `(first day|last day|beginning|start|end) +of(?: +the)?(?: +year)?${YEAR}`,
  'iuy',
)

const HOUR = `(\\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)`
const HALF_OF_DAY = `(?: *([ap])\\.?m(?:\\.|(?![\\p{L}\\d_])))?`
/** The tokens that may follow a time in words: before anything else, its hour would be a number with a unit. */
const AFTER = `(?![\\d:.]*\\d)(?! *[*/^%(]| +(?!(?:to|in|on|and|until|plus|minus|today|tomorrow|yesterday)\\b)\\p{L})`
const TO_THE_HOUR = new RegExp(
  `(?:a +)?(half|quarter|five|ten|twenty[- ]five|twenty|\\d{1,2}) +(past|to) +${HOUR}${HALF_OF_DAY}${AFTER}`,
  'iuy',
)
const OF_THE_CLOCK = new RegExp(`${HOUR} *o['’]?clock${HALF_OF_DAY}${AFTER}`, 'iuy')
const WHOLE_MONTH = new RegExp(`^${MONTH}$`, 'iu')
const WEEK = /(\d{4})-W(\d{2})(?:-([1-7]))?(?![\d\p{L}-])/uy

/** A date in words, or the message for a day that does not exist. */
export type FoundDay = FoundMoment | { readonly refused: string }

/** Returns the date in words that begins at an index, or undefined. */
export function datedInWordsAt(text: string, index: number): FoundDay | undefined {
  const weekday = match(WEEKDAY_OF_MONTH, text, index)
  if (weekday) {
    const [all, which = '', name = '', month = '', year = ''] = weekday
    const day = dayOfWeekday(which.toLowerCase(), name.toLowerCase(), Number(year), monthOf(month))
    if (day === undefined) return { refused: `There is no ${all}.` }
    return found(index, all, Number(year), monthOf(month), day)
  }
  const ofMonth = match(END_OF_MONTH, text, index)
  if (ofMonth) {
    const [all, which = '', month = '', year = ''] = ofMonth
    const day = isLast(which) ? daysIn(Number(year), monthOf(month)) : 1
    return found(index, all, Number(year), monthOf(month), day)
  }
  const ofYear = match(END_OF_YEAR, text, index)
  if (!ofYear) return undefined
  const [all, which = '', year = ''] = ofYear
  return isLast(which) ? found(index, all, Number(year), 12, 31) : found(index, all, Number(year), 1, 1)
}

/** Returns the Monday of `2026-W05`, or the day of `2026-W05-3`, by ISO 8601; undefined where there is none. */
export function weekDateAt(text: string, index: number): FoundDay | undefined {
  const [all, year = '', week = '', day] = match(WEEK, text, index) ?? []
  if (all === undefined) return undefined
  // Week 1 is the week of 4 January.
  const monday = 4 - ((dateOf(Number(year), 1, 4).getUTCDay() + 6) % 7) + (Number(week) - 1) * 7
  const weeks = weeksIn(Number(year))
  if (Number(week) < 1 || Number(week) > weeks) return { refused: `${year} has ${weeks} weeks.` }
  const at = found(index, all, Number(year), 1, monday + Number(day ?? 1) - 1)
  return day === undefined ? { ...at, note: `\`${all}\` is read as the Monday of that week.` } : at
}

/** Returns the first day of `February 2024` and that of the month after it; undefined for other words. */
export function wholeMonth(month: string, year: string): readonly [string, string] | undefined {
  if (!WHOLE_MONTH.test(month) || !/^[1-9]\d{3}$/.test(year)) return undefined
  return [isoDate(Number(year), monthOf(month), 1), isoDate(Number(year), monthOf(month) + 1, 1)]
}

/** Returns the time in words that begins at an index, or undefined. */
export function spokenTimeAt(text: string, index: number): FoundMoment | undefined {
  const clock = match(OF_THE_CLOCK, text, index)
  if (clock) return timeOf(clock[0], index, clock[1] ?? '', 0, clock[2])
  const [all, before = '', direction = '', hour = '', half] = match(TO_THE_HOUR, text, index) ?? []
  if (all === undefined) return undefined
  const isTo = direction.toLowerCase() === 'to'
  const minutes = minutesOf(before.toLowerCase())
  // `20 to 5` is a conversion.
  if (minutes === undefined || (isTo && /^(?:\d|half)/i.test(before))) return undefined
  return timeOf(all, index, hour, isTo ? -minutes : minutes, half)
}

function timeOf(
  all: string,
  index: number,
  spoken: string,
  minutes: number,
  half: string | undefined,
): FoundMoment | undefined {
  const hour = Number(COUNTS.get(spoken.toLowerCase()) ?? spoken)
  if (hour > (half === undefined ? 24 : 12) || (half !== undefined && hour < 1)) return undefined
  const ofDay = half === undefined ? hour : (hour % 12) + (/p/i.test(half) ? 12 : 0)
  const total = (ofDay * 60 + minutes + 24 * 60) % (24 * 60)
  const time = `${two(Math.floor(total / 60))}:${two(total % 60)}`
  const isOpen = half === undefined && hour < 12
  return {
    end: index + all.length,
    moment: { time },
    ...(isOpen && { note: `\`${all}\` is read as ${time}. For the afternoon write ${all} pm.` }),
  }
}

function minutesOf(word: string): number | undefined {
  if (word === 'half') return 30
  if (word === 'quarter') return 15
  if (/^twenty.five$/.test(word)) return 25
  const minutes = Number(COUNTS.get(word) ?? word)
  return minutes < 60 ? minutes : undefined
}

const isLast = (which: string): boolean => /^(?:last|end)/i.test(which)
const monthOf = (word: string): number => MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1
const two = (number: number): string => String(number).padStart(2, '0')

/** A day as a `Date`, which carries days beyond the month over into the next. */
function dateOf(year: number, month: number, day: number): Date {
  const date = new Date(Date.UTC(2000, 0, 1))
  date.setUTCFullYear(year, month - 1, day)
  return date
}

const daysIn = (year: number, month: number): number => dateOf(year, month + 1, 0).getUTCDate()

/** A year has 53 weeks where it begins or ends on a Thursday. */
function weeksIn(year: number): number {
  const days = [dateOf(year, 1, 1), dateOf(year, 12, 31)]
  return days.some((day) => day.getUTCDay() === 4) ? 53 : 52
}

function dayOfWeekday(which: string, name: string, year: number, month: number): number | undefined {
  const weekday = WEEKDAYS.indexOf(name)
  const length = daysIn(year, month)
  if (which === 'last') {
    const last = dateOf(year, month, length).getUTCDay()
    return length - ((last - weekday + 7) % 7)
  }
  const first = 1 + ((weekday - dateOf(year, month, 1).getUTCDay() + 7) % 7)
  const index = /^\d/.test(which) ? Number(which.charAt(0)) - 1 : ORDINALS.indexOf(which)
  const day = first + 7 * index
  return day > length ? undefined : day
}

function found(index: number, all: string, year: number, month: number, day: number): FoundMoment {
  return { end: index + all.length, moment: { date: isoDate(year, month, day) } }
}

function isoDate(year: number, month: number, day: number): string {
  const at = dateOf(year, month, day)
  return `${String(at.getUTCFullYear()).padStart(4, '0')}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`
}

function match(pattern: RegExp, text: string, index: number): RegExpExecArray | undefined {
  pattern.lastIndex = index
  return pattern.exec(text) ?? undefined
}
