/** Quantities in several units at once: `5 ft 3 in`, `3 h 20 min`. */
import { evaluation } from '../errors.ts'
import type { Meter } from '../meter.ts'
import {
  absReal,
  addReals,
  compare,
  divideReals,
  floorReal,
  multiplyReals,
  ONE,
  type Real,
  signOf,
  subtractReals,
  ZERO,
} from '../real.ts'
import { isComplex } from '../scalar.ts'
import { convert, numberOf, type Quantity } from './quantity.ts'
import type { Unit } from './unit.ts'
import { writeUnit } from './write-unit.ts'

/** The most units at once. */
const MOST_PARTS = 8

/** The parts of a quantity, the largest unit first. The sign applies to all of them, and all but the last are whole. */
export interface Mixed {
  readonly isNegative: boolean
  readonly parts: readonly { readonly value: Real; readonly unit: Unit }[]
}

/**
 * Splits a quantity into units, whatever their order.
 * @throws CalculationError `evaluation` when it measures something else or is complex, or two of the units are equal
 */
export function convertMixed(quantity: Quantity, units: readonly Unit[], meter: Meter): Mixed {
  if (units.length > MOST_PARTS) throw evaluation(`A quantity can be split into at most ${MOST_PARTS} units.`)
  const sorted = [...units].sort((a, b) => compare(b.factor, a.factor))
  const smallest = sorted.at(-1)
  if (!smallest) throw evaluation('Name the units to split this into, as in `to ft in`.')
  // Converts to each of the units, so that one that measures something else is refused by name.
  const [inSmallest] = sorted.map((unit) => convert(quantity, unit, meter)).reverse()
  const whole = inSmallest === undefined ? ZERO : numberOf(inSmallest)
  if (isComplex(whole)) throw evaluation('A complex quantity cannot be split into units.')
  const parts: { value: Real; unit: Unit }[] = []
  let rest = absReal(whole)
  for (const [at, unit] of sorted.entries()) {
    meter.charge(1)
    const next = sorted[at + 1]
    if (next && compare(unit.factor, next.factor) === 0)
      throw evaluation(`${writeUnit(unit)} and ${writeUnit(next)} are the same size.`)
    if (unit === smallest) parts.push({ value: rest, unit })
    else {
      const size = divideReals(unit.factor, smallest.factor)
      const value = floorReal(divideReals(rest, size))
      rest = subtractReals(rest, multiplyReals(value, size))
      parts.push({ value, unit })
    }
  }
  return { isNegative: signOf(whole) < 0, parts }
}

/**
 * A quantity in several units as it is shown. What rounds up to one of the next larger unit is carried over: never
 * `5 ft 12 in`.
 * @param writeOne how a number is shown, that of the smallest unit perhaps in another way
 */
export function writeMixed(
  { isNegative, parts }: Mixed,
  writeOne: (value: Real, isLast: boolean) => string,
): string {
  const write = (value: Real, at: number) => writeOne(value, at === parts.length - 1)
  const carried = [...parts]
  for (let at = carried.length - 1; at > 0; at--) {
    const [larger, part] = [carried[at - 1], carried[at]]
    if (!larger || !part) continue
    const size = divideReals(larger.unit.factor, part.unit.factor)
    if (write(part.value, at) !== write(size, at)) continue
    carried[at] = { ...part, value: ZERO }
    carried[at - 1] = { ...larger, value: addReals(larger.value, ONE) }
  }
  const text = carried.map(({ value, unit }, at) => `${write(value, at)} ${writeUnit(unit)}`).join(' ')
  return isNegative ? `-${text}` : text
}
