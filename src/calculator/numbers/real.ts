import {
  accuracy,
  addBalls,
  type Ball,
  BITS,
  divideBalls,
  doubleOf,
  fromFraction,
  fromWhole,
  holdsZero,
  isNothing,
  magnitude,
  multiplyBalls,
  nearestWhole,
  negateBall,
  powerOfBall,
  rawBall,
  round as roundBall,
  signOfBall,
  subtractBalls,
  wholeWithin,
} from './ball.ts'
import { CalculationError, evaluation, limit } from './errors.ts'
import {
  type Fingerprint,
  inverted,
  isOfNothing,
  negated,
  ofDigits,
  ofFraction,
  product,
  sum,
} from './fingerprint.ts'
import { fixedE, fixedPi } from './fixed.ts'
import { type Meter, UNMETERED } from './meter.ts'
import { type Fraction, fits, floorDivide, floorRemainder, reduce, squareRoot } from './rational.ts'

/** The fraction `n / d`, reduced, times a power of π. 0 has the power 0. */
export interface Exact {
  readonly kind: 'exact'
  readonly n: bigint
  readonly d: bigint
  readonly pi: number
}

/** A real number: exact while it is a fraction of at most 1,024 bits times a small power of π, else a ball. */
export type Real = Exact | Ball

/** Larger powers of π, positive or negative, are balls. */
const PI_POWERS = 8

const fraction = (n: bigint, d: bigint, pi: number): Exact => ({ kind: 'exact', n, d, pi })

/** Returns a reduced fraction times a power of π, exact if it fits. */
export function exact(n: bigint, d: bigint, pi = 0): Real {
  if (n === 0n) return ZERO
  if (fits(n, d) && pi <= PI_POWERS && pi >= -PI_POWERS) return fraction(n, d, pi)
  const size = fromFraction(n, d, BITS + 16)
  const ball = pi === 0 ? size : multiplyBalls(size, powerOfPi(pi, BITS + 16), BITS + 16)
  return withFingerprint(roundTo(ball, BITS), ofFraction(n, d, pi))
}

export const fingerprintOf = (a: Real): Fingerprint =>
  a.kind === 'exact' ? ofFraction(a.n, a.d, a.pi) : (a.fingerprint ?? ofDigits(a.mantissa, a.exponent))

/** Returns a ball with its fingerprint; exactly 0 if the fingerprint is that of 0. */
export const withFingerprint = (a: Ball, fingerprint: Fingerprint): Real =>
  isOfNothing(fingerprint) ? ZERO : { ...a, fingerprint }

/** Returns the fraction of two whole numbers. Throws `evaluation` where the denominator is 0. */
export function ratio(n: bigint, d: bigint, pi = 0): Real {
  if (d === 0n) throw evaluation('Division by zero.')
  const reduced = reduce(n, d)
  return exact(reduced.n, reduced.d, pi)
}

export const ZERO: Exact = fraction(0n, 1n, 0)
export const ONE: Exact = fraction(1n, 1n, 0)
export const TWO: Exact = fraction(2n, 1n, 0)
export const HALF: Exact = fraction(1n, 2n, 0)
export const PI: Exact = fraction(1n, 1n, 1)
export const TAU: Exact = fraction(2n, 1n, 1)
/** Euler's number. It is known by its digits, so that e^(i π) is exactly -1 and ln(e) exactly 1. */
export const E: Ball = roundTo(rawBall(fixedE(BITS + 32), -(BITS + 32), -(BITS + 28)), BITS)

export const isEuler = (a: Real): boolean =>
  a === E || (a.kind === 'ball' && a.exponent === E.exponent && a.mantissa === E.mantissa)

export const fromInteger = (n: number | bigint): Real =>
  typeof n === 'bigint' ? exact(n, 1n) : fraction(BigInt(n), 1n, 0)

/** Rounds a ball to at most `bits` bits, give or take one. */
export function roundTo(a: Ball, bits: number): Ball {
  return roundBall(a.mantissa, a.exponent, a.radius, bits)
}

/** Pi as a ball. */
const piBall = (bits: number): Ball => rawBall(fixedPi(bits + 8), -(bits + 8), -(bits + 4))

const powerOfPi = (power: number, bits: number): Ball => powerOfBall(piBall(bits + 8), BigInt(power), bits)

/** Returns a real number as a ball; an exact one gets `bits` bits. */
export function toBall(a: Real, bits: number): Ball {
  if (a.kind === 'ball') return a
  const size = fromFraction(a.n, a.d, bits)
  return a.pi === 0 ? size : multiplyBalls(size, powerOfPi(a.pi, bits), bits)
}

/** Bits up to which a function of exact arguments is computed again while too few digits of its value are right. */
const MOST_BITS = 4096
/** Bits that a result has to have right: 126 digits. */
const ENOUGH = BITS - 28
/** The cost of computing a series once more with 1,024 bits; twice as many bits cost four times as much. */
const AGAIN = 60

interface Precision {
  /** Charged for each time that it is computed again. */
  readonly meter?: Meter
  /** Bits that it is computed with at most. */
  readonly most?: number
  /** Bits of the result that have to be right. */
  readonly enough?: number
}

/**
 * Computes with more and more bits, until enough of the result's are right (Ziv's strategy). Where an argument is a ball
 * itself, more bits than it has gain nothing, and it is computed once.
 */
export function refine(
  compute: (bits: number) => Ball,
  args: readonly Real[],
  precision: Precision = {},
): Ball {
  const [found] = refinePair(
    (bits) => {
      const ball = compute(bits)
      return [ball, ball]
    },
    args,
    precision,
  )
  return found
}

/** Computes two numbers with more and more bits, until enough of either's are right. */
export function refinePair(
  compute: (bits: number) => readonly [Ball, Ball],
  args: readonly Real[],
  { meter = UNMETERED, most = MOST_BITS, enough = ENOUGH }: Precision = {},
): [Ball, Ball] {
  const inexact = args.some((one) => one.kind === 'ball')
  for (let bits = BITS + 64; ; bits *= 2) {
    const last = inexact || bits >= most
    const [a, b] = last ? compute(bits) : (attempt(compute, bits) ?? [])
    if (a && b && (last || Math.min(accuracy(a), accuracy(b)) >= enough))
      return a === b ? same(roundTo(a, BITS)) : [roundTo(a, BITS), roundTo(b, BITS)]
    meter.charge((AGAIN * bits ** 2) / 512 ** 2)
    meter.tick()
  }
}

/** With too few bits a number that is not 0 may look as if it could be; with more it does not. */
function attempt<T>(compute: (bits: number) => T, bits: number): T | undefined {
  try {
    return compute(bits)
  } catch (error) {
    if (error instanceof CalculationError && error.code === 'evaluation') return undefined
    throw error
  }
}

const same = (a: Ball): [Ball, Ball] => [a, a]

export const isExactReal = (a: Real): a is Exact => a.kind === 'exact'
export const isRational = (a: Real): a is Exact => a.kind === 'exact' && a.pi === 0
export const isZero = (a: Real): boolean => (a.kind === 'exact' ? a.n === 0n : holdsZero(a))
/** Tells whether a number is exactly 0, not just too near to it to be told apart. */
export const isExactZero = (a: Real): boolean => a.kind === 'exact' && a.n === 0n
export const isOne = (a: Real): boolean => a.kind === 'exact' && a.n === 1n && a.d === 1n && a.pi === 0

/** Tells whether a number is whole, or cannot be told from a whole one. */
export const isInteger = (a: Real): boolean => toBigInt(a) !== undefined

/** Returns a whole number, or undefined where the number is not whole. A ball counts as the whole number it holds. */
export function toBigInt(a: Real): bigint | undefined {
  if (a.kind === 'ball') return a.exponent > 0 && a.radius === -Infinity ? nearestWhole(a) : wholeWithin(a)
  return a.d === 1n && a.pi === 0 ? a.n : undefined
}

/** Tells whether too few digits of a number are known to tell whether it is whole. */
export const isUnclear = (a: Real): boolean =>
  a.kind === 'ball' && a.radius > -2 && !(a.exponent >= 0 && a.radius === -Infinity)

export const numerator = (a: Real): bigint | undefined => (isRational(a) ? a.n : undefined)
export const denominator = (a: Real): bigint | undefined => (isRational(a) ? a.d : undefined)

/** Returns the sign; also 0 where a number cannot be told from 0. */
export function signOf(a: Real): -1 | 0 | 1 {
  if (a.kind === 'ball') return signOfBall(a)
  return a.n > 0n ? 1 : a.n === 0n ? 0 : -1
}

/** Returns the sign. Throws `evaluation` where a number may be on either side of 0, unless it is as good as 0. */
export function knownSignOf(a: Real): -1 | 0 | 1 {
  if (a.kind === 'ball' && holdsZero(a) && !isNothing(a)) throw undecided()
  if (a.kind === 'ball' && holdsZero(a) && a.fingerprint?.isPlain) throw undecided()
  return signOf(a)
}

const undecided = () => evaluation('Too few digits of these numbers are known to compare them.')

export function negateReal(a: Real): Real {
  if (a.kind === 'exact') return a.n === 0n ? a : fraction(-a.n, a.d, a.pi)
  const { fingerprint, square } = a
  return {
    ...negateBall(a),
    ...(fingerprint && { fingerprint: negated(fingerprint) }),
    ...(square && { square }),
  }
}

export function absReal(a: Real): Real {
  return (a.kind === 'ball' ? a.mantissa : a.n) < 0n ? negateReal(a) : a
}

export function addReals(a: Real, b: Real): Real {
  if (a.kind === 'exact' && b.kind === 'exact') {
    if (a.n === 0n) return b
    if (b.n === 0n) return a
    if (a.pi === b.pi) {
      if (a.d === 1n && b.d === 1n) return exact(a.n + b.n, 1n, a.pi)
      const sum = a.d === b.d ? reduce(a.n + b.n, a.d) : reduce(a.n * b.d + b.n * a.d, a.d * b.d)
      return exact(sum.n, sum.d, a.pi)
    }
    const found = refine((bits) => addBalls(toBall(a, bits), toBall(b, bits), bits), [])
    return withFingerprint(found, sum(fingerprintOf(a), fingerprintOf(b)))
  }
  if (isExactZero(a)) return b
  if (isExactZero(b)) return a
  if (a.kind === 'ball' && b.kind === 'ball' && a.square && b.square) {
    const ratio = reduce(b.square.n * a.square.d, b.square.d * a.square.n)
    const root = rootOf(ratio, isNegative(a) !== isNegative(b))
    if (root) return multiplyReals(a, addReals(ONE, root))
  }
  const found = addBalls(toBall(a, BITS + 32), toBall(b, BITS + 32), BITS)
  return withFingerprint(found, sum(fingerprintOf(a), fingerprintOf(b)))
}

export const subtractReals = (a: Real, b: Real): Real => addReals(a, negateReal(b))

export function multiplyReals(a: Real, b: Real): Real {
  if (a.kind === 'exact' && b.kind === 'exact') {
    if (a.n === 0n || b.n === 0n) return ZERO
    const pi = a.pi + b.pi
    if (a.d === 1n && b.d === 1n) return exact(a.n * b.n, 1n, pi)
    const product = reduce(a.n * b.n, a.d * b.d)
    return exact(product.n, product.d, pi)
  }
  if (isExactZero(a) || isExactZero(b)) return ZERO
  const [x, y] = hasSquare(a) || hasSquare(b) ? [squareOf(a), squareOf(b)] : []
  const square = x && y && reduce(x.n * y.n, x.d * y.d)
  const root = square && rootOf(square, isNegative(a) !== isNegative(b))
  if (root) return root
  const found = multiplyBalls(toBall(a, BITS + 32), toBall(b, BITS + 32), BITS)
  return withSquare(withFingerprint(found, product(fingerprintOf(a), fingerprintOf(b))), square)
}

const hasSquare = (a: Real): boolean => a.kind === 'ball' && a.square !== undefined
const isNegative = (a: Real): boolean => (a.kind === 'ball' ? a.mantissa : a.n) < 0n

function squareOf(a: Real): Fraction | undefined {
  if (a.kind === 'ball') return a.square
  return a.pi === 0 ? { n: a.n * a.n, d: a.d * a.d } : undefined
}

/** The root of a reduced fraction where it is one too. */
function rootOf({ n, d }: Fraction, isBelowZero: boolean): Real | undefined {
  const [top, bottom] = [squareRoot(n), squareRoot(d)]
  if (top * top !== n || bottom * bottom !== d) return undefined
  return exact(isBelowZero ? -top : top, bottom)
}

/** Returns a number with what is known of its square, unless that is too long a fraction. */
export const withSquare = (a: Real, square: Fraction | undefined): Real =>
  a.kind === 'ball' && square && fits(square.n, square.d) ? { ...a, square: { n: square.n, d: square.d } } : a

export function divideReals(a: Real, b: Real): Real {
  refuseZero(b)
  if (a.kind === 'exact' && b.kind === 'exact') {
    if (a.n === 0n) return ZERO
    const quotient = reduce(a.n * b.d, a.d * b.n)
    return exact(quotient.n, quotient.d, a.pi - b.pi)
  }
  if (isExactZero(a)) return ZERO
  const [x, y] = hasSquare(a) || hasSquare(b) ? [squareOf(a), squareOf(b)] : []
  const square = x && y && reduce(x.n * y.d, x.d * y.n)
  const root = square && rootOf(square, isNegative(a) !== isNegative(b))
  if (root) return root
  const found = divideBalls(toBall(a, BITS + 32), toBall(b, BITS + 32), BITS)
  return withSquare(withFingerprint(found, product(fingerprintOf(a), inverted(fingerprintOf(b)))), square)
}

function refuseZero(divisor: Real): void {
  if (!isZero(divisor)) return
  if (divisor.kind === 'ball' && (!isNothing(divisor) || divisor.fingerprint?.isPlain))
    throw evaluation('Too few digits of the divisor are known to divide by it.')
  throw evaluation('Division by zero.')
}

/** Compares two numbers: negative, 0 or positive; also 0 where they cannot be told apart. */
export function compare(a: Real, b: Real): number {
  if (a.kind === 'exact' && b.kind === 'exact' && a.pi === b.pi) {
    const difference = a.d === b.d ? a.n - b.n : a.n * b.d - b.n * a.d
    return difference > 0n ? 1 : difference < 0n ? -1 : 0
  }
  return signOf(subtractReals(a, b))
}

/** Compares two numbers. Throws `evaluation` where it is not known which is larger, unless they are as good as equal. */
export function knownOrderOf(a: Real, b: Real): number {
  return a.kind === 'exact' && b.kind === 'exact' ? compare(a, b) : knownSignOf(subtractReals(a, b))
}

/** Tells whether two numbers are equal, even where it is not known which would be larger. Otherwise like `knownOrderOf`. */
export function areEqual(a: Real, b: Real): boolean {
  if (a.kind === 'exact' && b.kind === 'exact' && a.pi === b.pi) return a.n === b.n && a.d === b.d
  const apart = subtractReals(a, b)
  if (apart.kind === 'exact') return apart.n === 0n
  return holdsZero(apart) && !apart.fingerprint?.isPlain && knownSignOf(apart) === 0
}

/**
 * Returns the remainder of a division that is rounded down; it has the sign of the divisor. It is exact for fractions
 * of any size. Throws `limit` where the quotient's whole part is not known for sure.
 */
export function remainderOfReals(a: Real, b: Real): Real {
  refuseZero(b)
  if (isExactZero(a)) return ZERO
  if (a.kind === 'exact' && b.kind === 'exact' && a.pi === b.pi) {
    const rest = reduce(floorRemainder(a.n * b.d, b.n * a.d), a.d * b.d)
    return exact(rest.n, rest.d, a.pi)
  }
  const exactly = a.kind === 'exact' && b.kind === 'exact'
  for (let bits = BITS + 64; ; bits *= 2) {
    const [x, y] = [toBall(a, bits), toBall(b, bits)]
    const quotient = divideBalls(x, y, bits)
    if (quotient.radius < -16) {
      // A quotient that cannot be told from a whole number leaves nothing.
      if (wholeWithin(quotient) !== undefined) return ZERO
      const rest = subtractBalls(x, multiplyBalls(fromWhole(floorOfBall(quotient), bits), y, bits), bits)
      return roundTo(rest, BITS)
    }
    if (!exactly || bits >= MOST_BITS) throw limit('This number is too large for an exact remainder.')
  }
}

/** The whole part of a ball that is certain to lie between two whole numbers, or is as good as one. */
function floorOfBall(a: Ball): bigint {
  const whole = wholeWithin(a)
  if (whole !== undefined) return whole
  if (a.radius > -1) throw limit('This number is too large to be rounded to a whole number.')
  return a.exponent >= 0 ? a.mantissa << BigInt(a.exponent) : shiftDown(a.mantissa, -a.exponent)
}

/** Shifts down, even by billions of places, which `>>` cannot. */
const shiftDown = (n: bigint, places: number): bigint =>
  places > 100_000 ? (n < 0n ? -1n : 0n) : n >> BigInt(places)

export function floorReal(a: Real): Real {
  if (a.kind === 'ball') return fromInteger(floorOfBall(a))
  if (a.pi !== 0) return fromInteger(floorOfBall(refine((bits) => toBall(a, bits), [])))
  return a.d === 1n ? a : exact(floorDivide(a.n, a.d), 1n)
}

export const ceilReal = (a: Real): Real => negateReal(floorReal(negateReal(a)))
export const truncateReal = (a: Real): Real => (signOf(a) < 0 ? ceilReal(a) : floorReal(a))

/** Places that a number can be rounded to, after the point or before it. */
const PLACES = 300

/**
 * Rounds to a number of decimal places, halves away from 0; a negative number of places rounds to tens, hundreds, ….
 * Throws `limit` for more than 300.
 */
export function roundReal(a: Real, places = 0): Real {
  if (!Number.isInteger(places)) throw evaluation('The number of places must be a whole number.')
  if (Math.abs(places) > PLACES) throw limit(`A number can be rounded to at most ${PLACES} places.`)
  const power = 10n ** BigInt(Math.abs(places))
  const unit = places >= 0 ? exact(1n, power) : exact(power, 1n)
  const scaled = divideReals(absReal(a), unit)
  const up = floorReal(addReals(scaled, HALF))
  return multiplyReals(signOf(a) < 0 ? negateReal(up) : up, unit)
}

/** Returns the nearest double; an infinity beyond the range of doubles. */
export function toNumber(a: Real): number {
  if (a.kind === 'exact' && a.pi === 0) {
    if (fitsDouble(a.n) && fitsDouble(a.d)) return Number(a.n) / Number(a.d)
    if (a.d === 1n) return Number(a.n)
  }
  return doubleOf(toBall(a, 256))
}

const EXACT_DOUBLE = 1n << 53n
const fitsDouble = (n: bigint): boolean => n <= EXACT_DOUBLE && n >= -EXACT_DOUBLE

const TENS = Array.from({ length: 64 }, (_, i) => 10n ** BigInt(i))
export const tenTo = (places: number): bigint => TENS[places] ?? 10n ** BigInt(places)

/** Returns the logarithm to base 2 of a number's size, to about 15 digits; -Infinity for 0. */
export function log2Size(a: Real): number {
  return magnitude(toBall(a, 64))
}

/** Returns the logarithm to base 2 of the least size that a number can have; -Infinity where that is 0. */
export const leastSize = (a: Real): number => (isZero(a) ? -Infinity : log2Size(a))
