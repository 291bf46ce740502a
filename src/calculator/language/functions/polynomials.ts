/**
 * Roots of polynomials, to all the digits that numbers have here, and exact where they are fractions or where what is
 * left after those is of second degree. A polynomial is its coefficients, that of x^0 first, that of the highest power 1.
 */
import {
  abs,
  add,
  compare,
  complex,
  denominator,
  divide,
  equals,
  evaluation,
  fromInteger,
  im,
  isExact,
  isReal,
  log2,
  multiply,
  negate,
  ONE,
  parseReal,
  power,
  type Real,
  ratio,
  re,
  round,
  type Scalar,
  signOf,
  sqrt,
  subtract,
  toBigInt,
  toNumber,
  ZERO,
} from '../../numbers/index.ts'
import type { Context } from './function.ts'

type Polynomial = readonly Scalar[]

export interface Root {
  readonly value: Scalar
  /** The number of times that the polynomial can be divided by x - value. */
  readonly multiplicity: number
}

const isNothing = (a: Scalar): boolean => signOf(re(a)) === 0 && signOf(im(a)) === 0
const at = (polynomial: Polynomial, power: number): Scalar => polynomial[power] ?? ZERO
const degreeOf = (polynomial: Polynomial): number => polynomial.length - 1

/**
 * Returns the different roots of a polynomial.
 * @throws CalculationError when they cannot be told apart by the digits that are known
 */
export function rootsOf(polynomial: Polynomial, context: Context): Root[] {
  return squareFree(polynomial, context).flatMap(([factor, multiplicity]) =>
    simpleRoots(factor, context).map((value) => ({ value, multiplicity })),
  )
}

/** Splits an exact polynomial into ones without multiple roots (Yun's algorithm). */
function squareFree(polynomial: Polynomial, context: Context): [Polynomial, number][] {
  if (!polynomial.every(isExact)) return [[polynomial, 1]]
  const found: [Polynomial, number][] = []
  const slope = derivative(polynomial, context)
  const common = greatestCommonDivisor(polynomial, slope, context)
  if (common === undefined) return [[polynomial, 1]]
  let b = quotient(polynomial, common, context)
  let c = quotient(slope, common, context)
  for (let multiplicity = 1; degreeOf(b) > 0; multiplicity++) {
    const d = difference(c, derivative(b, context), context)
    const factor = greatestCommonDivisor(b, d, context)
    if (factor === undefined || multiplicity > polynomial.length) return [[polynomial, 1]]
    if (degreeOf(factor) > 0) found.push([factor, multiplicity])
    b = quotient(b, factor, context)
    c = quotient(d, factor, context)
  }
  return found
}

function derivative(polynomial: Polynomial, context: Context): Scalar[] {
  return polynomial.slice(1).map((one, i) => multiply(one, fromInteger(i + 1), context))
}

function difference(a: Polynomial, b: Polynomial, context: Context): Scalar[] {
  return trimmed(
    Array.from({ length: Math.max(a.length, b.length) }, (_, i) => subtract(at(a, i), at(b, i), context)),
  )
}

function trimmed(polynomial: Scalar[]): Scalar[] {
  while (polynomial.length > 0 && isNothing(at(polynomial, polynomial.length - 1))) polynomial.pop()
  return polynomial
}

/** Divides; the divisor's highest coefficient may be any. */
function division(a: Polynomial, b: Polynomial, context: Context): { quotient: Scalar[]; rest: Scalar[] } {
  const rest = [...a]
  const found: Scalar[] = []
  const head = at(b, degreeOf(b))
  for (let shift = a.length - b.length; shift >= 0; shift--) {
    context.charge(3 * b.length)
    context.tick()
    const factor = divide(at(rest, shift + degreeOf(b)), head, context)
    found[shift] = factor
    for (let i = 0; i < b.length; i++)
      rest[shift + i] = subtract(at(rest, shift + i), multiply(factor, at(b, i), context), context)
  }
  return { quotient: Array.from(found, (one) => one ?? ZERO), rest: trimmed(rest.slice(0, degreeOf(b))) }
}

const quotient = (a: Polynomial, b: Polynomial, context: Context): Scalar[] =>
  division(a, b, context).quotient

/** With 1 as its highest coefficient; undefined where its coefficients are too long to be known exactly. */
function greatestCommonDivisor(a: Polynomial, b: Polynomial, context: Context): Scalar[] | undefined {
  let [x, y] = [[...a], [...b]]
  while (y.length > 0) {
    const { rest } = division(x, y, context)
    if (!rest.every(isExact)) return undefined
    ;[x, y] = [y, monic(rest, context)]
  }
  return monic(x, context)
}

function monic(polynomial: Scalar[], context: Context): Scalar[] {
  const head = at(polynomial, degreeOf(polynomial))
  return polynomial.map((one) => divide(one, head, context))
}

/** The roots of a polynomial that has no multiple ones. */
function simpleRoots(polynomial: Polynomial, context: Context): Scalar[] {
  if (degreeOf(polynomial) < 1) return []
  if (degreeOf(polynomial) === 1) return [negate(at(polynomial, 0))]
  if (degreeOf(polynomial) === 2) return quadraticRoots(polynomial, context)
  const guesses = approximateRoots(polynomial, context)
  const fractions = fractionsAmong(guesses, polynomial, context)
  if (fractions.length > 0) {
    const rest = fractions.reduce(
      (left: Polynomial, root) => quotient(left, [negate(root), ONE], context),
      polynomial,
    )
    return [...fractions, ...simpleRoots(rest, context)]
  }
  const roots = guesses.map((guess) => polished(guess, polynomial, context))
  roots.forEach((root, i) => {
    if (roots.slice(0, i).some((other) => equals(root, other))) throw indistinct()
  })
  return roots
}

const indistinct = () => evaluation('The eigenvalues of this matrix lie too close together to be told apart.')

function quadraticRoots(polynomial: Polynomial, context: Context): Scalar[] {
  const half = divide(at(polynomial, 1), fromInteger(-2), context)
  const apart = sqrt(subtract(multiply(half, half, context), at(polynomial, 0), context), context)
  // The larger root first; the other from their product, so that nothing cancels.
  const isOpposite = signOf(re(half)) < 0
  const large = isOpposite ? subtract(half, apart, context) : add(half, apart, context)
  if (isNothing(large)) return [large, large]
  return [large, divide(at(polynomial, 0), large, context)]
}

/** Finds fractions that are roots exactly, among those that approximate roots suggest. */
function fractionsAmong(guesses: readonly Scalar[], polynomial: Polynomial, context: Context): Scalar[] {
  if (!polynomial.every((one) => isReal(one) && isExact(one))) return []
  const scale = denominatorOf(polynomial)
  if (scale === undefined) return []
  return guesses
    .flatMap((guess) => {
      if (Math.abs(toNumber(im(guess))) > 1e-6 * Math.max(1e-6, Math.abs(toNumber(re(guess))))) return []
      const close = newton(re(guess), polynomial, 3, context)
      const whole = toBigInt(re(round(multiply(close, fromInteger(scale), context))))
      if (whole === undefined) return []
      const candidate = ratio(whole, scale)
      return isExactly(candidate, polynomial, context) ? [candidate] : []
    })
    .filter((root, i, all) => all.findIndex((other) => equals(other, root)) === i)
}

/** The denominators of roots divide it (Gauss's lemma). */
function denominatorOf(polynomial: Polynomial): bigint | undefined {
  let scale = 1n
  for (const one of polynomial) {
    const part = isReal(one) ? denominator(one) : undefined
    if (part === undefined) return undefined
    scale = lcm(scale, part)
    if (scale > 1n << 512n) return undefined
  }
  return scale
}

function lcm(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b]
  while (y > 0n) [x, y] = [y, x % y]
  return (a / x) * b
}

function isExactly(root: Scalar, polynomial: Polynomial, context: Context): boolean {
  const { value } = evaluateAt(root, polynomial, context)
  return isExact(value) && isNothing(value)
}

/** Horner's scheme, for a value and its slope. */
function evaluateAt(x: Scalar, polynomial: Polynomial, context: Context): { value: Scalar; slope: Scalar } {
  context.charge(8 * polynomial.length)
  context.tick()
  let value: Scalar = ZERO
  let slope: Scalar = ZERO
  for (const one of polynomial.toReversed()) {
    slope = add(multiply(slope, x, context), value, context)
    value = add(multiply(value, x, context), one, context)
  }
  return { value, slope }
}

function newton(start: Scalar, polynomial: Polynomial, steps: number, context: Context): Scalar {
  let x = start
  for (let step = 0; step < steps; step++) {
    const { value, slope } = evaluateAt(x, polynomial, context)
    if (isNothing(value) || isNothing(slope)) return x
    x = subtract(x, divide(value, slope, context), context)
  }
  return x
}

/** Relative size of a last step after which as many digits are right as are known. */
const CLOSE = 1e-110

/** Doubles the right digits of an approximate root until all are. */
function polished(guess: Scalar, polynomial: Polynomial, context: Context): Scalar {
  const isNearReal = Math.abs(toNumber(im(guess))) < 1e-7 * Math.abs(toNumber(re(guess)))
  const starts = isNearReal && polynomial.every(isReal) ? [re(guess), guess] : [guess]
  for (const start of starts) {
    let x: Scalar = start
    for (let step = 0; step < 12; step++) {
      const { value, slope } = evaluateAt(x, polynomial, context)
      if (isNothing(value)) return x
      if (isNothing(slope)) break
      const change = divide(value, slope, context)
      x = subtract(x, change, context)
      const size = toNumber(re(divide(abs(change, context), add(abs(x, context), TINY, context), context)))
      if (size < CLOSE) return x
    }
  }
  throw indistinct()
}

const TINY = ratio(1n, 10n ** 300n)

/** All roots to about ten digits, by Aberth's method in doubles, after scaling so that none is large. */
function approximateRoots(polynomial: Polynomial, context: Context): Scalar[] {
  const degree = degreeOf(polynomial)
  context.charge(20 * degree ** 2)
  const scale = Math.max(
    ...polynomial.slice(0, -1).map((one, i) => {
      const size = abs(one, context)
      return signOf(size) === 0 ? -Infinity : toNumber(re(log2(size, context))) / (degree - i)
    }),
  )
  const exponent = Number.isFinite(scale) ? Math.ceil(scale) + 1 : 0
  const scaled = polynomial.map((one, i) => {
    const shrunk = divide(one, power(fromInteger(2), fromInteger(exponent * (degree - i)), context), context)
    return [toNumber(re(shrunk)), toNumber(im(shrunk))] as const
  })
  const factor = power(fromInteger(2), fromInteger(exponent), context)
  return aberth(scaled).map(([x, y]) => multiply(complex(fromDouble(x), fromDouble(y)), factor, context))
}

type Pair = readonly [re: number, im: number]
const times = ([a, b]: Pair, [c, d]: Pair): Pair => [a * c - b * d, a * d + b * c]
const plus = ([a, b]: Pair, [c, d]: Pair): Pair => [a + c, b + d]
const minus = ([a, b]: Pair, [c, d]: Pair): Pair => [a - c, b - d]
function over(a: Pair, [c, d]: Pair): Pair {
  const size = c * c + d * d
  const [x, y] = times(a, [c, -d])
  return size === 0 ? [0, 0] : [x / size, y / size]
}

function aberth(polynomial: readonly Pair[]): Pair[] {
  const degree = polynomial.length - 1
  const roots: Pair[] = Array.from({ length: degree }, (_, i) => {
    const angle = (2 * Math.PI * i) / degree + 0.7
    return [0.5 * Math.cos(angle), 0.5 * Math.sin(angle)]
  })
  for (let round = 0; round < 300; round++) {
    let moved = 0
    for (let i = 0; i < degree; i++) {
      const x = roots[i] ?? [0, 0]
      let value: Pair = [0, 0]
      let slope: Pair = [0, 0]
      for (const one of polynomial.toReversed()) {
        slope = plus(times(slope, x), value)
        value = plus(times(value, x), one)
      }
      const step = over(value, slope)
      let pull: Pair = [0, 0]
      roots.forEach((other, j) => {
        if (j !== i) pull = plus(pull, over([1, 0], minus(x, other)))
      })
      const change = over(step, minus([1, 0], times(step, pull)))
      roots[i] = minus(x, change)
      moved = Math.max(moved, Math.hypot(...change) / (Math.hypot(...x) + 1e-300))
    }
    if (moved < 1e-13) break
  }
  return roots
}

const fromDouble = (value: number): Real => (Number.isFinite(value) ? parseReal(String(value)) : ZERO)

/** By real part, then by imaginary part. */
export function inOrder(roots: readonly Root[]): Root[] {
  return [...roots].sort((a, b) => compare(re(a.value), re(b.value)) || compare(im(a.value), im(b.value)))
}
