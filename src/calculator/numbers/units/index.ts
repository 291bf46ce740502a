import { findUnit } from './find-unit.ts'
import { readProduct } from './read-unit.ts'
import { gathered, type Unit, unitOf } from './unit.ts'

export { currencyOf } from './dimensions.ts'
export { beginsUnit, findUnit, unitsSpelledLike } from './find-unit.ts'
export { type UnitDescription, unitsList, wordForUnit } from './list.ts'
export { convertMixed, writeMixed } from './mixed.ts'
export * from './quantity.ts'
export { atRate, rateOf } from './rate.ts'
export type { Unit } from './unit.ts'
export { writeUnit } from './write-unit.ts'

/**
 * A unit as typed, of others and their powers: `kg m / s^2`. Equal names come together; nothing else is changed.
 * @throws CalculationError `limit` when it has too many factors or too high a power
 */
export const unitProduct = (parts: readonly { unit: Unit; power: number }[]): Unit =>
  unitOf(
    gathered(
      parts.flatMap(({ unit, power }) =>
        unit.terms.map((term) => ({ ...term, power: Math.round(term.power * power) })),
      ),
    ),
  )

/**
 * Reads what `writeUnit` wrote.
 * @throws CalculationError `evaluation` for any other text
 */
export function readUnit(text: string): Unit {
  const { unit } = readProduct(text, findUnit)
  return unit
}
