/** Numbers as they are typed. */
import { BITS, fromWhole, multiplyBalls, powerOfBall, tooLarge } from './ball.ts'
import { evaluation, limit } from './errors.ts'
import { inverted, ofFraction, product, raised } from './fingerprint.ts'
import { exact, fromInteger, type Real, ratio, roundTo, tenTo, withFingerprint, ZERO } from './real.ts'

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/
const OTHER_BASE = /^([+-]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO][0-7]+)$/
/** The most characters of a typed number. */
const LITERAL = 10_000

/**
 * Reads a number: `12`, `1.5e-10`, `.5`, `0xff`, `0b11`, `0o17`, with or without a sign. It is exact while it fits.
 * Throws `evaluation` for anything else, `limit` beyond 10^10000.
 */
export function parseReal(text: string): Real {
  if (text.length > LITERAL) throw limit('This number has too many digits.')
  if (text.length < 16 && WHOLE.test(text)) return fromInteger(BigInt(text))
  const other = OTHER_BASE.exec(text)
  if (other) {
    const size = BigInt(other[2] ?? '')
    return exact(other[1] === '-' ? -size : size, 1n)
  }
  const found = DECIMAL.exec(text)
  const [, sign = '', whole = '', part = '', power = '0'] = found ?? []
  if (!found || whole + part === '') throw evaluation('This is not a number.')
  const size = BigInt(whole + part)
  if (size === 0n) return ZERO
  const n = sign === '-' ? -size : size
  const places = Number(power) - part.length
  return timesPowerOfTen(n, places)
}

const WHOLE = /^\d+$/

/** Returns a whole number times a power of 10. */
function timesPowerOfTen(n: bigint, places: number): Real {
  // Beyond this no reduced fraction fits.
  if (Math.abs(places) < 4000) {
    const power = tenTo(Math.abs(places))
    return places >= 0 ? exact(n * power, 1n) : ratio(n, power)
  }
  if (places > 20_000) throw tooLarge()
  if (places < -2e9) throw limit('This number is too small.')
  const power = powerOfBall(fromWhole(10n, 64), BigInt(places), BITS + 16)
  const mark = raised(ofFraction(10n, 1n, 0), BigInt(Math.abs(places)))
  return withFingerprint(
    roundTo(multiplyBalls(fromWhole(n, BITS + 16), power, BITS + 16), BITS),
    product(ofFraction(n, 1n, 0), places < 0 ? inverted(mark) : mark),
  )
}
