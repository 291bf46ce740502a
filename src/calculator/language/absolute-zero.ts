/** Temperatures below absolute zero. */
import {
  compare,
  convert,
  evaluation,
  findUnit,
  isQuantity,
  type Meter,
  type Quantity,
  UNMETERED,
  ZERO,
  zeroOf,
} from '../numbers/index.ts'
import { isReal, type Value } from './values/value.ts'

const BELOW = 'below absolute zero, which is -273.15 °C or -459.67 °F'

/** Returns the note for a temperature below absolute zero. It is not refused, since it may be the difference of two. */
export function noteOfTemperature(value: Value): string | undefined {
  const isOnScale = typeof value === 'object' && isQuantity(value) && zeroOf(value.unit) !== undefined
  return isOnScale && isBelow(value, UNMETERED) ? `This is ${BELOW}.` : undefined
}

/**
 * Refuses to convert a temperature below absolute zero from one scale to another.
 * @throws CalculationError
 */
export function refuseBelowZero(from: Value, to: Value, meter: Meter): void {
  if (typeof from !== 'object' || !isQuantity(from) || typeof to !== 'object' || !isQuantity(to)) return
  if (zeroOf(from.unit) === undefined && zeroOf(to.unit) === undefined) return
  meter.charge(5)
  if (isBelow(to, meter)) throw evaluation(`This temperature is ${BELOW}.`)
}

function isBelow(temperature: Quantity, meter: Meter): boolean {
  const kelvin = findUnit('K')
  const found = kelvin && convert(temperature, kelvin, meter)
  return found !== undefined && isQuantity(found) && isReal(found.value) && compare(found.value, ZERO) < 0
}
