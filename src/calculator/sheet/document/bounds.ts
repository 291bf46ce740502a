import { CalculationError } from '../../numbers/index.ts'
import type { Count } from './sheet-document.ts'

/** Lines of a sheet. */
export const LINES = 20_000

/** Lines that one edit may recalculate. */
export const RECALCULATED = 2_000

/** How much one recalculation may take. */
export interface Bounds {
  /** Lines that may be recalculated. */
  readonly lines: number
  /** Lines and names that may be looked at for one purpose: this bounds the work, however lines are connected. */
  readonly looked: number
}

/** For what people type: as many lines as may be, with twenty names each, take four fifths of it. */
export const OF_AN_EDIT: Bounds = { lines: RECALCULATED, looked: 100_000 }

/** For what follows the clock and live values: a full sheet of plain lines that all depend on one takes a third of it. */
export const OF_A_REFRESH: Bounds = { lines: LINES, looked: 200_000 }

/**
 * Makes a counter of the lines and names that are looked at for one purpose. It throws CalculationError `limit` when there are
 * too many.
 */
export function counter({ looked: most } = OF_AN_EDIT): Count {
  let looked = 0
  return (more) => {
    looked += more
    if (looked > most) throw tooMuch()
  }
}

export function tooMuch(): CalculationError {
  return new CalculationError(
    'limit',
    `More than ${RECALCULATED.toLocaleString('en')} lines would have to be recalculated. Make fewer lines depend on this one.`,
  )
}
