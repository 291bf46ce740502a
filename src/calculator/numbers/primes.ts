import { evaluation, limit } from './errors.ts'
import type { Meter } from './meter.ts'
import { costOfModularPower, gcd, powerModulo } from './modular.ts'
import { absolute, bitsOf, squareRoot } from './rational.ts'

/** Numbers with more bits than an exact number can have are not tested. */
const BITS = 1024

/** Bases that prove a number below a bound to be prime (Jaeschke 1993; Jiang and Deng 2014; Sorenson and Webster 2015). */
const PROOFS: readonly [below: bigint, bases: number][] = [
  [3_215_031_751n, 4],
  [3_474_749_660_383n, 6],
  [341_550_071_728_321n, 7],
  [3_825_123_056_546_413_051n, 9],
  [318_665_857_834_031_151_167_461n, 12],
  [3_317_044_064_679_887_385_961_981n, 13],
]
const SMALL = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n]

/**
 * Tells whether a whole number is prime. This is a proof below 3.3e24; above it is the test of Baillie, Pomerance,
 * Selfridge and Wagstaff (1980) with a strong Lucas test, which no composite number is known to pass.
 */
export function isPrime(n: bigint, meter: Meter): boolean {
  if (n < 2n) return false
  const bits = bitsOf(n)
  if (bits > BITS) throw limit('This number is too large to be tested for primality.')
  meter.charge(2)
  for (const prime of SMALL) if (n % prime === 0n) return n === prime
  if (n < 1849n) return true
  const proof = PROOFS.find(([below]) => n < below)
  const test = strongTest(n)
  const cost = costOfModularPower(bits, bits)
  for (const base of SMALL.slice(0, proof?.[1] ?? 1)) {
    meter.charge(cost)
    meter.tick()
    if (!test(base)) return false
  }
  if (proof) return true
  // Three products for each bit
  meter.charge(3 * cost)
  return isStrongLucas(n, meter)
}

/** The test of Miller and Rabin. */
function strongTest(n: bigint): (base: bigint) => boolean {
  const [odd, twos] = withoutTwos(n - 1n)
  return (base) => {
    let power = powerModulo(base, odd, n)
    if (power === 1n || power === n - 1n) return true
    for (let i = 1; i < twos; i++) {
      power = (power * power) % n
      if (power === n - 1n) return true
    }
    return false
  }
}

function withoutTwos(n: bigint): [odd: bigint, twos: number] {
  let odd = n
  let twos = 0
  for (; odd % 2n === 0n; twos++) odd /= 2n
  return [odd, twos]
}

/** Jacobi's symbol (a/n) for an odd n above 0. */
function jacobi(a: bigint, n: bigint): -1 | 0 | 1 {
  let [x, y] = [((a % n) + n) % n, n]
  let sign: -1 | 1 = 1
  while (x !== 0n) {
    while (x % 2n === 0n) {
      x /= 2n
      if (y % 8n === 3n || y % 8n === 5n) sign = sign === 1 ? -1 : 1
    }
    ;[x, y] = [y, x]
    if (x % 4n === 3n && y % 4n === 3n) sign = sign === 1 ? -1 : 1
    x %= y
  }
  return y === 1n ? sign : 0
}

/** The strong Lucas test with Selfridge's parameters: the first of 5, -7, 9, -11, … of which (D/n) is -1. */
function isStrongLucas(n: bigint, meter: Meter): boolean {
  if (squareRoot(n) ** 2n === n) return false
  let d = 5n
  for (let symbol = jacobi(d, n); symbol !== -1; symbol = jacobi(d, n)) {
    if (symbol === 0 && absolute(d) !== n) return false
    d = d > 0n ? -(d + 2n) : 2n - d
  }
  const q = (1n - d) / 4n
  const half = (x: bigint) => (x % 2n === 0n ? x / 2n : (x + n) / 2n)
  const modulo = (x: bigint) => ((x % n) + n) % n
  const [odd, twos] = withoutTwos(n + 1n)
  // U and V of index 1, with P = 1, then doubled and stepped along the bits
  let [u, v, power] = [1n, 1n, modulo(q)]
  for (const [i, bit] of [...odd.toString(2).slice(1)].entries()) {
    if (i % 256 === 255) meter.tick()
    u = (u * v) % n
    v = modulo(v * v - 2n * power)
    power = (power * power) % n
    if (bit === '0') continue
    ;[u, v] = [modulo(half(modulo(u + v))), modulo(half(modulo(d * u + v)))]
    power = modulo(power * q)
  }
  meter.tick()
  if (u === 0n || v === 0n) return true
  for (let i = 1; i < twos; i++) {
    v = modulo(v * v - 2n * power)
    if (v === 0n) return true
    power = (power * power) % n
  }
  return false
}

/** Returns the primes up to a number, by the sieve of Eratosthenes: up to 100,000 in a millisecond. */
export function primesUpTo(most: number): number[] {
  const composite = new Uint8Array(most + 1)
  const primes: number[] = []
  for (let n = 2; n <= most; n++) {
    if (composite[n]) continue
    primes.push(n)
    for (let multiple = n * n; multiple <= most; multiple += n) composite[multiple] = 1
  }
  return primes
}

const TRIED = 1000n
/** Steps of Pollard's method between two looks at the meter; each takes half a microsecond at 128 bits. */
const STEPS = 128

/**
 * Returns the prime factors of a whole number from 1, in order, with their powers. Factors below 1,000 are tried, others
 * are found by Brent's form of Pollard's rho method (1980), whose work grows with the root of the second largest.
 */
export function factorize(n: bigint, meter: Meter): { prime: bigint; power: number }[] {
  if (n < 1n) throw evaluation('Only whole numbers from 1 up have prime factors.')
  if (bitsOf(n) > BITS) throw limit('This number is too large to be factorized.')
  const found = new Map<bigint, number>()
  const take = (prime: bigint) => found.set(prime, (found.get(prime) ?? 0) + 1)
  let rest = n
  meter.charge(100)
  for (let divisor = 2n; divisor < TRIED && divisor * divisor <= rest; divisor += divisor === 2n ? 1n : 2n)
    for (; rest % divisor === 0n; rest /= divisor) take(divisor)
  const left = rest > 1n ? [rest] : []
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next < TRIED ** 2n || isPrime(next, meter)) take(next)
    else {
      const factor = findFactor(next, meter)
      left.push(factor, next / factor)
    }
  }
  return [...found].map(([prime, power]) => ({ prime, power })).sort((a, b) => (a.prime < b.prime ? -1 : 1))
}

/** A factor of a composite number other than 1 and itself. The same one each time. */
function findFactor(n: bigint, meter: Meter): bigint {
  const root = squareRoot(n)
  if (root * root === n) return root
  const cost = Math.ceil(STEPS * 2 * (0.2 + (bitsOf(n) / 1024) ** 2 * 2))
  for (let constant = 1n; ; constant++) {
    const step = (x: bigint) => (x * x + constant) % n
    let [y, ahead, saved] = [2n, 2n, 2n]
    let divisor = 1n
    for (let length = 1; divisor === 1n; length *= 2) {
      ahead = y
      meter.charge(Math.ceil((cost * length) / STEPS))
      for (let i = 0; i < length; i++) {
        y = step(y)
        if (i % STEPS === STEPS - 1) meter.tick()
      }
      for (let done = 0; done < length && divisor === 1n; done += STEPS) {
        meter.charge(cost)
        meter.tick()
        saved = y
        let product = 1n
        for (let i = 0; i < Math.min(STEPS, length - done); i++) {
          y = step(y)
          product = (product * absolute(ahead - y)) % n
        }
        divisor = gcd(product, n)
      }
    }
    // All factors came at once, so the last steps are looked at one by one.
    if (divisor === n) {
      divisor = 1n
      for (let i = 0; divisor === 1n && i <= STEPS; i++) {
        saved = step(saved)
        divisor = gcd(ahead - saved, n)
      }
    }
    if (divisor !== n && divisor !== 1n) return divisor
  }
}
