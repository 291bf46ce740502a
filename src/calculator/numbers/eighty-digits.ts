import { fromFraction, rawBall } from './ball.ts'
import { parseReal } from './literal.ts'
import { isRational, type Real } from './real.ts'

/** Digits of a number from which on it was rounded, where 80 were kept. */
const ROUNDED = 78
/** Bits of what is read. */
const BITS = 448

/**
 * Returns a number of which 80 digits were kept, as releases up to 0.1 did: one that has as many is taken for rounded in its
 * last place. Throws `evaluation` when the text is no number.
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
