import { angleOf, sinCos } from './angle.ts'
import type { Scalar } from './complex.ts'
import { evaluation } from './errors.ts'
import { expm1Real, expReal, lnReal, log1pReal, logarithm, rootOfReal } from './exponential.ts'
import type { Meter } from './meter.ts'
import {
  addReals,
  compare,
  exact,
  fromInteger,
  HALF,
  isEuler,
  isExactReal,
  isOne,
  isZero,
  multiplyReals,
  negateReal,
  ONE,
  type Real,
  signOf,
  subtractReals,
  TWO,
  toBigInt,
} from './real.ts'
import { abs, arg, complex, divide, fromPolar, isReal, power, squareRoot } from './scalar.ts'

/* Roots, exponentials and logarithms of real and complex numbers: principal values, exact where the value is. */

/** The principal square root; of a negative number it is imaginary. */
export const sqrt = (a: Scalar, meter: Meter): Scalar => squareRoot(a, meter)

/** The cube root; of a real number the real one: -2 for -8. */
export function cbrt(a: Scalar, meter: Meter): Scalar {
  return isReal(a) ? realRoot(a, 3, meter) : power(a, exact(1n, 3n), meter)
}

function realRoot(a: Real, degree: number, meter: Meter): Real {
  if (signOf(a) >= 0) return rootOfReal(a, degree, meter)
  if (degree % 2 === 0) throw evaluation('A negative number has no real root of an even degree.')
  return negateReal(rootOfReal(negateReal(a), degree, meter))
}

/**
 * The real root of a whole degree; of a negative number only one of an odd degree. A complex number's principal root.
 */
export function nthRoot(a: Scalar, degree: Scalar, meter: Meter): Scalar {
  const whole = isReal(degree) ? toBigInt(degree) : undefined
  if (whole === undefined || whole === 0n)
    throw evaluation('The degree of a root must be a whole number other than 0.')
  const size = whole < 0n ? -whole : whole
  if (!isReal(a) || size > 1_000_000n) return power(a, divide(ONE, fromInteger(whole)), meter)
  const root = realRoot(a, Number(size), meter)
  return whole < 0n ? divide(ONE, root, meter) : root
}

/** e^z. */
export function exp(a: Scalar, meter: Meter): Scalar {
  if (isReal(a)) return expReal(a, meter)
  return fromPolar(expReal(a.re, meter), a.im, meter)
}

/** e^z - 1, with all its digits where z is near 0. */
export function expm1(a: Scalar, meter: Meter): Scalar {
  if (isReal(a)) return expm1Real(a, meter)
  // e^x cos y - 1 is (e^x - 1) cos y - 2 sin^2 (y/2).
  const [sine, cosine] = sinCos(a.im, meter)
  const [half] = sinCos(multiplyReals(a.im, HALF), meter)
  const real = subtractReals(
    multiplyReals(expm1Real(a.re, meter), cosine),
    multiplyReals(TWO, multiplyReals(half, half)),
  )
  return complex(real, multiplyReals(expReal(a.re, meter), sine))
}

/** The natural logarithm; its imaginary part is above -π and at most π. */
export function ln(a: Scalar, meter: Meter): Scalar {
  if (isReal(a) && signOf(a) > 0) return lnReal(a, meter)
  return complex(lnReal(abs(a, meter), meter), arg(a, meter))
}

/** ln(1 + z), with all its digits where z is near 0. */
export function log1p(a: Scalar, meter: Meter): Scalar {
  if (isReal(a)) {
    const moved = addReals(ONE, a)
    return signOf(moved) > 0 ? log1pReal(a, meter) : ln(moved, meter)
  }
  // 1 + z has all its digits, unless z is small.
  if (signOf(addReals(TWO, multiplyReals(fromInteger(4), a.re))) < 0)
    return ln(complex(addReals(ONE, a.re), a.im), meter)
  const [x, y] = [a.re, a.im]
  const grown = addReals(multiplyReals(x, addReals(TWO, x)), multiplyReals(y, y))
  return complex(multiplyReals(HALF, log1pReal(grown, meter)), angleOf(y, addReals(ONE, x), meter))
}

/** The logarithm to a base: exact where the number is a whole power or root of it. */
export function log(a: Scalar, base: Scalar, meter: Meter): Scalar {
  if (isReal(a) && isReal(base)) {
    if (isZero(base)) throw evaluation('The base of a logarithm cannot be 0.')
    if (isEuler(base)) return ln(a, meter)
    // Near 1 no series shows that the two are the same.
    if (signOf(a) > 0 && isExactReal(a) && isExactReal(base) && compare(a, base) === 0 && !isOne(a))
      return ONE
    if (signOf(a) > 0 && signOf(base) > 0) return logarithm(a, base, meter)
  }
  return divide(ln(a, meter), ln(base, meter), meter)
}

const TEN = fromInteger(10)
export const log2 = (a: Scalar, meter: Meter): Scalar => log(a, TWO, meter)
export const log10 = (a: Scalar, meter: Meter): Scalar => log(a, TEN, meter)
