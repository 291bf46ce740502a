import { evaluation, findUnit, fromInteger, quantity } from '../../numbers/index.ts'
import {
  ageOn,
  type DatePart,
  dateOf,
  isLeapYear,
  isMoment,
  partOfMoment,
  workdaysBetween,
} from '../dates/index.ts'
import type { Value } from '../values/value.ts'
import { argument, describe, smallWholeOf } from './arguments.ts'
import type { FunctionEntry } from './function.ts'

function momentOf(value: Value) {
  if (typeof value === 'object' && isMoment(value)) return value
  throw evaluation(`This works with a date such as 2026-11-28, not with ${describe(value)}.`)
}

const topic = 'Dates'

const entry = (
  names: FunctionEntry['names'],
  signature: string,
  description: string,
  example: FunctionEntry['example'],
  takes: FunctionEntry['takes'],
  run: FunctionEntry['run'],
): FunctionEntry => ({ names, signature, description, example, topic, takes, run, cost: () => 20 })

const part = (name: string, which: DatePart, description: string, text: string): FunctionEntry => ({
  ...entry(
    [name],
    `${name}(date)`,
    description,
    { expression: `${name}(2026-11-28)`, text },
    [1, 1],
    (values) => partOfMoment(momentOf(argument(values, 0)), which),
  ),
  each: true,
})

function years(count: number): Value {
  const unit = findUnit(count === 1 ? 'year' : 'years')
  return unit === undefined ? fromInteger(count) : quantity(fromInteger(count), unit)
}

export const DATES: readonly FunctionEntry[] = [
  part('weekday', 'weekday', 'The day of the week.', 'Saturday'),
  part('weekNumber', 'week', 'The number of the week, according to ISO 8601.', '48'),
  entry(
    ['date'],
    'date(year, month, day)',
    'A calendar date.',
    { expression: 'date(2026, 11, 28)', text: '2026-11-28' },
    [3, 3],
    (values) => dateOf(...wholes(values)),
  ),
  entry(
    ['age'],
    'age(birth, day)',
    'The full years from one date to another.',
    { expression: 'age(1990-05-17, 2026-11-28)', text: '36 years' },
    [2, 2],
    (values) => years(ageOn(momentOf(argument(values, 0)), momentOf(argument(values, 1)))),
  ),
  entry(
    ['workdays', 'networkdays'],
    'workdays(from, to)',
    'The days from Monday to Friday between two dates, including both; holidays are not taken into account.',
    { expression: 'workdays(2026-11-28, 2026-12-24)', text: '19' },
    [2, 2],
    (values) => fromInteger(workdaysBetween(momentOf(argument(values, 0)), momentOf(argument(values, 1)))),
  ),
  {
    ...entry(
      ['isLeapYear'],
      'isLeapYear(year)',
      'Whether a year is a leap year.',
      { expression: 'isLeapYear(2028)', text: 'true' },
      [1, 1],
      (values) => {
        const value = argument(values, 0)
        return isLeapYear(typeof value === 'object' && isMoment(value) ? value : smallWholeOf(value))
      },
    ),
    each: true,
  },
]

function wholes(values: readonly Value[]): [number, number, number] {
  return [
    smallWholeOf(argument(values, 0)),
    smallWholeOf(argument(values, 1)),
    smallWholeOf(argument(values, 2)),
  ]
}
