/**
 * Matrices: cells in the order of their rows, with a size for each dimension. `[1, 2, 3]` has the size `[3]`,
 * `[1, 2; 3, 4]` has `[2, 2]`; a matrix without cells has a 0 in its size.
 */
import { evaluation, limit } from '../../numbers/index.ts'
import { CELLS, DIMENSIONS } from '../limits.ts'
import { isMatrix, type Matrix, type Value } from './value.ts'

/** The number of cells of a matrix; 1 for anything else. */
export function countCells(value: Value): number {
  return isMatrix(value) ? value.cells.length : 1
}

/**
 * Returns a matrix of these cells.
 * @param size its product is the number of cells
 * @throws CalculationError `limit` when there are more than a matrix may have
 */
export function matrix(cells: readonly Value[], size: readonly number[] = [cells.length]): Matrix {
  if (cells.length > CELLS) throw tooManyCells()
  return { kind: 'matrix', cells, size }
}

export const tooManyCells = () => limit(`A matrix can have at most ${CELLS.toLocaleString('en')} cells.`)

/** Returns the matrix with each cell changed. */
export function mapCells(value: Matrix, change: (cell: Value) => Value): Matrix {
  return { kind: 'matrix', cells: value.cells.map(change), size: value.size }
}

/** Returns the rows of a matrix of two dimensions; of one dimension, its cells as one row. */
export function rowsOf({ cells, size }: Matrix): Value[][] {
  const [rows, columns] = twoDimensions(size)
  return Array.from({ length: rows }, (_, row) => cells.slice(row * columns, (row + 1) * columns))
}

/** Returns a matrix of two dimensions. @param rows all of one length */
export function fromRows(rows: readonly (readonly Value[])[]): Matrix {
  return matrix(rows.flat(), [rows.length, rows[0]?.length ?? 0])
}

/** Rows and columns; a matrix of one dimension is one row. @throws CalculationError for more dimensions */
export function twoDimensions(size: readonly number[]): [rows: number, columns: number] {
  const [first = 0, second] = size
  if (size.length > 2) throw evaluation('This works only with matrices of one or two dimensions.')
  return second === undefined ? [1, first] : [first, second]
}

/** The number of rows of a square matrix. @throws CalculationError when it is not square */
export function sideOf({ size }: Matrix): number {
  const [rows = 0, columns] = size
  if (size.length !== 2 || rows !== columns) throw evaluation('This works only with a square matrix.')
  return rows
}

/** Turns rows into columns; a matrix of one dimension stays as it is. */
export function transpose(value: Matrix): Matrix {
  if (value.size.length < 2) return value
  const [rows, columns] = twoDimensions(value.size)
  const cells: Value[] = []
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++) cells.push(value.cells[row * columns + column] ?? false)
  return matrix(cells, [columns, rows])
}

/**
 * Works on two values cell by cell, of which at least one is a matrix. Along a dimension in which one of them has a single
 * cell, that cell goes with each of the other's.
 * @throws CalculationError when their sizes do not fit together
 */
export function broadcast(left: Value, right: Value, work: (left: Value, right: Value) => Value): Matrix {
  if (!isMatrix(left))
    return isMatrix(right) ? mapCells(right, (cell) => work(left, cell)) : matrix([work(left, right)])
  if (!isMatrix(right)) return mapCells(left, (cell) => work(cell, right))
  const size = broadcastSize(left.size, right.size)
  const count = size.reduce((product, length) => product * length, 1)
  const leftAt = placesIn(left.size, size)
  const rightAt = placesIn(right.size, size)
  const cells = Array.from({ length: count }, (_, place) =>
    work(left.cells[leftAt(place)] ?? false, right.cells[rightAt(place)] ?? false),
  )
  return matrix(cells, size)
}

/**
 * The size of the result of combining two matrices cell by cell.
 * @throws CalculationError when they do not fit together, or make too many cells
 */
function broadcastSize(left: readonly number[], right: readonly number[]): number[] {
  const dimensions = Math.max(left.length, right.length)
  const size = Array.from({ length: dimensions }, (_, i) => {
    const a = left[i - dimensions + left.length] ?? 1
    const b = right[i - dimensions + right.length] ?? 1
    if (a !== b && a !== 1 && b !== 1) throw sizesDoNotFit()
    return a === 1 ? b : a
  })
  if (size.reduce((product, length) => product * length, 1) > CELLS) throw tooManyCells()
  return size
}

export const sizesDoNotFit = () => evaluation('The sizes of these matrices do not fit together.')

/** Finds the cell of a matrix of `size` that goes with a place in the larger one. */
function placesIn(size: readonly number[], whole: readonly number[]): (place: number) => number {
  if (size.length === whole.length && size.every((length, i) => length === whole[i])) return (place) => place
  return (place) => {
    let rest = place
    let found = 0
    let stride = 1
    for (let i = 1; i <= whole.length; i++) {
      const length = whole.at(-i) ?? 1
      const own = i <= size.length ? (size.at(-i) ?? 1) : 1
      if (own > 1) found += (rest % length) * stride
      stride *= own
      rest = Math.floor(rest / length)
    }
    return found
  }
}

/**
 * Puts values of one size together: numbers into a row, rows into a matrix.
 * @throws CalculationError when their sizes differ, or there are too many cells
 */
export function fromParts(parts: readonly Value[]): Matrix {
  const [first] = parts
  if (first === undefined || !isMatrix(first)) {
    if (parts.some(isMatrix)) throw unequalRows()
    return matrix(parts)
  }
  const cells: Value[] = []
  for (const part of parts) {
    if (!isMatrix(part) || !isSameSize(part.size, first.size)) throw unequalRows()
    if (cells.length + part.cells.length > CELLS) throw tooManyCells()
    cells.push(...part.cells)
  }
  const size = [parts.length, ...first.size]
  if (size.length > DIMENSIONS) throw limit(`A matrix can have at most ${DIMENSIONS} dimensions.`)
  return matrix(cells, size)
}

const unequalRows = () => evaluation('The rows of this matrix have different lengths.')

function isSameSize(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((length, i) => length === right[i])
}

/**
 * Picks cells: a place in each dimension, or several. A dimension with one place goes away; where all have one, that cell is
 * the value.
 * @param places counted from 0, each within its dimension
 */
export function cellsAt(value: Matrix, places: readonly (number | readonly number[])[]): Value {
  const lists = places.map((place) => (typeof place === 'number' ? [place] : place))
  if (lists.reduce((product, { length }) => product * length, 1) > CELLS) throw tooManyCells()
  let found = [0]
  for (const [dimension, list] of lists.entries()) {
    const length = value.size[dimension] ?? 0
    found = found.flatMap((start) => list.map((place) => start * length + place))
  }
  const cells = found.map((place) => value.cells[place] ?? false)
  const size = places.flatMap((place) => (typeof place === 'number' ? [] : [place.length]))
  return size.length === 0 ? (cells[0] ?? false) : matrix(cells, size)
}
