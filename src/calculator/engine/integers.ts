import type { BigNumber } from 'mathjs'
import { evaluation, limit } from './errors.ts'
import { decimal } from './library.ts'
import { FULL_DIGITS } from './limits.ts'
import { isExact } from './values.ts'

/*
 * Whole numbers, with the machine's own: the library takes a tenth of a second for a gcd of ninety digits, and half a
 * minute to know a prime of forty.
 */

/** A whole number of the language as the machine's. Throws when it is none, or no longer exact. */
export function whole(value: BigNumber): bigint {
  if (!value.isInteger()) throw evaluation('This works only with whole numbers.')
  if (!isExact(value)) throw limit('This number is too large to be computed with exactly.')
  return BigInt(value.toFixed())
}

export const fromWhole = (value: bigint): BigNumber => decimal(value.toString())

export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y > 0n) [x, y] = [y, x % y]
  return x
}

export function lcm(a: bigint, b: bigint): bigint {
  const product = a * b
  if (product === 0n) return 0n
  return (product < 0n ? -product : product) / gcd(a, b)
}

/** x to shift places to the left, or to the right where negative. */
export function shift(value: bigint, places: bigint): bigint {
  if (places > 300n || places < -300n) throw limit('This shifts too far.')
  return places < 0n ? value >> -places : value << places
}

const WITNESSES = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n]

/**
 * Tells whether a number is a prime: Miller and Rabin's test with the first 13 primes, which is a proof below 3.3e24
 * (Sorenson and Webster, 2015); from there up no composite that passes these bases is to be expected.
 */
export function isPrime(value: bigint): boolean {
  if (value < 2n) return false
  if (value.toString().length > FULL_DIGITS) throw limit('This number is too large to be tested.')
  for (const prime of WITNESSES) if (value % prime === 0n) return value === prime
  let odd = value - 1n
  let twos = 0
  while (odd % 2n === 0n) {
    odd /= 2n
    twos++
  }
  return WITNESSES.every((witness) => passes(value, witness, odd, twos))
}

function passes(value: bigint, witness: bigint, odd: bigint, twos: number): boolean {
  let power = powerModulo(witness, odd, value)
  if (power === 1n || power === value - 1n) return true
  for (let i = 1; i < twos; i++) {
    power = (power * power) % value
    if (power === value - 1n) return true
  }
  return false
}

function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  let square = base % modulus
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}
