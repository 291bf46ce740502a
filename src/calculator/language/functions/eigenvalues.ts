/** The eigenvalues of a matrix, and what follows from them: its square root and its norm. Also its exponential. */
import {
  abs,
  add,
  divide,
  E,
  evaluation,
  fromInteger,
  isExact,
  isReal,
  multiply,
  negate,
  ONE,
  power,
  ratio,
  re,
  type Scalar,
  signOf,
  sqrt,
  subtract,
  TWO,
  toNumber,
  ZERO,
} from '../../numbers/index.ts'
import { fromRows, matrix, rowsOf, sideOf } from '../values/matrix.ts'
import { isMatrix, type Matrix, type Value } from '../values/value.ts'
import { argument, matrixOf, scalarOf } from './arguments.ts'
import type { Context } from './function.ts'
import { adjoint, dense, mayBeZero, multiplyRows } from './linear.ts'
import { inOrder, type Root, rootsOf } from './polynomials.ts'

type Rows = Scalar[][]

const numbersOf = (value: Matrix): Rows => rowsOf(value).map((row) => row.map(scalarOf))
const cell = (rows: Rows, row: number, column: number): Scalar => rows[row]?.[column] ?? ZERO

function put(rows: Rows, row: number, column: number, value: Scalar): void {
  const found = rows[row]
  if (found) found[column] = value
}

/** Returns all eigenvalues in order, each as often as it occurs. */
export function eigenvalues(values: readonly Value[], context: Context): Value {
  const given = argument(values, 0)
  const value = isMatrix(given) ? given : fromRows([[given]])
  return matrix(
    inOrder(spectrumOf(value, context)).flatMap(({ value, multiplicity }) =>
      Array.from({ length: multiplicity }, () => value),
    ),
  )
}

function spectrumOf(value: Matrix, context: Context): Root[] {
  sideOf(dense(value))
  const rows = numbersOf(value)
  if (isTriangular(rows)) return counted(rows.map((_, i) => cell(rows, i, i)))
  return rootsOf(characteristic(rows, context), context)
}

function isTriangular(rows: Rows): boolean {
  const isEmpty = (wanted: (row: number, column: number) => boolean) =>
    rows.every((row, i) => row.every((one, j) => !wanted(i, j) || isNothing(one)))
  return isEmpty((i, j) => i > j) || isEmpty((i, j) => i < j)
}

const isNothing = (one: Scalar): boolean => isExact(one) && mayBeZero(one)

function counted(all: readonly Scalar[]): Root[] {
  const found: { value: Scalar; multiplicity: number }[] = []
  for (const value of all) {
    const known = found.find((one) => mayBeZero(subtract(one.value, value)))
    if (known) known.multiplicity++
    else found.push({ value, multiplicity: 1 })
  }
  return found
}

/** The characteristic polynomial, from a similar matrix in Hessenberg form (Golub and Van Loan, 7.4). */
function characteristic(given: Rows, context: Context): Scalar[] {
  const rows = given.map((row) => [...row])
  const side = rows.length
  for (let column = 0; column < side - 2; column++) eliminateBelow(rows, column, context)
  // p_k(x) = (x - h_kk) p_{k-1}(x) - sum over i of h_{k-i,k} (product of subdiagonals) p_{k-i-1}(x)
  const polynomials: Scalar[][] = [[ONE]]
  for (let k = 1; k <= side; k++) {
    context.charge(6 * k * k)
    context.tick()
    const last = polynomials[k - 1] ?? []
    const next: Scalar[] = [ZERO, ...last]
    take(next, last, cell(rows, k - 1, k - 1), context)
    let product: Scalar = ONE
    for (let i = 1; i < k; i++) {
      product = multiply(product, cell(rows, k - i, k - i - 1), context)
      take(
        next,
        polynomials[k - i - 1] ?? [],
        multiply(cell(rows, k - i - 1, k - 1), product, context),
        context,
      )
    }
    polynomials.push(next)
  }
  return polynomials[side] ?? [ONE]
}

/** Subtracts a multiple of a polynomial. */
function take(from: Scalar[], polynomial: readonly Scalar[], factor: Scalar, context: Context): void {
  polynomial.forEach((one, i) => {
    from[i] = subtract(from[i] ?? ZERO, multiply(one, factor, context), context)
  })
}

function eliminateBelow(rows: Rows, column: number, context: Context): void {
  const side = rows.length
  let best = column + 1
  for (let row = column + 2; row < side; row++)
    if (
      mayBeZero(cell(rows, best, column)) ||
      larger(cell(rows, row, column), cell(rows, best, column), context)
    )
      best = row
  if (mayBeZero(cell(rows, best, column))) return
  swap(rows, best, column + 1)
  for (let row = column + 2; row < side; row++) {
    const factor = divide(cell(rows, row, column), cell(rows, column + 1, column), context)
    if (isNothing(factor)) continue
    context.charge(8 * side)
    context.tick()
    for (let at = 0; at < side; at++)
      put(
        rows,
        row,
        at,
        subtract(cell(rows, row, at), multiply(factor, cell(rows, column + 1, at), context), context),
      )
    for (let at = 0; at < side; at++)
      put(
        rows,
        at,
        column + 1,
        add(cell(rows, at, column + 1), multiply(factor, cell(rows, at, row), context), context),
      )
  }
}

/** Exact numbers need no large pivot; for others the larger one is the better. */
function larger(a: Scalar, b: Scalar, context: Context): boolean {
  if (isExact(a) && isExact(b)) return false
  return toNumber(abs(a, context)) > toNumber(abs(b, context))
}

function swap(rows: Rows, a: number, b: number): void {
  if (a === b) return
  const [one, other] = [rows[a], rows[b]]
  if (one && other) [rows[a], rows[b]] = [other, one]
  for (const row of rows) {
    const [left = ZERO, right = ZERO] = [row[a], row[b]]
    row[a] = right
    row[b] = left
  }
}

/**
 * Returns the principal square root: the polynomial through the square roots of the eigenvalues, of the matrix (Higham,
 * Functions of Matrices, 1.2). So it is exact where those are.
 */
export function squareRootOfMatrix(values: readonly Value[], context: Context): Value {
  const given = argument(values, 0)
  if (!isMatrix(given)) return sqrt(scalarOf(given), context)
  const side = sideOf(dense(given))
  const rows = numbersOf(given)
  const spectrum = inOrder(spectrumOf(given, context))
  const points = pointsFor(rows, spectrum, context)
  const differences = dividedDifferences(points, context)
  // Newton's form by Horner's scheme
  let result = scaledIdentity(side, differences.at(-1) ?? ZERO)
  for (let i = points.length - 2; i >= 0; i--) {
    const shifted = plusIdentity(rows, negate(points[i] ?? ZERO), context)
    result = plusIdentity(product(result, shifted, context), differences[i] ?? ZERO, context)
  }
  return fromRows(result)
}

/** The eigenvalues, each once where the matrix is diagonalizable, else as often as it occurs. */
function pointsFor(rows: Rows, spectrum: readonly Root[], context: Context): Scalar[] {
  const once = spectrum.map(({ value }) => value)
  if (spectrum.every(({ multiplicity }) => multiplicity === 1) || vanishes(rows, once, context)) return once
  const all = spectrum.flatMap(({ value, multiplicity }) => Array.from({ length: multiplicity }, () => value))
  if (!once.some(mayBeZero)) return all
  // 0 has a square root only as far as it stands on the diagonal alone.
  const zeroOnce = [...once.filter(mayBeZero), ...all.filter((value) => !mayBeZero(value))]
  if (!vanishes(rows, zeroOnce, context)) throw evaluation('This matrix has no square root.')
  return zeroOnce
}

/** Tells whether the product of all `matrix - point` is 0. */
function vanishes(rows: Rows, points: readonly Scalar[], context: Context): boolean {
  let left = scaledIdentity(rows.length, ONE)
  for (const point of points) left = product(left, plusIdentity(rows, negate(point), context), context)
  return left.every((row) => row.every(mayBeZero))
}

function product(a: Rows, b: Rows, context: Context): Rows {
  return multiplyRows(a, b, context).map((row) => row.map(scalarOf))
}

const scaledIdentity = (side: number, scale: Scalar): Rows =>
  Array.from({ length: side }, (_, i) => Array.from({ length: side }, (_, j) => (i === j ? scale : ZERO)))

const plusIdentity = (rows: Rows, scale: Scalar, context: Context): Rows =>
  rows.map((row, i) => row.map((one, j) => (i === j ? add(one, scale, context) : one)))

/** Divided differences of the square root at points of which equal ones stand side by side. */
function dividedDifferences(points: readonly Scalar[], context: Context): Scalar[] {
  let column = points.map((point) => sqrt(point, context))
  const found: Scalar[] = [column[0] ?? ZERO]
  for (let order = 1; order < points.length; order++) {
    column = Array.from({ length: points.length - order }, (_, i) => {
      const [from = ZERO, to = ZERO] = [points[i], points[i + order]]
      const apart = subtract(to, from, context)
      if (mayBeZero(apart)) return taylorCoefficient(from, order, context)
      return divide(subtract(column[i + 1] ?? ZERO, column[i] ?? ZERO, context), apart, context)
    })
    found.push(column[0] ?? ZERO)
  }
  return found
}

/** The coefficient of order k of the square root's Taylor series at x: binomial(1/2, k) x^(1/2 - k). */
function taylorCoefficient(x: Scalar, order: number, context: Context): Scalar {
  let factor: Scalar = sqrt(x, context)
  for (let k = 0; k < order; k++)
    factor = divide(multiply(factor, ratio(BigInt(1 - 2 * k), BigInt(2 * (k + 1))), context), x, context)
  return factor
}

/** Terms of the exponential's series below this, after scaling, do not change its first 130 digits. */
const SMALLEST_TERM = 2 ** -470

/** Returns e to the power of a matrix: by the series of the repeatedly halved matrix, whose sum is squared as often. */
export function exponentialOfMatrix(values: readonly Value[], context: Context): Value {
  const given = matrixOf(argument(values, 0))
  const side = sideOf(dense(given))
  const rows = numbersOf(given)
  if (isDiagonal(rows))
    return fromRows(rows.map((row, i) => row.map((one, j) => (i === j ? power(E, one, context) : ZERO))))
  const size = Math.max(...rows.map((row) => row.reduce((sum, one) => sum + toNumber(abs(one, context)), 0)))
  const halvings = Math.max(0, Math.ceil(Math.log2(size || 1)) + 8)
  if (!Number.isFinite(halvings)) throw evaluation('The numbers of this matrix are too large for that.')
  const scale = power(TWO, fromInteger(-halvings), context)
  const scaled = rows.map((row) =>
    row.map((one) => (isNothing(one) ? one : inexact(multiply(one, scale, context), context))),
  )
  let term = scaledIdentity(side, ONE)
  let sum = term
  let bound = 1
  for (let k = 1; bound > SMALLEST_TERM; k++) {
    bound /= k * 2 ** 8
    const factor = ratio(1n, BigInt(k))
    term = product(term, scaled, context).map((row) => row.map((one) => multiply(one, factor, context)))
    sum = sum.map((row, i) => row.map((one, j) => add(one, cell(term, i, j), context)))
  }
  for (let i = 0; i < halvings; i++) sum = product(sum, sum, context)
  return fromRows(sum)
}

const isDiagonal = (rows: Rows): boolean =>
  rows.every((row, i) => row.every((one, j) => i === j || isNothing(one)))

/** The same number as one that is not exact: fractions would grow with each step. */
const inexact = (one: Scalar, context: Context): Scalar => divide(multiply(one, E, context), E, context)

/** The largest factor by which a matrix stretches a vector: its largest singular value. */
export function spectralNorm(value: Matrix, context: Context): Scalar {
  const rows = rowsOf(dense(value))
  const wide = rows.length <= (rows[0]?.length ?? 0)
  const square = fromRows(
    wide ? multiplyRows(rows, adjoint(rows), context) : multiplyRows(adjoint(rows), rows, context),
  )
  const largest = inOrder(spectrumOf(square, context)).at(-1)
  return largest && isReal(re(largest.value)) && signOf(re(largest.value)) > 0
    ? sqrt(re(largest.value), context)
    : ZERO
}
