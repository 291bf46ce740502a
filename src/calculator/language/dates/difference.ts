import {
  addQuantities,
  evaluation,
  findUnit,
  type Quantity,
  quantity,
  ratio,
  type Scalar,
  UNMETERED,
  type Unit,
} from '../../numbers/index.ts'
import type { Moment } from './moment.ts'

/** A span of time that is shown in several units, the largest first: `1 day 3 h 20 min`. */
export interface MixedSpan {
  readonly kind: 'written'
  readonly value: Quantity
  readonly as: { readonly kind: 'mixed'; readonly units: readonly Unit[] }
}

const DAY = 86_400_000_000_000n
const HOUR = 3_600_000_000_000n
const MINUTE = 60_000_000_000n
const SECOND = 1_000_000_000n

/**
 * Returns the first moment minus the second: in days between dates, in hours between times of day, and in several units
 * where one is not enough. Between moments in time zones it is the time that passes.
 *
 * @throws CalculationError when they cannot be subtracted from each other
 */
export function differenceOf(to: Moment, from: Moment): Quantity | MixedSpan {
  if (from.kind === 'date' && to.kind === 'date') return inDays(BigInt(from.at.until(to.at).days))
  const [start, end] = instants(from, to)
  const nanoseconds = end - start
  if (nanoseconds === 0n) return from.kind === 'time' ? span(0n, HOUR, 'h') : inDays(0n)
  const parts = partsOf(nanoseconds)
  const [only] = parts
  if (only !== undefined && parts.length === 1) return span(nanoseconds, only.size, only.name)
  const units = parts.map(({ name }) => unitOf(name))
  return { kind: 'written', value: span(nanoseconds, HOUR, 'h'), as: { kind: 'mixed', units } }
}

/**
 * Returns the first moment minus the second in whole years or months of the calendar, and the part of the next one that has
 * passed, as `Temporal.Duration.total` does: from 15 January to 15 March it is 2 months.
 *
 * @throws CalculationError when one has no date
 */
export function calendarTotal(to: Moment, from: Moment, unit: 'years' | 'months'): Quantity {
  const [start, end] = [dateTimeOf(from), dateTimeOf(to)]
  const count = start.until(end, { largestUnit: unit })[unit]
  const direction = Temporal.PlainDateTime.compare(end, start)
  const [reached, next] = [count, count + direction].map((whole) => start.add({ [unit]: whole }))
  if (!reached || !next) throw new Error('two moments are more than one')
  const passed = between(reached, end)
  const length = magnitude(between(reached, next)) || 1n
  return span(BigInt(count) * length + passed, length, unit)
}

/**
 * Returns the first moment minus the second in whole years or months of the calendar and days after them, which are added to
 * years and months of average length, so that splitting the sum into these units gives them again.
 *
 * @throws CalculationError when one has no date
 */
export function calendarParts(to: Moment, from: Moment, unit: 'years' | 'months'): Quantity | Scalar {
  const [start, end] = [dateTimeOf(from), dateTimeOf(to)]
  const count = start.until(end, { largestUnit: unit })[unit]
  const rest = between(start.add({ [unit]: count }), end)
  return addQuantities(span(BigInt(count), 1n, unit), span(rest, DAY, 'days'), UNMETERED)
}

/** The nanoseconds from one moment to another. */
const between = (from: Temporal.PlainDateTime, to: Temporal.PlainDateTime): bigint =>
  to.toZonedDateTime('UTC').epochNanoseconds - from.toZonedDateTime('UTC').epochNanoseconds

function dateTimeOf(moment: Moment): Temporal.PlainDateTime {
  if (moment.kind === 'date') return moment.at.toPlainDateTime()
  if (moment.kind === 'dateTime') return moment.at
  throw evaluation('This works with dates.')
}

/** The units in which a span is not 0. */
function partsOf(nanoseconds: bigint): { size: bigint; name: string }[] {
  let rest = magnitude(nanoseconds)
  const day = rest >= DAY && rest < 2n * DAY ? 'day' : 'days'
  const units = [
    { size: DAY, name: day },
    { size: HOUR, name: 'h' },
    { size: MINUTE, name: 'min' },
    { size: SECOND, name: 's' },
  ]
  return units.filter(({ size }) => {
    // Seconds take what is left of them.
    const count = size === SECOND ? rest : rest / size
    rest %= size
    return count > 0n
  })
}

/** Returns less than 0 when the first moment is the earlier, 0 when they are the same, more than 0 otherwise. */
export function compareMoments(one: Moment, other: Moment): number {
  const [a, b] = instants(one, other)
  return a < b ? -1 : a > b ? 1 : 0
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value)

const inDays = (days: bigint): Quantity => span(days, 1n, magnitude(days) === 1n ? 'day' : 'days')

function span(amount: bigint, per: bigint, name: string): Quantity {
  const found = quantity(ratio(amount, per), unitOf(name))
  if (found.kind !== 'quantity') throw new Error(`\`${name}\` is no unit of time`)
  return found
}

function unitOf(name: string): Unit {
  const unit = findUnit(name)
  if (unit === undefined) throw new Error(`there is no unit \`${name}\``)
  return unit
}

/** Both on one scale of nanoseconds. A date beside a date with a time is its midnight. */
function instants(one: Moment, other: Moment): [bigint, bigint] {
  if ((one.kind === 'time') !== (other.kind === 'time'))
    throw evaluation(
      'One of these has a date, and the other only a time of day. Write the date too, or take the time alone: now to time.',
    )
  if ((one.kind === 'zonedDateTime') !== (other.kind === 'zonedDateTime'))
    throw evaluation('For both, add the place where it is this time: `2026-11-28 9:35 in New York`.')
  return [nanosecondsOf(one), nanosecondsOf(other)]
}

const MIDNIGHT = new Temporal.PlainTime()

function nanosecondsOf(moment: Moment): bigint {
  switch (moment.kind) {
    case 'time':
      return BigInt(MIDNIGHT.until(moment.at).total('nanoseconds'))
    case 'date':
      return moment.at.toZonedDateTime('UTC').epochNanoseconds
    case 'dateTime':
      return moment.at.toZonedDateTime('UTC').epochNanoseconds
    case 'zonedDateTime':
      return moment.at.epochNanoseconds
  }
}
