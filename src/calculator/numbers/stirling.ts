import {
  addBalls,
  addRadii,
  type Ball,
  divideBalls,
  doubleOf,
  fromFraction,
  fromWhole,
  magnitude,
  multiplyBalls,
  rawBall,
  round,
  scale,
  subtractBalls,
} from './ball.ts'
import { bernoulliNumbers } from './bernoulli.ts'
import {
  addComplex,
  type ComplexBall,
  divideComplex,
  lnComplex,
  multiplyComplex,
  timesBall,
} from './complex-ball.ts'
import { lnBall, wholePi } from './transcendental.ts'

/* Stirling's series for the logarithm of the gamma function, of real and complex numbers. */

/** The real part from which Stirling's series has enough bits, and how many of its terms that takes. */
const stirlingFrom = (bits: number): number => Math.ceil(bits / 4)
const stirlingTerms = (bits: number): number => Math.ceil(bits / 8) + 2

const halfLn2Pi = (bits: number): Ball => scale(lnBall(scale(wholePi(bits), 1), bits), -1)

/** ln Γ(z) by Stirling's series, for z from `stirlingFrom(bits)`; the error is less than the first term left out. */
export function stirling(z: Ball, bits: number): Ball {
  const half = rawBall(1n, -1, -Infinity)
  let sum = subtractBalls(multiplyBalls(subtractBalls(z, half, bits), lnBall(z, bits), bits), z, bits)
  sum = addBalls(sum, halfLn2Pi(bits), bits)
  const inverse = divideBalls(fromWhole(1n, 64), z, bits)
  const square = multiplyBalls(inverse, inverse, bits)
  let power = inverse
  for (const [i, { n, d }] of bernoulliNumbers(stirlingTerms(bits)).entries()) {
    const k = BigInt(2 * (i + 1))
    const term = multiplyBalls(power, fromFraction(n, d * k * (k - 1n), bits), bits)
    const size = magnitude(term)
    if (size < -bits || i >= stirlingTerms(bits) - 1)
      return round(sum.mantissa, sum.exponent, addRadii(sum.radius, size), bits)
    sum = addBalls(sum, term, bits)
    power = multiplyBalls(power, square, bits)
  }
  return sum
}

/** z (z + 1) … (z + count - 1) */
export function rising(z: Ball, count: number, bits: number): Ball {
  let product = fromWhole(1n, 64)
  for (let k = 0; k < count; k++)
    product = multiplyBalls(product, addBalls(z, fromWhole(BigInt(k), 64), bits), bits)
  return product
}

/** The number of steps from z to where Stirling's series is accurate. */
export const stepsFrom = (z: number, bits: number): number => Math.max(0, Math.ceil(stirlingFrom(bits) - z))

export function complexStirling(z: ComplexBall, bits: number): ComplexBall {
  const half = rawBall(1n, -1, -Infinity)
  const less: ComplexBall = { re: subtractBalls(z.re, half, bits), im: z.im }
  let sum = multiplyComplex(less, lnComplex(z, bits), bits)
  sum = {
    re: addBalls(subtractBalls(sum.re, z.re, bits), halfLn2Pi(bits), bits),
    im: subtractBalls(sum.im, z.im, bits),
  }
  const inverse = divideComplex({ re: fromWhole(1n, 64), im: fromWhole(0n, 64) }, z, bits)
  const square = multiplyComplex(inverse, inverse, bits)
  let power = inverse
  const most = stirlingTerms(bits)
  for (const [i, { n, d }] of bernoulliNumbers(most).entries()) {
    const k = BigInt(2 * (i + 1))
    const term = timesBall(power, fromFraction(n, d * k * (k - 1n), bits), bits)
    // In the right half plane the error is at most the first term left out times 1 / cos^2k (arg z / 2).
    const size = Math.max(magnitude(term.re), magnitude(term.im)) + i + 2
    if (size < -bits || i >= most - 1)
      return {
        re: round(sum.re.mantissa, sum.re.exponent, addRadii(sum.re.radius, size), bits),
        im: round(sum.im.mantissa, sum.im.exponent, addRadii(sum.im.radius, size), bits),
      }
    sum = addComplex(sum, term, bits)
    power = multiplyComplex(power, square, bits)
  }
  return sum
}

/** z (z + 1) … (z + count - 1), and the sum of the angles of the factors as a double. */
export function complexRising(
  z: ComplexBall,
  count: number,
  bits: number,
): { product: ComplexBall; angle: number } {
  let product: ComplexBall = { re: fromWhole(1n, 64), im: fromWhole(0n, 64) }
  let angle = 0
  const [x, y] = [doubleOf(z.re), doubleOf(z.im)]
  for (let k = 0; k < count; k++) {
    product = multiplyComplex(product, { re: addBalls(z.re, fromWhole(BigInt(k), 64), bits), im: z.im }, bits)
    angle += Math.atan2(y, x + k)
  }
  return { product, angle }
}

export const complexSteps = (x: number, y: number, bits: number): number =>
  Math.abs(y) > stirlingFrom(bits) * 1.5 ? Math.max(0, Math.ceil(-x)) : stepsFrom(x, bits * 1.2)
