import { type Ball, rawBall } from './ball.ts'
import { evaluation } from './errors.ts'
import { fits, gcd } from './rational.ts'
import { exact, type Real } from './real.ts'

/*
 * Numbers as text that gives the very same number again: `-7/3`, `3/4p1` (times π), and for a ball `~` with its mantissa,
 * exponent and error, and with its fingerprint if it was a fraction before.
 */

const EXACT = /^(-?\d{1,310})(?:\/(\d{1,310}))?(?:p(-?[1-8]))?$/
const BALL =
  /^~(-?)([\da-f]{1,256})p(-?\d{1,11})e(-Infinity|-?[\d.]{1,24}(?:e[+-]\d{1,3})?)(?:f([\da-f]{1,32})\/([\da-f]{1,32}))?$/

/** Returns a number as text. */
export function encodeReal(a: Real): string {
  if (a.kind === 'exact') return `${a.n}${a.d === 1n ? '' : `/${a.d}`}${a.pi === 0 ? '' : `p${a.pi}`}`
  const { fingerprint: mark } = a
  const ball = `~${a.mantissa.toString(16)}p${a.exponent}e${a.radius}`
  // The fingerprint of any other number is made from its digits again.
  return mark?.isPlain ? `${ball}f${mark.n.toString(16)}/${mark.d.toString(16)}` : ball
}

/** Returns the number of a text that `encodeReal` wrote. Throws `evaluation` for any other text. */
export function decodeReal(text: string): Real {
  const found = EXACT.exec(text)
  if (found) {
    const [n, d] = [BigInt(found[1] ?? ''), BigInt(found[2] ?? '1')]
    if (d > 0n && fits(n, d) && gcd(n, d) === 1n) return exact(n, d, Number(found[3] ?? 0))
    if (n === 0n && d === 1n) return exact(n, d)
  }
  const ball = BALL.exec(text)
  if (ball) return decodeBall(ball)
  throw evaluation('A stored number can no longer be read.')
}

function decodeBall([, sign, digits = '0', exponent, radius, n, d]: RegExpExecArray): Ball {
  const size = BigInt(`0x${digits}`)
  const ball = rawBall(sign === '-' ? -size : size, Number(exponent), Number(radius))
  if (n === undefined || d === undefined) return ball
  return { ...ball, fingerprint: { n: BigInt(`0x${n}`), d: BigInt(`0x${d}`), isPlain: true } }
}
