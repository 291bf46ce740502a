/** Whole numbers: common divisors and multiples, and other ways to write them. */
import { evaluation, fromInteger, gcd, invmod, lcm, limit, writeRoman, xgcd } from '../../numbers/index.ts'
import { matrix } from '../values/matrix.ts'
import type { Value } from '../values/value.ts'
import { argument, cellsOf, realOf, wholeOf } from './arguments.ts'
import { type Context, type FunctionEntry, MANY } from './function.ts'

/** The most bits of a number that is factorised or written digit by digit. */
const BITS = 1024n

/** Returns a whole number of up to 1,024 bits. @throws CalculationError for anything else */
export function boundedWhole(value: Value): bigint {
  const found = wholeOf(value)
  if (found >> BITS > 0n || -found >> BITS > 0n)
    throw limit('This number is too large for exact calculation.')
  return found
}

const overAll =
  (work: (a: bigint, b: bigint) => bigint) =>
  (values: readonly Value[], context: Context): Value => {
    const [first, ...rest] = cellsOf(values).map(boundedWhole)
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
  const value = boundedWhole(argument(values, 0))
  return `${value < 0n ? '-' : ''}${mark}${(value < 0n ? -value : value).toString(base)}`
}

function extended(values: readonly Value[], context: Context): Value {
  context.charge(1000)
  const { divisor, x, y } = xgcd(boundedWhole(argument(values, 0)), boundedWhole(argument(values, 1)))
  return matrix([divisor, x, y].map((one) => fromInteger(one)))
}

function inverse(values: readonly Value[], context: Context): Value {
  context.charge(1000)
  return fromInteger(invmod(boundedWhole(argument(values, 0)), boundedWhole(argument(values, 1))))
}

function roman(values: readonly Value[]): string {
  return writeRoman(realOf(argument(values, 0)))
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
  {
    names: ['roman'],
    signature: 'roman(n)',
    description: 'A whole number from 1 to 3999 as a Roman numeral.',
    example: { expression: 'roman(2026)', text: 'MMXXVI' },
    topic: WRITING,
    takes: [1, 1],
    run: roman,
  },
]
