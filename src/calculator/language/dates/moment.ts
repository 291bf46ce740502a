import { evaluation, limit } from '../../numbers/index.ts'
import { findZone, nameOfZone } from './zones.ts'

/**
 * A day of the calendar, a time of day, both, or both in a time zone. Moments are never changed. Everything is in the
 * ISO calendar, between the years -9999 and 9999; nothing here knows what day it is now.
 */
export type Moment =
  | { readonly kind: 'date'; readonly at: Temporal.PlainDate }
  | { readonly kind: 'time'; readonly at: Temporal.PlainTime }
  | { readonly kind: 'dateTime'; readonly at: Temporal.PlainDateTime }
  | { readonly kind: 'zonedDateTime'; readonly at: Temporal.ZonedDateTime }

/** A moment that has a day. */
export type Dated = Exclude<Moment, { kind: 'time' }>

const LAST_YEAR = 9999

export const isMoment = (value: { readonly kind?: unknown }): value is Moment =>
  value.kind === 'date' ||
  value.kind === 'time' ||
  value.kind === 'dateTime' ||
  value.kind === 'zonedDateTime'

export const isDated = (moment: Moment): moment is Dated => moment.kind !== 'time'

export const dateMoment = (at: Temporal.PlainDate): Moment => ({ kind: 'date', at: inRange(at) })
export const timeMoment = (at: Temporal.PlainTime): Moment => ({ kind: 'time', at })
export const dateTimeMoment = (at: Temporal.PlainDateTime): Moment => ({ kind: 'dateTime', at: inRange(at) })
export const zonedMoment = (at: Temporal.ZonedDateTime): Moment => ({
  kind: 'zonedDateTime',
  at: inRange(at),
})

function inRange<T extends { readonly year: number }>(at: T): T {
  if (Math.abs(at.year) > LAST_YEAR) throw tooFar()
  return at
}

export const tooFar = () => limit(`A date must be between the years -${LAST_YEAR} and ${LAST_YEAR}.`)

/**
 * Returns the moment that was typed.
 *
 * @param typed a date and a time in a form that Temporal reads, and a place, a zone's name or an offset from UTC
 * @throws CalculationError when there is no such day, time or zone, or when a zone has a time but no date
 */
export function readMoment(typed: { date?: string; time?: string; zone?: string }): Moment {
  const date = typed.date === undefined ? undefined : read(Temporal.PlainDate, typed.date)
  const time = typed.time === undefined ? undefined : read(Temporal.PlainTime, typed.time)
  if (typed.zone !== undefined) return inZone(date, time, typed.zone)
  if (date && time) return dateTimeMoment(date.toPlainDateTime(time))
  if (date) return dateMoment(date)
  if (time) return timeMoment(time)
  throw evaluation('A date or a time is missing.')
}

interface Reads<T> {
  from(text: string, options: { overflow: 'reject' }): T
}

function read<T>(reads: Reads<T>, text: string): T {
  try {
    return reads.from(text, { overflow: 'reject' })
  } catch {
    if (text === '24:00') throw evaluation('Write 00:00 of the next day instead of 24:00.')
    throw evaluation(`There is no \`${text}\`.`)
  }
}

function inZone(
  date: Temporal.PlainDate | undefined,
  time: Temporal.PlainTime | undefined,
  place: string,
): Moment {
  const zone = findZone(place)
  if (zone === undefined) throw unknownPlace(place)
  if (!time) throw evaluation(`Write the time too: \`${date ?? '2026-11-28'} 9:35 in ${place}\`.`)
  if (!date)
    throw evaluation(
      `Write the date too, as in \`2026-11-28 ${clock(time)} in ${place}\`: the time elsewhere depends on the day.`,
    )
  return placeIn(date.toPlainDateTime(time), zone)
}

export const unknownPlace = (place: string) =>
  evaluation(`I don't know the time in \`${place}\`. Name a large city, or an offset such as UTC+2.`)

/**
 * Returns the moment when clocks of a zone show this date and time.
 *
 * @throws CalculationError when they never do, or do twice, because they are put forward or back
 */
export function placeIn(at: Temporal.PlainDateTime, zone: string): Moment {
  try {
    return zonedMoment(at.toZonedDateTime(zone, { disambiguation: 'reject' }))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  const [earlier, later] = (['earlier', 'later'] as const).map((disambiguation) =>
    at.toZonedDateTime(zone, { disambiguation }),
  )
  if (!earlier || !later || earlier.equals(later)) throw tooFar()
  const name = nameOfZone(zone)
  if (!earlier.toPlainDateTime().equals(at))
    throw evaluation(
      `There is no ${clock(at)} on ${at.toPlainDate()} in ${name}: the clocks go forward then.`,
    )
  throw evaluation(
    `It is ${clock(at)} twice on ${at.toPlainDate()} in ${name}, because the clocks go back. ` +
      `Write UTC${earlier.offset} or UTC${later.offset} instead of ${name}.`,
  )
}

/** Returns a moment as people read it and as it can be typed again: `2026-11-28`, `17:00`, `2026-11-28 17:00 in Tokyo`. */
export function writeMoment(moment: Moment): string {
  if (moment.kind === 'date') return day(moment.at)
  if (moment.kind === 'time') return clock(moment.at)
  const local = `${day(moment.at)} ${clock(moment.at)}`
  return moment.kind === 'dateTime' ? local : `${local} in ${nameOfZone(moment.at.timeZoneId)}`
}

function day({ year, month, day }: { year: number; month: number; day: number }): string {
  const sign = year < 0 ? '-' : ''
  return `${sign}${digits(Math.abs(year), 4)}-${digits(month, 2)}-${digits(day, 2)}`
}

/** Returns the time of day: `09:05`, `09:05:30`, `09:05:30.25`. */
function clock(at: {
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  readonly microsecond: number
  readonly nanosecond: number
}): string {
  const minutes = `${digits(at.hour, 2)}:${digits(at.minute, 2)}`
  const fraction = `${digits(at.millisecond, 3)}${digits(at.microsecond, 3)}${digits(at.nanosecond, 3)}`
  if (at.second === 0 && Number(fraction) === 0) return minutes
  const shown = fraction.replace(/0+$/, '')
  return `${minutes}:${digits(at.second, 2)}${shown && `.${shown}`}`
}

const digits = (value: number, count: number): string => String(value).padStart(count, '0')

/** Returns the text of a moment that `decodeMoment` reads: as ISO 8601 and RFC 9557 write it. */
export const encodeMoment = (moment: Moment): string => moment.at.toString()

/**
 * Returns the moment of this kind that was encoded.
 *
 * @throws RangeError when the text is none
 */
export function decodeMoment(kind: Moment['kind'], text: string): Moment {
  if (kind === 'date') return dateMoment(Temporal.PlainDate.from(text))
  if (kind === 'time') return timeMoment(Temporal.PlainTime.from(text))
  if (kind === 'dateTime') return dateTimeMoment(Temporal.PlainDateTime.from(text))
  return zonedMoment(Temporal.ZonedDateTime.from(text))
}
