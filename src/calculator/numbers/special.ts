import { sinCos } from './angle.ts'
import {
  absBall,
  addBalls,
  addRadii,
  type Ball,
  BITS,
  divideBalls,
  doubleOf,
  fromFraction,
  fromWhole,
  magnitude,
  multiplyBalls,
  negateBall,
  rawBall,
  round,
  scale,
  squareRootOfBall,
  subtractBalls,
  tooLarge,
  tooSmall,
} from './ball.ts'
import { bernoulliNumbers } from './bernoulli.ts'
import { factorialOf } from './combinatorics.ts'
import type { Complex, Scalar } from './complex.ts'
import {
  addComplex,
  type ComplexBall,
  divideComplex,
  expComplex,
  lnComplex,
  multiplyComplex,
  timesBall,
} from './complex-ball.ts'
import { log1p } from './elementary.ts'
import { evaluation, limit } from './errors.ts'
import { log1pReal } from './exponential.ts'
import { fixedGamma } from './fixed.ts'
import type { Meter } from './meter.ts'
import {
  addReals,
  divideReals,
  exact,
  fromInteger,
  HALF,
  isZero,
  log2Size,
  multiplyReals,
  negateReal,
  ONE,
  PI,
  type Real,
  refine,
  refinePair,
  signOf,
  subtractReals,
  TWO,
  toBall,
  toBigInt,
  toNumber,
} from './real.ts'
import { add, complex, divide, im, isReal, multiply, negate, re, subtract } from './scalar.ts'
import { expBall, expm1Ball, lnBall, sinCosBall, sinCosOfTurns, wholePi } from './transcendental.ts'
import { sin } from './trigonometry.ts'

/* The gamma function and its logarithm; factorials of any number. */

/** Measured: 0.4 ms with the argument near 1, half of it beyond 130; a complex one 4 ms. */
const GAMMA = 900
const COMPLEX_GAMMA = 5000

/** The real part from which Stirling's series has enough bits, and how many of its terms that takes. */
const stirlingFrom = (bits: number): number => Math.ceil(bits / 4)
const stirlingTerms = (bits: number): number => Math.ceil(bits / 8) + 2

const halfLn2Pi = (bits: number): Ball => scale(lnBall(scale(wholePi(bits), 1), bits), -1)

/** ln Γ(z) by Stirling's series, for z from `stirlingFrom(bits)`; the error is less than the first term left out. */
function stirling(z: Ball, bits: number): Ball {
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
function rising(z: Ball, count: number, bits: number): Ball {
  let product = fromWhole(1n, 64)
  for (let k = 0; k < count; k++)
    product = multiplyBalls(product, addBalls(z, fromWhole(BigInt(k), 64), bits), bits)
  return product
}

/** The number of steps from z to where Stirling's series is accurate. */
const stepsFrom = (z: number, bits: number): number => Math.max(0, Math.ceil(stirlingFrom(bits) - z))

/** Γ(z) or its reciprocal, for z from 1/2. */
function gammaBall(z: Ball, bits: number, inverted: boolean): Ball {
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

/** These are right to 90 digits; a second time, with 1,024 bits, takes 6 ms, and is only needed near a zero. */
const SPECIAL = { enough: 300, most: 1024 }
const ONCE = { most: 512 }

function positiveLogGamma(a: Real, meter: Meter): Real {
  // At 1 and 2 the value is 0. Near them a power series has the digits.
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

function complexStirling(z: ComplexBall, bits: number): ComplexBall {
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

/** z (z + 1) …, and the sum of the angles of its factors to a double's digits. */
function complexRising(z: ComplexBall, count: number, bits: number): { product: ComplexBall; angle: number } {
  let product: ComplexBall = { re: fromWhole(1n, 64), im: fromWhole(0n, 64) }
  let angle = 0
  const [x, y] = [doubleOf(z.re), doubleOf(z.im)]
  for (let k = 0; k < count; k++) {
    product = multiplyComplex(product, { re: addBalls(z.re, fromWhole(BigInt(k), 64), bits), im: z.im }, bits)
    angle += Math.atan2(y, x + k)
  }
  return { product, angle }
}

/** The farthest from 0 that complex gamma functions are computed. */
const FAR = 3000

function near(a: Complex): { x: number; y: number } {
  const [x, y] = [toNumber(a.re), toNumber(a.im)]
  if (Math.abs(x) > FAR || Math.abs(y) > FAR)
    throw limit(`The gamma function takes complex numbers with parts up to ${FAR}.`)
  return { x, y }
}

/** Imaginary parts below 2^-150 count as a slope: what is computed of one of that size is in proportion. */
const SLOPE = -150
const SLOPE_STEP = exact(1n, 2n ** 150n)

/** The imaginary part of an analytic function that is real on the real axis, near which it is taken. */
function slopeOf(work: (a: Complex, meter: Meter) => Scalar, a: Complex, meter: Meter): Real {
  const found = multiplyReals(im(work({ kind: 'complex', re: a.re, im: SLOPE_STEP }, meter)), a.im)
  const slope = toBall(divideReals(found, SLOPE_STEP), BITS)
  return round(slope.mantissa, slope.exponent, addRadii(slope.radius, log2Size(a.im) - 280), BITS)
}

const complexSteps = (x: number, y: number, bits: number): number =>
  Math.abs(y) > stirlingFrom(bits) * 1.5 ? Math.max(0, Math.ceil(-x)) : stepsFrom(x, bits * 1.2)

function complexGamma(a: Complex, meter: Meter): Scalar {
  const { x, y } = near(a)
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

function complexLogGamma(a: Complex, meter: Meter): Scalar {
  const { x, y } = near(a)
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

/* The error function. */

/** Measured: 0.8 ms where the series is longest, 1.8 where the asymptotic one is. */
const ERF = 2000

/** The part of the error function that is a series of positive terms: sum over n of (2 x^2)^n / (2n + 1)!!. */
function erfSeries(x: Ball, bits: number): Ball {
  const square = multiplyBalls(x, x, bits)
  const shift = square.exponent + 1 + bits
  const twice =
    shift >= 0 ? square.mantissa << BigInt(shift) : square.mantissa >> BigInt(Math.min(-shift, 1e6))
  const wide = BigInt(bits)
  let term = 1n << wide
  let sum = term
  let count = 0
  for (let n = 3n; term > 0n; n += 2n, count++) {
    term = ((term * twice) >> wide) / n
    sum += term
  }
  // Each term is wrong by a unit, and carries that of the one before it on, which the series as a whole bounds.
  const size = doubleOf(square) * Math.LOG2E
  return round(sum, -bits, Math.log2(count + 2) + size + 4 - bits, bits)
}

/** erf x for a midpoint 0 <= x < 64, right to 2^-bits of its size. */
function erfBall(x: Ball, bits: number): Ball {
  const size = Math.max(0, doubleOf(x) ** 2 * Math.LOG2E)
  const wide = bits + Math.ceil(size) + 32
  const series = erfSeries(x, wide)
  const power = expBall(negateBall(multiplyBalls(x, x, wide)), wide)
  const factor = divideBalls(scale(x, 1), squareRootOfBall(wholePi(wide), wide), wide)
  return multiplyBalls(multiplyBalls(series, power, wide), factor, bits)
}

/** erfc x for x so large that its asymptotic series has enough bits. */
function erfcFar(x: Ball, bits: number): Ball {
  const wide = bits + 64
  const square = multiplyBalls(x, x, wide)
  const half = divideBalls(fromWhole(1n, 64), scale(square, 1), wide)
  let term = fromWhole(1n, 64)
  let sum = term
  for (let n = 1n; magnitude(term) > -bits - 8; n += 2n) {
    term = negateBall(multiplyBalls(multiplyBalls(term, half, wide), fromWhole(n, 64), wide))
    sum = addBalls(sum, term, wide)
    if (n > 4000n) break
  }
  sum = round(sum.mantissa, sum.exponent, addRadii(sum.radius, magnitude(term)), wide)
  // x^2 has more whole bits the larger it is; the power of e needs them all.
  const exact = bits + 64 + Math.max(0, Math.ceil(magnitude(square)))
  const power = expBall(negateBall(multiplyBalls(x, x, exact)), wide)
  return divideBalls(
    multiplyBalls(power, sum, wide),
    multiplyBalls(x, squareRootOfBall(wholePi(wide), wide), wide),
    bits,
  )
}

/** The error function of a midpoint, or what it leaves to 1. */
function errorFunction(x: Ball, complement: boolean, bits: number): Ball {
  const one = fromWhole(1n, 64)
  if (x.mantissa < 0n) {
    const found = errorFunction(negateBall(x), false, bits)
    return complement ? addBalls(one, found, bits) : negateBall(found)
  }
  const size = magnitude(x) > 20 ? Infinity : doubleOf(x) ** 2
  if (!complement) {
    // 1 - erf x is below e^(-x^2).
    if (size * Math.LOG2E > bits + 8) return round(1n, 0, -Math.min(size * Math.LOG2E, 1e9), bits)
    return erfBall(x, bits)
  }
  if (size > 0.75 * bits) return erfcFar(x, bits)
  const wide = bits + Math.ceil(size * 1.5) + 16
  return subtractBalls(one, erfBall(x, wide), bits)
}

function errorFunctionOf(a: Scalar, complement: boolean, meter: Meter): Real {
  if (!isReal(a)) throw evaluation('The error function takes real numbers.')
  if (signOf(a) === 0 && a.kind === 'exact') return complement ? ONE : exact(0n, 1n)
  meter.charge(ERF)
  return refine(
    (bits) => {
      const x = toBall(a, bits)
      const found = errorFunction({ ...x, radius: -Infinity }, complement, bits)
      // The slope is 2 e^(-x^2) / sqrt(π), at the end of the ball that is nearer to 0.
      const left = 1 - 2 ** (x.radius - magnitude(x)) - 2 ** -50
      const least = left > 0 ? doubleOf(absBall(x)) * left : 0
      const slope = 1 - Math.min(1e12, least ** 2 * Math.LOG2E)
      return round(found.mantissa, found.exponent, addRadii(found.radius, x.radius + slope), bits)
    },
    [a],
    SPECIAL,
  )
}

export const erf = (a: Scalar, meter: Meter): Real => errorFunctionOf(a, false, meter)

/** 1 - erf x, with all its digits where that is small. */
export const erfc = (a: Scalar, meter: Meter): Real => errorFunctionOf(a, true, meter)

/* Riemann's zeta function. */

/** Measured: 1.5 ms for a fraction, the first time 3 ms. */
const ZETA = 3000

interface Weights {
  readonly terms: number
  readonly weights: readonly bigint[]
  readonly total: bigint
}
let weights: Weights = { terms: 0, weights: [], total: 1n }

/** The weights of Borwein's sum of so many terms; those of the last count are kept. */
function borweinWeights(terms: number): Weights {
  if (weights.terms === terms) return weights
  const n = BigInt(terms)
  // n (n + i - 1)! 4^i / ((n - i)! (2i)!), which is 1 for i = 0
  let term = 1n
  let sum = 1n
  const found = [sum]
  for (let i = 1n; i <= n; i++) {
    term = (term * 4n * (n + i - 1n) * (n - i + 1n)) / ((2n * i - 1n) * (2n * i))
    sum += term
    found.push(sum)
  }
  weights = { terms, weights: found, total: sum }
  return weights
}

/** k^-s as fixed-point numbers, for k from 1 to `most`: those of primes by a power of e, others as products. */
function powersOf(s: Ball, most: number, bits: number): bigint[] {
  const wide = BigInt(bits)
  const powers: bigint[] = [0n, 1n << wide]
  const factors = new Uint16Array(most + 1)
  for (let k = 2; k <= most; k++) {
    const factor = factors[k] ?? 0
    if (factor > 0) {
      powers[k] = ((powers[factor] ?? 0n) * (powers[k / factor] ?? 0n)) >> wide
      continue
    }
    for (let multiple = k * k; multiple <= most; multiple += k) factors[multiple] ||= k
    const size = magnitude(s) > 20 ? Infinity : doubleOf(s) * Math.log2(k)
    if (size > bits + 2) powers[k] = 0n
    else {
      const power = expBall(
        negateBall(multiplyBalls(s, lnBall(fromWhole(BigInt(k), 64), bits + 16), bits + 16)),
        bits + 16,
      )
      const shift = power.exponent + bits
      powers[k] = shift >= 0 ? power.mantissa << BigInt(shift) : power.mantissa >> BigInt(-shift)
    }
  }
  return powers
}

/**
 * ζ(s) of a midpoint from 1/2 but 1. P. Borwein, "An efficient algorithm for the Riemann zeta function" (2000),
 * algorithm 2: each term adds 2.54 bits.
 */
function zetaBall(s: Ball, bits: number): Ball {
  if (magnitude(s) > 12 || doubleOf(s) > bits + 4)
    return round(1n, 0, 1 - Math.min(1e9, magnitude(s) > 30 ? 1e9 : doubleOf(s)), bits)
  const wide = bits + 32
  const { terms, weights: each, total } = borweinWeights(Math.ceil(wide / 2.54) + 2)
  const powers = powersOf(s, terms, wide)
  let sum = 0n
  for (let k = 0; k < terms; k++) {
    const term = (total - (each[k] ?? 0n)) * (powers[k + 1] ?? 0n)
    sum += k % 2 === 0 ? term : -term
  }
  const eta = round(sum / total, -wide, 14 - wide, wide)
  // 1 - 2^(1 - s)
  const rest = multiplyBalls(subtractBalls(fromWhole(1n, 64), s, wide), lnBall(fromWhole(2n, 64), wide), wide)
  return divideBalls(eta, negateBall(expm1Ball(rest, wide)), bits)
}

/** The coefficient of π^s in ζ(s), for s = 2, 4, 6, 8. */
const EVEN: Record<string, Real> = {
  2: exact(1n, 6n, 2),
  4: exact(1n, 90n, 4),
  6: exact(1n, 945n, 6),
  8: exact(1n, 9450n, 8),
}
/** Negative whole numbers up to which the value is a fraction of Bernoulli numbers that are at hand. */
const BERNOULLI = 120n

/** ζ(s) of a real number; exact where it is a fraction times a power of π that is kept. */
export function zeta(a: Scalar, meter: Meter): Real {
  if (!isReal(a)) throw evaluation('`zeta` takes real numbers.')
  const whole = toBigInt(a)
  if (whole === 1n) throw evaluation('`zeta` is not defined at 1.')
  if (whole !== undefined && a.kind === 'exact') {
    if (whole === 0n) return negateReal(HALF)
    if (whole < 0n && whole % 2n === 0n) return exact(0n, 1n)
    const even = EVEN[String(whole)]
    if (even) return even
    if (whole < 0n && whole > -BERNOULLI) {
      // -B(n + 1) / (n + 1)
      const index = Number((1n - whole) / 2n)
      meter.charge(GAMMA)
      const { n, d } = bernoulliNumbers(64)[index - 1] ?? { n: 0n, d: 1n }
      return divideReals(divideReals(exact(-n, 1n), exact(d, 1n)), exact(1n - whole, 1n))
    }
  }
  if (toNumber(a) < -3300) throw tooLarge()
  meter.charge(ZETA)
  if (toNumber(a) >= 0.5) return refine((bits) => zetaWithin(toBall(a, bits), bits), [a], SPECIAL)
  // ζ(s) = 2 (2π)^(s - 1) sin(πs/2) Γ(1 - s) ζ(1 - s)
  const mirrored = subtractReals(ONE, a)
  const turned = sinCos(multiplyReals(multiplyReals(PI, HALF), a), meter)[0]
  const found = refine(
    (bits) => {
      const wide = bits + 32
      const z = toBall(mirrored, wide)
      const power = expBall(negateBall(multiplyBalls(z, lnBall(scale(wholePi(wide), 1), wide), wide)), wide)
      const product = multiplyBalls(gammaBall(z, wide, false), zetaWithin(z, wide), wide)
      return scale(multiplyBalls(power, product, bits), 1)
    },
    [mirrored],
    SPECIAL,
  )
  return multiplyReals(found, turned)
}

/** ζ of a whole ball: its slope is below 1 + 1 / (s - 1)^2. */
function zetaWithin(s: Ball, bits: number): Ball {
  const found = zetaBall({ ...s, radius: -Infinity }, bits)
  const apart = magnitude(subtractBalls(s, fromWhole(1n, 64), bits))
  return round(
    found.mantissa,
    found.exponent,
    addRadii(found.radius, s.radius + 1 + Math.max(0, -2 * apart)),
    bits,
  )
}
