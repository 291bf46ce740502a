import { sinCos } from './angle.ts'
import {
  addRadii,
  type Ball,
  divideBalls,
  doubleOf,
  fromWhole,
  magnitude,
  multiplyBalls,
  negateBall,
  round,
  scale,
  subtractBalls,
  tooLarge,
} from './ball.ts'
import { bernoulliNumbers } from './bernoulli.ts'
import type { Scalar } from './complex.ts'
import { evaluation } from './errors.ts'
import { GAMMA, gammaBall, SPECIAL } from './gamma.ts'
import type { Meter } from './meter.ts'
import {
  divideReals,
  exact,
  HALF,
  log2Size,
  multiplyReals,
  negateReal,
  ONE,
  PI,
  type Real,
  refine,
  subtractReals,
  toBall,
  toBigInt,
  toNumber,
} from './real.ts'
import { isReal } from './scalar.ts'
import { expBall, expm1Ball, lnBall, wholePi } from './transcendental.ts'

/* Riemann's zeta function. */

/** Measured: 1.5 ms for a fraction, the first time 3 ms. */
const ZETA = 3000

interface Weights {
  readonly terms: number
  readonly weights: readonly bigint[]
  readonly total: bigint
}
let weights: Weights = { terms: 0, weights: [], total: 1n }

/** The weights of Borwein's sum of a number of terms; those for the last number are kept. */
function borweinWeights(terms: number): Weights {
  if (weights.terms === terms) return weights
  const n = BigInt(terms)
  // n (n + i - 1)! 4^i / ((n - i)! (2i)!), which is 1 for i = 0
  let term = 1n
  let sum = 1n
  const found = [sum]
  for (let i = 1n; i <= n; i++) {
    term = (term * 4n * (n + i - 1n) * (n - i + 1n)) / ((2n * i - 1n) * (2n * i))
    sum += term
    found.push(sum)
  }
  weights = { terms, weights: found, total: sum }
  return weights
}

/** k^-s as fixed-point numbers, for k from 1 to `most`: those of primes by a power of e, others as products. */
function powersOf(s: Ball, most: number, bits: number): bigint[] {
  const wide = BigInt(bits)
  const powers: bigint[] = [0n, 1n << wide]
  const factors = new Uint16Array(most + 1)
  for (let k = 2; k <= most; k++) {
    const factor = factors[k] ?? 0
    if (factor > 0) {
      powers[k] = ((powers[factor] ?? 0n) * (powers[k / factor] ?? 0n)) >> wide
      continue
    }
    for (let multiple = k * k; multiple <= most; multiple += k) factors[multiple] ||= k
    const size = magnitude(s) > 20 ? Infinity : doubleOf(s) * Math.log2(k)
    if (size > bits + 2) powers[k] = 0n
    else {
      const power = expBall(
        negateBall(multiplyBalls(s, lnBall(fromWhole(BigInt(k), 64), bits + 16), bits + 16)),
        bits + 16,
      )
      const shift = power.exponent + bits
      powers[k] = shift >= 0 ? power.mantissa << BigInt(shift) : power.mantissa >> BigInt(-shift)
    }
  }
  return powers
}

/**
 * ζ(s) of a midpoint from 1/2 up, other than 1. P. Borwein, "An efficient algorithm for the Riemann zeta function" (2000),
 * algorithm 2: each term adds 2.54 bits.
 */
function zetaBall(s: Ball, bits: number): Ball {
  if (magnitude(s) > 12 || doubleOf(s) > bits + 4)
    return round(1n, 0, 1 - Math.min(1e9, magnitude(s) > 30 ? 1e9 : doubleOf(s)), bits)
  const wide = bits + 32
  const { terms, weights: each, total } = borweinWeights(Math.ceil(wide / 2.54) + 2)
  const powers = powersOf(s, terms, wide)
  let sum = 0n
  for (let k = 0; k < terms; k++) {
    const term = (total - (each[k] ?? 0n)) * (powers[k + 1] ?? 0n)
    sum += k % 2 === 0 ? term : -term
  }
  const eta = round(sum / total, -wide, 14 - wide, wide)
  // 1 - 2^(1 - s)
  const rest = multiplyBalls(subtractBalls(fromWhole(1n, 64), s, wide), lnBall(fromWhole(2n, 64), wide), wide)
  return divideBalls(eta, negateBall(expm1Ball(rest, wide)), bits)
}

/** The coefficient of π^s in ζ(s), for s = 2, 4, 6, 8. */
const EVEN: Record<string, Real> = {
  2: exact(1n, 6n, 2),
  4: exact(1n, 90n, 4),
  6: exact(1n, 945n, 6),
  8: exact(1n, 9450n, 8),
}
/** Above minus this, the value of a negative whole number comes from Bernoulli numbers that are at hand. */
const BERNOULLI = 120n

/** How many times as long it takes near 0 and 1, where it is computed again with more bits. Measured. */
function timesAsLong(a: Real): number {
  if (a.kind === 'ball') return 1
  const near = -Math.min(log2Size(a), log2Size(subtractReals(a, ONE)))
  return near > 500 ? 9 : near > 50 ? 5 : 1
}

/** ζ(s) of a real number; exact where it is a fraction times a power of π that is kept. */
export function zeta(a: Scalar, meter: Meter): Real {
  if (!isReal(a)) throw evaluation('`zeta` takes real numbers.')
  const whole = toBigInt(a)
  if (whole === 1n) throw evaluation('`zeta` is not defined at 1.')
  if (whole !== undefined && a.kind === 'exact') {
    if (whole === 0n) return negateReal(HALF)
    if (whole < 0n && whole % 2n === 0n) return exact(0n, 1n)
    const even = EVEN[String(whole)]
    if (even) return even
    if (whole < 0n && whole > -BERNOULLI) {
      // -B(n + 1) / (n + 1)
      const index = Number((1n - whole) / 2n)
      meter.charge(GAMMA)
      const { n, d } = bernoulliNumbers(64)[index - 1] ?? { n: 0n, d: 1n }
      return divideReals(divideReals(exact(-n, 1n), exact(d, 1n)), exact(1n - whole, 1n))
    }
  }
  if (toNumber(a) < -3300) throw tooLarge()
  meter.charge(ZETA * timesAsLong(a) + (toNumber(a) < 0.5 ? ZETA / 2 : 0))
  if (toNumber(a) >= 0.5) return refine((bits) => zetaWithin(toBall(a, bits), bits), [a], SPECIAL)
  // ζ(s) = 2 (2π)^(s - 1) sin(πs/2) Γ(1 - s) ζ(1 - s)
  const mirrored = subtractReals(ONE, a)
  const turned = sinCos(multiplyReals(multiplyReals(PI, HALF), a), meter)[0]
  const found = refine(
    (bits) => {
      const wide = bits + 32
      const z = toBall(mirrored, wide)
      const power = expBall(negateBall(multiplyBalls(z, lnBall(scale(wholePi(wide), 1), wide), wide)), wide)
      const product = multiplyBalls(gammaBall(z, wide, false), zetaWithin(z, wide), wide)
      return scale(multiplyBalls(power, product, bits), 1)
    },
    [mirrored],
    SPECIAL,
  )
  return multiplyReals(found, turned)
}

/** ζ of a whole ball: its slope is below 1 + 1 / (s - 1)^2. */
function zetaWithin(s: Ball, bits: number): Ball {
  const found = zetaBall({ ...s, radius: -Infinity }, bits)
  const apart = magnitude(subtractBalls(s, fromWhole(1n, 64), bits))
  return round(
    found.mantissa,
    found.exponent,
    addRadii(found.radius, s.radius + 1 + Math.max(0, -2 * apart)),
    bits,
  )
}
