import { angleOf } from './angle.ts'
import {
  addBalls,
  divideBalls,
  fromWhole,
  multiplyBalls,
  scale,
  squareRootOfBall,
  subtractBalls,
} from './ball.ts'
import type { Complex, Scalar } from './complex.ts'
import { evaluation } from './errors.ts'
import { lnReal, log1pReal } from './exponential.ts'
import type { Meter } from './meter.ts'
import {
  absReal,
  compare,
  divideReals,
  exact,
  HALF,
  isExactZero,
  isRational,
  isZero,
  log2Size,
  multiplyReals,
  negateReal,
  ONE,
  PI,
  type Real,
  refine,
  signOf,
  subtractReals,
  TWO,
  toBall,
  ZERO,
} from './real.ts'
import {
  add,
  complex,
  conjugate,
  divide,
  I,
  im,
  isReal,
  multiply,
  negate,
  re,
  squareRoot,
  subtract,
} from './scalar.ts'
import { atan2Ball, log1pBall } from './transcendental.ts'

/*
 * Inverse functions, with mpmath's principal values. Beyond a real function's domain the value is complex; on a branch
 * cut it is the one that mpmath has: acos(2) is 1.317i and asin(2) is π/2 - 1.317i. The formulas for complex arguments
 * are those of Kahan, "Branch cuts for complex elementary functions" (1987), in which nothing cancels.
 */

const HALF_PI = exact(1n, 2n, 1)

/** The inverse sine. Exact for 0, ±1/2 and ±1. */
export function asin(a: Scalar, meter: Meter): Scalar {
  if (!isReal(a)) return asinComplex(beside(a), meter)
  const exactly = sixthOf(a)
  if (exactly) return exactly
  if (compare(absReal(a), ONE) > 0) {
    const size = acoshReal(absReal(a), meter)
    return signOf(a) > 0 ? complex(HALF_PI, negateReal(size)) : complex(negateReal(HALF_PI), size)
  }
  return asinReal(a, meter)
}

/** The inverse cosine. Exact for 0, ±1/2 and ±1. */
export function acos(a: Scalar, meter: Meter): Scalar {
  if (!isReal(a)) return acosComplex(beside(a), meter)
  const exactly = sixthOf(a)
  if (exactly) return subtractReals(HALF_PI, exactly)
  if (compare(absReal(a), ONE) > 0) {
    const size = acoshReal(absReal(a), meter)
    return signOf(a) > 0 ? complex(ZERO, size) : complex(PI, negateReal(size))
  }
  return acosReal(a, meter)
}

/** The inverse sine where it is a multiple of π/6 (Niven's theorem). */
function sixthOf(a: Real): Real | undefined {
  if (!isRational(a) || a.d > 2n) return undefined
  if (a.n === 0n) return ZERO
  if (a.d === 2n) return a.n === 1n || a.n === -1n ? exact(a.n, 6n, 1) : undefined
  return a.n === 1n || a.n === -1n ? exact(a.n, 2n, 1) : undefined
}

const UNIT = fromWhole(1n, 64)

/** atan2(x, sqrt((1 - x)(1 + x))) */
function asinReal(a: Real, meter: Meter): Real {
  meter.charge(60)
  return refine(
    (bits) => {
      const x = toBall(a, bits)
      const rest = multiplyBalls(subtractBalls(UNIT, x, bits), addBalls(UNIT, x, bits), bits)
      return atan2Ball(x, squareRootOfBall(rest, bits), bits)
    },
    [a],
    { meter },
  )
}

/** 2 atan2(sqrt(1 - x), sqrt(1 + x)) */
function acosReal(a: Real, meter: Meter): Real {
  meter.charge(60)
  return refine(
    (bits) => {
      const x = toBall(a, bits)
      const [less, more] = [subtractBalls(UNIT, x, bits), addBalls(UNIT, x, bits)]
      return scale(atan2Ball(squareRootOfBall(less, bits), squareRootOfBall(more, bits), bits), 1)
    },
    [a],
    { meter },
  )
}

/** The inverse tangent. Exact for 0 and ±1; not defined at ±i. */
export function atan(a: Scalar, meter: Meter): Scalar {
  if (isReal(a)) return angleOf(a, ONE, meter)
  // atan z = -i artanh iz, but on the cuts, where iz is real
  if (isExactZero(a.re)) {
    const found = atanh(a.im, meter)
    if (isReal(found)) return complex(ZERO, found)
    const turned = signOf(a.im) > 0 ? HALF_PI : negateReal(HALF_PI)
    return complex(turned, found.re)
  }
  return timesMinusI(atanh(timesI(a), meter))
}

/** The angle of the point (x, y), above -π and at most π. */
export function atan2(y: Scalar, x: Scalar, meter: Meter): Scalar {
  if (!isReal(y) || !isReal(x)) throw evaluation('`atan2` takes real numbers.')
  return isZero(x) && isZero(y) ? ZERO : angleOf(y, x, meter)
}

const timesI = (a: Scalar): Scalar => complex(negateReal(im(a)), re(a))
const timesMinusI = (a: Scalar): Scalar => complex(im(a), negateReal(re(a)))

/**
 * A complex number z with 1 - z and 1 + z. For a reciprocal 1 / z these are (z - 1) / z and (z + 1) / z, which keep the
 * digits that 1 minus a rounded 1 / z has lost.
 */
interface Beside {
  readonly at: Complex
  readonly less: Scalar
  readonly more: Scalar
}

const beside = (a: Complex): Beside => ({ at: a, less: subtract(ONE, a), more: add(ONE, a) })

/** The same for `up / a`, or undefined where that is real. */
function besideRatio(up: Scalar, a: Complex, meter: Meter): Beside | undefined {
  const at = divide(up, a, meter)
  if (isReal(at)) return undefined
  // Beside a small number, 1 keeps all its digits.
  if (log2Size(at.re) < -1 && log2Size(at.im) < -1) return beside(at)
  return { at, less: divide(subtract(a, up), a, meter), more: divide(add(a, up), a, meter) }
}

/** The inverse of a function of the reciprocal: asec z = acos(1/z). */
const ofReciprocal =
  (
    inverse: (a: Scalar, meter: Meter) => Scalar,
    complexInverse: (z: Beside, meter: Meter) => Scalar,
    name: string,
  ) =>
  (a: Scalar, meter: Meter): Scalar => {
    if (isReal(a) && isZero(a)) throw evaluation(`The ${name} of 0 is not defined.`)
    const found = isReal(a) ? undefined : besideRatio(ONE, a, meter)
    return found ? complexInverse(found, meter) : inverse(divide(ONE, a, meter), meter)
  }

/** acot z = atan(1/z); of 0 it is π/2. */
export function acot(a: Scalar, meter: Meter): Scalar {
  if (isReal(a) && isExactZero(a)) return HALF_PI
  // -i artanh(i / z)
  const found = isReal(a) || isExactZero(a.re) ? undefined : besideRatio(I, a, meter)
  return found ? timesMinusI(atanhComplex(found, meter)) : atan(divide(ONE, a, meter), meter)
}
export const asec = ofReciprocal(acos, acosComplex, 'inverse secant')
export const acsc = ofReciprocal(asin, asinComplex, 'inverse cosecant')

/** The inverse hyperbolic sine. */
export function asinh(a: Scalar, meter: Meter): Scalar {
  if (isReal(a)) return asinhReal(a, meter)
  if (isExactZero(a.re)) {
    // On the cuts the real part has the sign of the imaginary one.
    if (compare(absReal(a.im), ONE) <= 0) return complex(ZERO, re(asin(a.im, meter)))
    const size = acoshReal(absReal(a.im), meter)
    return signOf(a.im) > 0 ? complex(size, HALF_PI) : complex(negateReal(size), negateReal(HALF_PI))
  }
  return timesMinusI(asin(timesI(a), meter))
}

/**
 * The binary logarithm of an x whose square is so large that 1 is negligible beside it, with as many bits as anything is
 * computed with.
 */
const LARGE = 5000

function asinhReal(a: Real, meter: Meter): Real {
  if (isExactZero(a)) return ZERO
  const x = absReal(a)
  // ln(1 + x + x^2 / (1 + sqrt(1 + x^2)))
  const found = log2Size(x) > LARGE ? lnReal(multiplyReals(TWO, x), meter) : asinhSmall(x, meter)
  return signOf(a) < 0 || (a.kind === 'ball' && a.mantissa < 0n) ? negateReal(found) : found
}

function asinhSmall(a: Real, meter: Meter): Real {
  meter.charge(60)
  return refine(
    (bits) => {
      const x = toBall(a, bits)
      const square = multiplyBalls(x, x, bits)
      const root = squareRootOfBall(addBalls(UNIT, square, bits), bits)
      return log1pBall(addBalls(x, divideBalls(square, addBalls(UNIT, root, bits), bits), bits), bits)
    },
    [a],
    { meter },
  )
}

/** The inverse hyperbolic cosine; below 1 it is complex. */
export function acosh(a: Scalar, meter: Meter): Scalar {
  if (!isReal(a)) return acoshComplex(beside(a), meter)
  if (compare(a, ONE) >= 0) return acoshReal(a, meter)
  if (compare(a, negateReal(ONE)) >= 0) return complex(ZERO, re(acos(a, meter)))
  return complex(acoshReal(negateReal(a), meter), PI)
}

/** ln(1 + t + sqrt(t (t + 2))), where x is 1 + t */
function acoshReal(a: Real, meter: Meter): Real {
  const above = subtractReals(a, ONE)
  if (isExactZero(above)) return ZERO
  if (log2Size(a) > LARGE) return lnReal(multiplyReals(TWO, a), meter)
  meter.charge(60)
  return refine(
    (bits) => {
      const t = toBall(above, bits)
      const root = squareRootOfBall(multiplyBalls(t, addBalls(t, scale(UNIT, 1), bits), bits), bits)
      return log1pBall(addBalls(t, root, bits), bits)
    },
    [above],
    { meter },
  )
}

/** The inverse hyperbolic tangent; not defined at ±1, complex beyond. */
export function atanh(a: Scalar, meter: Meter): Scalar {
  if (!isReal(a)) return atanhComplex(beside(a), meter)
  if (isExactZero(a)) return ZERO
  const size = absReal(a)
  const order = compare(size, ONE)
  if (order === 0) throw evaluation('The inverse hyperbolic tangent of 1 and -1 is not defined.')
  // ln(1 + 2x / (1 - x)) / 2, and beyond 1 that of the reciprocal with a quarter turn
  const x = order < 0 ? size : divideReals(ONE, size)
  const found = multiplyReals(
    HALF,
    log1pReal(divideReals(multiplyReals(TWO, x), subtractReals(ONE, x)), meter),
  )
  const positive = a.kind === 'ball' ? a.mantissa > 0n : signOf(a) > 0
  const value = positive ? found : negateReal(found)
  return order < 0 ? value : complex(value, positive ? negateReal(HALF_PI) : HALF_PI)
}

/** acoth z = artanh(1/z); of 0 it is iπ/2. */
export function acoth(a: Scalar, meter: Meter): Scalar {
  if (isReal(a) && isExactZero(a)) return complex(ZERO, HALF_PI)
  const found = isReal(a) ? undefined : besideRatio(ONE, a, meter)
  return found ? atanhComplex(found, meter) : atanh(divide(ONE, a, meter), meter)
}
export const asech = ofReciprocal(acosh, acoshComplex, 'inverse hyperbolic secant')

/** acsch z = arsinh(1/z) */
export function acsch(a: Scalar, meter: Meter): Scalar {
  if (isReal(a) && isZero(a)) throw evaluation('The inverse hyperbolic cosecant of 0 is not defined.')
  const found = isReal(a) || isExactZero(a.re) ? undefined : besideRatio(I, a, meter)
  return found ? timesMinusI(asinComplex(found, meter)) : asinh(divide(ONE, a, meter), meter)
}

function asinComplex({ at, less, more }: Beside, meter: Meter): Scalar {
  if (isExactZero(at.re)) return complex(ZERO, asinhReal(at.im, meter))
  const cosine = squareRoot(multiply(less, more, meter), meter)
  const up = multiply(conjugate(squareRoot(less, meter)), squareRoot(more, meter), meter)
  return complex(angleOf(at.re, re(cosine), meter), asinhReal(im(up), meter))
}

function acosComplex({ at, less, more }: Beside, meter: Meter): Scalar {
  if (isExactZero(at.re)) return complex(HALF_PI, negateReal(asinhReal(at.im, meter)))
  const [low, high] = [squareRoot(less, meter), squareRoot(more, meter)]
  return complex(
    multiplyReals(TWO, angleOf(re(low), re(high), meter)),
    asinhReal(im(multiply(conjugate(high), low, meter)), meter),
  )
}

function acoshComplex({ less, more }: Beside, meter: Meter): Scalar {
  const [low, high] = [squareRoot(negate(less), meter), squareRoot(more, meter)]
  return complex(
    asinhReal(re(multiply(conjugate(low), high, meter)), meter),
    multiplyReals(TWO, angleOf(im(low), re(high), meter)),
  )
}

/** (ln |1 + z|^2 / |1 - z|^2) / 4, by what that is more than 1, and half the angle between them */
function atanhComplex({ at, less, more }: Beside, meter: Meter): Scalar {
  if (isExactZero(at.re)) return complex(ZERO, angleOf(at.im, ONE, meter))
  const positive = at.re.kind === 'ball' ? at.re.mantissa > 0n : signOf(at.re) > 0
  const nearer = positive ? less : more
  const square = re(multiply(nearer, conjugate(nearer), meter))
  const four = exact(4n, 1n)
  const real = divideReals(log1pReal(divideReals(multiplyReals(four, absReal(at.re)), square), meter), four)
  const turned = angleOf(multiplyReals(TWO, at.im), re(multiply(more, conjugate(less), meter)), meter)
  return complex(positive ? real : negateReal(real), multiplyReals(HALF, turned))
}
