import { evaluation, fromInteger } from '../numbers/index.ts'
import { callFunction } from './functions/call.ts'
import type { Context } from './functions/function.ts'
import { findFunction } from './functions/table.ts'
import { CELLS } from './limits.ts'
import { matrix } from './values/matrix.ts'
import type { Value } from './values/value.ts'

/** Words that, without parentheses, mean totals of the values above. */
export const TOTALS: readonly string[] = ['sum', 'total', 'average', 'count', 'min', 'max']

/**
 * The sum, average, … of values.
 * @param word one of `TOTALS`
 * @throws CalculationError where they cannot be computed together, or there are none
 */
export function totalOf(word: string, values: readonly Value[], context: Context): Value {
  if (word === 'count') return fromInteger(values.length)
  if (values.length === 0) {
    if (word === 'sum' || word === 'total') return fromInteger(0)
    throw evaluation(`There are no values above to take the ${word} of.`)
  }
  const entry = findFunction(word)
  if (!entry) throw evaluation(`\`${word}\` is not a function.`)
  // A sheet holds more lines than a matrix holds cells.
  const parts = Array.from({ length: Math.ceil(values.length / CELLS) }, (_, index) =>
    matrix(values.slice(index * CELLS, (index + 1) * CELLS)),
  )
  return callFunction(entry, parts, context)
}
