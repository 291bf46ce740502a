/**
 * Statistics over numbers, quantities, temperatures and dates alike: values are subtracted, added and compared by the
 * rules of their kind, so that the mean of temperatures is a temperature, and the standard deviation of dates is a span.
 */
import { convert, evaluation, fromInteger, limit, zeroOf } from '../../numbers/index.ts'
import { calculate, compareValues, operand } from '../arithmetic.ts'
import { SORTED } from '../limits.ts'
import { matrix } from '../values/matrix.ts'
import { isMatrix, isQuantity, type Matrix, type Value } from '../values/value.ts'
import { argument, cellsOf, countAll, smallWholeOf } from './arguments.ts'
import { type Context, type FunctionEntry, MANY } from './function.ts'
import { isZero } from './linear.ts'
import { squareRoot } from './roots.ts'

export type OfValues = (values: readonly Value[], context: Context) => Value

const WORDS = ['unbiased', 'uncorrected', 'biased'] as const

/**
 * Computes with all values, or along one dimension of a matrix when that is the second argument: `max(m, 1)` is that of
 * each column.
 */
export const overall =
  (compute: OfValues) =>
  (values: readonly Value[], context: Context): Value => {
    const [first, second, ...more] = values
    if (
      first !== undefined &&
      isMatrix(first) &&
      second !== undefined &&
      !isMatrix(second) &&
      more.length === 0
    )
      return along(first, second, compute, context)
    const cells = cellsOf(values)
    if (cells.length === 0) throw evaluation('There are no values here.')
    return compute(cells, context)
  }

/** @param dimension counted from 1 */
function along(value: Matrix, dimension: Value, compute: OfValues, context: Context): Value {
  const at = dimensionOf(value, dimension)
  const lanes = lanesAlong(value, at)
  if (lanes.length === 0 || (lanes[0] ?? []).length === 0) throw evaluation('There are no values here.')
  const found = lanes.map((lane) => compute(lane, context))
  const [only] = found
  const size = value.size.filter((_, i) => i !== at)
  return size.length === 0 && only !== undefined ? only : matrix(found, size)
}

/**
 * Returns a dimension of a matrix, counted from 0.
 * @param dimension the second argument, counted from 1; the first dimension where it is left out
 * @throws CalculationError when the matrix has no such dimension
 */
export function dimensionOf({ size }: Matrix, dimension: Value | undefined): number {
  const at = dimension === undefined ? 0 : smallWholeOf(dimension) - 1
  if (at < 0 || at >= size.length)
    throw evaluation(
      `The second argument says along which dimension: ${size.length === 1 ? 1 : `1 to ${size.length}`}.`,
    )
  return at
}

/** Returns the cells of a matrix in groups that differ only in their place along one dimension. */
export function lanesAlong({ cells, size }: Matrix, dimension: number): Value[][] {
  const length = size[dimension] ?? 1
  const inner = size.slice(dimension + 1).reduce((product, one) => product * one, 1)
  const outer = size.slice(0, dimension).reduce((product, one) => product * one, 1)
  const lanes: Value[][] = []
  for (let before = 0; before < outer; before++)
    for (let after = 0; after < inner; after++)
      lanes.push(
        Array.from({ length }, (_, i) => cells[(before * length + i) * inner + after]).filter(
          (cell) => cell !== undefined,
        ),
      )
  return lanes
}

export const sum: OfValues = (values, context) =>
  values.map(numeric).reduce((total, value) => calculate('add', total, value, context))

export const product: OfValues = (values, context) =>
  values.map(numeric).reduce((total, value) => {
    context.tick()
    return calculate('multiply', total, value, context)
  })

/** True counts as 1; text and the like are refused. */
const numeric = (value: Value): Value => operand(value)

/** Beside degrees of another scale, kelvins are temperatures here, and not differences of temperature as in a sum. */
export function onOneScale(values: readonly Value[], context: Context): Value[] {
  const all = values.map(numeric)
  const scale = all.filter(isQuantity).find(({ unit }) => zeroOf(unit) !== undefined)?.unit
  if (scale === undefined) return all
  return all.map((value) =>
    isQuantity(value) && zeroOf(value.unit) === undefined ? convert(value, scale, context) : value,
  )
}

/** The mean, in the unit of the first value. */
export const mean: OfValues = (values, context) => {
  const [first] = values
  const found = meanOnScale(onOneScale(values, context), context)
  return first !== undefined && isQuantity(first) && isQuantity(found) && first.unit !== found.unit
    ? convert(found, first.unit, context)
    : found
}

/** The first value plus the mean distance of all from it, so that temperatures and dates have a mean too. */
const meanOnScale: OfValues = (values, context) => {
  const [first, ...rest] = values
  if (first === undefined) throw evaluation('There are no values here.')
  if (rest.length === 0) return first
  const distances = rest.map((value) => calculate('subtract', value, first, context))
  const share = calculate('divide', sum(distances, context), fromInteger(values.length), context)
  return calculate('add', first, share, context)
}

const extreme =
  (comparison: 'larger' | 'smaller'): OfValues =>
  (values, context) =>
    values
      .map(numeric)
      .reduce(
        (best, value) => (compareValues(comparison, value, best, context) ? value : best),
        numeric(argument(values, 0)),
      )

/** Returns the values in order. @throws CalculationError `limit` when they are too many, `evaluation` when they have no order */
export function ordered(values: readonly Value[], context: Context): Value[] {
  if (values.length > SORTED) throw limit(`At most ${SORTED} values can be sorted.`)
  context.charge(6 * values.length * Math.log2(values.length + 2))
  return values
    .map(numeric)
    .sort((a, b) =>
      compareValues('smaller', a, b, context) ? -1 : compareValues('larger', a, b, context) ? 1 : 0,
    )
}

const median: OfValues = (values, context) => {
  const sorted = ordered(values, context)
  const middle = Math.floor(sorted.length / 2)
  const upper = argument(sorted, middle)
  return sorted.length % 2 === 1 ? upper : mean([argument(sorted, middle - 1), upper], context)
}

/** The values that occur most often, in the order in which they first occur. */
const mode: OfValues = (values, context) => {
  if (values.length > SORTED) throw limit(`At most ${SORTED} values can be counted.`)
  const counted: { value: Value; count: number }[] = []
  for (const value of values.map(numeric)) {
    context.charge(3 * counted.length)
    const known = counted.find((one) => compareValues('equal', one.value, value, context))
    if (known) known.count++
    else counted.push({ value, count: 1 })
  }
  const most = Math.max(...counted.map(({ count }) => count))
  return matrix(counted.filter(({ count }) => count === most).map(({ value }) => value))
}

function modes(values: readonly Value[], context: Context): Value {
  const [first, second] = values
  if (
    first !== undefined &&
    isMatrix(first) &&
    values.length > 1 &&
    second !== undefined &&
    !isMatrix(second)
  )
    throw evaluation('`mode` takes one list, or several values: mode([1, 2, 2]), mode(1, 2, 2).')
  const cells = cellsOf(values)
  if (cells.length === 0) throw evaluation('There are no values here.')
  return mode(cells, context)
}

const medianDeviation: OfValues = (values, context) => {
  const all = onOneScale(values, context)
  const middle = median(all, context)
  return median(
    all.map((value) => distance(value, middle, context)),
    context,
  )
}

function distance(a: Value, b: Value, context: Context): Value {
  return compareValues('smaller', a, b, context)
    ? calculate('subtract', b, a, context)
    : calculate('subtract', a, b, context)
}

/** Returns how far each value is from their mean. */
export function distancesFromMean(values: readonly Value[], context: Context): Value[] {
  const all = onOneScale(values, context)
  const middle = meanOnScale(all, context)
  return all.map((value) => calculate('subtract', value, middle, context))
}

export const varianceOf =
  (kind: string): OfValues =>
  (values, context) => {
    const count = values.length
    const divisor = kind === 'uncorrected' ? count : kind === 'biased' ? count + 1 : count - 1
    if (divisor === 0)
      throw evaluation(
        'A single value has no variance, because n - 1 is 0. Use "uncorrected" to divide by n.',
      )
    const squares = distancesFromMean(values, context).map((apart) => squared(apart, context))
    return calculate('divide', sum(squares, context), fromInteger(divisor), context)
  }

/** |x|², which is real for a complex number too. */
export function squared(value: Value, context: Context): Value {
  if (typeof value === 'object' && value.kind === 'complex')
    return calculate(
      'add',
      calculate('multiply', value.re, value.re, context),
      calculate('multiply', value.im, value.im, context),
      context,
    )
  return calculate('multiply', value, value, context)
}

const spread = (root: boolean) => (values: readonly Value[], context: Context) => {
  const kind = values.find((value) => typeof value === 'string') ?? 'unbiased'
  const compute: OfValues = (cells, inner) => {
    const found = varianceOf(kind)(cells, inner)
    return root ? squareRoot(found, inner) : found
  }
  return overall(compute)(
    values.filter((value) => typeof value !== 'string'),
    context,
  )
}

/** Pearson's coefficient. */
function correlation(values: readonly Value[], context: Context): Value {
  const [xs, ys] = [cellsOf([argument(values, 0)]), cellsOf([argument(values, 1)])]
  if (xs.length !== ys.length) throw evaluation('Both lists must have the same length.')
  if (xs.length < 2) throw evaluation('A correlation needs at least two pairs of values.')
  const [dx, dy] = [distancesFromMean(xs, context), distancesFromMean(ys, context)]
  const dot = (a: readonly Value[], b: readonly Value[]) =>
    sum(
      a.map((value, i) => calculate('multiply', value, argument(b, i), context)),
      context,
    )
  const [ofX, ofY] = [dot(dx, dx), dot(dy, dy)]
  if (isZero(ofX) || isZero(ofY))
    throw evaluation('There is no correlation with a list whose values are all the same.')
  const size = squareRoot(calculate('multiply', ofX, ofY, context), context)
  return calculate('divide', dot(dx, dy), size, context)
}

export const perCell = (units: number) => (values: readonly Value[]) => units * countAll(values)

export const STATISTICS_TOPIC = 'Statistics'
const topic = STATISTICS_TOPIC
const lists = '[2, 4, 4, 5]'

export const STATISTICS: readonly FunctionEntry[] = [
  {
    names: ['sum', 'total'],
    signature: 'sum(a, b, …)',
    description: 'The sum of the values, of a list or of several arguments.',
    example: { expression: 'sum(2, 3 , 7)', text: '12' },
    topic,
    takes: [1, MANY],
    cost: perCell(2),
    keepsUnits: true,
    run: overall(sum),
  },
  {
    names: ['prod', 'product'],
    signature: 'prod(a, b, …)',
    description: 'The product of the values.',
    example: { expression: 'prod([2, 3, 7])', text: '42' },
    topic,
    takes: [1, MANY],
    cost: perCell(8),
    run: overall(product),
  },
  {
    names: ['mean', 'average', 'avg'],
    signature: 'mean(a, b, …)',
    description: 'The arithmetic mean, also of temperatures and dates.',
    example: { expression: 'mean(20 degC, 60 degF)', text: '17.777777777778 degC' },
    topic,
    takes: [1, MANY],
    cost: perCell(4),
    keepsUnits: true,
    run: overall(mean),
  },
  {
    names: ['median'],
    signature: 'median(a, b, …)',
    description: 'The middle value when they are put in order, or the mean of the two in the middle.',
    example: { expression: 'median(3, 1, 10)', text: '3' },
    topic,
    takes: [1, MANY],
    cost: perCell(4),
    keepsUnits: true,
    run: overall(median),
  },
  {
    names: ['mode'],
    signature: 'mode(a, b, …)',
    description: 'The values that occur most often.',
    example: { expression: `mode(${lists})`, text: '[4]' },
    topic,
    takes: [1, MANY],
    cost: perCell(4),
    run: modes,
  },
  {
    names: ['max', 'maximum'],
    signature: 'max(a, b, …)',
    description: 'The largest value.',
    example: { expression: 'max(20 degC, 60 degF)', text: '20 degC' },
    topic,
    takes: [1, MANY],
    cost: perCell(3),
    keepsUnits: true,
    run: overall(extreme('larger')),
  },
  {
    names: ['min', 'minimum'],
    signature: 'min(a, b, …)',
    description: 'The smallest value.',
    example: { expression: 'min(1 mile, 1 km)', text: '1 km' },
    topic,
    takes: [1, MANY],
    cost: perCell(3),
    keepsUnits: true,
    run: overall(extreme('smaller')),
  },
  {
    names: ['std', 'stdev', 'stddev'],
    signature: 'std(a, b, …)',
    description:
      'The standard deviation of a sample (divided by n - 1), or with "uncorrected" after a list, of a whole population (divided by n).',
    example: { expression: 'std([2, 4, 4, 4, 5, 5, 7, 9], "uncorrected")', text: '2' },
    topic,
    takes: [1, MANY],
    words: WORDS,
    cost: perCell(10),
    run: spread(true),
  },
  {
    names: ['variance', 'var'],
    signature: 'variance(a, b, …)',
    description: 'The square of the standard deviation, with the same choice between n - 1 and n.',
    example: { expression: 'variance(10, 20, 30)', text: '100' },
    topic,
    takes: [1, MANY],
    words: WORDS,
    cost: perCell(10),
    run: spread(false),
  },
  {
    names: ['mad'],
    signature: 'mad(a, b, …)',
    description: 'The median absolute deviation: the median of the distances from the median.',
    example: { expression: 'mad(10, 20, 30)', text: '10' },
    topic,
    takes: [1, MANY],
    cost: perCell(10),
    run: overall(medianDeviation),
  },
  {
    names: ['corr', 'correlation'],
    signature: 'corr(x, y)',
    description: 'The correlation of two lists of the same length (Pearson).',
    example: { expression: 'corr([1, 2, 3], [2, 4, 6])', text: '1' },
    topic,
    takes: [2, 2],
    cost: perCell(30),
    run: correlation,
  },
]
