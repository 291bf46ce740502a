/** Conversions: `20 °C in °F`, `170 cm to ft in`, `255 in hex`, `2/3 to 3 dp`, `9:35 in New York to Tokyo`. */
import {
  CalculationError,
  compare as compareReals,
  convert as convertQuantity,
  evaluation,
  type Meter,
  nameOfUnit,
  parseReal,
  type Quantity,
  type Real,
  rateOf,
  type Scalar,
  type Unit,
  unitIn,
  writeFixed,
  writeReal,
} from '../numbers/index.ts'
import { refuseBelowZero } from './absolute-zero.ts'
import { operand } from './arithmetic.ts'
import {
  calendarParts,
  calendarTotal,
  compareMoments,
  inZone,
  isMoment,
  type Moment,
  partOfMoment,
} from './dates/index.ts'
import { callFunction } from './functions/call.ts'
import { findFunction } from './functions/table.ts'
import { operate } from './operators.ts'
import type { Compute, Run } from './run.ts'
import type { Node, Target } from './tree.ts'
import { mapCells } from './values/matrix.ts'
import {
  isMatrix,
  isQuantity,
  isReal,
  isWritten,
  unwritten,
  type Value,
  type Writing,
} from './values/value.ts'

type Plain = Exclude<Value, { kind: 'written' }>
type Conversion = Extract<Node, { kind: 'convert' }>

/** Builds a conversion. */
export function conversion({ of: node, to }: Conversion, build: (node: Node) => Compute): Compute {
  const of = (to.kind === 'units' && calendarSpan(node, to.units, build)) || build(node)
  const target = to.kind === 'value' ? build(to.value) : undefined
  return (run, locals) => {
    const found = of(run, locals)
    const as = isWritten(found) ? found.as : undefined
    const before: Writing | undefined = as?.kind === 'share' ? { kind: 'percent' } : as
    if (to.kind === 'places') return toPlaces(unwritten(found), to, before, run)
    const places = before?.kind === 'places' ? before : undefined
    const isRounded = places !== undefined && to.kind === 'writing' && to.as !== 'percent'
    const value = isRounded ? roundedTo(unwritten(found), places, run) : unwritten(found)
    const unit = target && unitOf(target(run, locals))
    const one = (cell: Value): Value => {
      run.charge(5)
      return converted(unwritten(cell), to, unit, run)
    }
    const result = isMatrix(value) && !isWriting(to) ? mapCells(value, one) : one(value)
    if (places !== undefined) return withPlaces(result, places)
    return before && to.kind === 'units' && KEPT.has(before.kind) && !isWritten(result) && !isMatrix(result)
      ? { kind: 'written', value: result, as: before }
      : result
  }
}

/** `2026-03-15 - 2026-01-15 to months`, by the calendar; undefined where neither months nor years are asked for. */
function calendarSpan(
  node: Node,
  units: readonly Unit[],
  build: (node: Node) => Compute,
): Compute | undefined {
  const [inner] = node.kind === 'call' && node.name === 'abs' ? node.arguments : []
  const difference = inner ?? node
  const names = units.map(nameOfUnit)
  const isCalendar = names.includes('month') || names.includes('yr')
  if (difference.kind !== 'binary' || difference.operator !== 'subtract' || !isCalendar) return undefined
  const [left, right] = [build(difference.left), build(difference.right)]
  const unit = names.includes('month') ? 'months' : 'years'
  const work = units.length === 1 ? calendarTotal : calendarParts
  return (run, locals) => {
    const [to, from] = [unwritten(left(run, locals)), unwritten(right(run, locals))]
    run.step()
    const isDated = [to, from].every((one) => typeof one === 'object' && /^date/.test(one.kind))
    if (!isDated) {
      const found = operate('subtract', to, from, run)
      const abs = inner && findFunction('abs')
      return abs ? callFunction(abs, [found], run) : found
    }
    const isTurned = inner !== undefined && compareMoments(momentOf(to), momentOf(from)) < 0
    const [end, start] = isTurned ? [from, to] : [to, from]
    return work(momentOf(end), momentOf(start), unit)
  }
}

/** Writings that a value keeps when it is converted to another unit: `0.5 km to sci in m`. */
const KEPT: ReadonlySet<string> = new Set(['scientific', 'fraction', 'mixedFraction', 'base'])

/** Keeps the places of `10/3 km to 1 dp` through another conversion that does not mention places. */
function withPlaces(value: Value, { places, significant, isPercent }: Places): Value {
  const as = { kind: 'places', places, significant } as const
  if (!isWritten(value)) return isPercent || isMatrix(value) ? value : { kind: 'written', value, as }
  if (value.as.kind === 'percent') return { ...value, as: { ...as, isPercent: true } }
  if (value.as.kind === 'mixed' && !significant) return { ...value, as: { ...value.as, places } }
  if (value.as.kind === 'scientific' && significant) return { ...value, as: { ...value.as, digits: places } }
  return value
}

type Places = Extract<Writing, { kind: 'places' }>

/** Shows a value with some places. What was in several units, a percentage or scientific before stays so. */
function toPlaces(
  value: Plain,
  to: Extract<Target, { kind: 'places' }>,
  before: Writing | undefined,
  run: Run,
): Value {
  run.charge(5)
  refuseMoment(value)
  const isPercent = before?.kind === 'percent' || (before?.kind === 'places' && before.isPercent === true)
  const places: Places = { ...placesOf(to), ...(isPercent && { isPercent }) }
  if (before?.kind === 'mixed' && !to.significant) {
    const as = { ...before, places: to.places }
    return { kind: 'written', value: to.rounds ? roundedInLast(value, as, run) : value, as }
  }
  const found = to.rounds ? roundedTo(value, places, run) : value
  if (before?.kind === 'scientific')
    return { kind: 'written', value: found, as: { ...before, digits: to.places + (to.significant ? 0 : 1) } }
  return { kind: 'written', value: found, as: places }
}

/** A quantity in several units, of which the smallest is rounded. */
function roundedInLast(value: Plain, { units, places = 0 }: Mixed, run: Run): Plain {
  const first = units[0]
  const last = units.reduce((least, unit) => (compareReals(unit.factor, least.factor) < 0 ? unit : least))
  if (typeof value !== 'object' || !isQuantity(value) || !first) return value
  const found = roundedTo(toUnit(value, last, run), { kind: 'places', places, significant: false }, run)
  return toUnit(found, first, run)
}

type Mixed = Extract<Writing, { kind: 'mixed' }>

/** Rounds a value to the places with which it is shown. */
function roundedTo(value: Plain, as: Places, run: Run): Plain {
  run.charge(5)
  if (typeof value !== 'object') return value
  if (isMatrix(value)) return mapCells(value, (cell) => roundedTo(unwritten(cell), as, run))
  if (isQuantity(value)) {
    const { value: number, unit } = value
    return isReal(number) ? { kind: 'quantity', value: roundedReal(number, as), unit } : value
  }
  return isReal(value) ? roundedReal(value, as) : value
}

function roundedReal(value: Real, { places, significant, isPercent }: Places): Real {
  const { text } = significant
    ? writeReal(value, { significant: places, wholeInFull: false })
    : writeFixed(value, places + (isPercent ? 2 : 0))
  return parseReal(text)
}

const placesOf = ({ places, significant }: Extract<Target, { kind: 'places' }>) =>
  ({ kind: 'places', places, significant }) as const

function isWriting({ kind }: Target): boolean {
  return kind === 'writing' || kind === 'places'
}

function converted(value: Plain, to: Target, unit: Unit | undefined, run: Run): Value {
  switch (to.kind) {
    case 'units': {
      const units = to.otherwise && !fits(value, to.units, run) ? to.otherwise : to.units
      const [first, ...rest] = units
      if (first === undefined) throw evaluation('The unit to convert to is missing.')
      const found = toUnit(
        value,
        to.isRate && typeof value === 'object' && isQuantity(value) ? rateOf(value.unit, first) : first,
        run,
      )
      return rest.length === 0 ? found : { kind: 'written', value: found, as: { kind: 'mixed', units } }
    }
    case 'value':
      if (unit === undefined) throw noUnit()
      return toUnit(value, unit, run)
    case 'writing':
      refuseMoment(value)
      return to.as === 'percent' ? asPercentage(value, run) : { kind: 'written', value, as: writingOf(to.as) }
    case 'places':
      return { kind: 'written', value, as: placesOf(to) }
    case 'zone':
      return inZone(momentOf(value), to.zone)
    case 'datePart':
      return partOfMoment(momentOf(value), to.part)
  }
}

/** Returns the value, to be shown as a percentage. @throws CalculationError `evaluation` when it has a unit */
export function asPercentage(value: Plain, meter: Meter): Value {
  const as = { kind: 'percent' } as const
  if (typeof value !== 'object' || !isQuantity(value)) return { kind: 'written', value, as }
  if (value.unit.dimension.size > 0) throw evaluation('Only a number without a unit can be a percentage.')
  return { kind: 'written', value: convertQuantity(value, unitIn(value.value), meter), as }
}

/** Tells whether a value can be converted to the first of these units. */
function fits(value: Plain, [unit]: readonly Unit[], run: Run): boolean {
  if (unit === undefined) return false
  try {
    toUnit(value, unit, run)
    return true
  } catch (error) {
    if (error instanceof CalculationError && error.code === 'evaluation') return false
    throw error
  }
}

function writingOf(as: Extract<Target, { kind: 'writing' }>['as']): Writing {
  switch (as) {
    case 'hex':
      return { kind: 'base', base: 16 }
    case 'octal':
      return { kind: 'base', base: 8 }
    case 'binary':
      return { kind: 'base', base: 2 }
    case 'decimal':
      return { kind: 'number' }
    default:
      return { kind: as }
  }
}

/** A number without a unit is an angle in radians where an angle is asked for: `atan(1) to deg` is 45 deg. */
function toUnit(value: Value, unit: Unit, meter: Meter): Scalar | Quantity {
  const plain = operand(value)
  if (isMoment(plain))
    throw evaluation(
      'A date or time cannot be converted to a unit. For the time elsewhere write a city: to Tokyo.',
    )
  const found = convertQuantity(plain, unit, meter)
  refuseBelowZero(plain, found, meter)
  return found
}

function unitOf(value: Value): Unit {
  const plain = unwritten(value)
  if (typeof plain === 'object' && isQuantity(plain)) return plain.unit
  throw noUnit()
}

const noUnit = () =>
  evaluation(
    'What to convert to has no unit. Write a unit, or a way to write numbers: hex, fraction, %, 2 dp.',
  )

function refuseMoment(value: Plain): void {
  if (typeof value === 'object' && isMoment(value))
    throw evaluation(
      'A date or time cannot be written like this. Write `to weekday`, `to week` or `to date`.',
    )
}

function momentOf(value: Plain): Moment {
  if (typeof value === 'object' && isMoment(value)) return value
  throw evaluation('This works only with a date or a time.')
}
