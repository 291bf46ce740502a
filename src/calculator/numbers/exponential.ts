import {
  BITS,
  divideBalls,
  multiplyBalls,
  powerOfBall,
  squareRootOfBall,
  tooLarge,
  tooSmall,
} from './ball.ts'
import { evaluation } from './errors.ts'
import { inverted, raised } from './fingerprint.ts'
import type { Meter } from './meter.ts'
import { absolute, bitsOf, log2Of, wholeRoot } from './rational.ts'
import {
  absReal,
  divideReals,
  E,
  type Exact,
  exact,
  fingerprintOf,
  isEuler,
  isExactZero,
  isOne,
  isRational,
  isZero,
  log2Size,
  multiplyReals,
  negateReal,
  ONE,
  type Real,
  refine,
  refinePair,
  signOf,
  toBall,
  toBigInt,
  withFingerprint,
  withSquare,
  ZERO,
} from './real.ts'
import { expBall, expm1Ball, lnBall, log1pBall, sinhCoshBall, tanhBall } from './transcendental.ts'

/* Powers, roots, exponentials and logarithms of real numbers; elementary.ts and scalar.ts extend them to complex ones. */

/** The measured cost of a series at 512 bits: e^x 12 µs, ln 18 µs. Near a zero of the function it is computed again. */
const SERIES = 40
/** The cost of a root of 1,024 bits. */
const ROOT = 20

/** e^x. */
export function expReal(a: Real, meter: Meter): Real {
  meter.charge(SERIES)
  if (isExactZero(a)) return ONE
  if (isOne(a)) return E
  const found = refine((bits) => expBall(toBall(a, bits), bits), [a], { meter })
  const whole = a.kind === 'exact' ? toBigInt(a) : undefined
  if (whole === undefined) return found
  const power = raised(fingerprintOf(E), absolute(whole))
  return withFingerprint(found, whole < 0n ? inverted(power) : power)
}

/** e^a - 1. */
export function expm1Real(a: Real, meter: Meter): Real {
  meter.charge(SERIES)
  if (isExactZero(a)) return ZERO
  return refine((bits) => expm1Ball(toBall(a, bits), bits), [a], { meter })
}

/** ln(1 + a), for a above -1. */
export function log1pReal(a: Real, meter: Meter): Real {
  meter.charge(SERIES)
  if (isExactZero(a)) return ZERO
  return refine((bits) => log1pBall(toBall(a, bits), bits), [a], { meter })
}

/** The natural logarithm of a number above 0. */
export function lnReal(a: Real, meter: Meter): Real {
  if (isZero(a)) throw evaluation('The logarithm of 0 is not defined.')
  meter.charge(SERIES)
  if (isOne(a)) return ZERO
  if (isEuler(a)) return ONE
  return refine((bits) => lnBall(toBall(a, bits), bits), [a], { meter })
}

/** The square root of a number that is not negative; exact where the number is the square of a fraction. */
export function squareRootOfReal(a: Real, meter: Meter): Real {
  if (isExactZero(a)) return ZERO
  meter.charge(ROOT)
  if (a.kind === 'exact')
    return (
      exactRoot(a, 2) ??
      withSquare(
        refine((bits) => squareRootOfBall(toBall(a, bits), bits), [a], { meter }),
        a.pi === 0 ? a : undefined,
      )
    )
  return squareRootOfBall(a, BITS)
}

/** The root of an exact number above 0 where it is exact too. */
function exactRoot(a: Exact, degree: number): Real | undefined {
  if (a.pi % degree !== 0) return undefined
  const n = wholeRoot(a.n, degree)
  if (n ** BigInt(degree) !== a.n) return undefined
  const d = wholeRoot(a.d, degree)
  return d ** BigInt(degree) === a.d ? exact(n, d, a.pi / degree) : undefined
}

/** The root of a number above 0, of a whole degree of at least 1. */
export function rootOfReal(a: Real, degree: number, meter: Meter): Real {
  if (isExactZero(a)) return ZERO
  if (degree === 2) return squareRootOfReal(a, meter)
  meter.charge(ROOT + 2 * SERIES)
  const found = a.kind === 'exact' && degree <= 1024 ? exactRoot(a, degree) : undefined
  return found ?? powerBySeries(a, exact(1n, BigInt(degree)), meter)
}

/** e^(exponent * ln base) for a base above 0. */
function powerBySeries(base: Real, exponent: Real, meter: Meter): Real {
  const size = log2Size(base) * 2 ** log2Size(exponent) * (signOf(exponent) < 0 ? -1 : 1)
  if (size > 33_300) throw tooLarge()
  if (size < -3.4e9) throw tooSmall()
  // The logarithm's error is multiplied by the exponent, which is only large where the base is near 1.
  const extra = Math.max(0, Math.ceil(log2Size(exponent)), Math.ceil(Math.log2(Math.abs(size) + 1))) + 8
  return refine(
    (bits) => {
      const logarithm = lnBall(toBall(base, bits + extra), bits + extra)
      return expBall(multiplyBalls(logarithm, toBall(exponent, bits + extra), bits + extra), bits)
    },
    [base, exponent],
    { meter },
  )
}

/**
 * A power of a number above 0, or of any number where the exponent is whole. Exact where it fits; `8^(1/3)` is 2.
 */
export function powerOfReal(base: Real, exponent: Real, meter: Meter): Real {
  if (isExactZero(exponent)) return ONE
  if (isOne(base)) return ONE
  if (isZero(base)) {
    if (signOf(exponent) > 0) return isExactZero(base) ? ZERO : base
    throw evaluation('Division by zero.')
  }
  const whole = exponent.kind === 'exact' ? toBigInt(exponent) : undefined
  if (whole !== undefined) return wholePower(base, whole, meter)
  if (isEuler(base)) return expReal(exponent, meter)
  meter.charge(ROOT + 2 * SERIES)
  if (isRational(exponent) && base.kind === 'exact' && exponent.d <= 1024n) {
    // Powers of a square root know their squares.
    if (exponent.d === 2n && isRational(base) && signOf(base) > 0)
      return wholePower(squareRootOfReal(base, meter), exponent.n, meter)
    const root = exactRoot(base, Number(exponent.d))
    if (root) return wholePower(root, exponent.n, meter)
  }
  return powerBySeries(base, exponent, meter)
}

function wholePower(base: Real, exponent: bigint, meter: Meter): Real {
  if (exponent === 1n) return base
  const times = absolute(exponent)
  if (base.kind === 'exact') {
    if (base.d === 1n && base.pi === 0 && (base.n === 1n || base.n === -1n))
      return base.n === 1n || exponent % 2n === 0n ? ONE : base
    const bits = Math.max(log2Of(base.n), log2Of(base.d))
    if (bits * Number(times) < 1025 && Number(times) * Math.abs(base.pi) <= 8) {
      meter.charge(times > 8n ? 2 : 1)
      const [n, d] = [base.n ** times, base.d ** times]
      const pi = base.pi * Number(exponent)
      if (exponent > 0n) return exact(n, d, pi)
      return n < 0n ? exact(-d, -n, pi) : exact(d, n, pi)
    }
  }
  const size = log2Size(base) * Number(exponent)
  if (size > 33_300) throw tooLarge()
  if (size < -3.4e9) throw tooSmall()
  if (base.kind === 'ball' && base.square) {
    const half = exponent / 2n
    const power = half === 0n ? ONE : wholePower(exact(base.square.n, base.square.d), half, meter)
    if (exponent % 2n === 0n) return power
    return exponent > 0n ? multiplyReals(power, base) : divideReals(power, base)
  }
  if (isEuler(base)) return expReal(exact(exponent, 1n), meter)
  const bits = bitsOf(times)
  if (bits > 64) {
    // Only a number very near 1 or -1 comes here.
    meter.charge(2 * SERIES)
    const found = powerBySeries(absReal(base), exact(exponent, 1n), meter)
    return signOf(base) < 0 && exponent % 2n !== 0n ? negateReal(found) : found
  }
  // A squaring and a product for each bit of the exponent
  meter.charge(4 + 2 * bits)
  const working = BITS + 32 + 2 * bits
  const start = toBall(base, working)
  const power = raised(fingerprintOf(base), absolute(exponent))
  return withFingerprint(powerOfBall(start, exponent, BITS), exponent < 0n ? inverted(power) : power)
}

/** The logarithm to a base: exact where the number is a whole power of it, as log2(8) is, or a root. */
export function logarithm(a: Real, base: Real, meter: Meter): Real {
  meter.charge(2 * SERIES)
  if (isOne(base)) throw evaluation('The base of a logarithm cannot be 1.')
  const found = exactLogarithm(a, base)
  if (found) return found
  return refine(
    (bits) => divideBalls(lnBall(toBall(a, bits), bits), lnBall(toBall(base, bits), bits), bits),
    [a, base],
    { meter },
  )
}

/** Returns p/q where a^q = b^p, for fractions, or undefined where there is none. */
function exactLogarithm(a: Real, base: Real): Real | undefined {
  if (isOne(a)) return ZERO
  if (isEuler(base) && isEuler(a)) return ONE
  if (a.kind !== 'exact' || base.kind !== 'exact' || a.pi !== 0 || base.pi !== 0) return undefined
  const quotient = (log2Of(a.n) - log2Of(a.d)) / (log2Of(base.n) - log2Of(base.d))
  for (let q = 1; q <= 12; q++) {
    const p = Math.round(quotient * q)
    if (!Number.isFinite(p) || p === 0 || Math.abs(p) > 1100 || Math.abs(quotient * q - p) > 1e-9) continue
    const [n, d] = p > 0 ? [base.n, base.d] : [base.d, base.n]
    const power = BigInt(Math.abs(p))
    // Powers that cannot be equal are not computed.
    if (log2Of(n) * Math.abs(p) > 1024 * q + 1) return undefined
    return a.n ** BigInt(q) === n ** power && a.d ** BigInt(q) === d ** power
      ? divideReals(exact(BigInt(p), 1n), exact(BigInt(q), 1n))
      : undefined
  }
  return undefined
}

/** The hyperbolic sine and cosine. */
export function sinhCosh(a: Real, meter: Meter): [sinh: Real, cosh: Real] {
  meter.charge(SERIES)
  if (isExactZero(a)) return [ZERO, ONE]
  return refinePair((bits) => sinhCoshBall(toBall(a, bits), bits), [a], { meter })
}

export function tanhReal(a: Real, meter: Meter): Real {
  meter.charge(SERIES)
  if (isExactZero(a)) return ZERO
  return refine((bits) => tanhBall(toBall(a, bits), bits), [a], { meter })
}
