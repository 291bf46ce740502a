import { QueryFault } from './query.ts'

/**
 * The beginning of a date as typed, in milliseconds since 1970: a year, a month, a day, a time, `today` or `yesterday`.
 * @param zone the time zone of the person who typed it
 * @throws QueryFault
 */
export function beginningOf(typed: string, operator: 'after' | 'before', zone: string): number {
  try {
    return dateOf(typed.toLowerCase(), zone)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new QueryFault(
      `${operator}:${typed.slice(0, 40)} is not a date. Write ${operator}:2026-01-31, or only a year or a month.`,
    )
  }
}

function dateOf(typed: string, zone: string): number {
  const today = Temporal.Now.plainDateISO(zone)
  if (typed === 'today') return midnight(today, zone)
  if (typed === 'yesterday') return midnight(today.subtract({ days: 1 }), zone)
  if (/^\d{4}$/.test(typed)) return midnight(Temporal.PlainDate.from(`${typed}-01-01`), zone)
  if (/^\d{4}-\d{2}$/.test(typed)) return midnight(Temporal.PlainDate.from(`${typed}-01`), zone)
  if (/^\d{4}-\d{2}-\d{2}$/.test(typed)) return midnight(Temporal.PlainDate.from(typed), zone)
  if (/^\d{4}-\d{2}-\d{2}t.*(z|[+-]\d\d:?\d\d)$/.test(typed))
    return Temporal.Instant.from(typed).epochMilliseconds
  if (/^\d{4}-\d{2}-\d{2}t/.test(typed))
    return Temporal.PlainDateTime.from(typed).toZonedDateTime(zone).epochMilliseconds
  throw new RangeError('no date')
}

function midnight(date: Temporal.PlainDate, zone: string): number {
  return date.toZonedDateTime(zone).epochMilliseconds
}

/** The times, in milliseconds since 1970, between which all messages were posted. */
const FIRST = Date.UTC(2000, 0, 1)
const LAST = Date.UTC(2200, 0, 1)

/**
 * The fewest years, months and days in UTC that cover the time between two moments: a few hundred at most, in the form in which
 * messages are indexed.
 * @returns undefined if neither bound is given
 */
export function datesBetween(after: number | undefined, before: number | undefined): string[] | undefined {
  if (after === undefined && before === undefined) return undefined
  const first = dayOf(Math.min(Math.max(after ?? FIRST, FIRST), LAST))
  const last = dayOf(Math.min(Math.max((before ?? Date.now() + 2 * DAY) - 1, FIRST), LAST))
  const dates: string[] = []
  for (let day = first; Temporal.PlainDate.compare(day, last) <= 0; ) {
    const [year, month] = [day.with({ month: 1, day: 1 }), day.with({ day: 1 })]
    if (day.equals(year) && Temporal.PlainDate.compare(day.add({ years: 1 }), last) <= 0) {
      dates.push(day.toString().slice(0, 4))
      day = day.add({ years: 1 })
    } else if (day.equals(month) && Temporal.PlainDate.compare(day.add({ months: 1 }), last) <= 0) {
      dates.push(day.toString().slice(0, 7))
      day = day.add({ months: 1 })
    } else {
      dates.push(day.toString())
      day = day.add({ days: 1 })
    }
  }
  return dates
}

const DAY = 24 * 60 * 60 * 1_000

function dayOf(time: number): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO('UTC').toPlainDate()
}
