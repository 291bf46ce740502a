import {
  ceil,
  convert,
  divide,
  evaluation,
  floor,
  fromInteger,
  isQuantity,
  isReal,
  limit,
  type Meter,
  multiply,
  numberOf,
  power,
  quantity,
  round,
  type Scalar,
  signOf,
  truncate,
} from '../../numbers/index.ts'
import { calculate, operand } from '../arithmetic.ts'
import { DIGITS } from '../limits.ts'
import type { Value } from '../values/value.ts'
import { argument, quantityOf, scalarOf, smallWholeOf } from './arguments.ts'
import type { Context, FunctionEntry } from './function.ts'

type Rounds = (value: Scalar, places: number, meter: Meter) => Scalar

const TEN = fromInteger(10)

/** Rounds to places with a function that rounds to whole numbers. */
const shifted =
  (whole: (value: Scalar) => Scalar): Rounds =>
  (value, places, meter) => {
    if (places === 0) return whole(value)
    const factor = power(TEN, fromInteger(places), meter)
    return divide(whole(multiply(value, factor, meter)), factor, meter)
  }

/** `round(5.67 km, 1)`, and with a unit `round(5.678 cm, mm)` and `round(5.678 cm, 1, mm)`. */
const rounding =
  (rounds: Rounds) =>
  (values: readonly Value[], context: Context): Value => {
    const value = operand(argument(values, 0))
    const [, second, third] = values
    const unit = third ?? (isUnitOf(second) ? second : undefined)
    const places = second === undefined || second === unit ? 0 : placesOf(second)
    context.charge(Math.abs(places))
    if (!isQuantity(value)) {
      if (unit !== undefined) throw evaluation('A number without a unit cannot be rounded to one.')
      return rounds(scalarOf(value), places, context)
    }
    const to = unit === undefined ? value.unit : quantityOf(unit).unit
    const found = unit === undefined ? value.value : numberOf(convert(value, to, context))
    return quantity(rounds(found, places, context), to)
  }

const isUnitOf = (value: Value | undefined): boolean => typeof value === 'object' && isQuantity(value)

function placesOf(value: Value): number {
  const places = smallWholeOf(value)
  if (Math.abs(places) > DIGITS) throw limit(`A number can have at most ${DIGITS} digits here.`)
  return places
}

function fractionalPart(values: readonly Value[], context: Context): Value {
  const value = operand(argument(values, 0))
  if (isQuantity(value))
    return calculate('subtract', value, quantity(truncate(value.value), value.unit), context)
  const number = scalarOf(value)
  return calculate('subtract', number, truncate(number), context)
}

const awayFromZero = (value: Scalar): Scalar =>
  isReal(value) && signOf(value) < 0 ? floor(value) : ceil(value)

const topic = 'Rounding'

const entry = (
  names: FunctionEntry['names'],
  rounds: Rounds,
  description: string,
  example: FunctionEntry['example'],
): FunctionEntry => ({
  names,
  signature: `${names[0]}(x, places)`,
  description,
  example,
  topic,
  takes: [1, 3],
  each: true,
  run: rounding(rounds),
})

export const ROUNDING: readonly FunctionEntry[] = [
  entry(
    ['round'],
    (value, places) => round(value, places),
    'Rounds to a number of decimal places, halves away from 0. Negative places round to tens, hundreds and so on; a unit after them is the unit to round in.',
    { expression: 'round(1234.5678, -2)', text: '1200' },
  ),
  entry(['floor', 'int'], shifted(floor), 'Rounds down.', { expression: 'floor(5.6 km)', text: '5 km' }),
  entry(['ceil', 'ceiling'], shifted(ceil), 'Rounds up.', { expression: 'ceil(2.1)', text: '3' }),
  entry(['fix', 'trunc', 'truncate', 'roundDown'], shifted(truncate), 'Rounds towards 0.', {
    expression: 'fix(-2.7)',
    text: '-2',
  }),
  entry(['roundUp'], shifted(awayFromZero), 'Rounds away from 0.', {
    expression: 'roundUp(-2.15, 1)',
    text: '-2.2',
  }),
  {
    names: ['frac'],
    signature: 'frac(x)',
    description: 'The part after the decimal point, with the sign of x.',
    example: { expression: 'frac(-2.75)', text: '-0.75' },
    topic,
    takes: [1, 1],
    each: true,
    run: fractionalPart,
  },
]
