import { CalculationError } from '../../numbers/index.ts'
import type { Count } from './sheet-document.ts'

/** Lines that one edit may recalculate. */
export const RECALCULATED = 2_000
/** Lines and names that are looked at for each of those: what one edit costs is bounded, however the lines hang together. */
const LOOKED_AT = 100

/**
 * Counts lines and names that are looked at for one purpose, and throws CalculationError `limit` where they are too many.
 * @param most lines that may be recalculated; undefined: nothing is counted
 */
export function counter(most: number | undefined): Count | undefined {
  if (most === undefined) return undefined
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
