import {
  absBall,
  addBalls,
  addRadii,
  type Ball,
  BITS,
  doubleOf,
  fromWhole,
  magnitude,
  multiplyBalls,
  rawBall,
  round,
  scale,
  subtractBalls,
} from './ball.ts'
import type { Complex, Scalar } from './complex.ts'
import { lnComplex } from './complex-ball.ts'
import { log1p } from './elementary.ts'
import { evaluation, limit } from './errors.ts'
import { log1pReal } from './exponential.ts'
import { fixedGamma } from './fixed.ts'
import { COMPLEX_GAMMA, GAMMA, ONCE, partsWithinReach, SLOPE, SPECIAL, slopeOf } from './gamma.ts'
import type { Meter } from './meter.ts'
import {
  addReals,
  divideReals,
  exact,
  fromInteger,
  isZero,
  log2Size,
  ONE,
  type Real,
  refine,
  refinePair,
  subtractReals,
  TWO,
  toBall,
  toBigInt,
  toNumber,
} from './real.ts'
import { add, complex, im, isReal, multiply, negate, re, subtract } from './scalar.ts'
import { complexRising, complexSteps, complexStirling, rising, stepsFrom, stirling } from './stirling.ts'
import { lnBall, sinCosBall, sinCosOfTurns, wholePi } from './transcendental.ts'
import { zeta } from './zeta.ts'

/* The logarithm of the gamma function. */

/** ln |Γ(x)| of a real number, as C has it; of a complex one the logarithm of the gamma function, cut below 0. */
export function lgamma(a: Scalar, meter: Meter): Scalar {
  if (!isReal(a)) return complexLogGamma(a, meter)
  const whole = toBigInt(a)
  if (whole !== undefined && whole <= 0n)
    throw evaluation('The logarithm of the gamma function is not defined for 0 and negative whole numbers.')
  if (a.kind === 'exact' && (whole === 1n || whole === 2n)) return exact(0n, 1n)
  meter.charge(2 * GAMMA)
  if (toNumber(a) >= 0.5) return positiveLogGamma(a, meter)
  if (toNumber(a) < -1e15) throw limit('`lgamma` takes numbers from -1e15.')
  // ln π - ln |sin πx| - ln Γ(1 - x)
  const mirrored = subtractReals(ONE, a)
  return refine(
    (bits) => {
      const wide = bits + 32
      const [sine] =
        a.kind === 'exact' && a.pi === 0
          ? sinCosOfTurns(a.n, a.d, wide)
          : sinCosBall(multiplyBalls(toBall(a, wide), wholePi(wide), wide), wide)
      const reflected = subtractBalls(lnBall(wholePi(wide), wide), lnBall(absBall(sine), wide), wide)
      return subtractBalls(reflected, logGammaBall(toBall(mirrored, wide), wide), bits)
    },
    [a],
    SPECIAL,
  )
}

function positiveLogGamma(a: Real, meter: Meter): Real {
  // At 1 and 2 the value is 0. Near them, a power series keeps all digits.
  for (const zero of [ONE, TWO]) {
    const apart = subtractReals(a, zero)
    if (isZero(apart) || log2Size(apart) > BESIDE) continue
    const one = re(logGammaBesideOne(apart, meter))
    return zero === ONE ? one : addReals(log1pReal(apart, meter), one)
  }
  return refine((bits) => logGammaBall(toBall(a, bits), bits), [a], SPECIAL)
}

function logGammaBall(z: Ball, bits: number): Ball {
  const wide = bits + 32
  const steps = magnitude(z) > 40 ? 0 : stepsFrom(doubleOf(z), wide)
  const logarithm = stirling(addBalls(z, fromWhole(BigInt(steps), 64), wide), wide)
  return steps === 0 ? logarithm : subtractBalls(logarithm, lnBall(rising(z, steps, wide), wide), bits)
}

/** ln Γ(1 + z) = -γ z + ζ(2) z^2 / 2 - ζ(3) z^3 / 3 + …, for |z| below 2^-100 */
function logGammaBesideOne(z: Scalar, meter: Meter): Scalar {
  let power = z
  let sum = negate(multiply(eulerGamma(BITS), z))
  for (const factor of zetaOver(meter)) {
    power = negate(multiply(power, z))
    sum = subtract(sum, multiply(power, factor))
  }
  const widened = (part: Real): Real => {
    const found = toBall(part, BITS)
    return round(found.mantissa, found.exponent, addRadii(found.radius, magnitude(found) - 480), BITS)
  }
  return isReal(sum) ? widened(sum) : complex(widened(sum.re), widened(sum.im))
}

let zetas: readonly Real[] | undefined

/** ζ(k) / k for k = 2 to 5, computed once. */
function zetaOver(meter: Meter): readonly Real[] {
  zetas ??= [2, 3, 4, 5].map((k) => divideReals(zeta(fromInteger(k), meter), fromInteger(k)))
  return zetas
}

/** The exponent of the distance to a zero of ln Γ within which that series is used. */
const BESIDE = -100

const eulerGamma = (bits: number): Ball => rawBall(fixedGamma(bits), -bits, 8 - bits)

function complexLogGamma(a: Complex, meter: Meter): Scalar {
  const { x, y } = partsWithinReach(a)
  meter.charge(COMPLEX_GAMMA + Math.max(0, -6 * x))
  for (const zero of [ONE, TWO]) {
    const apart = subtract(a, zero)
    if (log2Size(re(apart)) > BESIDE || log2Size(im(apart)) > BESIDE) continue
    const one = logGammaBesideOne(apart, meter)
    return zero === ONE ? one : add(log1p(apart, meter), one)
  }
  if (x > 1e-9 && log2Size(a.im) < SLOPE)
    return complex(re(lgamma(a.re, meter)), slopeOf(complexLogGamma, a, meter))
  const [real, imaginary] = refinePair(
    (bits) => {
      const wide = bits + 48
      const z = { re: toBall(a.re, wide), im: toBall(a.im, wide) }
      const steps = complexSteps(x, y, wide)
      const { product, angle } = complexRising(z, steps, wide)
      const moved = { re: addBalls(z.re, fromWhole(BigInt(steps), 64), wide), im: z.im }
      const found = complexStirling(moved, wide)
      if (steps === 0) return [found.re, found.im]
      // The logarithms of the factors, not that of their product, which has lost its full turns.
      const logarithm = lnComplex(product, wide)
      const turns = Math.round((angle - doubleOf(logarithm.im)) / (2 * Math.PI))
      const turned = addBalls(
        logarithm.im,
        multiplyBalls(scale(wholePi(wide), 1), fromWhole(BigInt(turns), 64), wide),
        wide,
      )
      return [subtractBalls(found.re, logarithm.re, wide), subtractBalls(found.im, turned, wide)]
    },
    [a.re, a.im],
    ONCE,
  )
  return complex(real, imaginary)
}
