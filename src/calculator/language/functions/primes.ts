/** Primes and divisors of whole numbers. */
import {
  evaluation,
  factorize,
  fromInteger,
  isPrime,
  isReal,
  isUnclear,
  limit,
  type Meter,
  toBigInt,
} from '../../numbers/index.ts'
import { unclear } from '../arithmetic.ts'
import { CELLS } from '../limits.ts'
import { matrix } from '../values/matrix.ts'
import type { Value } from '../values/value.ts'
import { argument, scalarOf } from './arguments.ts'
import type { Context, FunctionEntry } from './function.ts'
import { boundedWhole } from './wholes.ts'

function primality(value: Value, meter: Meter): boolean {
  const number = scalarOf(value)
  const whole = isReal(number) ? toBigInt(number) : undefined
  if (isReal(number) && isUnclear(number)) throw unclear()
  return whole !== undefined && whole > 1n && isPrime(boundedWhole(value), meter)
}

/** A whole number from 1 up. */
function positive(values: readonly Value[]): bigint {
  const value = boundedWhole(argument(values, 0))
  if (value < 1n) throw evaluation('Only whole numbers from 1 up have prime factors.')
  return value
}

function primeFactors(values: readonly Value[], context: Context): Value {
  return matrix(
    factorize(positive(values), context).flatMap(({ prime, power }) =>
      Array.from({ length: power }, () => fromInteger(prime)),
    ),
  )
}

function divisors(values: readonly Value[], context: Context): Value {
  let found = [1n]
  for (const { prime, power } of factorize(positive(values), context)) {
    if (found.length * (power + 1) > CELLS) throw limit(`A list can have at most ${CELLS} values.`)
    context.charge(found.length * (power + 1))
    const powers = Array.from({ length: power + 1 }, (_, exponent) => prime ** BigInt(exponent))
    found = powers.flatMap((factor) => found.map((divisor) => divisor * factor))
  }
  context.charge(10 * found.length)
  return matrix(found.sort((a, b) => (a < b ? -1 : 1)).map((one) => fromInteger(one)))
}

/** Euler's totient: n times (1 - 1/p) for each of its primes. */
function totient(values: readonly Value[], context: Context): Value {
  const n = positive(values)
  return fromInteger(factorize(n, context).reduce((so, { prime }) => (so / prime) * (prime - 1n), n))
}

/** The nearest prime above a number (`step` 1), or below it (`step` -1). */
const nearestPrime = (step: 1n | -1n) => (values: readonly Value[], context: Context) => {
  const from = boundedWhole(argument(values, 0))
  if (step < 0n && from <= 2n) throw evaluation('There is no prime below 2.')
  if (from < 2n) return fromInteger(2n)
  if (from <= 3n && step < 0n) return fromInteger(2n)
  let next = from + step
  if (next % 2n === 0n && next !== 2n) next += step
  while (!isPrime(next, context)) next += 2n * step
  return fromInteger(next)
}

const topic = 'Whole numbers'

/** The common fields of functions of one whole number that count their own work. */
const ofOne = { topic, takes: [1, 1], each: true, cost: () => 2 } as const

export const PRIMES: readonly FunctionEntry[] = [
  {
    ...ofOne,
    names: ['isPrime'],
    signature: 'isPrime(n)',
    description: 'Whether a number is prime.',
    example: { expression: 'isPrime(2^127 - 1)', text: 'true' },
    run: (values, context) => primality(argument(values, 0), context),
  },
  {
    ...ofOne,
    names: ['nextPrime'],
    signature: 'nextPrime(n)',
    description: 'The smallest prime above a number.',
    example: { expression: 'nextPrime(100)', text: '101' },
    run: nearestPrime(1n),
  },
  {
    ...ofOne,
    names: ['prevPrime', 'previousPrime'],
    signature: 'prevPrime(n)',
    description: 'The largest prime below a number.',
    example: { expression: 'prevPrime(100)', text: '97' },
    run: nearestPrime(-1n),
  },
  {
    ...ofOne,
    each: false,
    names: ['primeFactors', 'factors', 'factorize'],
    signature: 'primeFactors(n)',
    description: 'The prime factors of a number.',
    example: { expression: 'primeFactors(360)', text: '[2, 2, 2, 3, 3, 5]' },
    run: primeFactors,
  },
  {
    ...ofOne,
    each: false,
    names: ['divisors'],
    signature: 'divisors(n)',
    description: 'The whole numbers that divide a number, itself included.',
    example: { expression: 'divisors(12)', text: '[1, 2, 3, 4, 6, 12]' },
    run: divisors,
  },
  {
    ...ofOne,
    names: ['totient', 'eulerPhi'],
    signature: 'totient(n)',
    description: "Euler's totient: how many numbers up to n have no divisor in common with it.",
    example: { expression: 'totient(36)', text: '12' },
    run: totient,
  },
]
