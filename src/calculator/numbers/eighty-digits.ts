import { fromFraction, rawBall } from './ball.ts'
import { parseReal } from './literal.ts'
import { isRational, type Real } from './real.ts'

/** A stored number with at least this many digits is taken to have been rounded. */
const ROUNDED = 78
/** Bits of the number that is read. */
const BITS = 448

/**
 * Returns a number that a release up to 0.1 stored, with at most 80 digits: one with all of them is taken to have been rounded
 * in its last place. Throws `evaluation` when the text is not a number.
 */
export function decodeDigits(text: string): Real {
  const value = parseReal(text)
  const [, whole = '', part = '', power = '0'] = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text) ?? []
  const digits = `${whole}${part}`.replace(/^0+/, '').length
  const places = Number(power) - part.length
  if (digits < ROUNDED || places >= 0 || !isRational(value)) return value
  const { exponent, mantissa, radius } = fromFraction(value.n, value.d, BITS)
  return rawBall(mantissa, exponent, Math.max(radius, places * Math.log2(10)))
}
