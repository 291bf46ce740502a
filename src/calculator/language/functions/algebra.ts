import { divide, evaluation, fromInteger, ONE, signOf, toNumber, ZERO } from '../../numbers/index.ts'
import { calculate, compareValues } from '../arithmetic.ts'
import { fromRows, rowsOf, sideOf } from '../values/matrix.ts'
import { isMatrix, type Matrix, type Value } from '../values/value.ts'
import { argument, cellsOf, matrixOf, realOf } from './arguments.ts'
import { eigenvalues, exponentialOfMatrix, spectralNorm, squareRootOfMatrix } from './eigenvalues.ts'
import type { Context, FunctionEntry } from './function.ts'
import {
  conjugate,
  dense,
  determinant,
  invert,
  pseudoInverse,
  type Rows,
  reduceRows,
  solve,
  solveTriangular,
} from './linear.ts'
import { absolute, lengthOf } from './roots.ts'

function trace(values: readonly Value[], context: Context): Value {
  const value = argument(values, 0)
  if (!isMatrix(value)) return value
  const side = sideOf(dense(value))
  const diagonal = Array.from({ length: side }, (_, i) => value.cells[i * side + i] ?? ZERO)
  return sum(diagonal, context)
}

const sum = (values: readonly Value[], context: Context): Value =>
  values.reduce((total, value) => calculate('add', total, value, context))

function inverse(values: readonly Value[], context: Context): Value {
  const value = argument(values, 0)
  if (!isMatrix(value)) return calculate('divide', ONE, value, context)
  return likeGiven(value, invert(squareOf(value), context))
}

/** `[4]` counts as a matrix of one row. */
const squareOf = (value: Matrix): Matrix => (value.size.length === 1 ? fromRows([value.cells]) : value)
const likeGiven = (given: Matrix, found: Matrix): Matrix =>
  given.size.length === 1 ? { ...found, size: [found.cells.length] } : found

/** The reduced echelon form, and the columns of its leading cells. */
function echelonOf(values: readonly Value[], context: Context): { rows: Rows; leading: number[] } {
  const rows = rowsOf(dense(squareOf(matrixOf(argument(values, 0)))))
  const width = rows[0]?.length ?? 0
  if (width === 0) throw evaluation('There are no values here.')
  return { leading: reduceRows(rows, width, context), rows }
}

/** The cells of a row, a column or a list. */
function vectorOf(value: Value): readonly Value[] {
  const { cells, size } = matrixOf(value)
  if (size.filter((length) => length !== 1).length > 1)
    throw evaluation('This works with vectors: a list such as `[1, 2, 3]`, one row or one column.')
  return cells
}

function pairOf(values: readonly Value[]): [readonly Value[], readonly Value[]] {
  const [a, b] = [vectorOf(argument(values, 0)), vectorOf(argument(values, 1))]
  if (a.length !== b.length) throw evaluation('Both vectors must have the same length.')
  if (a.length === 0) throw evaluation('There are no values here.')
  return [a, b]
}

/** The dot product. Of complex vectors, the first one's conjugates are taken. */
function dot(values: readonly Value[], context: Context): Value {
  const [a, b] = pairOf(values)
  return sum(
    a.map((one, i) => calculate('multiply', conjugate(one), argument(b, i), context)),
    context,
  )
}

function cross(values: readonly Value[], context: Context): Value {
  const [a, b] = pairOf(values)
  const [a1, a2, a3] = a
  const [b1, b2, b3] = b
  if (a.length !== 3 || !a1 || !a2 || !a3 || !b1 || !b2 || !b3)
    throw evaluation('`cross` works with vectors of three numbers.')
  const minor = (p: Value, q: Value, r: Value, s: Value) =>
    calculate('subtract', calculate('multiply', p, q, context), calculate('multiply', r, s, context), context)
  const found = [minor(a2, b3, a3, b2), minor(a3, b1, a1, b3), minor(a1, b2, a2, b1)]
  const isFlat = values.every((value) => isMatrix(value) && value.size.length === 1)
  return isFlat ? { kind: 'matrix', cells: found, size: [3] } : fromRows([found])
}

/** Between two points, of a point from a line a x + b y + c = 0, or from one through a point in a direction. */
function distance(values: readonly Value[], context: Context): Value {
  const [point, other] = [vectorOf(argument(values, 0)), vectorOf(argument(values, 1))]
  if (point.length === 2 && other.length === 3) return fromPlaneLine(point, other, context)
  if (point.length === 3 && other.length === 6) return fromSpaceLine(point, other, context)
  if (point.length !== other.length || point.length === 0)
    throw evaluation('`distance` takes two points with the same number of coordinates.')
  return lengthOf(
    point.map((one, i) => calculate('subtract', one, argument(other, i), context)),
    context,
  )
}

function fromPlaneLine(point: readonly Value[], line: readonly Value[], context: Context): Value {
  const [a = ZERO, b = ZERO, c = ZERO] = line
  const height = sum([dot([list(point), list([a, b])], context), c], context)
  return calculate('divide', absolute(height, context), lengthOf([a, b], context), context)
}

function fromSpaceLine(point: readonly Value[], line: readonly Value[], context: Context): Value {
  const [start, direction] = [line.slice(0, 3), line.slice(3)]
  const apart = start.map((one, i) => calculate('subtract', one, argument(point, i), context))
  const area = cross([list(apart), list(direction)], context)
  return calculate('divide', lengthOf(cellsOf([area]), context), lengthOf(direction, context), context)
}

const list = (cells: readonly Value[]): Matrix => ({ kind: 'matrix', cells, size: [cells.length] })

function norm(values: readonly Value[], context: Context): Value {
  const value = argument(values, 0)
  const [, kind] = values
  if (!isMatrix(value)) return absolute(value, context)
  const sizes = value.cells.map((cell) => absolute(cell, context))
  if (sizes.length === 0) throw evaluation('There are no values here.')
  if (kind === 'fro') return lengthOf(sizes, context)
  if (value.size.length === 1) return normOfVector(sizes, kind, context)
  if (kind === 'inf')
    return largest(
      rowsOf(matrixLike(value, sizes)).map((row) => sum(row, context)),
      'larger',
      context,
    )
  if (typeof kind === 'string') throw evaluation('A matrix has the norms 1, 2, "fro" and "inf".')
  const order = kind === undefined ? 2 : toNumber(realOf(kind))
  if (order === 2) return spectralNorm(value, context)
  if (order !== 1) throw evaluation('A matrix has the norms 1, 2, "fro" and "inf".')
  const rows = rowsOf(matrixLike(value, sizes))
  const columns = (rows[0] ?? []).map((_, column) =>
    sum(
      rows.map((row) => row[column] ?? ZERO),
      context,
    ),
  )
  return largest(columns, 'larger', context)
}

const matrixLike = ({ size }: Matrix, cells: readonly Value[]): Matrix => ({ kind: 'matrix', cells, size })

function normOfVector(sizes: readonly Value[], kind: Value | undefined, context: Context): Value {
  if (kind === 'inf') return largest(sizes, 'larger', context)
  if (kind === '-inf') return largest(sizes, 'smaller', context)
  const order = kind === undefined ? fromInteger(2) : realOf(kind)
  if (signOf(order) <= 0) throw evaluation('The order of a norm must be above 0.')
  if (toNumber(order) === 2) return lengthOf(sizes, context)
  const powers = sizes.map((size) => calculate('power', size, order, context))
  return calculate('power', sum(powers, context), divide(ONE, order, context), context)
}

const largest = (values: readonly Value[], comparison: 'larger' | 'smaller', context: Context): Value =>
  values.reduce((best, value) => (compareValues(comparison, value, best, context) ? value : best))

const topic = 'Linear algebra'

const solver = (
  names: FunctionEntry['names'],
  description: string,
  example: FunctionEntry['example'],
  run: (a: Matrix, b: Matrix, context: Context) => Matrix,
): FunctionEntry => ({
  names,
  signature: `${names[0]}(a, b)`,
  description,
  example,
  topic,
  takes: [2, 2],
  cost: () => 2,
  run: (values, context) => run(matrixOf(argument(values, 0)), matrixOf(argument(values, 1)), context),
})

export const ALGEBRA: readonly FunctionEntry[] = [
  {
    names: ['det', 'determinant'],
    signature: 'det(m)',
    description: 'The determinant of a square matrix.',
    example: { expression: 'det([1, 2; 3, 4])', text: '-2' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: (values, context) => {
      const value = argument(values, 0)
      return determinant(isMatrix(value) ? squareOf(value) : value, context)
    },
  },
  {
    names: ['inv', 'inverse'],
    signature: 'inv(m)',
    description: 'The inverse of a square matrix; there is none if the determinant is 0.',
    example: { expression: 'inv([2, 1; 1, 1])', text: '[[1, -1], [-1, 2]]' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: inverse,
  },
  {
    names: ['pinv'],
    signature: 'pinv(m)',
    description: 'The Moore-Penrose inverse, of any matrix.',
    example: { expression: 'pinv([1, 0; 0, 0])', text: '[[1, 0], [0, 0]]' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: (values, context) => {
      const value = argument(values, 0)
      if (isMatrix(value)) return likeGiven(value, pseudoInverse(squareOf(value), context))
      return signOf(realOf(value)) === 0 ? ZERO : calculate('divide', ONE, value, context)
    },
  },
  {
    names: ['trace'],
    signature: 'trace(m)',
    description: 'The sum of the diagonal.',
    example: { expression: 'trace([1, 2; 3, 4])', text: '5' },
    topic,
    takes: [1, 1],
    run: trace,
  },
  {
    names: ['rank'],
    signature: 'rank(m)',
    description: 'The rank: how many rows do not depend on the others.',
    example: { expression: 'rank([1, 2; 2, 4])', text: '1' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: (values, context) => fromInteger(echelonOf(values, context).leading.length),
  },
  {
    names: ['rref'],
    signature: 'rref(m)',
    description: 'The reduced row echelon form.',
    example: { expression: 'rref([1, 2; 3, 4])', text: '[[1, 0], [0, 1]]' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: (values, context) => fromRows(echelonOf(values, context).rows),
  },
  solver(
    ['lusolve', 'solve', 'linsolve'],
    'The x for which a x = b, of several equations at once.',
    { expression: 'lusolve([1, 2; 3, 4], [5, 6])', text: '[[-4], [4.5]]' },
    solve,
  ),
  solver(
    ['lsolve'],
    'The same, if a has only zeros above its diagonal.',
    { expression: 'lsolve([1, 0; 3, 4], [5, 6])', text: '[[5], [-2.25]]' },
    (a, b, context) => solveTriangular(a, b, true, context),
  ),
  solver(
    ['usolve'],
    'The same, if a has only zeros below its diagonal.',
    { expression: 'usolve([1, 2; 0, 4], [5, 6])', text: '[[2], [1.5]]' },
    (a, b, context) => solveTriangular(a, b, false, context),
  ),
  {
    names: ['dot'],
    signature: 'dot(a, b)',
    description: 'The dot product of two vectors.',
    example: { expression: 'dot([1, 2, 3], [4, 5, 6])', text: '32' },
    topic,
    takes: [2, 2],
    run: dot,
  },
  {
    names: ['cross'],
    signature: 'cross(a, b)',
    description: 'The cross product of two vectors of three numbers.',
    example: { expression: 'cross([1, 2, 3], [4, 5, 6])', text: '[-3, 6, -3]' },
    topic,
    takes: [2, 2],
    run: cross,
  },
  {
    names: ['distance'],
    signature: 'distance(a, b)',
    description:
      'The distance between two points, or from a point to a line [a, b, c] with a x + b y + c = 0.',
    example: { expression: 'distance([1, 2], [4, 6])', text: '5' },
    topic,
    takes: [2, 2],
    run: distance,
  },
  {
    names: ['norm'],
    signature: 'norm(x, p)',
    description:
      'The length of a vector; with p, another norm: a number, "inf", "-inf" or "fro". For a matrix, its largest singular value.',
    example: { expression: 'norm([3, 4])', text: '5' },
    topic,
    takes: [1, 2],
    words: ['fro', 'inf', '-inf'],
    run: norm,
  },
  {
    names: ['eigenvalues', 'eigs'],
    signature: 'eigenvalues(m)',
    description: 'The eigenvalues of a square matrix, in order.',
    example: { expression: 'eigenvalues([2, 1; 1, 2])', text: '[1, 3]' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: eigenvalues,
  },
  {
    names: ['expm'],
    signature: 'expm(m)',
    description: 'e to the power of a matrix.',
    example: { expression: 'expm([0, 1; 0, 0])', text: '[[1, 1], [0, 1]]' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: exponentialOfMatrix,
  },
  {
    names: ['sqrtm'],
    signature: 'sqrtm(m)',
    description: 'The matrix whose square is this one.',
    example: { expression: 'sqrtm([33, 24; 48, 57])', text: '[[5, 2], [4, 7]]' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: squareRootOfMatrix,
  },
]
