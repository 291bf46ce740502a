/** In how many ways: factorials and what is made of them. */
import {
  bellNumber,
  binomial,
  catalan,
  combinationsWithRepetition,
  composition,
  doubleFactorial,
  evaluation,
  factorial,
  fibonacci,
  fromInteger,
  isReal,
  limit,
  type Meter,
  multinomial,
  ONE,
  permutations,
  type Real,
  type Scalar,
  stirlingS2,
  toBigInt,
} from '../../numbers/index.ts'
import { calculate } from '../arithmetic.ts'
import { FACTORIAL } from '../limits.ts'
import type { Value } from '../values/value.ts'
import { argument, cellsOf, scalarOf, wholeOf } from './arguments.ts'
import { type Context, type FunctionEntry, MANY } from './function.ts'

/** Returns the factorial of a number; of one that is not whole, gamma(x + 1). @throws CalculationError */
export function factorialOf(value: Value, context: Context): Value {
  return factorial(bounded(scalarOf(value)), context)
}

/** Returns the product of every second number down from a whole one. @throws CalculationError */
export function doubleFactorialOf(value: Value, context: Context): Value {
  return doubleFactorial(countOf(value), context)
}

function bounded(value: Scalar): Scalar {
  const whole = isReal(value) ? toBigInt(value) : undefined
  if (whole !== undefined && whole > BigInt(FACTORIAL)) throw tooMany()
  return value
}

const tooMany = () => limit(`This takes whole numbers up to ${FACTORIAL.toLocaleString('en')}.`)

/** Returns a whole number from 0 to the largest that is counted with. */
function countOf(value: Value): bigint {
  const whole = wholeOf(value)
  if (whole < 0n) throw evaluation('This works with whole numbers from 0 up.')
  if (whole > BigInt(FACTORIAL)) throw tooMany()
  return whole
}

/** Returns in how many ways the second number of things can be picked of the first. */
export function combinations(values: readonly Value[], context: Context): Value {
  const n = bounded(scalarOf(argument(values, 0)))
  const k = countOf(argument(values, 1))
  const whole = isReal(n) ? toBigInt(n) : undefined
  if (whole !== undefined && whole >= -BigInt(FACTORIAL)) return binomial(whole, k, context)
  // n (n - 1) … over k!, for any number n
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

/** A function of whole numbers from 0 on. */
const counted =
  (count: (numbers: readonly bigint[], meter: Meter) => Real) =>
  (values: readonly Value[], context: Context): Value =>
    count(cellsOf(values).map(countOf), context)

const of = (count: (n: bigint, meter: Meter) => Real) => counted(([n = 0n], meter) => count(n, meter))
const ofTwo = (count: (n: bigint, k: bigint, meter: Meter) => Real) =>
  counted(([n = 0n, k = n], meter) => count(n, k, meter))

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
    ['combinations', 'nCr', 'binomial', 'choose', 'combin'],
    'combinations(n, k)',
    'The number of ways to choose k of n things.',
    { expression: 'combinations(49, 6)', text: '13983816' },
    [2, 2],
    combinations,
  ),
  entry(
    ['permutations', 'nPr', 'permut'],
    'permutations(n, k)',
    'The number of ways to arrange k of n things in order; all n if k is left out.',
    { expression: 'permutations(5, 2)', text: '20' },
    [1, 2],
    ofTwo(permutations),
  ),
  entry(
    ['combinationsWithRep'],
    'combinationsWithRep(n, k)',
    'The number of ways to choose k things of n kinds.',
    { expression: 'combinationsWithRep(5, 2)', text: '15' },
    [2, 2],
    ofTwo(combinationsWithRepetition),
  ),
  entry(
    ['multinomial'],
    'multinomial(list)',
    'The number of ways to divide things into groups of these sizes.',
    { expression: 'multinomial([1, 2, 3])', text: '60' },
    [1, MANY],
    counted(multinomial),
  ),
  entry(
    ['catalan'],
    'catalan(n)',
    'The nth Catalan number.',
    { expression: 'catalan(10)', text: '16796' },
    [1, 1],
    of(catalan),
  ),
  entry(
    ['bellNumbers'],
    'bellNumbers(n)',
    'The number of ways to divide n things into groups.',
    { expression: 'bellNumbers(10)', text: '115975' },
    [1, 1],
    of(bellNumber),
  ),
  entry(
    ['stirlingS2'],
    'stirlingS2(n, k)',
    'The number of ways to divide n things into k groups.',
    { expression: 'stirlingS2(10, 3)', text: '9330' },
    [2, 2],
    ofTwo(stirlingS2),
  ),
  entry(
    ['composition'],
    'composition(n, k)',
    'The number of ways to write n as a sum of k whole numbers from 1 up.',
    { expression: 'composition(5, 2)', text: '4' },
    [2, 2],
    ofTwo(composition),
  ),
  entry(
    ['fibonacci', 'fib'],
    'fibonacci(n)',
    'The nth Fibonacci number.',
    { expression: 'fibonacci(100)', text: '354224848179261915075' },
    [1, 1],
    of(fibonacci),
  ),
]
