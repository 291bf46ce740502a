import {
  convert,
  evaluation,
  findUnit,
  fromInteger,
  isReal,
  type Meter,
  multiply,
  nameOfUnit,
  numberOf,
  type Quantity,
  re,
  round,
  type Scalar,
  toBigInt,
} from '../../numbers/index.ts'
import { dateMoment, dateTimeMoment, type Moment, timeMoment, tooFar, zonedMoment } from './moment.ts'
import { addWorkdays } from './workdays.ts'

/** Time to add to a moment: months and days of the calendar, working days, and time that passes. */
interface Span {
  readonly months: number
  readonly days: number
  readonly workdays: number
  readonly nanoseconds: bigint
  /** It is one of hours, which give a date a time, even where it is none at all. */
  readonly isTimed: boolean
}

const NOTHING: Span = { months: 0, days: 0, workdays: 0, nanoseconds: 0n, isTimed: false }

/** Months that a unit of the calendar has, by its canonical name. */
const MONTHS: Readonly<Record<string, number>> = {
  month: 1,
  yr: 12,
  decade: 120,
  century: 1200,
  millennium: 12_000,
}
const DAYS: Readonly<Record<string, number>> = { day: 1, week: 7, fortnight: 14 }
const WORKDAY = 'workday'

/** More than this leads out of the calendar from everywhere in it. */
const MOST_DAYS = 7_400_000
const DAY = 86_400_000_000_000n

/**
 * Returns the moment that much later. Months and years are those of the calendar: a month after 31 January is the last of
 * February. A time of day goes on past midnight; hours after a date make a date with a time.
 *
 * @throws CalculationError when the quantity is no time, or leads out of the calendar
 */
export const addSpan = (moment: Moment, quantity: Quantity, meter: Meter): Moment =>
  later(moment, spanOf(quantity, meter))

/** Returns the moment that much earlier. @throws CalculationError as `addSpan` */
export function subtractSpan(moment: Moment, quantity: Quantity, meter: Meter): Moment {
  const { months, days, workdays, nanoseconds, isTimed } = spanOf(quantity, meter)
  return later(moment, {
    months: -months,
    days: -days,
    workdays: -workdays,
    nanoseconds: -nanoseconds,
    isTimed,
  })
}

function later(moment: Moment, span: Span): Moment {
  if (moment.kind === 'time') return laterThatDay(moment.at, span)
  const calendar = { months: span.months, days: span.days }
  const time = {
    seconds: Number(span.nanoseconds / 1_000_000_000n),
    nanoseconds: Number(span.nanoseconds % 1_000_000_000n),
  }
  if (moment.kind === 'zonedDateTime') {
    if (span.workdays !== 0) {
      const date = addWorkdays(moment.at.toPlainDate(), span.workdays)
      return zonedMoment(moment.at.with({ year: date.year, month: date.month, day: date.day }))
    }
    return zonedMoment(moment.at.add(calendar).add(time))
  }
  if (moment.kind === 'date') {
    const date = addWorkdays(moment.at, span.workdays).add(calendar)
    return span.isTimed ? dateTimeMoment(date.toPlainDateTime().add(time)) : dateMoment(date)
  }
  const date = addWorkdays(moment.at.toPlainDate(), span.workdays).add(calendar)
  return dateTimeMoment(date.toPlainDateTime(moment.at).add(time))
}

function laterThatDay(at: Temporal.PlainTime, { months, days, workdays, nanoseconds }: Span): Moment {
  if (months !== 0 || days !== 0 || workdays !== 0)
    throw evaluation('A time of day has no date. Add days to a date: `2026-11-28 12:00 + 1 day`.')
  return timeMoment(at.add({ nanoseconds: Number(nanoseconds % DAY) }))
}

function spanOf(quantity: Quantity, meter: Meter): Span {
  meter.charge(30)
  const name = nameOfUnit(quantity.unit)
  if (name === WORKDAY)
    return { ...NOTHING, workdays: count(quantity.value, 1, MOST_DAYS, NOT_WHOLE_WORKDAYS, meter) }
  const months = name !== undefined && Object.hasOwn(MONTHS, name) ? MONTHS[name] : undefined
  if (months !== undefined)
    return { ...NOTHING, months: count(quantity.value, months, MOST_DAYS / 30, NOT_WHOLE_MONTHS, meter) }
  const days = name !== undefined && Object.hasOwn(DAYS, name) ? DAYS[name] : undefined
  const whole = days === undefined ? undefined : wholeOf(multiply(quantity.value, fromInteger(days), meter))
  if (whole !== undefined) return { ...NOTHING, days: bounded(whole, MOST_DAYS) }
  const seconds = realOf(numberOf(convert(quantity, secondUnit(), meter)))
  const nanoseconds = wholeOf(round(multiply(seconds, fromInteger(1_000_000_000), meter)))
  if (nanoseconds === undefined) throw tooFar()
  bounded(nanoseconds / DAY, MOST_DAYS)
  return { ...NOTHING, nanoseconds, isTimed: true }
}

const NOT_WHOLE_MONTHS =
  'Months differ in length, so only whole months can be added to a date. Add the rest as days.'
const NOT_WHOLE_WORKDAYS = 'Only whole working days can be added to a date.'

function secondUnit() {
  const unit = findUnit('s')
  if (unit === undefined) throw new Error('there is no unit `s`')
  return unit
}

function count(value: Scalar, each: number, most: number, otherwise: string, meter: Meter): number {
  const whole = wholeOf(multiply(value, fromInteger(each), meter))
  if (whole === undefined) throw evaluation(otherwise)
  return bounded(whole, most)
}

const wholeOf = (value: Scalar): bigint | undefined => toBigInt(realOf(value))

function realOf(value: Scalar) {
  if (!isReal(value)) throw evaluation('A complex number of days cannot be added to a date.')
  return re(value)
}

function bounded(value: bigint, most: number): number {
  if (value > BigInt(Math.floor(most)) || value < -BigInt(Math.floor(most))) throw tooFar()
  return Number(value)
}
