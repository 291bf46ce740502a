import { sinCos, tangentOfTurn } from './angle.ts'
import type { Scalar } from './complex.ts'
import { evaluation } from './errors.ts'
import { expm1Real, expReal, sinhCosh, tanhReal } from './exponential.ts'
import type { Meter } from './meter.ts'
import {
  absReal,
  addReals,
  divideReals,
  fromInteger,
  isExactZero,
  isZero,
  multiplyReals,
  negateReal,
  ONE,
  type Real,
  signOf,
  TWO,
  toNumber,
  ZERO,
} from './real.ts'
import { complex, divide, im, isReal, re } from './scalar.ts'

/* Sine, cosine and the functions derived from them, of real and complex angles in radians, and the hyperbolic functions. */

/** The sine. Exact for the multiples of π where it is a fraction. */
export function sin(a: Scalar, meter: Meter): Scalar {
  if (isReal(a)) return sinCos(a, meter)[0]
  const [sine, cosine] = sinCos(a.re, meter)
  const [sinh, cosh] = sinhCosh(a.im, meter)
  return complex(multiplyReals(sine, cosh), multiplyReals(cosine, sinh))
}

export function cos(a: Scalar, meter: Meter): Scalar {
  if (isReal(a)) return sinCos(a, meter)[1]
  const [sine, cosine] = sinCos(a.re, meter)
  const [sinh, cosh] = sinhCosh(a.im, meter)
  return complex(multiplyReals(cosine, cosh), negateReal(multiplyReals(sine, sinh)))
}

/** The tangent. Throws `evaluation` at its poles. */
export function tan(a: Scalar, meter: Meter): Scalar {
  const exactly = isReal(a) ? tangentOfTurn(a) : undefined
  if (exactly) return exactly
  const [sine, cosine] = sinCos(re(a), meter)
  if (!isReal(a)) return complexTangent(sine, cosine, a.im, meter)
  return ratioOf(sine, cosine, 'tangent')
}

export function cot(a: Scalar, meter: Meter): Scalar {
  const exactly = isReal(a) ? tangentOfTurn(a) : undefined
  if (exactly && !isZero(exactly)) return divideReals(ONE, exactly)
  const [sine, cosine] = sinCos(re(a), meter)
  // cot z = tan(π/2 - z)
  if (!isReal(a)) return complexTangent(cosine, sine, negateReal(a.im), meter)
  return ratioOf(cosine, sine, 'cotangent')
}

export const sec = (a: Scalar, meter: Meter): Scalar => reciprocal(cos(a, meter), 'secant', meter)
export const csc = (a: Scalar, meter: Meter): Scalar => reciprocal(sin(a, meter), 'cosecant', meter)

function reciprocal(a: Scalar, name: string, meter: Meter): Scalar {
  return isReal(a) ? ratioOf(ONE, a, name) : divide(ONE, a, meter)
}

function ratioOf(a: Real, b: Real, name: string): Real {
  if (isZero(b)) throw evaluation(`The ${name} is not defined here.`)
  return divideReals(a, b)
}

/**
 * tan(x + iy), with t = e^(-2|y|): (4 t sin x cos x + i (1 - t)(1 + t)) / ((1 - t)^2 + 4 t cos^2 x), in which nothing
 * cancels and nothing grows.
 */
function complexTangent(sine: Real, cosine: Real, y: Real, meter: Meter): Scalar {
  const twice = negateReal(multiplyReals(TWO, absReal(y)))
  const t = expReal(twice, meter)
  const rest = negateReal(expm1Real(twice, meter))
  const four = multiplyReals(fromInteger(4), multiplyReals(t, cosine))
  const divisor = addReals(multiplyReals(rest, rest), multiplyReals(four, cosine))
  const up = divideReals(multiplyReals(rest, addReals(ONE, t)), divisor)
  return complex(divideReals(multiplyReals(four, sine), divisor), signOf(y) < 0 ? negateReal(up) : up)
}

export function sinh(a: Scalar, meter: Meter): Scalar {
  const [x, y] = partsOf(a)
  const [hyperbolic, cosh] = sinhCosh(x, meter)
  if (isExactZero(y)) return hyperbolic
  const [sine, cosine] = sinCos(y, meter)
  return complex(multiplyReals(hyperbolic, cosine), multiplyReals(cosh, sine))
}

export function cosh(a: Scalar, meter: Meter): Scalar {
  const [x, y] = partsOf(a)
  const [hyperbolic, found] = sinhCosh(x, meter)
  if (isExactZero(y)) return found
  const [sine, cosine] = sinCos(y, meter)
  return complex(multiplyReals(found, cosine), multiplyReals(hyperbolic, sine))
}

const partsOf = (a: Scalar): [re: Real, im: Real] => [re(a), im(a)]

export function tanh(a: Scalar, meter: Meter): Scalar {
  if (isReal(a)) return tanhReal(a, meter)
  // tanh z = -i tan iz
  const found = tan(complex(negateReal(a.im), a.re), meter)
  return isReal(found) ? complex(ZERO, negateReal(found)) : complex(found.im, negateReal(found.re))
}

export const coth = (a: Scalar, meter: Meter): Scalar =>
  reciprocal(tanh(a, meter), 'hyperbolic cotangent', meter)
/** Beyond this, e^-x is negligible beside e^x, and cosh x may be too large where its reciprocal is not too small. */
const FAR = 10_000

export function sech(a: Scalar, meter: Meter): Scalar {
  const far = reciprocalOfFar(a, meter)
  return far ?? reciprocal(cosh(a, meter), 'hyperbolic secant', meter)
}

export function csch(a: Scalar, meter: Meter): Scalar {
  const far = reciprocalOfFar(a, meter)
  if (far) return signOf(re(a)) < 0 ? negateReal(far) : far
  return reciprocal(sinh(a, meter), 'hyperbolic cosecant', meter)
}

/** 2 e^-|x| for a real number that is far from 0. */
function reciprocalOfFar(a: Scalar, meter: Meter): Real | undefined {
  if (!isReal(a) || toNumber(absReal(a)) < FAR) return undefined
  return multiplyReals(TWO, expReal(negateReal(absReal(a)), meter))
}
