import {
  absBall,
  accuracy,
  type Ball,
  divideBalls,
  fromWhole,
  holdsZero,
  isNothing,
  magnitude,
  nearestWhole,
  powerOfBall,
  wholeWithin,
} from './ball.ts'
import { evaluation, limit } from './errors.ts'
import { absolute } from './rational.ts'
import { isRational, isZero, type Real, tenTo, toBall } from './real.ts'

/** A number as it is shown, and whether that is not the number itself. */
export interface Written {
  readonly text: string
  readonly rounded: boolean
}

/** Whole numbers below 10^64 are written in full. */
const FULL = 10n ** 64n
const TEN = fromWhole(10n, 64)
const LOG_10 = Math.log2(10)

/** The sign of the midpoint; that of 0, or of what cannot be told from it, does not matter. */
const isNegative = (a: Real): boolean => (a.kind === 'ball' ? a.mantissa : a.n) < 0n

/** A number's size as decimal digits and a power of 10: `digits * 10^exponent`. */
interface Decimal {
  readonly digits: bigint
  readonly exponent: number
  readonly rounded: boolean
}

/** Rounds a number's size to `count` significant digits, halves up; the number must not be 0. */
function significantDigits(a: Real, count: number): Decimal {
  const size = magnitude(toBall(a, 64))
  // The power of 10 of the last digit; one too low at first where a double cannot tell.
  let exponent = Math.floor(size / LOG_10) - count + 1
  let found = digitsAt(a, exponent)
  // A double does not tell 0.99999999999998 from 1, and rounded at one digit less it would be 1.
  if (found.digits <= tenTo(count - 1)) found = digitsAt(a, --exponent)
  // 9.99…96 became 10.00…0, or the power was one too low.
  if (found.digits >= tenTo(count)) found = digitsAt(a, ++exponent)
  return found
}

/** Returns a number's size in units of a power of 10, rounded to a whole number of them, halves up. */
function digitsAt(a: Real, exponent: number): Decimal {
  if (isRational(a)) {
    const n = absolute(a.n) * (exponent < 0 ? tenTo(-exponent) : 1n)
    const d = a.d * (exponent > 0 ? tenTo(exponent) : 1n)
    return { digits: (2n * n + d) / (2n * d), exponent, rounded: n % d !== 0n }
  }
  // Exact multiples of powers of π are never halfway; balls are known to their own digits.
  for (let bits = 512; ; bits *= 2) {
    // The power is about as large as the number, so that it is never too large where the number is not.
    const scaled = divideBalls(absBall(toBall(a, bits)), powerOfBall(TEN, BigInt(exponent), bits), bits)
    if (a.kind === 'ball' || scaled.radius < -64 || bits >= 4096)
      return { digits: nearest(scaled), exponent, rounded: true }
  }
}

/** The whole number that is nearest; a ball that holds a half counts as that half. */
function nearest(a: Ball): bigint {
  if (a.radius > -4) throw uncertain()
  const doubled = wholeWithin({ ...a, exponent: a.exponent + 1, radius: a.radius + 1 })
  if (doubled !== undefined) return (doubled + 1n) / 2n
  return nearestWhole(a)
}

const uncertain = () => evaluation('Too few digits of this result are known to show it.')

/**
 * Writes a number as people read it: whole numbers below 10^64 in full, unless `wholeInFull` is false; others with 14
 * significant digits (or as many as asked for), scientific outside 1e-9 to 1e15. A number that is 0 as far as its digits
 * are right is written as 0. Throws `evaluation` where so many digits were lost on the way that these are not known.
 */
export function writeReal(
  a: Real,
  { significant = 14, wholeInFull = true }: { significant?: number; wholeInFull?: boolean } = {},
): Written {
  if (a.kind === 'exact' && a.n === 0n) return { text: '0', rounded: false }
  if (wholeInFull && a.kind === 'exact' && a.d === 1n && a.pi === 0 && a.n < FULL && -a.n < FULL)
    return { text: a.n.toString(), rounded: false }
  if (a.kind === 'ball') {
    if (holdsZero(a)) {
      if (!isNothing(a)) throw uncertain()
      return { text: '0', rounded: true }
    }
    const whole = wholeInFull && magnitude(a) < 214 ? wholeWithin(a) : undefined
    if (whole !== undefined && absolute(whole) < FULL) return { text: whole.toString(), rounded: true }
    if (accuracy(a) < significant * LOG_10 + 4) throw uncertain()
  }
  const found = significantDigits(a, significant)
  const text = layOut(found.digits, found.exponent)
  return { text: isNegative(a) ? `-${text}` : text, rounded: found.rounded }
}

/** Digits and a power of 10 as text, without zeros at the end; scientific outside 1e-9 to 1e15. */
function layOut(digits: bigint, exponent: number): string {
  const all = digits.toString()
  const shown = all.replace(/0+$/, '')
  const first = exponent + all.length - 1
  if (first < -9 || first >= 15) return scientific(shown, first)
  if (first < 0) return `0.${'0'.repeat(-first - 1)}${shown}`
  if (shown.length <= first + 1) return shown.padEnd(first + 1, '0')
  return `${shown.slice(0, first + 1)}.${shown.slice(first + 1)}`
}

/** @param exponent of the first digit */
function scientific(digits: string, exponent: number, step = 1): string {
  const power = Math.floor(exponent / step) * step
  const before = exponent - power + 1
  const decimals = digits.slice(before)
  const whole = digits.slice(0, before).padEnd(before, '0')
  return `${whole}${decimals === '' ? '' : `.${decimals}`}e${power < 0 ? '-' : '+'}${Math.abs(power)}`
}

/**
 * Writes a number with a number of decimal places, including zeros, halves away from 0; a negative number of places rounds
 * to tens, hundreds, …. Throws `evaluation` where these digits are not known.
 */
export function writeFixed(a: Real, places: number): Written {
  if (!Number.isInteger(places) || Math.abs(places) > PLACES)
    throw limit(`A number can be written with at most ${PLACES} decimal places.`)
  const { digits, exponent, rounded } = isZero(a) ? nothing(a, places) : digitsAt(a, -places)
  const all = (exponent > 0 ? digits * tenTo(exponent) : digits).toString().padStart(places + 1, '0')
  const text = places > 0 ? `${all.slice(0, -places)}.${all.slice(-places)}` : all
  return { text: isNegative(a) && digits > 0n ? `-${text}` : text, rounded }
}

const PLACES = 300

/** 0, or what cannot be told from it */
function nothing(a: Real, places: number): Decimal {
  if (a.kind === 'ball' && !isNothing(a)) throw uncertain()
  return { digits: 0n, exponent: -places, rounded: a.kind === 'ball' }
}

/**
 * Writes a number as a digit, decimals and a power of 10: `1.234567e+6`. With a step of 3 the power is a multiple of it, and
 * up to three digits stand before the point: `12.345e+3`.
 */
export function writeScientific(
  a: Real,
  { significant = 14, step = 1 }: { significant?: number; step?: number } = {},
): Written {
  if (isZero(a)) return { text: '0', rounded: nothing(a, 0).rounded }
  if (a.kind === 'ball' && accuracy(a) < significant * LOG_10 + 4) throw uncertain()
  const { digits, exponent, rounded } = significantDigits(a, significant)
  const all = digits.toString()
  const text = scientific(all.replace(/0+$/, ''), exponent + all.length - 1, step)
  return { text: isNegative(a) ? `-${text}` : text, rounded }
}

/** Writes a fraction: `1/3`, `-7/2`, `5`, and multiples of π as `3/4 pi`. Throws `evaluation` for any other number. */
export function writeFraction(a: Real): string {
  if (a.kind === 'ball') throw evaluation('This number is not a fraction.')
  const fraction = a.d === 1n ? a.n.toString() : `${a.n}/${a.d}`
  if (a.pi === 0) return fraction
  const power = a.pi === 1 ? 'pi' : `pi^${a.pi}`
  return fraction === '1' ? power : fraction === '-1' ? `-${power}` : `${fraction} ${power}`
}

/** Writes a fraction with its whole part before it: `2 1/3`, `-3 1/2`. Throws `evaluation` for any other number. */
export function writeMixedFraction(a: Real): string {
  if (!isRational(a)) return writeFraction(a)
  const size = absolute(a.n)
  const [whole, rest] = [size / a.d, size % a.d]
  if (whole === 0n || rest === 0n) return writeFraction(a)
  return `${a.n < 0n ? '-' : ''}${whole} ${rest}/${a.d}`
}

const MARKS = { 2: '0b', 8: '0o', 16: '0x' } as const

/** Writes a whole number to base 2, 8 or 16: `0xff`, `-0b101`. Throws `evaluation` for any other number. */
export function writeBase(a: Real, base: 2 | 8 | 16): string {
  if (!isRational(a) || a.d !== 1n)
    throw evaluation('Only whole numbers of up to 1,024 bits can be written like this.')
  return `${a.n < 0n ? '-' : ''}${MARKS[base]}${absolute(a.n).toString(base)}`
}
