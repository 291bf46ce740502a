import { tooLarge } from './ball.ts'
import { evaluation, limit } from './errors.ts'
import type { Meter } from './meter.ts'
import { primesUpTo } from './primes.ts'
import { absolute, log2Of } from './rational.ts'
import { fromInteger, negateReal, ONE, type Real, ratio, ZERO } from './real.ts'

/*
 * Counting. Results are computed as whole numbers, of up to 33,223 bits (10^10001); one of more than 1,024 bits then
 * becomes a ball, like any other. Products of many numbers are made in halves, so that both sides are of about one size.
 */

const LARGEST = 33_223

/** Microseconds for a product of numbers that has so many bits: measured, 1.2 ms for 3,000! with 30,000. */
const costOfProduct = (factors: number, bits: number): number => Math.ceil(factors / 8 + bits / 24) + 1

/** The product of `count` factors: from * (from + step) * …. */
function product(from: bigint, step: bigint, count: number): bigint {
  if (count <= 8) {
    let result = 1n
    for (let i = 0; i < count; i++) result *= from + step * BigInt(i)
    return result
  }
  const half = count >> 1
  return product(from, step, half) * product(from + step * BigInt(half), step, count - half)
}

function productOf(factors: readonly bigint[], from = 0, to = factors.length): bigint {
  if (to - from < 9) return factors.slice(from, to).reduce((result, factor) => result * factor, 1n)
  const middle = (from + to) >> 1
  return productOf(factors, from, middle) * productOf(factors, middle, to)
}

/** Numbers up to which binomials are computed from the powers of the primes in them (Kummer's theorem). */
const SIEVED = 100_000n

/** binomial(n, k) for 0 <= k <= n / 2. Where k is large, no intermediate product exceeds the result. */
function choose(n: bigint, k: bigint): bigint {
  const count = Number(k)
  if (n > SIEVED || count < 64) return product(n - k + 1n, 1n, count) / product(1n, 1n, count)
  const total = Number(n)
  const factors: bigint[] = []
  for (const prime of primesUpTo(total)) {
    let power = 0
    for (let q = prime; q <= total; q *= prime)
      power += Math.floor(total / q) - Math.floor(count / q) - Math.floor((total - count) / q)
    if (power > 0) factors.push(BigInt(prime) ** BigInt(power))
  }
  return productOf(factors)
}

/** Microseconds that `choose` takes: for the products and their division, or for the sieve and its product. */
const costOfChoice = (n: number, count: number, bits: number): number =>
  n > Number(SIEVED) || count < 64 ? costOfProduct(2 * count, 4 * bits) : costOfProduct(n / 10, bits)

/** Returns n! for a whole number that is not negative. Throws `limit` above 3,249, where it passes 10^10000. */
export function factorialOf(n: bigint, meter: Meter): Real {
  if (n < 0n) throw evaluation('The factorial of a negative whole number is not defined.')
  if (n > 3249n) throw tooLarge()
  const count = Number(n)
  meter.charge(costOfProduct(count, count * Math.log2(count + 1)))
  return fromInteger(product(1n, 1n, count))
}

/** Returns n!! = n (n - 2) (n - 4) …, for a whole number from -1. */
export function doubleFactorial(n: bigint, meter: Meter): Real {
  if (n < -1n) throw evaluation('The double factorial of a negative number is not defined.')
  if (n > 6000n) throw tooLarge()
  const count = Number((n + 1n) / 2n)
  meter.charge(costOfProduct(count, count * 13))
  return fromInteger(product(n % 2n === 0n ? 2n : 1n, 2n, count))
}

/** The logarithm to base 2 of Γ(n), by Stirling's formula: to within a bit, for n from 1. */
function log2Gamma(n: number): number {
  if (n < 2) return 0
  return ((n - 0.5) * Math.log(n) - n + 0.92 + 1 / (12 * n)) / Math.LN2
}

/**
 * Returns the number of ways to choose k of n, for whole numbers: 0 where k is negative or above n. A negative n is
 * (-1)^k binomial(k - n - 1, k).
 */
export function binomial(n: bigint, k: bigint, meter: Meter): Real {
  if (k < 0n) return ZERO
  if (n < 0n) {
    const found = binomial(k - n - 1n, k, meter)
    return k % 2n === 0n ? found : negateReal(found)
  }
  if (k > n) return ZERO
  const fewer = k * 2n > n ? n - k : k
  if (fewer === 0n) return ONE
  if (fewer > 100_000n) throw tooLarge()
  const count = Number(fewer)
  const numerator =
    n > 1n << 50n ? count * log2Of(n) : log2Gamma(Number(n) + 1) - log2Gamma(Number(n) - count + 1)
  const denominator = log2Gamma(count + 1)
  if (numerator - denominator > LARGEST + 10) throw tooLarge()
  meter.charge(costOfChoice(Number(n), count, numerator))
  return fromInteger(choose(n, fewer))
}

/** Returns the number of ordered choices of k of n: n! / (n - k)!; without k all of them. */
export function permutations(n: bigint, k: bigint, meter: Meter): Real {
  if (n < 0n || k < 0n) throw evaluation('Permutations take whole numbers from 0 up.')
  if (k > n) return ZERO
  if (k > 100_000n) throw tooLarge()
  const count = Number(k)
  const bits = n > 1n << 50n ? count * log2Of(n) : log2Gamma(Number(n) + 1) - log2Gamma(Number(n) - count + 1)
  if (bits > LARGEST + 10) throw tooLarge()
  meter.charge(costOfProduct(count, bits))
  return fromInteger(product(n - k + 1n, 1n, count))
}

/** Returns the number of choices of k of n where each may be chosen again. */
export function combinationsWithRepetition(n: bigint, k: bigint, meter: Meter): Real {
  if (n < 0n || k < 0n) throw evaluation('Combinations take whole numbers from 0 up.')
  if (n === 0n) return k === 0n ? ONE : ZERO
  return binomial(n + k - 1n, k, meter)
}

/** Returns the number of ways to split a + b + … things into groups of these sizes. */
export function multinomial(sizes: readonly bigint[], meter: Meter): Real {
  let total = 0n
  let bits = 0
  for (const size of sizes) {
    if (size < 0n) throw evaluation('The sizes of groups must be whole numbers from 0 up.')
    total += size
    bits -= log2Gamma(Number(size) + 1)
  }
  if (total > 1_000_000n) throw tooLarge()
  if (bits + log2Gamma(Number(total) + 1) > LARGEST + 10) throw tooLarge()
  let result = 1n
  let sum = 0n
  for (const size of sizes) {
    sum += size
    const fewer = size * 2n > sum ? sum - size : size
    const count = Number(fewer)
    meter.charge(costOfChoice(Number(sum), count, LARGEST))
    result *= choose(sum, fewer)
  }
  return fromInteger(result)
}

/** Returns the n-th Catalan number, for n from 0. */
export function catalan(n: bigint, meter: Meter): Real {
  if (n < 0n) throw evaluation('Catalan numbers are counted from 0.')
  if (n > 17_000n) throw tooLarge()
  meter.charge(costOfChoice(2 * Number(n), Number(n), LARGEST))
  return fromInteger(choose(2n * n, n) / (n + 1n))
}

/** Largest argument of the counts that are made by sums. */
const SUMMED = 300n

/** Returns the number of ways to split n things into k groups: Stirling numbers of the second kind. */
export function stirlingS2(n: bigint, k: bigint, meter: Meter): Real {
  if (n < 0n || k < 0n) throw evaluation('Stirling numbers take whole numbers from 0 up.')
  if (k > n) return ZERO
  if (n > SUMMED) throw limit(`\`stirlingS2\` takes at most ${SUMMED}.`)
  meter.charge(Number(k) * 12 + 4)
  // The sum over j of (-1)^(k - j) binomial(k, j) j^n, divided by k!
  let sum = 0n
  let choices = 1n
  for (let j = k; j >= 0n; j--) {
    const term = choices * j ** n
    sum += (k - j) % 2n === 0n ? term : -term
    choices = (choices * j) / (k - j + 1n)
  }
  return ratio(sum, product(1n, 1n, Number(k)))
}

/** Returns the number of ways to split n things into groups: the Bell numbers. */
export function bellNumber(n: bigint, meter: Meter): Real {
  if (n < 0n) throw evaluation('Bell numbers are counted from 0.')
  if (n > SUMMED) throw limit(`\`bellNumbers\` takes at most ${SUMMED}.`)
  meter.charge(4 + Number(n) ** 2 / 10)
  let row = [1n]
  for (let i = 0n; i < n; i++) {
    const next = [row.at(-1) ?? 1n]
    for (const above of row) next.push((next.at(-1) ?? 0n) + above)
    row = next
  }
  return fromInteger(row[0] ?? 1n)
}

/** Returns the number of ways to write n as a sum of k whole numbers from 1, in order. */
export function composition(n: bigint, k: bigint, meter: Meter): Real {
  if (n < 1n || k < 1n) throw evaluation('Compositions take whole numbers from 1 up.')
  return binomial(n - 1n, k - 1n, meter)
}

/** Returns the n-th Fibonacci number; F(0) is 0 and F(-n) is (-1)^(n+1) F(n). */
export function fibonacci(n: bigint, meter: Meter): Real {
  const size = absolute(n)
  if (size > 47_900n) throw tooLarge()
  meter.charge(4 + Number(size) / 200)
  // F(2k) = F(k) (2 F(k+1) - F(k)), F(2k+1) = F(k)^2 + F(k+1)^2
  let [a, b] = [0n, 1n]
  for (const bit of size.toString(2)) {
    const twice = a * (2n * b - a)
    const after = a * a + b * b
    ;[a, b] = bit === '1' ? [after, twice + after] : [twice, after]
  }
  return fromInteger(n < 0n && n % 2n === 0n ? -a : a)
}
