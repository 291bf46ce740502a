import type { BigNumber, Complex, Unit } from 'mathjs'
import { limit } from './errors.ts'
import { decimal, formatUnit, isComplex, isDecimal, isMatrix, isUnit, type Value } from './library.ts'
import { FULL_DIGITS, TEXT } from './limits.ts'

const DIGITS = 14

/**
 * A value as people read it: whole numbers under 10^64 in full; others with 14 significant digits, scientific
 * outside 1e-9 to 1e15. Throws `limit` past 4,096 characters.
 */
export function textOf(value: Value): string {
  const text = format(value)
  if (text.length > TEXT) throw limit('This result is too long to show.')
  return text
}

/** A value for programs: a real number in a double's range as a number, else its text. */
export function resultOf(value: Value, text: string): number | string {
  if (!isDecimal(value) || !value.isFinite()) return text
  const number = Number(tidy(value).toString())
  return Number.isFinite(number) && (number !== 0 || value.isZero()) ? number : text
}

function format(value: unknown, scale?: BigNumber): string {
  if (isDecimal(value)) return number(value, scale)
  if (isComplex(value)) return complexText(value)
  if (isUnit(value)) return unitText(value)
  if (isMatrix(value)) {
    const rows = value.valueOf()
    return array(rows, largest(rows))
  }
  return String(value)
}

function array(part: unknown, scale: BigNumber): string {
  return Array.isArray(part)
    ? `[${part.map((inner) => array(inner, scale)).join(', ')}]`
    : format(part, scale)
}

function largest(part: unknown): BigNumber {
  if (Array.isArray(part))
    return part.reduce((most: BigNumber, inner) => bigger(most, largest(inner)), decimal(0))
  return isDecimal(part) ? part.abs() : decimal(0)
}

const bigger = (a: BigNumber, b: BigNumber): BigNumber => (b.gt(a) ? b : a)

/** Guard digits away, so that three thirds are 1. */
const tidy = (value: BigNumber): BigNumber => value.toSignificantDigits(FULL_DIGITS + 6)

function number(value: BigNumber, scale?: BigNumber): string {
  if (!value.isFinite()) return value.isNaN() ? 'NaN' : value.isNegative() ? '-Infinity' : 'Infinity'
  // Beside much larger cells of its matrix, what the last guard digits left over is nothing.
  if (value.isZero() || (value.e < -60 && scale?.times('1e-60').gt(value.abs()))) return '0'
  const whole = tidy(value)
  if (whole.isInteger() && whole.e < FULL_DIGITS) return whole.toFixed()
  const rounded = value.toSignificantDigits(DIGITS)
  if (rounded.e >= -9 && rounded.e < 15) return rounded.toFixed()
  const [mantissa = '', exponent = ''] = rounded.toExponential().split('e')
  return `${mantissa}e${exponent}`
}

function complexText({ re, im }: Complex): string {
  const real = number(decimal(re))
  const size = number(decimal(Math.abs(im)))
  const imaginary = size === '1' ? 'i' : `${size}i`
  if (real === '0') return im < 0 ? `-${imaginary}` : imaginary
  return `${real} ${im < 0 ? '-' : '+'} ${imaginary}`
}

function unitText(value: Unit): string {
  // The library picks prefixes and lays units out; numbers are ours.
  return formatUnit(value, (inner) => format(inner))
}
