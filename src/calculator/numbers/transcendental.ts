import {
  absBall,
  addBalls,
  addRadii,
  type Ball,
  divideBalls,
  fromWhole,
  holdsZero,
  magnitude,
  multiplyBalls,
  negateBall,
  rawBall,
  round,
  scale,
  subtractBalls,
  tooLarge,
  tooSmall,
} from './ball.ts'
import { evaluation, limit } from './errors.ts'
import { FIXED_ERROR, fixedAtan, fixedExp, fixedLn, fixedLn2, fixedPi, fixedSinCos } from './fixed.ts'

/*
 * Exponential, logarithm, sine, cosine and inverse tangent of balls, to a number of bits. Each takes 10 to 40 µs at 512
 * bits, whatever its argument. A result holds the function's value at every point of its argument's ball.
 */

/** Bits that are computed beyond those that are kept. */
const GUARD = 24

const ONE = fromWhole(1n, 64)

/** A ball's midpoint as a fixed-point number. */
function fixed(a: Ball, bits: number): bigint {
  const shift = a.exponent + bits
  return shift >= 0 ? a.mantissa << BigInt(shift) : a.mantissa >> BigInt(-shift)
}

/** A fixed-point number as a ball, whose error is that of the series and `carried`. */
const fromFixed = (x: bigint, working: number, carried: number, bits: number): Ball =>
  round(x, -working, addRadii(carried, FIXED_ERROR - working), bits)

const tooUncertain = () => evaluation('Too few digits of this argument are known.')

export function expBall(a: Ball, bits: number): Ball {
  if (a.radius > -1) throw tooUncertain()
  const size = magnitude(a)
  if (size > 40) throw a.mantissa > 0n ? tooLarge() : tooSmall()
  if (size < -bits) return round(1n, 0, addRadii(size + 1, a.radius + 1), bits)
  const working = bits + GUARD
  const wide = working + Math.max(0, Math.ceil(size)) + 2
  const ln2 = fixedLn2(wide)
  const x = fixed(a, wide)
  const twos = x >= 0n ? x / ln2 : x / ln2 - 1n
  const rest = (x - twos * ln2) >> BigInt(wide - working)
  const found = fixedExp(rest, working)
  const power = Number(twos)
  return round(found, power - working, addRadii(a.radius + power + 2, power + FIXED_ERROR - working), bits)
}

export function lnBall(a: Ball, bits: number): Ball {
  if (holdsZero(a)) throw evaluation('The logarithm of 0 is not defined.')
  const size = magnitude(a)
  const twos = Math.round(size)
  const working = bits + GUARD + 32
  const x = fixed(scale(a, -twos), working)
  const found = fixedLn(x, working) + (BigInt(twos) * fixedLn2(working + 34)) / (1n << 34n)
  // 2^size (1 - 2^(radius - size)) is the least that the argument can be.
  const carried = a.radius - size - Math.log2(1 - 2 ** Math.min(-1e-9, a.radius - size))
  return fromFixed(found, working, carried, bits)
}

/** The sine and the cosine. Throws `limit` for an angle of more than 2^1100. */
export function sinCosBall(a: Ball, bits: number): [sine: Ball, cosine: Ball] {
  if (a.radius > -1) throw tooUncertain()
  const size = magnitude(a)
  if (size > 1100) throw limit('This angle is too large.')
  if (size < -bits / 2)
    return [
      round(a.mantissa, a.exponent, addRadii(a.radius, 3 * size), bits),
      round(1n, 0, addRadii(2 * size, a.radius), bits),
    ]
  const working = bits + GUARD + Math.max(0, Math.ceil(-size))
  const wide = working + Math.max(0, Math.ceil(size)) + 2
  const quarter = fixedPi(wide) >> 1n
  const x = fixed(a, wide)
  const turns = (2n * x + quarter) / (2n * quarter) - (2n * x + quarter < 0n ? 1n : 0n)
  const rest = (x - turns * quarter) >> BigInt(wide - working)
  const [sine, cosine] = fixedSinCos(rest, working).map((one) => fromFixed(one, working, a.radius, bits))
  if (!sine || !cosine) throw tooUncertain()
  return afterQuarterTurns(turns, sine, cosine)
}

/** Returns the sine and the cosine of an angle that is larger by a number of quarter turns. */
function afterQuarterTurns(turns: bigint, sine: Ball, cosine: Ball): [sine: Ball, cosine: Ball] {
  switch (turns & 3n) {
    case 0n:
      return [sine, cosine]
    case 1n:
      return [cosine, negateBall(sine)]
    case 2n:
      return [negateBall(sine), negateBall(cosine)]
    default:
      return [negateBall(cosine), sine]
  }
}

/** The sine and the cosine of `x π`, where x is a fraction. */
export function sinCosOfTurns(n: bigint, d: bigint, bits: number): [sine: Ball, cosine: Ball] {
  const wide = bits + GUARD
  // Within a quarter turn either way
  const turns = (4n * n + d) / (2n * d) - (4n * n + d < 0n ? 1n : 0n)
  const rest = 2n * n - turns * d
  const angle = divideBalls(
    multiplyBalls(fromWhole(rest, wide), rawBall(fixedPi(wide), -wide, 2 - wide), wide),
    fromWhole(2n * d, wide),
    wide,
  )
  const [sine, cosine] = sinCosBall(angle, bits)
  return afterQuarterTurns(turns, sine, cosine)
}

function atanBall(a: Ball, bits: number): Ball {
  const size = magnitude(a)
  if (a.mantissa === 0n || size < -bits / 2)
    return round(a.mantissa, a.exponent, addRadii(a.radius, 3 * size), bits)
  const working = bits + GUARD + Math.max(0, Math.ceil(-size))
  const one = 1n << BigInt(working)
  const x = size > 1 ? 2n * one : fixed(absBall(a), working)
  if (x > one) {
    const rest = atanBall(divideBalls(ONE, absBall(a), bits + GUARD), bits + GUARD)
    const found = subtractBalls(halfPi(bits + GUARD), rest, bits)
    return a.mantissa < 0n ? negateBall(found) : found
  }
  const found = fixedAtan(x, working)
  return fromFixed(a.mantissa < 0n ? -found : found, working, a.radius, bits)
}

const halfPi = (bits: number): Ball => rawBall(fixedPi(bits), -bits - 1, 1 - bits)
export const wholePi = (bits: number): Ball => scale(halfPi(bits), 1)

/** The angle of the point (x, y), from -π to π; on the negative real axis π. */
export function atan2Ball(y: Ball, x: Ball, bits: number): Ball {
  if (holdsZero(x) && holdsZero(y)) throw evaluation('The angle of 0 is not defined.')
  if (magnitude(x) >= magnitude(y)) {
    const found = atanBall(divideBalls(y, x, bits + GUARD), bits)
    if (x.mantissa > 0n) return found
    return (y.mantissa < 0n ? subtractBalls : addBalls)(found, wholePi(bits + GUARD), bits)
  }
  const found = atanBall(divideBalls(x, y, bits + GUARD), bits)
  const quarter = halfPi(bits + GUARD)
  return subtractBalls(y.mantissa < 0n ? negateBall(quarter) : quarter, found, bits)
}

/** e^x - 1, with all its digits where x is near 0. */
export function expm1Ball(a: Ball, bits: number): Ball {
  const size = magnitude(a)
  if (a.mantissa === 0n) return round(0n, 0, a.radius + 1, bits)
  if (size > 13 && a.mantissa < 0n && a.radius < -1) return round(-1n, 0, -bits, bits)
  // x + x^2 / 2, and x^3 of error
  if (size < -bits / 2) {
    const found = addBalls(a, scale(multiplyBalls(a, a, bits), -1), bits)
    return round(found.mantissa, found.exponent, addRadii(found.radius, 3 * size), bits)
  }
  return subtractBalls(expBall(a, bits + Math.max(0, Math.ceil(-size)) + 4), ONE, bits)
}

/** ln(1 + x), with all its digits where x is near 0. */
export function log1pBall(a: Ball, bits: number): Ball {
  const size = magnitude(a)
  if (a.mantissa === 0n) return round(0n, 0, a.radius + 1, bits)
  if (size < -bits / 2) {
    const found = subtractBalls(a, scale(multiplyBalls(a, a, bits), -1), bits)
    return round(found.mantissa, found.exponent, addRadii(found.radius, 3 * size), bits)
  }
  const wide = bits + Math.max(0, Math.ceil(-size)) + 4
  return lnBall(addBalls(ONE, a, wide), wide)
}

/** (e^x - e^-x) / 2 and (e^x + e^-x) / 2, each with all its digits. */
export function sinhCoshBall(a: Ball, bits: number): [sinh: Ball, cosh: Ball] {
  const wide = bits + 8
  if (a.mantissa === 0n) return [a, round(1n, 0, a.radius, bits)]
  const size = magnitude(a)
  // For larger numbers, e^-x is negligible beside e^x.
  if (size > 13) {
    const half = scale(expBall(absBall(a), wide), -1)
    const found = round(half.mantissa, half.exponent, addRadii(half.radius, magnitude(half) - bits), bits)
    return [a.mantissa < 0n ? negateBall(found) : found, found]
  }
  const grown = expm1Ball(absBall(a), wide)
  const whole = addBalls(grown, ONE, wide)
  const sinh = scale(addBalls(grown, divideBalls(grown, whole, wide), bits), -1)
  const cosh = scale(addBalls(whole, divideBalls(ONE, whole, wide), bits), -1)
  return [a.mantissa < 0n ? negateBall(sinh) : sinh, cosh]
}

/** (e^2x - 1) / (e^2x + 1), with all its digits near 0. */
export function tanhBall(a: Ball, bits: number): Ball {
  if (a.mantissa === 0n) return a
  const size = magnitude(a)
  const sign = a.mantissa < 0n ? -1n : 1n
  if (a.radius > -1) throw tooUncertain()
  if (size > Math.log2(bits) + 1) return round(sign, 0, -bits, bits)
  const wide = bits + 8
  const grown = expm1Ball(scale(absBall(a), 1), wide)
  const found = divideBalls(grown, addBalls(grown, fromWhole(2n, 64), wide), bits)
  return sign < 0n ? negateBall(found) : found
}
