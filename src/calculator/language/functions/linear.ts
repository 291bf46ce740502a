/**
 * Linear algebra over any values that can be added, multiplied and divided: fractions stay exact, quantities keep their
 * units. What cannot be told from 0 counts as 0.
 */
import {
  conjugate as conjugateScalar,
  evaluation,
  fromInteger,
  im,
  isQuantity,
  isReal,
  knownSignOf,
  leastSize,
  limit,
  ONE,
  type Real,
  re,
  signOf,
  ZERO,
} from '../../numbers/index.ts'
import { calculate, operand } from '../arithmetic.ts'
import { isMoment } from '../dates/index.ts'
import { DENSE_ROWS } from '../limits.ts'
import { fromRows, matrix, rowsOf, sideOf } from '../values/matrix.ts'
import { isMatrix, type Matrix, type Value } from '../values/value.ts'
import type { Context } from './function.ts'

const MINUS_ONE = fromInteger(-1)

/** Rows that are worked on in place. */
export type Rows = Value[][]

/**
 * Returns a matrix that elimination can be done on within the bounds of an evaluation.
 * @throws CalculationError `limit` when it has too many rows or columns
 */
export function dense(value: Matrix): Matrix {
  for (const length of value.size)
    if (length > DENSE_ROWS)
      throw limit(`This matrix is too large for that; it can have at most ${DENSE_ROWS} rows and columns.`)
  return value
}

/** Tells whether a value is 0. @throws CalculationError `evaluation` where too few of its digits are known to tell */
export const isZero = (value: Value): boolean => hasSigns(value, (part) => knownSignOf(part) === 0)

/** Tells whether a value is 0 or cannot be told from it. */
export const mayBeZero = (value: Value): boolean => hasSigns(value, (part) => signOf(part) === 0)

function hasSigns(value: Value, test: (part: Real) => boolean): boolean {
  const plain = operand(value)
  if (isMoment(plain)) return false
  const number = isQuantity(plain) ? plain.value : plain
  return test(re(number)) && test(im(number))
}

/** Tells whether a value is the larger one, as far as that is known: the largest cell of a column is divided by. */
function larger(left: Value, right: Value): boolean {
  const [a, b] = [operand(left), operand(right)]
  if (!isMoment(a) && !isMoment(b) && !isQuantity(a) && !isQuantity(b) && isReal(a) && isReal(b))
    return leastSize(a) > leastSize(b)
  return isZero(right) && !isZero(left)
}

/** Puts the row with the largest cell of a column at a place. Returns whether that cell is other than 0, and whether it moved. */
function pivot(rows: Rows, from: number, column: number): 'none' | 'stays' | 'moved' {
  let best = from
  for (let row = from + 1; row < rows.length; row++)
    if (larger(cell(rows, row, column), cell(rows, best, column))) best = row
  if (rows.slice(from).every((row) => isZero(row[column] ?? ZERO))) return 'none'
  if (best === from) return 'stays'
  const [moved, other] = [rows[best], rows[from]]
  if (moved && other) [rows[from], rows[best]] = [moved, other]
  return 'moved'
}

const cell = (rows: readonly (readonly Value[])[], row: number, column: number): Value =>
  rows[row]?.[column] ?? ZERO

/** Subtracts a multiple of one row from another, from a column on. */
function subtractRow(
  rows: Rows,
  target: number,
  source: number,
  factor: Value,
  from: number,
  context: Context,
): void {
  const row = rows[target]
  if (!row || isZero(factor)) return
  for (let column = from; column < row.length; column++) {
    const taken = calculate('multiply', factor, cell(rows, source, column), context)
    row[column] = calculate('subtract', cell(rows, target, column), taken, context)
  }
}

function charge(rows: Rows, context: Context): void {
  context.charge(4 * rows.length * (rows[0]?.length ?? 0))
  context.tick()
}

/** Returns the determinant. @throws CalculationError when the matrix is not square or too large */
export function determinant(value: Value, context: Context): Value {
  if (!isMatrix(value)) return operand(value)
  const side = sideOf(dense(value))
  const rows = rowsOf(value)
  let product: Value | undefined
  let negative = false
  let zero = false
  for (let step = 0; step < side; step++) {
    charge(rows, context)
    const found = pivot(rows, step, step)
    if (found === 'none') zero = true
    if (found === 'moved') negative = !negative
    const head = cell(rows, step, step)
    product = product === undefined ? head : calculate('multiply', product, head, context)
    if (zero) continue
    for (let row = step + 1; row < side; row++)
      subtractRow(rows, row, step, calculate('divide', cell(rows, row, step), head, context), step, context)
  }
  if (product === undefined) return ONE
  if (zero) return calculate('multiply', product, ZERO, context)
  return negative ? calculate('multiply', product, MINUS_ONE, context) : product
}

/**
 * Brings rows into their reduced echelon form, in place.
 *
 * @param columns those that may hold a leading 1; the ones after them are carried along
 * @returns the column of each row's leading 1
 */
export function reduceRows(rows: Rows, columns: number, context: Context): number[] {
  const leading: number[] = []
  for (let column = 0; column < columns && leading.length < rows.length; column++) {
    const step = leading.length
    charge(rows, context)
    if (pivot(rows, step, column) === 'none') {
      for (let row = step; row < rows.length; row++) put(rows, row, column, ZERO)
      continue
    }
    const head = cell(rows, step, column)
    for (let at = column; at < (rows[step]?.length ?? 0); at++)
      put(rows, step, at, calculate('divide', cell(rows, step, at), head, context))
    for (let row = 0; row < rows.length; row++)
      if (row !== step) subtractRow(rows, row, step, cell(rows, row, column), column, context)
    leading.push(column)
  }
  return leading
}

function put(rows: Rows, row: number, column: number, value: Value): void {
  const found = rows[row]
  if (found) found[column] = value
}

/** Returns the inverse. @throws CalculationError when there is none, or the matrix is too large */
export function invert(value: Matrix, context: Context): Matrix {
  const side = sideOf(dense(value))
  const rows = rowsOf(value).map((row, i) => [...row, ...identityRow(side, i)])
  if (reduceRows(rows, side, context).length < side)
    throw evaluation('This matrix has no inverse: its determinant is 0.')
  return fromRows(rows.map((row) => row.slice(side)))
}

const identityRow = (side: number, at: number): Value[] =>
  Array.from({ length: side }, (_, i) => (i === at ? ONE : ZERO))

/**
 * Solves `a x = b`.
 * @returns a matrix with as many columns as `b` has; one column where `b` is one of one dimension
 * @throws CalculationError when there is not exactly one solution
 */
export function solve(a: Matrix, b: Matrix, context: Context): Matrix {
  const side = sideOf(dense(a))
  const right = columnsOf(b, side)
  const rows = rowsOf(a).map((row, i) => [...row, ...(right[i] ?? [])])
  if (reduceRows(rows, side, context).length < side) throw noSolution()
  return fromRows(rows.map((row) => row.slice(side)))
}

/** The right side of equations: a matrix of one dimension is one column. */
function columnsOf(b: Matrix, side: number): Value[][] {
  const rows = b.size.length === 1 ? b.cells.map((one) => [one]) : rowsOf(dense(b))
  if (rows.length !== side) throw evaluation('The right side must have as many rows as the matrix.')
  return rows
}

const noSolution = () => evaluation('These equations do not have exactly one solution: the determinant is 0.')

/** Solves `a x = b` where only the cells on and below the diagonal of `a`, or on and above it, count. */
export function solveTriangular(a: Matrix, b: Matrix, lower: boolean, context: Context): Matrix {
  const side = sideOf(dense(a))
  const rows = rowsOf(a)
  if (rows.some((row, i) => row.some((one, j) => (lower ? j > i : j < i) && !isZero(one))))
    throw evaluation(
      `This matrix has other cells than 0 ${lower ? 'above' : 'below'} its diagonal. Write lusolve(a, b).`,
    )
  const right = columnsOf(b, side)
  const order = Array.from({ length: side }, (_, i) => (lower ? i : side - 1 - i))
  const found: Rows = right.map((row) => [...row])
  for (const [done, row] of order.entries()) {
    charge(rows, context)
    if (isZero(cell(rows, row, row))) throw noSolution()
    for (const other of order.slice(0, done))
      subtractRow(found, row, other, cell(rows, row, other), 0, context)
    found[row] = (found[row] ?? []).map((one) => calculate('divide', one, cell(rows, row, row), context))
  }
  return fromRows(found)
}

/** Returns the product of two matrices given by their rows. */
export function multiplyRows(a: readonly Value[][], b: readonly Value[][], context: Context): Rows {
  const columns = b[0]?.length ?? 0
  return a.map((row) => {
    context.charge(2 * row.length * columns)
    context.tick()
    return Array.from({ length: columns }, (_, column) =>
      row
        .map((one, i) => calculate('multiply', one, cell(b, i, column), context))
        .reduce((sum, one) => calculate('add', sum, one, context)),
    )
  })
}

/** Returns the conjugate transpose of rows. */
export function adjoint(rows: readonly Value[][]): Rows {
  return Array.from({ length: rows[0]?.length ?? 0 }, (_, column) =>
    rows.map((row) => conjugate(row[column] ?? ZERO)),
  )
}

/** Returns the conjugate of a cell, which is the cell itself unless it is a complex number. */
export function conjugate(value: Value): Value {
  return typeof value === 'object' && value.kind === 'complex' ? conjugateScalar(value) : value
}

/** Returns the Moore-Penrose inverse, from a full-rank factorization. @throws CalculationError when it is too large */
export function pseudoInverse(value: Matrix, context: Context): Matrix {
  const original = rowsOf(dense(value))
  const width = original[0]?.length ?? 0
  const reduced = original.map((row) => [...row])
  const leading = reduceRows(reduced, width, context)
  if (leading.length === 0)
    return matrix(
      Array.from({ length: value.cells.length }, () => ZERO),
      [width, original.length],
    )
  const left = original.map((row) => leading.map((column) => row[column] ?? ZERO))
  const right = reduced.slice(0, leading.length)
  const [leftAdjoint, rightAdjoint] = [adjoint(left), adjoint(right)]
  const inner = (rows: Rows) => rowsOf(invert(fromRows(rows), context))
  const a = multiplyRows(rightAdjoint, inner(multiplyRows(right, rightAdjoint, context)), context)
  const b = multiplyRows(inner(multiplyRows(leftAdjoint, left, context)), leftAdjoint, context)
  return fromRows(multiplyRows(a, b, context))
}
