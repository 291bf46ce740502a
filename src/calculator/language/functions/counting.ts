/** In how many ways: factorials and what is made of them, with whole numbers of any length on the way. */
import {
  add,
  evaluation,
  fromInteger,
  gamma,
  isReal,
  limit,
  ONE,
  type Scalar,
  toBigInt,
} from '../../numbers/index.ts'
import { calculate } from '../arithmetic.ts'
import { FACTORIAL } from '../limits.ts'
import type { Value } from '../values/value.ts'
import { argument, cellsOf, realOf, scalarOf } from './arguments.ts'
import { type Context, type FunctionEntry, MANY } from './function.ts'

/** Returns the factorial of a number; of one that is not whole, gamma(x + 1). @throws CalculationError */
export function factorialOf(value: Value, context: Context): Value {
  const number = scalarOf(value)
  const whole = isReal(number) ? toBigInt(number) : undefined
  if (whole === undefined) return gamma(add(number, ONE, context), context)
  if (whole < 0n) throw evaluation('Negative whole numbers have no factorial.')
  return fromInteger(productOf(1n, bounded(whole), 1n, context))
}

/** Returns the product of every second number down from a whole one. @throws CalculationError */
export function doubleFactorialOf(value: Value, context: Context): Value {
  const number = countOf(value)
  return fromInteger(productOf(number % 2n === 0n ? 2n : 1n, number, 2n, context))
}

function bounded(value: bigint): bigint {
  if (value > BigInt(FACTORIAL))
    throw limit(`This takes whole numbers up to ${FACTORIAL.toLocaleString('en')}.`)
  return value
}

/** Returns a whole number from 0 to the largest that is counted with. */
function countOf(value: Value, most = FACTORIAL): bigint {
  const whole = toBigInt(realOf(value))
  if (whole === undefined || whole < 0n) throw evaluation('This works with whole numbers from 0 on.')
  if (whole > BigInt(most)) throw limit(`This takes whole numbers up to ${most.toLocaleString('en')}.`)
  return whole
}

/** Multiplies the numbers from one to another in steps; halves first, so that factors are of like length. */
function productOf(from: bigint, to: bigint, step: bigint, context: Context): bigint {
  if (from > to) return 1n
  const count = Number((to - from) / step) + 1
  context.charge(2 + count / 2 + count ** 2 / 10_000)
  const work = (low: bigint, high: bigint): bigint => {
    if (high - low < 8n * step) {
      let product = low
      for (let next = low + step; next <= high; next += step) product *= next
      return product
    }
    const middle = low + ((high - low) / (2n * step)) * step
    return work(low, middle) * work(middle + step, high)
  }
  return work(from, to)
}

/** Returns n (n - 1) … over k!, for any number n. */
function binomialOf(n: Scalar, k: bigint, context: Context): Value {
  const whole = isReal(n) ? toBigInt(n) : undefined
  if (whole !== undefined && whole >= 0n) return wholeBinomial(bounded(whole), k, context)
  let product: Value = ONE
  for (let i = 0; i < Number(k); i++) {
    context.charge(40)
    context.tick()
    const factor = calculate(
      'divide',
      calculate('subtract', n, fromInteger(i), context),
      fromInteger(i + 1),
      context,
    )
    product = calculate('multiply', product, factor, context)
  }
  return product
}

function wholeBinomial(n: bigint, k: bigint, context: Context): Value {
  if (k > n) return fromInteger(0)
  const few = k < n - k ? k : n - k
  return fromInteger(productOf(n - few + 1n, n, 1n, context) / productOf(1n, few, 1n, context))
}

/** Returns in how many ways the second number of things can be picked of the first. */
export function combinations(values: readonly Value[], context: Context): Value {
  return binomialOf(scalarOf(argument(values, 0)), countOf(argument(values, 1)), context)
}

function permutations(values: readonly Value[], context: Context): Value {
  const n = countOf(argument(values, 0))
  const k = values[1] === undefined ? n : countOf(values[1])
  return k > n ? fromInteger(0) : fromInteger(productOf(n - k + 1n, n, 1n, context))
}

function withRepetition(values: readonly Value[], context: Context): Value {
  const [n, k] = [countOf(argument(values, 0)), countOf(argument(values, 1))]
  if (n === 0n) return fromInteger(k === 0n ? 1 : 0)
  const [all, few] = [n + k - 1n, k]
  return fromInteger(productOf(all - few + 1n, all, 1n, context) / productOf(1n, few, 1n, context))
}

function multinomial(values: readonly Value[], context: Context): Value {
  const counts = cellsOf(values).map((value) => countOf(value))
  const all = bounded(counts.reduce((sum, count) => sum + count, 0n))
  const divisor = counts.reduce((product, count) => product * productOf(1n, count, 1n, context), 1n)
  return fromInteger(productOf(1n, all, 1n, context) / divisor)
}

function catalan(values: readonly Value[], context: Context): Value {
  const n = countOf(argument(values, 0), FACTORIAL / 2)
  return fromInteger(productOf(n + 2n, 2n * n, 1n, context) / productOf(1n, n, 1n, context))
}

/** The largest numbers of the functions that fill a triangle. */
const TRIANGLE = 200

function stirling(values: readonly Value[], context: Context): Value {
  const [n, k] = [
    Number(countOf(argument(values, 0), TRIANGLE)),
    Number(countOf(argument(values, 1), TRIANGLE)),
  ]
  if (k > n)
    throw evaluation('There are no more subsets than elements: the second number is at most the first.')
  context.charge(n * k)
  // S(n, k) = k S(n - 1, k) + S(n - 1, k - 1)
  let row = [1n, ...Array.from({ length: k }, () => 0n)]
  for (let i = 1; i <= n; i++)
    row = row.map((one, j) => (j === 0 ? 0n : BigInt(j) * one + (row[j - 1] ?? 0n)))
  return fromInteger(row[k] ?? 0n)
}

function bell(values: readonly Value[], context: Context): Value {
  const n = Number(countOf(argument(values, 0), TRIANGLE))
  context.charge(n ** 2)
  let row = [1n]
  for (let i = 0; i < n; i++) {
    const next = [row.at(-1) ?? 1n]
    for (const one of row) next.push((next.at(-1) ?? 0n) + one)
    row = next
  }
  return fromInteger(row[0] ?? 1n)
}

function composition(values: readonly Value[], context: Context): Value {
  const [n, k] = [countOf(argument(values, 0)), countOf(argument(values, 1))]
  if (k > n || k === 0n) throw evaluation('A number is a sum of 1 to as many parts as it has.')
  return wholeBinomial(n - 1n, k - 1n, context)
}

function fibonacci(values: readonly Value[], context: Context): Value {
  const n = Number(countOf(argument(values, 0), 10 * FACTORIAL))
  context.charge(n / 4)
  let [a, b] = [0n, 1n]
  for (const bit of n.toString(2)) {
    const [c, d] = [a * (2n * b - a), a * a + b * b]
    ;[a, b] = bit === '1' ? [d, c + d] : [c, d]
  }
  return fromInteger(a)
}

const topic = 'Counting'

const entry = (
  names: FunctionEntry['names'],
  signature: string,
  description: string,
  example: FunctionEntry['example'],
  takes: FunctionEntry['takes'],
  run: FunctionEntry['run'],
): FunctionEntry => ({ names, signature, description, example, topic, takes, run, cost: () => 2 })

export const COUNTING: readonly FunctionEntry[] = [
  {
    ...entry(
      ['factorial', 'fact'],
      'factorial(n)',
      'The product of the whole numbers up to n; also written n!.',
      { expression: 'factorial(10)', text: '3628800' },
      [1, 1],
      (values, context) => factorialOf(argument(values, 0), context),
    ),
    each: true,
  },
  entry(
    ['combinations', 'nCr', 'binomial', 'choose'],
    'combinations(n, k)',
    'In how many ways k of n things can be picked.',
    { expression: 'combinations(49, 6)', text: '13983816' },
    [2, 2],
    combinations,
  ),
  entry(
    ['permutations', 'nPr'],
    'permutations(n, k)',
    'In how many ways k of n things can be put in order; all of them without k.',
    { expression: 'permutations(5, 2)', text: '20' },
    [1, 2],
    permutations,
  ),
  entry(
    ['combinationsWithRep'],
    'combinationsWithRep(n, k)',
    'In how many ways k things of n kinds can be picked.',
    { expression: 'combinationsWithRep(5, 2)', text: '15' },
    [2, 2],
    withRepetition,
  ),
  entry(
    ['multinomial'],
    'multinomial(list)',
    'In how many ways things can be put into groups of these sizes.',
    { expression: 'multinomial([1, 2, 3])', text: '60' },
    [1, MANY],
    multinomial,
  ),
  entry(
    ['catalan'],
    'catalan(n)',
    'The nth Catalan number.',
    { expression: 'catalan(10)', text: '16796' },
    [1, 1],
    catalan,
  ),
  entry(
    ['bellNumbers'],
    'bellNumbers(n)',
    'In how many ways n things can be put into groups.',
    { expression: 'bellNumbers(10)', text: '115975' },
    [1, 1],
    bell,
  ),
  entry(
    ['stirlingS2'],
    'stirlingS2(n, k)',
    'In how many ways n things can be put into k groups.',
    { expression: 'stirlingS2(10, 3)', text: '9330' },
    [2, 2],
    stirling,
  ),
  entry(
    ['composition'],
    'composition(n, k)',
    'In how many ways n is a sum of k whole numbers from 1 on.',
    { expression: 'composition(5, 2)', text: '4' },
    [2, 2],
    composition,
  ),
  entry(
    ['fibonacci', 'fib'],
    'fibonacci(n)',
    'The nth Fibonacci number.',
    { expression: 'fibonacci(100)', text: '354224848179261915075' },
    [1, 1],
    fibonacci,
  ),
]
