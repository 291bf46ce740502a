/*
 * Fractions of whole numbers, reduced, the denominator above 0. Everything here is exact; `fits` says when a fraction has
 * grown so large that it is to be kept as a ball (ball.ts) instead.
 */

export interface Fraction {
  readonly n: bigint
  readonly d: bigint
}

/** Bits that a numerator and a denominator may each have. */
const FRACTION_BITS = 1024
const CEILING = 1n << BigInt(FRACTION_BITS)
const SAFE = BigInt(Number.MAX_SAFE_INTEGER)

export const fits = (n: bigint, d: bigint): boolean => n < CEILING && -n < CEILING && d < CEILING

export const absolute = (n: bigint): bigint => (n < 0n ? -n : n)

/** Returns the logarithm to base 2 of a whole number's size, to about 15 digits; -Infinity for 0. */
export function log2Of(n: bigint): number {
  const double = Math.abs(Number(n))
  if (double < Infinity) return Math.log2(double)
  const digits = absolute(n).toString(16)
  return Math.log2(Number(`0x${digits.slice(0, 14)}`)) + 4 * (digits.length - 14)
}

/** Returns how many bits a whole number has, at most one too many or too few. */
export const bitsOf = (n: bigint): number => (n === 0n ? 0 : Math.floor(log2Of(n)) + 1)

/** Returns the greatest common divisor, not negative; gcd(0, 0) is 0. 60 µs for 1,024 bits. */
export function gcd(a: bigint, b: bigint): bigint {
  let x = absolute(a)
  let y = absolute(b)
  while (y > SAFE || (y > 0n && x > SAFE)) [x, y] = [y, x % y]
  if (y === 0n) return x
  let u = Number(x)
  let v = Number(y)
  while (v > 0) [u, v] = [v, u % v]
  return BigInt(u)
}

/** Returns the reduced fraction of two whole numbers. The denominator must not be 0. */
export function reduce(n: bigint, d: bigint): Fraction {
  if (d === 1n) return { n, d }
  const [top, bottom] = d < 0n ? [-n, -d] : [n, d]
  const common = gcd(top, bottom)
  return common === 1n ? { n: top, d: bottom } : { n: top / common, d: bottom / common }
}

/** Returns a whole quotient, rounded down. */
export function floorDivide(n: bigint, d: bigint): bigint {
  const quotient = n / d
  return n % d !== 0n && n < 0n !== d < 0n ? quotient - 1n : quotient
}

/** Returns the remainder that has the sign of the divisor: -7 by 3 leaves 2. */
export function floorRemainder(n: bigint, d: bigint): bigint {
  const rest = n % d
  return rest !== 0n && rest < 0n !== d < 0n ? rest + d : rest
}

/** Returns the whole part of a square root of a number that is not negative. */
export function squareRoot(n: bigint): bigint {
  if (n <= SAFE) return BigInt(Math.floor(Math.sqrt(Number(n))))
  const bits = bitsOf(n)
  // A double gives the first 50 bits, from above; each of Newton's steps then doubles them and stays above the root.
  const shift = BigInt(Math.max(0, (bits - 100) & ~1))
  let root = (BigInt(Math.ceil(Math.sqrt(Number(n >> shift)) * (1 + 2 ** -50))) + 1n) << (shift / 2n)
  for (;;) {
    const next = (root + n / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** Returns the whole part of a root of a number that is not negative; the degree is at least 1. */
export function wholeRoot(n: bigint, degree: number): bigint {
  if (n < 2n || degree === 1) return n
  if (degree === 2) return squareRoot(n)
  const bits = bitsOf(n)
  if (degree > bits) return 1n
  const k = BigInt(degree)
  const log = log2Of(n) / degree
  const shift = Math.max(0, Math.floor(log) - 50)
  let root = (BigInt(Math.ceil(2 ** (log - shift) * (1 + 2 ** -38))) + 1n) << BigInt(shift)
  for (;;) {
    const next = ((k - 1n) * root + n / root ** (k - 1n)) / k
    if (next >= root) return root
    root = next
  }
}
