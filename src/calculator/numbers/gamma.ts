import { sinCos } from './angle.ts'
import {
  addBalls,
  addRadii,
  type Ball,
  BITS,
  divideBalls,
  doubleOf,
  fromWhole,
  multiplyBalls,
  negateBall,
  round,
  tooLarge,
  tooSmall,
} from './ball.ts'
import { factorialOf } from './combinatorics.ts'
import type { Complex, Scalar } from './complex.ts'
import { divideComplex, expComplex } from './complex-ball.ts'
import { evaluation, limit } from './errors.ts'
import type { Meter } from './meter.ts'
import {
  divideReals,
  exact,
  log2Size,
  multiplyReals,
  negateReal,
  ONE,
  PI,
  type Real,
  refine,
  refinePair,
  subtractReals,
  toBall,
  toBigInt,
  toNumber,
} from './real.ts'
import { complex, divide, im, isReal, multiply, re, subtract } from './scalar.ts'
import { complexRising, complexSteps, complexStirling, rising, stepsFrom, stirling } from './stirling.ts'
import { expBall } from './transcendental.ts'
import { sin } from './trigonometry.ts'

/* The gamma function, and factorials of any number. */

/** Measured: 0.4 ms with the argument near 1, half of it beyond 130; a complex one 4 ms. */
export const GAMMA = 900
export const COMPLEX_GAMMA = 5000

/** These are right to 90 digits; a second time, with 1,024 bits, takes 6 ms, and is only needed near a zero. */
export const SPECIAL = { enough: 300, most: 1024 }
export const ONCE = { most: 512 }

/** Γ(z) or its reciprocal, for z from 1/2. */
export function gammaBall(z: Ball, bits: number, inverted: boolean): Ball {
  const wide = bits + 32
  const steps = stepsFrom(doubleOf(z), wide)
  const product = rising(z, steps, wide)
  const logarithm = stirling(addBalls(z, fromWhole(BigInt(steps), 64), wide), wide)
  return inverted
    ? multiplyBalls(product, expBall(negateBall(logarithm), wide), bits)
    : divideBalls(expBall(logarithm, wide), product, bits)
}

/** Γ(z). Exact for whole numbers. Throws `evaluation` at 0 and the negative whole numbers. */
export function gamma(a: Scalar, meter: Meter): Scalar {
  if (!isReal(a)) return complexGamma(a, meter)
  const whole = toBigInt(a)
  if (whole !== undefined) {
    if (whole <= 0n) throw evaluation('The gamma function is not defined for 0 and negative whole numbers.')
    if (a.kind === 'exact') return factorialOf(whole - 1n, meter)
  }
  const size = toNumber(a)
  if (size > 3300) throw tooLarge()
  if (size < -1e8) throw tooSmall()
  meter.charge(GAMMA)
  if (size >= 0.5) return refine((bits) => gammaBall(toBall(a, bits), bits, false), [a], SPECIAL)
  // Γ(z) = π / (sin πz Γ(1 - z))
  const mirrored = subtractReals(ONE, a)
  const inverse = refine((bits) => gammaBall(toBall(mirrored, bits), bits, true), [mirrored], SPECIAL)
  return divideReals(multiplyReals(PI, inverse), sinCos(multiplyReals(PI, a), meter)[0])
}

/** z! = Γ(z + 1). */
export function factorial(a: Scalar, meter: Meter): Scalar {
  const whole = isReal(a) ? toBigInt(a) : undefined
  if (whole !== undefined && whole < 0n)
    throw evaluation('The factorial of a negative whole number is not defined.')
  return gamma(subtract(a, exact(-1n, 1n)), meter)
}

/** The farthest from 0 that complex gamma functions are computed. */
const FAR = 3000

/** The parts of a complex number as doubles. Throws `limit` when it is too far from 0. */
export function partsWithinReach(a: Complex): { x: number; y: number } {
  const [x, y] = [toNumber(a.re), toNumber(a.im)]
  if (Math.abs(x) > FAR || Math.abs(y) > FAR)
    throw limit(`The gamma function takes complex numbers with parts up to ${FAR}.`)
  return { x, y }
}

/** For imaginary parts below 2^-150, a function is taken as linear: its value at 2^-150 is scaled down. */
export const SLOPE = -150
const SLOPE_STEP = exact(1n, 2n ** 150n)

/** The imaginary part of an analytic function next to the real axis, on which the function is real. */
export function slopeOf(work: (a: Complex, meter: Meter) => Scalar, a: Complex, meter: Meter): Real {
  const found = multiplyReals(im(work({ kind: 'complex', re: a.re, im: SLOPE_STEP }, meter)), a.im)
  const slope = toBall(divideReals(found, SLOPE_STEP), BITS)
  return round(slope.mantissa, slope.exponent, addRadii(slope.radius, log2Size(a.im) - 280), BITS)
}

function complexGamma(a: Complex, meter: Meter): Scalar {
  const { x, y } = partsWithinReach(a)
  meter.charge(COMPLEX_GAMMA)
  if (x < 0.5) {
    const mirrored = complexGamma(
      { kind: 'complex', re: subtractReals(ONE, a.re), im: negateReal(a.im) },
      meter,
    )
    return divide(PI, multiply(sin(multiply(PI, a), meter), mirrored), meter)
  }
  if (log2Size(a.im) < SLOPE) return complex(re(gamma(a.re, meter)), slopeOf(complexGamma, a, meter))
  const [real, imaginary] = refinePair(
    (bits) => {
      const wide = bits + 48
      const z = { re: toBall(a.re, wide), im: toBall(a.im, wide) }
      const steps = complexSteps(x, y, wide)
      const { product } = complexRising(z, steps, wide)
      const moved = { re: addBalls(z.re, fromWhole(BigInt(steps), 64), wide), im: z.im }
      const found = divideComplex(expComplex(complexStirling(moved, wide), wide), product, wide)
      return [found.re, found.im]
    },
    [a.re, a.im],
    ONCE,
  )
  return complex(real, imaginary)
}
