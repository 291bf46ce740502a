import {
  compare,
  evaluation,
  fromInteger,
  limit,
  ONE,
  type Real,
  signOf,
  toNumber,
} from '../numbers/index.ts'
import { calculate } from './arithmetic.ts'
import type { Context } from './functions/function.ts'
import { CELLS } from './limits.ts'
import { matrix } from './values/matrix.ts'
import { isReal, type Matrix, unwritten, type Value } from './values/value.ts'

/**
 * The numbers from one to another, including both, in steps.
 * @throws CalculationError when they are not real numbers, or more of them than a matrix can have cells
 */
export function range(from: Value, to: Value, step: Value = ONE, context: Context): Matrix {
  const [first, last, by] = [realOf(from), realOf(to), realOf(step)]
  const sign = signOf(by)
  if (sign === 0) throw evaluation('A range needs a step other than 0.')
  const steps = toNumber(
    realOf(calculate('divide', calculate('subtract', last, first, context), by, context)),
  )
  if (!(steps < CELLS + 1)) throw limit(`A range can have at most ${CELLS.toLocaleString('en')} numbers.`)
  context.charge(3 * Math.max(0, steps))
  const cells: Real[] = []
  for (let i = 0; i <= CELLS; i++) {
    const next =
      i === 0
        ? first
        : realOf(calculate('add', first, calculate('multiply', by, fromInteger(i), context), context))
    if (compare(next, last) * sign > 0) break
    cells.push(next)
  }
  return matrix(cells)
}

function realOf(value: Value): Real {
  const plain = unwritten(value)
  if (typeof plain === 'object' && isReal(plain)) return plain
  throw evaluation('A range goes from number to number: 1:5. A length of time is written as 25 min 30 s.')
}
