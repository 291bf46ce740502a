import { CalculationError } from '../../numbers/index.ts'
import type { Count } from './sheet-document.ts'

/** Lines that one edit may recalculate. */
export const RECALCULATED = 2_000
/**
 * Lines and names that may be looked at for one purpose: this bounds the work, however lines are connected. A full sheet of
 * plain lines that all depend on one takes a third of it.
 */
const LOOKED_AT = 200_000

/**
 * Makes a counter of the lines and names that are looked at for one purpose. It throws CalculationError `limit` when there are
 * too many.
 */
export function counter(): Count {
  let looked = 0
  return (more) => {
    looked += more
    if (looked > LOOKED_AT) throw tooMuch()
  }
}

export function tooMuch(): CalculationError {
  return new CalculationError(
    'limit',
    `More than ${RECALCULATED.toLocaleString('en')} lines would have to be recalculated. Make fewer lines depend on this one.`,
  )
}
