import { CalculationError } from '../../numbers/index.ts'
import type { Count } from './sheet-document.ts'

/** Lines that one edit may recalculate. */
export const RECALCULATED = 2_000
/** Lines and names that may be looked at for each of those: this bounds the work of an edit, however lines are connected. */
const LOOKED_AT = 100

/**
 * Makes a counter of the lines and names that are looked at for one purpose. It throws CalculationError `limit` when there are
 * too many.
 * @param most lines that may be recalculated
 */
export function counter(most: number): Count {
  let looked = 0
  return (more) => {
    looked += more
    if (looked > most * LOOKED_AT) throw tooMuch()
  }
}

export function tooMuch(): CalculationError {
  return new CalculationError(
    'limit',
    `More than ${RECALCULATED.toLocaleString('en')} lines would have to be recalculated. Make fewer lines depend on this one.`,
  )
}
