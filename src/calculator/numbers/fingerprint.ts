import { powerModulo } from './modular.ts'

/**
 * Tells numbers apart, or shows that they are the same, where the digits that are known of them cannot: 10^400 + 1 is not
 * 10^400, and sqrt(2) - sqrt(2) is 0. Each number is computed a second time, as an element of a finite field in which π
 * and what functions give are elements taken at random (Schwartz 1980, Zippel 1979). Equal formulas have equal elements;
 * others, but for a chance of about 2^-120, have different ones.
 */
export interface Fingerprint {
  /** The element is `n / d`. */
  readonly n: bigint
  readonly d: bigint
  /** Made of fractions and powers of π alone: two of these with different elements are different numbers. */
  readonly isPlain: boolean
}

/** A prime of 128 bits, the first after the digits of π that it begins with. */
const PRIME = 314159265358979323846264338327950288459n
/** An element taken at random. */
const PI_ELEMENT = 271828182845904523536028747135266249775n
/** More than any exponent, so that none makes an element 0. */
const SHIFTED = 2 ** 40

const reduced = (n: bigint): bigint => {
  const rest = n % PRIME
  return rest < 0n ? rest + PRIME : rest
}

/** Returns the fingerprint of a fraction times a power of π. */
export function ofFraction(n: bigint, d: bigint, pi: number): Fingerprint {
  const power = pi === 0 ? 1n : powerOf(PI_ELEMENT, BigInt(Math.abs(pi)))
  return {
    n: reduced(pi > 0 ? reduced(n) * power : n),
    d: reduced(pi < 0 ? reduced(d) * power : d),
    isPlain: true,
  }
}

/** Returns the fingerprint of a number that a function gave, of which these are the digits. */
export const ofDigits = (mantissa: bigint, exponent: number): Fingerprint => ({
  n: reduced(mantissa * BigInt(exponent + SHIFTED)),
  d: 1n,
  isPlain: false,
})

export const sum = (a: Fingerprint, b: Fingerprint): Fingerprint =>
  a.d === b.d
    ? { n: reduced(a.n + b.n), d: a.d, isPlain: a.isPlain && b.isPlain }
    : {
        n: reduced(a.n * b.d + b.n * a.d),
        d: reduced(a.d * b.d),
        isPlain: a.isPlain && b.isPlain,
      }

export const product = (a: Fingerprint, b: Fingerprint): Fingerprint => ({
  n: reduced(a.n * b.n),
  d: a.d === 1n ? b.d : b.d === 1n ? a.d : reduced(a.d * b.d),
  isPlain: a.isPlain && b.isPlain,
})

export const negated = (a: Fingerprint): Fingerprint => ({ ...a, n: reduced(-a.n) })
export const inverted = (a: Fingerprint): Fingerprint => ({ ...a, n: a.d, d: a.n })

/** Returns the fingerprint of a whole power, from 0 up. */
export const raised = (a: Fingerprint, exponent: bigint): Fingerprint => ({
  ...a,
  n: powerOf(a.n, exponent),
  d: powerOf(a.d, exponent),
})

/** Tells whether it is that of 0. */
export const isOfNothing = ({ n }: Fingerprint): boolean => n === 0n

const powerOf = (base: bigint, exponent: bigint): bigint =>
  base === 1n ? base : powerModulo(base, exponent, PRIME)
