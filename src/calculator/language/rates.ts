/** Amounts at a rate, in words: `38 h at $12/h`, `100 km at 50 km/h`, `60 km/h for 20 min`. */
import { atRate, evaluation } from '../numbers/index.ts'
import type { Context } from './functions/function.ts'
import { operate } from './operators.ts'
import { isMatrix, isQuantity, isScalar, unwritten, type Value } from './values/value.ts'

/** Multiplies an amount by a rate per such an amount (`$12/h`), or divides it by a rate of such amounts (`50 km/h`). */
export function amountAtRate(amount: Value, rate: Value, context: Context): Value {
  const [of, per] = [unwritten(amount), unwritten(rate)]
  // `3 at $2`: a plain number counts what the price is of.
  const isPrice = isScalar(of) && !isMatrix(per)
  const operator =
    typeof of === 'object' && isQuantity(of) && typeof per === 'object' && isQuantity(per)
      ? atRate(of.unit, per.unit)
      : undefined
  if (operator === undefined && !isPrice)
    throw evaluation(
      'This is not a rate for such an amount. Write it as in 38 h at $12/h, 100 km at 50 km/h, or 3 at $2.',
    )
  return operate(operator ?? 'multiply', amount, rate, context)
}
