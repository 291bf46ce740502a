/** Values in several units at once, such as `5 ft 3 in`, which stay so when they are computed with. */
import {
  CalculationError,
  compare,
  convert,
  convertMixed,
  divide,
  isConvertible,
  isInteger,
  isZero,
  type Meter,
  UNMETERED,
  type Unit,
  zeroOf,
} from '../numbers/index.ts'
import { isQuantity, isReal, isWritten, unwritten, type Value } from './values/value.ts'

/** More units than this are not added to those that were typed. */
const MOST_UNITS = 6

/**
 * Returns a value that was computed from others in the several units of those: `5 ft 3 in * 2` is `10 ft 6 in`. Leading and
 * trailing units with a count of 0 are left out: `2 h 30 min * 2` is `5 h`. A value that measures something else, or that
 * was not computed from one in several units, is returned as it is.
 */
export function inSeveralUnits(value: Value, from: readonly Value[], meter: Meter): Value {
  if (typeof value !== 'object' || !isQuantity(value) || !from.some(isInSeveral)) return value
  meter.charge(2 * from.length)
  const units = commonUnits(from)
  if (units.length < 2 || !units.every((unit) => isConvertible(unit, value.unit))) return value
  meter.charge(20 * units.length)
  try {
    const { parts } = convertMixed(value, units, meter)
    const counted = parts.map(({ value: count }) => !isZero(count))
    const shown = parts.slice(counted.indexOf(true), counted.lastIndexOf(true) + 1)
    const [first] = shown
    if (!first || !counted.includes(true)) return value
    const found = convert(value, first.unit, meter)
    if (shown.length === 1 || !isQuantity(found)) return found
    return { kind: 'written', value: found, as: { kind: 'mixed', units: shown.map(({ unit }) => unit) } }
  } catch (error) {
    // A complex value, or one with too few known digits, stays in its one unit.
    if (error instanceof CalculationError && error.code === 'evaluation') return value
    throw error
  }
}

const isInSeveral = (value: Value): boolean => isWritten(value) && value.as.kind === 'mixed'

/**
 * The units of all values, the first value's first, as far as each is a whole multiple of the next: minutes and seconds,
 * but not metres and inches. Just one where the first value has a single unit that does not go with the others.
 */
function commonUnits(values: readonly Value[]): Unit[] {
  const [first = [], ...others] = values.map(unitsOf).filter((units) => units.length > 0)
  const found = [...first]
  for (const unit of others.flat()) {
    if (found.some((one) => compare(one.factor, unit.factor) === 0)) continue
    if (found.length < MOST_UNITS && found.every((one) => isMultiple(one, unit))) found.push(unit)
  }
  return found
}

function unitsOf(value: Value): readonly Unit[] {
  if (isWritten(value) && value.as.kind === 'mixed') return value.as.units
  const plain = unwritten(value)
  return typeof plain === 'object' && isQuantity(plain) && zeroOf(plain.unit) === undefined
    ? [plain.unit]
    : []
}

function isMultiple(one: Unit, other: Unit): boolean {
  if (!isConvertible(one, other)) return false
  const [smaller, larger] = compare(one.factor, other.factor) < 0 ? [one, other] : [other, one]
  const times = divide(larger.factor, smaller.factor, UNMETERED)
  return isReal(times) && isInteger(times)
}
