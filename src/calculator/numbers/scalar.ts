import { angleOf, sinCos } from './angle.ts'
import { holdsZero } from './ball.ts'
import type { Complex, Scalar } from './complex.ts'
import { evaluation, limit } from './errors.ts'
import { expReal, lnReal, powerOfReal, squareRootOfReal } from './exponential.ts'
import { type Meter, UNMETERED } from './meter.ts'
import { bitsOf } from './rational.ts'
import {
  absReal,
  addReals,
  areEqual,
  ceilReal,
  compare,
  divideReals,
  type Exact,
  floorReal,
  HALF,
  isEuler,
  isExactReal,
  isExactZero,
  isOne,
  isZero,
  log2Size,
  multiplyReals,
  negateReal,
  ONE,
  type Real,
  remainderOfReals,
  roundReal,
  signOf,
  subtractReals,
  toBigInt,
  truncateReal,
  ZERO,
} from './real.ts'

/*
 * Arithmetic on real and complex numbers. An operation charges its cost before it computes: additions and products of
 * numbers of up to 64 bits cost less than what a caller charges for looking at them, the largest fractions 120 units.
 */

export const isReal = (a: Scalar): a is Real => a.kind !== 'complex'
export const isComplex = (a: Scalar): a is Complex => a.kind === 'complex'
export const isExact = (a: Scalar): boolean =>
  a.kind === 'complex' ? isExactReal(a.re) && isExactReal(a.im) : isExactReal(a)

/** An imaginary part that is this many bits below the real part, and cannot be told from 0, counts as 0. */
const BELOW = 200

/** Returns a complex number, or a real one where nothing is left of the imaginary part. */
export function complex(re: Real, im: Real): Scalar {
  if (im.kind === 'exact') return im.n === 0n ? re : { kind: 'complex', re, im }
  if (holdsZero(im) && im.radius < Math.max(-BELOW, log2Size(re) - BELOW)) return re
  return { kind: 'complex', re, im }
}

export const re = (a: Scalar): Real => (a.kind === 'complex' ? a.re : a)
export const im = (a: Scalar): Real => (a.kind === 'complex' ? a.im : ZERO)
export const I: Complex = { kind: 'complex', re: ZERO, im: ONE }

/** Numbers up to this need no charge of their own. */
const SMALL = 1n << 64n

function chargeFor(a: Scalar, b: Scalar, meter: Meter): void {
  if (a.kind === 'exact' && b.kind === 'exact') {
    if (isSmall(a) && isSmall(b)) return
    meter.charge(1 + costOfDivisor(bitsIn(a) + bitsIn(b)))
  } else if (a.kind !== 'complex' && b.kind !== 'complex') meter.charge(3)
  else meter.charge(6 + 5 * costOfDivisor(bitsIn(re(a)) + bitsIn(im(a)) + bitsIn(re(b)) + bitsIn(im(b))))
}

const isSmall = (a: Exact): boolean => a.d < SMALL && a.n < SMALL && -a.n < SMALL
const bitsIn = (a: Real): number =>
  a.kind === 'exact' && !isSmall(a) ? Math.max(bitsOf(a.n), bitsOf(a.d)) : 0
/** A greatest common divisor takes a time that grows with the square of the bits. */
const costOfDivisor = (bits: number): number => Math.ceil(bits ** 2 / 32_000)

export function add(a: Scalar, b: Scalar, meter: Meter = UNMETERED): Scalar {
  chargeFor(a, b, meter)
  if (a.kind !== 'complex' && b.kind !== 'complex') return addReals(a, b)
  return complex(addReals(re(a), re(b)), addReals(im(a), im(b)))
}

export function subtract(a: Scalar, b: Scalar, meter: Meter = UNMETERED): Scalar {
  chargeFor(a, b, meter)
  if (a.kind !== 'complex' && b.kind !== 'complex') return subtractReals(a, b)
  return complex(subtractReals(re(a), re(b)), subtractReals(im(a), im(b)))
}

export function multiply(a: Scalar, b: Scalar, meter: Meter = UNMETERED): Scalar {
  chargeFor(a, b, meter)
  if (a.kind !== 'complex') {
    if (b.kind !== 'complex') return multiplyReals(a, b)
    return complex(multiplyReals(a, b.re), multiplyReals(a, b.im))
  }
  if (b.kind !== 'complex') return complex(multiplyReals(a.re, b), multiplyReals(a.im, b))
  return complex(
    subtractReals(multiplyReals(a.re, b.re), multiplyReals(a.im, b.im)),
    addReals(multiplyReals(a.re, b.im), multiplyReals(a.im, b.re)),
  )
}

export function divide(a: Scalar, b: Scalar, meter: Meter = UNMETERED): Scalar {
  chargeFor(a, b, meter)
  if (b.kind !== 'complex') {
    if (a.kind !== 'complex') return divideReals(a, b)
    return complex(divideReals(a.re, b), divideReals(a.im, b))
  }
  const size = normOf(b)
  const product = multiply(a, conjugate(b), meter)
  return complex(divideReals(re(product), size), divideReals(im(product), size))
}

/** The square of the absolute value. */
const normOf = (a: Complex): Real => addReals(multiplyReals(a.re, a.re), multiplyReals(a.im, a.im))

export const negate = (a: Scalar): Scalar =>
  a.kind === 'complex' ? { kind: 'complex', re: negateReal(a.re), im: negateReal(a.im) } : negateReal(a)

export const conjugate = (a: Scalar): Scalar =>
  a.kind === 'complex' ? { kind: 'complex', re: a.re, im: negateReal(a.im) } : a

export function abs(a: Scalar, meter: Meter = UNMETERED): Real {
  if (a.kind !== 'complex') return absReal(a)
  if (isExactZero(a.re)) return absReal(a.im)
  chargeFor(a, a, meter)
  return squareRootOfReal(normOf(a), meter)
}

/** The angle of a number, from -π (without) to π; of 0 it is 0. */
export function arg(a: Scalar, meter: Meter = UNMETERED): Real {
  if (a.kind !== 'complex' && isZero(a)) return ZERO
  return angleOf(im(a), re(a), meter)
}

/** Tells whether two numbers are equal, or cannot be told apart. */
export const equals = (a: Scalar, b: Scalar): boolean =>
  compare(re(a), re(b)) === 0 && (isReal(a) && isReal(b) ? true : compare(im(a), im(b)) === 0)

/** Tells whether two numbers are equal. Throws `evaluation` where that is not known, unless they are as good as equal. */
export const areSame = (a: Scalar, b: Scalar): boolean =>
  areEqual(re(a), re(b)) && ((isReal(a) && isReal(b)) || areEqual(im(a), im(b)))

/** Returns a remainder with the sign of the divisor: -7 by 3 leaves 2. */
export function remainder(a: Scalar, b: Scalar, meter: Meter = UNMETERED): Real {
  if (a.kind === 'complex' || b.kind === 'complex') throw evaluation('Complex numbers have no remainder.')
  chargeFor(a, b, meter)
  return remainderOfReals(a, b)
}

const eachPart =
  (work: (part: Real) => Real) =>
  (a: Scalar): Scalar =>
    a.kind === 'complex' ? complex(work(a.re), work(a.im)) : work(a)

/** Rounds down; of a complex number, each part. */
export const floor = eachPart(floorReal)
export const ceil = eachPart(ceilReal)
export const truncate = eachPart(truncateReal)

/** Rounds to decimal places (negative: to tens, hundreds, …), halves away from 0; of a complex number, each part. */
export const round = (a: Scalar, places = 0): Scalar => eachPart((part) => roundReal(part, places))(a)

/** e^(i angle), times a length. */
export function fromPolar(length: Real, angle: Real, meter: Meter): Scalar {
  const [sine, cosine] = sinCos(angle, meter)
  return complex(multiplyReals(length, cosine), multiplyReals(length, sine))
}

/** The largest whole exponent of a complex number. */
const COMPLEX_EXPONENT = 1_000_000n

/**
 * A power, exact where it can be; the principal value where there are several. `(-8)^(1/3)` is complex, 0^0 is 1.
 */
export function power(base: Scalar, exponent: Scalar, meter: Meter = UNMETERED): Scalar {
  if (exponent.kind !== 'complex') {
    const whole = exponent.kind === 'exact' ? toBigInt(exponent) : undefined
    if (base.kind !== 'complex') {
      if (whole !== undefined || signOf(base) >= 0) return powerOfReal(base, exponent, meter)
      const length = powerOfReal(negateReal(base), exponent, meter)
      return fromPolar(length, multiplyReals(exponent, arg(base, meter)), meter)
    }
    if (whole !== undefined) return wholePower(base, whole, meter)
    if (exponent.kind === 'exact' && compare(exponent, HALF) === 0) return squareRoot(base, meter)
  }
  if (base.kind !== 'complex' && isZero(base)) {
    if (signOf(re(exponent)) > 0) return ZERO
    throw evaluation('This power of 0 is not defined.')
  }
  // |z|^re(w) e^(-im(w) arg z), at the angle re(w) arg z + im(w) ln |z|
  const size = abs(base, meter)
  const angle = arg(base, meter)
  const [x, y] = [re(exponent), im(exponent)]
  const length = multiplyReals(
    powerOfReal(size, x, meter),
    expReal(negateReal(multiplyReals(y, angle)), meter),
  )
  const turned = isExactZero(y) ? ZERO : isEuler(size) ? y : multiplyReals(y, lnReal(size, meter))
  return fromPolar(length, addReals(multiplyReals(x, angle), turned), meter)
}

/** By repeated squaring, which keeps exact parts exact. The powers of i and -i repeat after four. */
function wholePower(base: Complex, exponent: bigint, meter: Meter): Scalar {
  if (exponent < 0n) return divide(ONE, wholePower(base, -exponent, meter), meter)
  if (exponent > 4n && isExactZero(base.re) && isOne(absReal(base.im)))
    return wholePower(base, exponent % 4n, meter)
  if (exponent > COMPLEX_EXPONENT) throw limit('This exponent is too large for a complex number.')
  let result: Scalar = ONE
  let square: Scalar = base
  for (let left = exponent; left > 0n; ) {
    if (left & 1n) result = multiply(result, square, meter)
    left >>= 1n
    if (left > 0n) square = multiply(square, square, meter)
  }
  return result
}

/** The principal square root: its real part is not negative. Exact where both parts are. */
export function squareRoot(a: Scalar, meter: Meter): Scalar {
  if (a.kind !== 'complex') {
    if (signOf(a) >= 0) return squareRootOfReal(a, meter)
    return complex(ZERO, squareRootOfReal(negateReal(a), meter))
  }
  // The larger of sqrt((|z| + |re|) / 2) and im / 2 over it: nothing cancels.
  const large = squareRootOfReal(multiplyReals(addReals(abs(a, meter), absReal(a.re)), HALF), meter)
  const small = divideReals(multiplyReals(a.im, HALF), large)
  if (signOf(a.re) >= 0) return complex(large, small)
  return signOf(a.im) < 0 ? complex(negateReal(small), negateReal(large)) : complex(small, large)
}
