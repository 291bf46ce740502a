import { evaluation } from '../../numbers/index.ts'
import { type Dated, dateMoment, isDated, type Moment, tooFar } from './moment.ts'
import { countWorkdays } from './workdays.ts'

/** Returns a day of the calendar. @throws CalculationError when there is no such day */
export function dateOf(year: number, month: number, day: number): Moment {
  if (Math.abs(year) > 9999) throw tooFar()
  try {
    return dateMoment(Temporal.PlainDate.from({ year, month, day }, { overflow: 'reject' }))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw evaluation(`There is no day ${day} in month ${month} of ${year}.`)
  }
}

/** Returns the full years from one day to another. @throws CalculationError when one has no date, or the order is wrong */
export function ageOn(birth: Moment, moment: Moment): number {
  const [from, to] = [dayOf(birth), dayOf(moment)]
  if (Temporal.PlainDate.compare(from, to) > 0)
    throw evaluation('The first date must be the earlier one: `age(1990-05-17, 2026-11-28)`.')
  return from.until(to, { largestUnit: 'years' }).years
}

/** Returns how many working days lie between two days, both counted. @throws CalculationError when one has no date */
export const workdaysBetween = (from: Moment, to: Moment): number => countWorkdays(dayOf(from), dayOf(to))

/** Tells whether a year, or that of a date, has a 29 February. */
export function isLeapYear(year: number | Moment): boolean {
  if (typeof year !== 'number') return dayOf(year).inLeapYear
  if (Math.abs(year) > 9999) throw tooFar()
  return new Temporal.PlainDate(year, 1, 1).inLeapYear
}

function dayOf(moment: Moment): Temporal.PlainDate {
  if (!isDated(moment)) throw evaluation('A time of day has no date.')
  const dated: Dated = moment
  return dated.kind === 'date' ? dated.at : dated.at.toPlainDate()
}
