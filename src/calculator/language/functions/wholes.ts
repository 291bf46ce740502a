/** Whole numbers: divisors, primes, and their writing in other bases. */
import {
  evaluation,
  factorize,
  fromInteger,
  gcd,
  invmod,
  isPrime,
  isReal,
  isUnclear,
  lcm,
  limit,
  type Meter,
  toBigInt,
  xgcd,
} from '../../numbers/index.ts'
import { unclear } from '../arithmetic.ts'
import { matrix } from '../values/matrix.ts'
import type { Value } from '../values/value.ts'
import { argument, cellsOf, scalarOf, wholeOf } from './arguments.ts'
import { type Context, type FunctionEntry, MANY } from './function.ts'

/** The largest number, as a power of 2, that is taken apart or written digit by digit. */
const BITS = 1024n

function bounded(value: Value): bigint {
  const found = wholeOf(value)
  if (found >> BITS > 0n || -found >> BITS > 0n)
    throw limit('This number is too large for exact calculation.')
  return found
}

const overAll =
  (work: (a: bigint, b: bigint) => bigint) =>
  (values: readonly Value[], context: Context): Value => {
    const [first, ...rest] = cellsOf(values).map(bounded)
    if (first === undefined) throw evaluation('There are no values here.')
    const found = rest.reduce(
      (so, next) => {
        context.charge(2 + (bitsOf(so) * bitsOf(next)) / 2000)
        const value = work(so, next)
        if (value >> (8n * BITS) > 0n) throw limit('This number is too large.')
        return value
      },
      first < 0n ? -first : first,
    )
    return fromInteger(found)
  }

const bitsOf = (value: bigint): number => value.toString(16).length * 4

const inBase = (base: 2 | 8 | 16, mark: string) => (values: readonly Value[]) => {
  const value = bounded(argument(values, 0))
  return `${value < 0n ? '-' : ''}${mark}${(value < 0n ? -value : value).toString(base)}`
}

function primality(value: Value, meter: Meter): boolean {
  const number = scalarOf(value)
  const whole = isReal(number) ? toBigInt(number) : undefined
  if (isReal(number) && isUnclear(number)) throw unclear()
  return whole !== undefined && whole > 1n && isPrime(bounded(value), meter)
}

function primeFactors(values: readonly Value[], context: Context): Value {
  const value = bounded(argument(values, 0))
  if (value < 1n) throw evaluation('Only whole numbers from 1 up have prime factors.')
  return matrix(
    factorize(value, context).flatMap(({ prime, power }) =>
      Array.from({ length: power }, () => fromInteger(prime)),
    ),
  )
}

function extended(values: readonly Value[], context: Context): Value {
  context.charge(1000)
  const { divisor, x, y } = xgcd(bounded(argument(values, 0)), bounded(argument(values, 1)))
  return matrix([divisor, x, y].map((one) => fromInteger(one)))
}

function inverse(values: readonly Value[], context: Context): Value {
  context.charge(1000)
  return fromInteger(invmod(bounded(argument(values, 0)), bounded(argument(values, 1))))
}

const topic = 'Whole numbers'
const WRITING = 'Other bases'

export const WHOLES: readonly FunctionEntry[] = [
  {
    names: ['gcd', 'hcf'],
    signature: 'gcd(a, b, …)',
    description: 'The greatest common divisor.',
    example: { expression: 'gcd(12, 18)', text: '6' },
    topic,
    takes: [1, MANY],
    run: overAll(gcd),
  },
  {
    names: ['lcm'],
    signature: 'lcm(a, b, …)',
    description: 'The least common multiple.',
    example: { expression: 'lcm(4, 6)', text: '12' },
    topic,
    takes: [1, MANY],
    run: overAll(lcm),
  },
  {
    names: ['xgcd'],
    signature: 'xgcd(a, b)',
    description: 'The greatest common divisor, and the x and y for which it is a x + b y.',
    example: { expression: 'xgcd(36, 163)', text: '[1, 77, -17]' },
    topic,
    takes: [2, 2],
    cost: () => 2,
    run: extended,
  },
  {
    names: ['invmod'],
    signature: 'invmod(a, m)',
    description: 'The x for which a x divided by m leaves a remainder of 1.',
    example: { expression: 'invmod(3, 11)', text: '4' },
    topic,
    takes: [2, 2],
    cost: () => 2,
    run: inverse,
  },
  {
    names: ['isPrime'],
    signature: 'isPrime(n)',
    description: 'Whether a number is prime.',
    example: { expression: 'isPrime(2^127 - 1)', text: 'true' },
    topic,
    takes: [1, 1],
    each: true,
    cost: () => 2,
    run: (values, context) => primality(argument(values, 0), context),
  },
  {
    names: ['primeFactors', 'factors'],
    signature: 'primeFactors(n)',
    description: 'The prime factors of a number.',
    example: { expression: 'primeFactors(360)', text: '[2, 2, 2, 3, 3, 5]' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: primeFactors,
  },
  {
    names: ['hex'],
    signature: 'hex(n)',
    description: 'A whole number in base 16, as text.',
    example: { expression: 'hex(255)', text: '0xff' },
    topic: WRITING,
    takes: [1, 1],
    run: inBase(16, '0x'),
  },
  {
    names: ['bin'],
    signature: 'bin(n)',
    description: 'A whole number in base 2, as text.',
    example: { expression: 'bin(5)', text: '0b101' },
    topic: WRITING,
    takes: [1, 1],
    run: inBase(2, '0b'),
  },
  {
    names: ['oct'],
    signature: 'oct(n)',
    description: 'A whole number in base 8, as text.',
    example: { expression: 'oct(8)', text: '0o10' },
    topic: WRITING,
    takes: [1, 1],
    run: inBase(8, '0o'),
  },
]
