import { evaluation, limit } from './errors.ts'
import type { Fingerprint } from './fingerprint.ts'
import { absolute, bitsOf, type Fraction, log2Of, squareRoot } from './rational.ts'

/**
 * A real number that is known to many digits but not exactly: somewhere within `2^radius` of `mantissa * 2^exponent`
 * (ball arithmetic: van der Hoeven, "Ball arithmetic", 2009; Johansson, "Arb", 2017). Each operation widens the ball by
 * the error that it adds, so that a value knows which of its digits are right.
 */
export interface Ball {
  readonly kind: 'ball'
  readonly mantissa: bigint
  readonly exponent: number
  /** The logarithm to base 2 of the error's bound; -Infinity when there is none. */
  readonly radius: number
  /** Present if arithmetic gave the number; absent if a function did. */
  readonly fingerprint?: Fingerprint
  /** The square of the number, where that is known to be a fraction: 2 for sqrt(2). */
  readonly square?: Fraction
}

/** Bits of a mantissa that is kept: 134 decimal digits. */
export const BITS = 448

/** Numbers of 10^10001 and more are refused. */
const LARGEST = 10_001 * Math.log2(10)
/** Numbers below 10^-1,000,000,000 are refused too, so that none silently becomes 0. */
const SMALLEST = -1e9 * Math.log2(10)

const ball = (mantissa: bigint, exponent: number, radius: number): Ball => ({
  kind: 'ball',
  mantissa,
  exponent,
  radius,
})

export { ball as rawBall }

/** Returns the logarithm of the sum of two numbers given by their logarithms; always a little more than either. */
export function addRadii(a: number, b: number): number {
  if (a < b) return addRadii(b, a)
  if (b === -Infinity) return a
  const apart = b - a
  return (apart < -40 ? a : a + Math.log2(1 + 2 ** apart)) + 2 ** -40 + Math.abs(a) * 2 ** -50
}

/** Returns a ball with a mantissa of at most `bits` bits, give or take one, widened by what is rounded away. */
export function round(mantissa: bigint, exponent: number, radius: number, bits: number): Ball {
  if (mantissa === 0n) return ball(0n, 0, radius)
  const log = log2Of(mantissa)
  const size = log + exponent
  if (size >= LARGEST) throw tooLarge()
  if (size < SMALLEST) throw tooSmall()
  const over = Math.floor(log) + 1 - bits
  if (over <= 1) return ball(mantissa, exponent, radius)
  const shift = BigInt(over)
  return ball(
    (mantissa + (1n << (shift - 1n))) >> shift,
    exponent + over,
    addRadii(radius, exponent + over - 1),
  )
}

export const tooLarge = () => limit('This number is too large.')
export const tooSmall = () => limit('This number is too small.')

export const fromWhole = (n: bigint, bits: number): Ball => round(n, 0, -Infinity, bits)

/** Returns a fraction as a ball of `bits` bits. */
export function fromFraction(n: bigint, d: bigint, bits: number): Ball {
  if (d === 1n || n === 0n) return fromWhole(n, bits)
  const shift = Math.max(0, bits + 2 + bitsOf(d) - bitsOf(n))
  const scaled = n << BigInt(shift)
  return round(scaled / d, -shift, scaled % d === 0n ? -Infinity : -shift, bits)
}

/** The logarithm to base 2 of the midpoint's size. */
export const magnitude = (a: Ball): number => log2Of(a.mantissa) + a.exponent

/** Tells whether 0 is within the ball. */
export const holdsZero = (a: Ball): boolean => a.mantissa === 0n || magnitude(a) <= a.radius

/** Returns how many bits of the value are right; 0 or less where 0 is within it, Infinity without an error. */
export const accuracy = (a: Ball): number =>
  a.radius === -Infinity ? Infinity : a.mantissa === 0n ? -Infinity : magnitude(a) - a.radius

/** A ball around 0 with an error below 2 to this power is taken for 0. */
const NOTHING = -100

/** Tells whether a ball that holds 0 is so small that it counts as 0. */
export const isNothing = (a: Ball): boolean => a.radius <= NOTHING

export const signOfBall = (a: Ball): -1 | 0 | 1 => (holdsZero(a) ? 0 : a.mantissa < 0n ? -1 : 1)

export const negateBall = (a: Ball): Ball => ball(-a.mantissa, a.exponent, a.radius)
export const absBall = (a: Ball): Ball => (a.mantissa < 0n ? negateBall(a) : a)

/** Multiplies by a power of 2. */
export const scale = (a: Ball, power: number): Ball =>
  ball(a.mantissa, a.mantissa === 0n ? 0 : a.exponent + power, a.radius + power)

export function addBalls(a: Ball, b: Ball, bits: number): Ball {
  const radius = addRadii(a.radius, b.radius)
  if (a.mantissa === 0n) return round(b.mantissa, b.exponent, radius, bits)
  if (b.mantissa === 0n) return round(a.mantissa, a.exponent, radius, bits)
  const [high, low] = a.exponent >= b.exponent ? [a, b] : [b, a]
  const apart = high.exponent - low.exponent
  // A number wholly below the last bit of the other only widens it.
  if (apart > 2 * bits + 64) {
    if (magnitude(low) < magnitude(high) - bits - 8)
      return round(high.mantissa, high.exponent, addRadii(radius, magnitude(low)), bits)
    if (magnitude(high) < magnitude(low) - bits - 8)
      return round(low.mantissa, low.exponent, addRadii(radius, magnitude(high)), bits)
  }
  return round((high.mantissa << BigInt(apart)) + low.mantissa, low.exponent, radius, bits)
}

export const subtractBalls = (a: Ball, b: Ball, bits: number): Ball => addBalls(a, negateBall(b), bits)

export function multiplyBalls(a: Ball, b: Ball, bits: number): Ball {
  const radius = addRadii(addRadii(magnitude(a) + b.radius, magnitude(b) + a.radius), a.radius + b.radius)
  return round(a.mantissa * b.mantissa, a.exponent + b.exponent, radius, bits)
}

export function divideBalls(a: Ball, b: Ball, bits: number): Ball {
  if (holdsZero(b)) throw evaluation('Division by zero.')
  const shift = Math.max(0, bits + 2 + bitsOf(b.mantissa) - bitsOf(a.mantissa))
  const mantissa = (a.mantissa << BigInt(shift)) / b.mantissa
  const exponent = a.exponent - b.exponent - shift
  const divisor = magnitude(b)
  // |a/b - a'/b'| <= (error of a + |a/b| * error of b) / (|b| - error of b)
  const least = divisor + Math.log2(1 - 2 ** Math.min(-1e-9, b.radius - divisor))
  const carried = addRadii(a.radius, magnitude(a) - divisor + b.radius) - least
  return round(mantissa, exponent, addRadii(carried, exponent), bits)
}

/** Returns the square root of a ball of numbers that are not negative, though its midpoint may be. */
export function squareRootOfBall(a: Ball, bits: number): Ball {
  if (a.mantissa <= 0n) return ball(0n, 0, a.radius / 2)
  let shift = Math.max(0, 2 * bits + 4 - bitsOf(a.mantissa))
  if ((a.exponent - shift) % 2 !== 0) shift++
  const mantissa = squareRoot(a.mantissa << BigInt(shift))
  const exponent = (a.exponent - shift) / 2
  // |sqrt(a') - sqrt(a)| <= error / sqrt(a), and the root itself where 0 is near.
  const carried = holdsZero(a) ? a.radius / 2 : a.radius - magnitude(a) / 2
  return round(mantissa, exponent, addRadii(carried, exponent), bits)
}

/** Returns a whole power of a ball by repeated squaring. */
export function powerOfBall(a: Ball, exponent: bigint, bits: number): Ball {
  const working = bits + 8 + 2 * bitsOf(exponent)
  // The base is inverted, not the power: 10^20000 is too large, and 10^-20000 is not.
  if (exponent < 0n) return powerOfBall(divideBalls(fromWhole(1n, bits), a, working), -exponent, bits)
  let result = fromWhole(1n, bits)
  let square = a
  for (let left = exponent; ; ) {
    if (left & 1n) result = multiplyBalls(result, square, working)
    left >>= 1n
    if (left === 0n) return round(result.mantissa, result.exponent, result.radius, bits)
    square = multiplyBalls(square, square, working)
  }
}

/** Returns the whole number nearest to the midpoint; halves go away from 0. The ball must be below 2^40,000. */
export function nearestWhole(a: Ball): bigint {
  if (a.exponent >= 0) return a.mantissa << BigInt(a.exponent)
  if (magnitude(a) < -2) return 0n
  const size = absolute(a.mantissa)
  const whole = (size + (1n << BigInt(-a.exponent - 1))) >> BigInt(-a.exponent)
  return a.mantissa < 0n ? -whole : whole
}

/** Returns the one whole number that the ball holds, or undefined where it may hold none or several. */
export function wholeWithin(a: Ball): bigint | undefined {
  if (a.radius > -2) return undefined
  const whole = nearestWhole(a)
  return holdsZero(addBalls(a, fromWhole(-whole, 1 << 20), 1 << 20)) ? whole : undefined
}

/** Returns the nearest double. */
export function doubleOf(a: Ball): number {
  const over = Math.max(0, bitsOf(a.mantissa) - 64)
  const top = Number(a.mantissa >> BigInt(over))
  const power = a.exponent + over
  // Two steps, so that neither overflows before the product does.
  return power < -1000
    ? top * 2 ** (power + 200) * 2 ** -200
    : power > 900
      ? top * 2 ** (power - 200) * 2 ** 200
      : top * 2 ** power
}
