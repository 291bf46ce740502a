import { evaluation, fromInteger, type Real } from '../../numbers/index.ts'
import { dateMoment, type Moment, timeMoment, unknownPlace, zonedMoment } from './moment.ts'
import { findZone } from './zones.ts'

/** The parts of a moment that can be asked for: `2026-11-28 to weekday`. */
export type DatePart =
  | 'weekday'
  | 'week'
  | 'date'
  | 'time'
  | 'year'
  | 'month'
  | 'day'
  | 'dayOfYear'
  | 'quarter'

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/**
 * Returns one part of a moment: the name of its weekday, the number of its ISO week, its date, its time, or its year,
 * quarter, month, day or day of the year as a number.
 *
 * @throws CalculationError when it has no such part
 */
export function partOfMoment(moment: Moment, part: DatePart): Moment | Real | string {
  if (part === 'time') {
    if (moment.kind === 'date') throw evaluation('A date has no time of day.')
    return moment.kind === 'time' ? moment : timeMoment(moment.at.toPlainTime())
  }
  if (moment.kind === 'time') throw evaluation('A time of day has no date.')
  const date = moment.kind === 'date' ? moment.at : moment.at.toPlainDate()
  switch (part) {
    case 'date':
      return dateMoment(date)
    case 'weekday':
      return WEEKDAYS[date.dayOfWeek - 1] ?? ''
    case 'week':
      return fromInteger(date.weekOfYear ?? 0)
    case 'quarter':
      return fromInteger(Math.ceil(date.month / 3))
    default:
      return fromInteger(date[part])
  }
}

/**
 * Returns the same moment as clocks of another place show it.
 *
 * @param place a city, a zone's name or an offset from UTC
 * @throws CalculationError when there is no such place, or when the moment does not say where its own clock stands
 */
export function inZone(moment: Moment, place: string): Moment {
  const zone = findZone(place)
  if (zone === undefined) throw unknownPlace(place)
  if (moment.kind !== 'zonedDateTime')
    throw evaluation(
      `Add the day, and the place where it is this time: \`2026-11-28 9:35 in New York to ${place}\`.`,
    )
  return zonedMoment(moment.at.withTimeZone(zone))
}
