/** Means other than the arithmetic one, covariance, and what is computed of a whole population. */
import { divide, evaluation, fromInteger, ONE, quantity, ZERO } from '../../numbers/index.ts'
import { calculate, compareValues, operand } from '../arithmetic.ts'
import { isQuantity, type Value } from '../values/value.ts'
import { argument, cellsOf, scalarOf } from './arguments.ts'
import { type Context, type FunctionEntry, MANY } from './function.ts'
import { squareRoot } from './roots.ts'
import {
  distancesFromMean,
  mean,
  type OfValues,
  overall,
  perCell,
  product,
  squared,
  sum,
  STATISTICS_TOPIC as topic,
  varianceOf,
} from './statistics.ts'

/** The nth root of the product of the numbers, in the unit of the first. */
const geometricMean: OfValues = (values, context) => {
  const first = operand(argument(values, 0))
  const unit: Value = isQuantity(first) ? quantity(ONE, first.unit) : ONE
  const numbers = values.map((value) => calculate('divide', value, unit, context))
  refuseBelow(numbers, 'A geometric mean takes values from 0 up.', context)
  const root = divide(ONE, fromInteger(values.length), context)
  const found = calculate('power', scalarOf(product(numbers, context)), root, context)
  return calculate('multiply', found, unit, context)
}

function refuseBelow(numbers: readonly Value[], message: string, context: Context): void {
  if (numbers.some((number) => compareValues('smaller', number, ZERO, context))) throw evaluation(message)
}

/** As many as there are values, divided by the sum of their inverses. */
const harmonicMean: OfValues = (values, context) => {
  const inverses = values.map((value) => calculate('divide', ONE, value, context))
  return calculate('divide', fromInteger(values.length), sum(inverses, context), context)
}

const rootMeanSquare: OfValues = (values, context) => {
  const squares = values.map((value) => squared(operand(value), context))
  return squareRoot(mean(squares, context), context)
}

function covariance(values: readonly Value[], context: Context): Value {
  const [xs, ys] = [cellsOf([argument(values, 0)]), cellsOf([argument(values, 1)])]
  if (xs.length !== ys.length) throw evaluation('Both lists must have the same length.')
  if (xs.length < 2) throw evaluation('A covariance needs at least two pairs of values.')
  const [dx, dy] = [distancesFromMean(xs, context), distancesFromMean(ys, context)]
  const products = dx.map((value, i) => calculate('multiply', value, argument(dy, i), context))
  return calculate('divide', sum(products, context), fromInteger(xs.length - 1), context)
}

const populationVariance = varianceOf('uncorrected')
const populationDeviation: OfValues = (values, context) =>
  squareRoot(populationVariance(values, context), context)

const entry = (
  names: FunctionEntry['names'],
  description: string,
  example: FunctionEntry['example'],
  compute: OfValues,
): FunctionEntry => ({
  names,
  signature: `${names[0]}(a, b, …)`,
  description,
  example,
  topic,
  takes: [1, MANY],
  cost: perCell(14),
  run: overall(compute),
})

export const AVERAGES: readonly FunctionEntry[] = [
  entry(
    ['geomean', 'geometricMean', 'gmean'],
    'The geometric mean: the nth root of the product.',
    { expression: 'geomean(2, 8)', text: '4' },
    geometricMean,
  ),
  entry(
    ['harmmean', 'harmonicMean', 'hmean'],
    'The harmonic mean: that of speeds over equal distances.',
    { expression: 'harmmean(40 km/h, 60 km/h)', text: '48 km / h' },
    harmonicMean,
  ),
  entry(
    ['rms'],
    'The root mean square: the square root of the mean of the squares.',
    { expression: 'rms(1, 7)', text: '5' },
    rootMeanSquare,
  ),
  entry(
    ['stdevp', 'pstdev'],
    'The standard deviation of a whole population (divided by n).',
    { expression: 'stdevp(2, 4, 4, 4, 5, 5, 7, 9)', text: '2' },
    populationDeviation,
  ),
  entry(
    ['varp', 'pvariance'],
    'The variance of a whole population (divided by n).',
    { expression: 'varp(1, 2, 3, 4)', text: '1.25' },
    populationVariance,
  ),
  {
    names: ['covariance', 'cov'],
    signature: 'covariance(x, y)',
    description: 'The covariance of two lists of the same length (divided by n - 1).',
    example: { expression: 'covariance([1, 2, 3], [2, 4, 7])', text: '2.5' },
    topic,
    takes: [2, 2],
    cost: perCell(30),
    run: covariance,
  },
]
