import { FrameError } from '../channels/index.ts'

/** Characters in which a time is looked for, at the beginning and at the end of what was written. */
const SOUGHT = 80

/** The furthest into the future that something can be scheduled. */
const YEARS = 2

/** The hour of a day for which no hour was given. */
const MORNING = 9

/** The hour that chrono gives where a day was named without one. */
const NOON = 12

export interface Reminder {
  readonly at: Temporal.ZonedDateTime
  readonly text: string
}

/**
 * Parses `tomorrow at 9 to call Zoë`, or `to call Zoë tomorrow at 9`: a time at either end, and the subject.
 * @param now in the person's zone
 * @throws FrameError that says how it is written
 */
export async function readReminder(written: string, now: Temporal.ZonedDateTime): Promise<Reminder> {
  const rest = written
    .replace(/^\/remind\b\s*/i, '')
    .replace(/^me\b\s*/i, '')
    .trim()
  if (/^(?:every|each|daily|weekly|monthly)\b/i.test(rest)) throw unreadable('Reminders cannot repeat.')
  const found = (await timeAt('beginning', rest, now)) ?? (await timeAt('end', rest, now))
  if (!found) throw unreadable('There is no time in that.')
  const text = found.rest.replace(/^\s*(?:to|that|about)\b|^[\s,:–-]+/i, '').trim()
  if (text === '') throw unreadable('That does not say what to remind you of.')
  return { at: checked(found.at, now), text }
}

/**
 * Reads the value of a field for date and time, such as `2026-11-29T09:00`. An hour that a clock skips in spring is the one after
 * it; of an hour that it has twice in autumn it is the first.
 * @param standing the time that is changed: the same one again may be past
 * @throws FrameError
 */
export function readTime(
  written: string,
  now: Temporal.ZonedDateTime,
  standing?: Temporal.Instant,
): Temporal.ZonedDateTime {
  let at: Temporal.ZonedDateTime
  try {
    at = /(?:z|[+-]\d\d:\d\d)$/i.test(written)
      ? Temporal.Instant.from(written).toZonedDateTimeISO(now.timeZoneId)
      : Temporal.PlainDateTime.from(written).toZonedDateTime(now.timeZoneId)
  } catch {
    throw new FrameError('invalid', 'choose a date and a time, such as 2026-11-29T09:00')
  }
  return standing?.equals(at.toInstant()) ? at : checked(at, now)
}

/** A time as the value of a field for date and time: `2026-11-29T09:00`. */
export function fieldTime(at: Temporal.ZonedDateTime): string {
  return at.toPlainDateTime().toString({ smallestUnit: 'minute', roundingMode: 'trunc' })
}

/** A time as a person of its zone says it: `Sun 29 Nov at 09:00`, and with the year where that is another one. */
export function timeWords(at: Temporal.ZonedDateTime, now: Temporal.ZonedDateTime): string {
  const day = at
    .toLocaleString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' })
    .replace(',', '')
  const year = at.year === now.year ? '' : ` ${at.year}`
  const clock = `${String(at.hour).padStart(2, '0')}:${String(at.minute).padStart(2, '0')}`
  return `${day}${year} at ${clock}`
}

async function timeAt(where: 'beginning' | 'end', text: string, now: Temporal.ZonedDateTime) {
  // It is large, and most processes never need it.
  const { en } = await import('chrono-node')
  const start = where === 'beginning' ? 0 : Math.max(0, text.length - SOUGHT)
  const part = text.slice(start, start + SOUGHT)
  const reference = { instant: new Date(now.epochMilliseconds), timezone: now.offsetNanoseconds / 60e9 }
  const results = en.GB.parse(part, reference, { forwardDate: true })
  const found = where === 'beginning' ? results[0] : results.at(-1)
  if (!found) return undefined
  const end = found.index + found.text.length
  const isThere = where === 'beginning' ? found.index === 0 : start + end === text.length
  if (!isThere) return undefined
  const rest = where === 'beginning' ? text.slice(end) : text.slice(0, start + found.index)
  const { start: components } = found
  // "In 20 minutes" is that long from now, whatever the clock does meanwhile.
  if (components.isCertain('timezoneOffset'))
    return {
      rest,
      at: Temporal.Instant.fromEpochMilliseconds(found.date().getTime()).toZonedDateTimeISO(now.timeZoneId),
    }
  const number = (name: 'year' | 'month' | 'day' | 'hour' | 'minute') => components.get(name) ?? 0
  const hour = !components.isCertain('hour') && number('hour') === NOON ? MORNING : number('hour')
  const { year, month, day, minute } = {
    year: number('year'),
    month: number('month'),
    day: number('day'),
    minute: number('minute'),
  }
  const plain = Temporal.PlainDateTime.from({ year, month, day, hour, minute })
  return { rest, at: plain.toZonedDateTime(now.timeZoneId) }
}

function checked(at: Temporal.ZonedDateTime, now: Temporal.ZonedDateTime): Temporal.ZonedDateTime {
  if (Temporal.ZonedDateTime.compare(at, now) <= 0)
    throw new FrameError('invalid', `${timeWords(at, now)} is in the past; choose a time in the future`)
  if (Temporal.ZonedDateTime.compare(at, now.add({ years: YEARS })) > 0)
    throw new FrameError('invalid', `that is more than ${YEARS} years ahead; choose an earlier time`)
  return at
}

function unreadable(what: string): FrameError {
  return new FrameError(
    'invalid',
    `${what} Write it like "/remind me tomorrow at 9 to call Zoë", "/remind me in 20 minutes to stretch" or "/remind me on 3 December at 14:30 to pay the rent".`,
  )
}
