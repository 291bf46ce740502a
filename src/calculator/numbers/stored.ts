import { rawBall } from './ball.ts'
import { evaluation } from './errors.ts'
import { fits, gcd } from './rational.ts'
import { exact, type Real, withSquare } from './real.ts'

/*
 * Numbers as text that gives the very same number again: `-7/3`, `3/4p1` (times π), and for a ball `~` with its mantissa,
 * exponent and error, with its fingerprint if it was a fraction before, and with its square if that is one.
 */

const EXACT = /^(-?\d{1,310})(?:\/(\d{1,310}))?(?:p(-?[1-8]))?$/
const BALL =
  /^~(-?)([\da-f]{1,256})p(-?\d{1,11})e(-Infinity|-?[\d.]{1,24}(?:e[+-]\d{1,3})?)(?:f([\da-f]{1,32})\/([\da-f]{1,32}))?(?:s(\d{1,310})\/(\d{1,310}))?$/

/** Returns a number as text. */
export function encodeReal(a: Real): string {
  if (a.kind === 'exact') return `${a.n}${a.d === 1n ? '' : `/${a.d}`}${a.pi === 0 ? '' : `p${a.pi}`}`
  const { fingerprint: mark, square } = a
  const ball = `~${a.mantissa.toString(16)}p${a.exponent}e${a.radius}`
  // The fingerprint of any other number is made from its digits again.
  const known = mark?.isPlain ? `${ball}f${mark.n.toString(16)}/${mark.d.toString(16)}` : ball
  return square ? `${known}s${square.n}/${square.d}` : known
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
  throw unreadable()
}

const unreadable = () => evaluation('A stored number can no longer be read.')

function decodeBall([, sign, digits = '0', exponent, radius, n, d, top, bottom]: RegExpExecArray): Real {
  const size = BigInt(`0x${digits}`)
  const bare = rawBall(sign === '-' ? -size : size, Number(exponent), Number(radius))
  const square = top === undefined || bottom === undefined ? undefined : { n: BigInt(top), d: BigInt(bottom) }
  if (square?.d === 0n) throw unreadable()
  const isFraction = n !== undefined && d !== undefined
  const fingerprint = isFraction ? { n: BigInt(`0x${n}`), d: BigInt(`0x${d}`), isPlain: true } : undefined
  return withSquare(fingerprint ? { ...bare, fingerprint } : bare, square)
}
