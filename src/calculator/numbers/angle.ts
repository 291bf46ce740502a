import { evaluation } from './errors.ts'
import type { Meter } from './meter.ts'
import { type Fraction, floorRemainder } from './rational.ts'
import {
  absReal,
  compare,
  type Exact,
  exact,
  HALF,
  isExactZero,
  log2Size,
  negateReal,
  ONE,
  type Real,
  refinePair,
  signOf,
  toBall,
  withSquare,
  ZERO,
} from './real.ts'
import { atan2Ball, sinCosBall, sinCosOfTurns } from './transcendental.ts'

/* The sine and cosine of a real angle, and the angle of a point: exact where a fraction of π gives a fraction. */

/** Measured: 20 µs, and twice that where an argument is so near a zero that it is computed again. */
const SERIES = 50

/** True if the angle is a fraction of π. */
const isTurn = (a: Real): a is Exact => a.kind === 'exact' && (a.pi === 1 || a.n === 0n)

/** The sine and the cosine of an angle in radians. */
export function sinCos(a: Real, meter: Meter): [sine: Real, cosine: Real] {
  if (isExactZero(a)) return [ZERO, ONE]
  meter.charge(SERIES)
  // The bits of the angle that its full turns take up.
  const wholeBits = Math.max(0, Math.ceil(log2Size(a)))
  if (!isTurn(a)) return refinePair((bits) => sinCosBall(toBall(a, bits + wholeBits), bits), [a], { meter })
  const n = floorRemainder(a.n, 2n * a.d)
  const [sine, cosine] = refinePair((bits) => sinCosOfTurns(n, a.d, bits), [ZERO], { meter })
  const [m, d] = [2n * n + a.d, 2n * a.d]
  return [
    exactSine(n, a.d) ?? withSquare(sine, squareOfSine(n, a.d)),
    exactSine(m, d) ?? withSquare(cosine, squareOfSine(m, d)),
  ]
}

/** The square of the sine of n/d π for quarters and thirds of π, where the sine itself is no fraction. */
function squareOfSine(n: bigint, d: bigint): Fraction | undefined {
  if ((4n * n) % d === 0n) return { n: 1n, d: 2n }
  return (3n * n) % d === 0n ? { n: 3n, d: 4n } : undefined
}

/** The sine of n/d π where it is a fraction: only 0, ±1/2 and ±1 are (Niven's theorem). */
function exactSine(n: bigint, d: bigint): Real | undefined {
  if ((6n * n) % d !== 0n) return undefined
  const sixths = Number(floorRemainder((6n * n) / d, 12n))
  return SIXTHS[sixths]
}

const MINUS = negateReal(ONE)
const SIXTHS: readonly (Real | undefined)[] = [
  ZERO,
  HALF,
  undefined,
  ONE,
  undefined,
  HALF,
  ZERO,
  negateReal(HALF),
  undefined,
  MINUS,
  undefined,
  negateReal(HALF),
]

/** The angle of the point (x, y), above -π and at most π. Throws `evaluation` for the origin. */
export function angleOf(y: Real, x: Real, meter: Meter): Real {
  const [up, right] = [signOf(y), signOf(x)]
  if (up === 0 && right === 0) throw evaluation('The angle of 0 is not defined.')
  if (isExactZero(y)) return right > 0 ? ZERO : exact(1n, 1n, 1)
  if (isExactZero(x)) return exact(BigInt(up), 2n, 1)
  if (x.kind === 'exact' && y.kind === 'exact' && compare(absReal(x), absReal(y)) === 0)
    return exact(BigInt(right > 0 ? up : 3 * up), 4n, 1)
  meter.charge(SERIES)
  const inexact = x.kind === 'ball' ? x : y
  const [found] = refinePair(
    (bits) => {
      const angle = atan2Ball(toBall(y, bits), toBall(x, bits), bits)
      return [angle, angle]
    },
    [inexact],
    { meter },
  )
  return found
}

/** The tangent of a multiple of π/4, which is 0, 1 or -1; undefined at its poles and for other angles. */
export function tangentOfTurn(a: Real): Real | undefined {
  if (!isTurn(a) || a.d > 4n || 4n % a.d !== 0n) return undefined
  return [ZERO, ONE, undefined, MINUS][Number(floorRemainder((4n * a.n) / a.d, 4n))]
}
