/** Quantiles, percentiles and quartiles, all by linear interpolation between two values. */
import { divide, evaluation, fromInteger, limit, type Real, ratio, toNumber } from '../../numbers/index.ts'
import { calculate } from '../arithmetic.ts'
import { matrix } from '../values/matrix.ts'
import { isMatrix, type Value } from '../values/value.ts'
import { argument, cellsOf, realOf, smallWholeOf } from './arguments.ts'
import { type Context, type FunctionEntry, MANY } from './function.ts'
import { onOneScale, ordered, perCell, STATISTICS_TOPIC as topic } from './statistics.ts'

function sortedCells(list: Value, context: Context): Value[] {
  const sorted = ordered(onOneScale(cellsOf([list]), context), context)
  if (sorted.length === 0) throw evaluation('There are no values here.')
  return sorted
}

/** The most quantiles of one call; each sorts no more than once. */
const QUANTILES = 20

function quantile(values: readonly Value[], context: Context): Value {
  const wanted = argument(values, 1)
  const sorted = sortedCells(argument(values, 0), context)
  if (isMatrix(wanted)) {
    if (wanted.cells.length > QUANTILES) throw limit(`At most ${QUANTILES} quantiles can be asked for.`)
    return matrix(
      wanted.cells.map((cell) => quantileAt(sorted, realOf(cell), context)),
      wanted.size,
    )
  }
  const share = realOf(wanted)
  const count = toNumber(share)
  if (count <= 1) return quantileAt(sorted, share, context)
  const parts = smallWholeOf(share)
  if (parts > QUANTILES) throw limit(`At most ${QUANTILES} quantiles can be asked for.`)
  return matrix(
    Array.from({ length: parts }, (_, i) =>
      quantileAt(
        sorted,
        realOf(calculate('divide', fromInteger(i + 1), fromInteger(parts + 1), context)),
        context,
      ),
    ),
  )
}

/** Interpolates between the two values that the share falls between (Hyndman and Fan's type 7, as spreadsheets do). */
function quantileAt(sorted: readonly Value[], share: Real, context: Context): Value {
  if (!(toNumber(share) >= 0 && toNumber(share) <= 1))
    throw evaluation('A quantile takes a number from 0 to 1.')
  const place = realOf(calculate('multiply', share, fromInteger(sorted.length - 1), context))
  const below = Math.min(Math.floor(toNumber(place)), sorted.length - 1)
  const low = argument(sorted, below)
  const high = sorted[below + 1]
  const rest = calculate('subtract', place, fromInteger(below), context)
  if (high === undefined) return low
  return calculate(
    'add',
    low,
    calculate('multiply', calculate('subtract', high, low, context), rest, context),
    context,
  )
}

const HUNDRED = fromInteger(100)

/** `percentile(list, 90)` and `percentile(list, 90%)`. */
function percentile(values: readonly Value[], context: Context): Value {
  const wanted = realOf(argument(values, 1))
  const size = toNumber(wanted)
  if (size === 1) throw evaluation('Write 1% for the first percentile, or 100% for the largest value.')
  if (!(size >= 0 && size <= 100))
    throw evaluation('A percentile takes a number from 0 to 100, or a percentage.')
  const share = size < 1 ? wanted : realOf(divide(wanted, HUNDRED, context))
  return quantileAt(sortedCells(argument(values, 0), context), share, context)
}

function quartile(values: readonly Value[], context: Context): Value {
  const which = smallWholeOf(argument(values, 1))
  if (which < 0 || which > 4) throw evaluation('A quartile takes a number from 0 to 4; 2 is the median.')
  return quantileAt(sortedCells(argument(values, 0), context), ratio(BigInt(which), 4n), context)
}

function betweenQuartiles(values: readonly Value[], context: Context): Value {
  const sorted = sortedCells(matrix(cellsOf(values)), context)
  const low = quantileAt(sorted, ratio(1n, 4n), context)
  return calculate('subtract', quantileAt(sorted, ratio(3n, 4n), context), low, context)
}

export const QUANTILE_FUNCTIONS: readonly FunctionEntry[] = [
  {
    names: ['quantileSeq', 'quantile'],
    signature: 'quantileSeq(list, share)',
    description:
      'The value below which this share of the values lies; a list for several shares, or for a whole number of equal parts.',
    example: { expression: 'quantileSeq([1, 2, 3, 4, 5], 0.25)', text: '2' },
    topic,
    takes: [2, 3],
    cost: perCell(6),
    run: quantile,
  },
  {
    names: ['percentile'],
    signature: 'percentile(list, p)',
    description:
      'The value below which p percent of the values lie, interpolated as spreadsheets do; p from 0 to 100, or with a % sign.',
    example: { expression: 'percentile([15, 20, 35, 40, 50], 40)', text: '29' },
    topic,
    takes: [2, 2],
    cost: perCell(6),
    run: percentile,
  },
  {
    names: ['quartile'],
    signature: 'quartile(list, n)',
    description: 'The nth quartile: 0 is the smallest value, 2 the median, 4 the largest.',
    example: { expression: 'quartile([1, 2, 3, 4, 5], 1)', text: '2' },
    topic,
    takes: [2, 2],
    cost: perCell(6),
    run: quartile,
  },
  {
    names: ['iqr'],
    signature: 'iqr(list)',
    description: 'The interquartile range: from the first quartile to the third.',
    example: { expression: 'iqr([1, 2, 3, 4, 5])', text: '2' },
    topic,
    takes: [1, MANY],
    cost: perCell(8),
    run: betweenQuartiles,
  },
]
