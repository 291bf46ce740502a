import { evaluation, fromInteger, ONE, ZERO } from '../../numbers/index.ts'
import { calculate } from '../arithmetic.ts'
import { CELLS, DIMENSIONS } from '../limits.ts'
import { range } from '../range.ts'
import {
  countCells,
  fromRows,
  mapCells,
  matrix,
  rowsOf,
  sizesDoNotFit,
  tooManyCells,
  transpose,
  twoDimensions,
} from '../values/matrix.ts'
import { isMatrix, type Matrix, type Value } from '../values/value.ts'
import { argument, cellsOf, matrixOf, smallWholeOf } from './arguments.ts'
import { type Context, type FunctionEntry, MANY } from './function.ts'
import { conjugate } from './linear.ts'
import { dimensionOf, lanesAlong, ordered, perCell } from './statistics.ts'

/** Returns the size that was asked for. @throws CalculationError when it is not one, or that of too large a matrix */
function sizeOf(values: readonly Value[]): number[] {
  const size = cellsOf(values).map((value) => {
    const length = smallWholeOf(value)
    if (length < 0) throw evaluation('The size of a matrix cannot be negative.')
    return length
  })
  if (size.length > DIMENSIONS) throw evaluation(`A matrix can have at most ${DIMENSIONS} dimensions.`)
  // An empty dimension does not excuse another one from being bounded.
  if (size.reduce((product, length) => product * Math.max(1, length), 1) > CELLS) throw tooManyCells()
  return size
}

const countOfSize = (size: readonly number[]): number => size.reduce((product, length) => product * length, 1)

const filled =
  (value: Value) =>
  (values: readonly Value[], context: Context): Value => {
    const size = sizeOf(values)
    const count = countOfSize(size)
    context.charge(count)
    return matrix(
      Array.from({ length: count }, () => value),
      size,
    )
  }

function identity(values: readonly Value[], context: Context): Value {
  const [rows = 0, columns = rows] = sizeOf(values)
  if (rows < 1 || columns < 1) throw evaluation('An identity matrix must have at least one row.')
  if (rows * columns > CELLS) throw tooManyCells()
  context.charge(rows * columns)
  return fromRows(
    Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => (row === column ? ONE : ZERO)),
    ),
  )
}

/** Makes a matrix with a list as its diagonal, or returns the diagonal of a matrix. */
function diagonal(values: readonly Value[], context: Context): Value {
  const value = matrixOf(argument(values, 0))
  const offset = values[1] === undefined ? 0 : smallWholeOf(values[1])
  if (Math.abs(offset) > CELLS) throw tooManyCells()
  const [down, right] = [Math.max(0, -offset), Math.max(0, offset)]
  if (value.size.length === 1) {
    const [rows, columns] = [value.cells.length + down, value.cells.length + right]
    if (rows * columns > CELLS) throw tooManyCells()
    context.charge(rows * columns)
    return fromRows(
      Array.from({ length: rows }, (_, row) =>
        Array.from({ length: columns }, (_, column) =>
          row - down === column - right && row >= down ? (value.cells[row - down] ?? ZERO) : ZERO,
        ),
      ),
    )
  }
  const [rows, columns] = twoDimensions(value.size)
  const count = Math.max(0, Math.min(rows - down, columns - right))
  return matrix(
    Array.from({ length: count }, (_, i) => value.cells[(i + down) * columns + i + right] ?? ZERO),
  )
}

/** Puts matrices beside each other; along a dimension, counted from 1, when the last argument is a number. */
function concatenate(values: readonly Value[]): Value {
  const last = values.at(-1)
  const dimension = last !== undefined && !isMatrix(last) ? smallWholeOf(last) : undefined
  const parts = (dimension === undefined ? values : values.slice(0, -1)).map(matrixOf)
  const [first, ...rest] = parts
  if (first === undefined) throw evaluation('`concat` puts matrices together: `concat([1, 2], [3])`.')
  const at = (dimension ?? first.size.length) - 1
  if (at < 0 || at >= first.size.length)
    throw evaluation(`The last argument says along which dimension: 1 to ${first.size.length}.`)
  for (const part of rest) {
    const fits =
      part.size.length === first.size.length &&
      part.size.every((length, i) => i === at || length === first.size[i])
    if (!fits) throw sizesDoNotFit()
  }
  const outer = countOfSize(first.size.slice(0, at))
  const cells: Value[] = []
  for (let before = 0; before < outer; before++)
    for (const part of parts) {
      const run = countOfSize(part.size.slice(at))
      cells.push(...part.cells.slice(before * run, (before + 1) * run))
    }
  const length = parts.reduce((sum, part) => sum + (part.size[at] ?? 0), 0)
  return matrix(
    cells,
    first.size.map((one, i) => (i === at ? length : one)),
  )
}

function reshape(values: readonly Value[]): Value {
  const value = matrixOf(argument(values, 0))
  const size = sizeOf(values.slice(1))
  if (size.length === 0 || countOfSize(size) !== value.cells.length)
    throw evaluation('`reshape` takes a matrix and a size with as many cells.')
  return matrix(value.cells, size)
}

/** Drops dimensions that have one cell, outer and inner ones. */
function squeeze(values: readonly Value[]): Value {
  const value = argument(values, 0)
  if (!isMatrix(value)) return value
  const size = value.size.filter((length) => length !== 1)
  return size.length === 0 ? (value.cells[0] ?? value) : matrix(value.cells, size)
}

/** Changes the cells along one dimension, all of them in the same way. */
function eachLane(value: Matrix, at: number, change: (lane: readonly Value[]) => Value[]): Matrix {
  const lanes = lanesAlong(value, at).map(change)
  const length = lanes[0]?.length ?? 0
  const inner = countOfSize(value.size.slice(at + 1))
  const outer = countOfSize(value.size.slice(0, at))
  const cells: Value[] = []
  for (let before = 0; before < outer; before++)
    for (let i = 0; i < length; i++)
      for (let after = 0; after < inner; after++) cells.push(lanes[before * inner + after]?.[i] ?? ZERO)
  return matrix(
    cells,
    value.size.map((one, i) => (i === at ? length : one)),
  )
}

function differences(values: readonly Value[], context: Context): Value {
  const value = matrixOf(argument(values, 0))
  return eachLane(value, dimensionOf(value, values[1]), (lane) =>
    lane.slice(1).map((cell, i) => calculate('subtract', cell, lane[i] ?? ZERO, context)),
  )
}

function runningSums(values: readonly Value[], context: Context): Value {
  const [first, dimension] = values
  const value = first !== undefined && isMatrix(first) && dimension !== undefined ? first : undefined
  const list =
    value ?? (values.length === 1 && first !== undefined && isMatrix(first) ? first : matrix(cellsOf(values)))
  return eachLane(list, dimensionOf(list, value && dimension), (lane) => {
    let sum: Value | undefined
    return lane.map((cell) => {
      sum = sum === undefined ? cell : calculate('add', sum, cell, context)
      return sum
    })
  })
}

function sort(values: readonly Value[], context: Context): Value {
  const direction = values.find((value) => typeof value === 'string')
  const value = matrixOf(argument(values, 0))
  if (value.size.length > 1) throw evaluation('Only a list can be sorted: `sort([3, 1, 2])`.')
  const sorted = ordered(value.cells, context)
  return matrix(direction === 'desc' ? sorted.reverse() : sorted)
}

/** @param which counted from 1 */
function part(value: Matrix, which: Value, ofRows: boolean): Value {
  const rows = ofRows
    ? rowsOf(value)
    : rowsOf(transpose(value.size.length === 1 ? fromRows([value.cells]) : value))
  const at = smallWholeOf(which)
  const found = rows[at - 1]
  if (found === undefined)
    throw evaluation(`There is no ${ofRows ? 'row' : 'column'} ${at}: this matrix has ${rows.length}.`)
  return ofRows ? fromRows([found]) : fromRows(found.map((cell) => [cell]))
}

function kronecker(values: readonly Value[], context: Context): Value {
  const [a, b] = [matrixOf(argument(values, 0)), matrixOf(argument(values, 1))]
  if (a.cells.length * b.cells.length > CELLS) throw tooManyCells()
  const [left, right] = [rowsOf(a), rowsOf(b)]
  const rows = left.flatMap((leftRow) =>
    right.map((rightRow) =>
      leftRow.flatMap((x) => {
        context.charge(2 * rightRow.length)
        return rightRow.map((y) => calculate('multiply', x, y, context))
      }),
    ),
  )
  const flat = a.size.length === 1 && b.size.length === 1
  return flat ? matrix(rows.flat()) : fromRows(rows)
}

const topic = 'Matrices and lists'

export const MATRICES: readonly FunctionEntry[] = [
  {
    names: ['transpose'],
    signature: 'transpose(m)',
    description: "Rows become columns; also written m'.",
    example: { expression: 'transpose([1, 2; 3, 4])', text: '[[1, 3], [2, 4]]' },
    topic,
    takes: [1, 1],
    cost: perCell(3),
    run: ([value = false]) => (isMatrix(value) ? transpose(value) : value),
  },
  {
    names: ['ctranspose'],
    signature: 'ctranspose(m)',
    description: 'Rows become columns, and complex numbers become their conjugates.',
    example: { expression: 'ctranspose([1 + i, 2; 3, 4])', text: '[[1 - i, 3], [2, 4]]' },
    topic,
    takes: [1, 1],
    cost: perCell(3),
    run: ([value = false]) => (isMatrix(value) ? mapCells(transpose(value), conjugate) : conjugate(value)),
  },
  {
    names: ['identity'],
    signature: 'identity(n)',
    description: 'The matrix of n rows with ones on its diagonal.',
    example: { expression: 'identity(2)', text: '[[1, 0], [0, 1]]' },
    topic,
    takes: [1, 2],
    cost: () => 2,
    run: identity,
  },
  {
    names: ['zeros'],
    signature: 'zeros(rows, columns)',
    description: 'A matrix of zeros.',
    example: { expression: 'zeros(2, 3)', text: '[[0, 0, 0], [0, 0, 0]]' },
    topic,
    takes: [1, DIMENSIONS],
    cost: () => 2,
    run: filled(ZERO),
  },
  {
    names: ['ones'],
    signature: 'ones(rows, columns)',
    description: 'A matrix of ones.',
    example: { expression: 'ones(3)', text: '[1, 1, 1]' },
    topic,
    takes: [1, DIMENSIONS],
    cost: () => 2,
    run: filled(ONE),
  },
  {
    names: ['diag'],
    signature: 'diag(list, k)',
    description:
      'The matrix with this list as its diagonal, or the diagonal of a matrix; k places above the main diagonal, or below it if k is negative.',
    example: { expression: 'diag([1, 2])', text: '[[1, 0], [0, 2]]' },
    topic,
    takes: [1, 2],
    cost: perCell(3),
    run: diagonal,
  },
  {
    names: ['range'],
    signature: 'range(from, to, step)',
    description: 'The numbers from one to another, including both.',
    example: { expression: 'range(1, 2, 0.5)', text: '[1, 1.5, 2]' },
    topic,
    takes: [2, 3],
    cost: () => 2,
    run: ([from = ZERO, to = ZERO, step = ONE], context) => range(from, to, step, context),
  },
  {
    names: ['size'],
    signature: 'size(m)',
    description: 'How many rows and columns a matrix has.',
    example: { expression: 'size([1, 2, 3; 4, 5, 6])', text: '[2, 3]' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: ([value = false]) =>
      matrix((isMatrix(value) ? value.size : []).map((length) => fromInteger(length))),
  },
  {
    names: ['count'],
    signature: 'count(m)',
    description: 'How many values there are.',
    example: { expression: 'count([1, 2; 3, 4])', text: '4' },
    topic,
    takes: [1, MANY],
    cost: () => 2,
    run: (values) => fromInteger(values.reduce((sum, value) => sum + countCells(value), 0)),
  },
  {
    names: ['reshape'],
    signature: 'reshape(m, size)',
    description: 'The same cells in a matrix of another size.',
    example: { expression: 'reshape(1:6, [2, 3])', text: '[[1, 2, 3], [4, 5, 6]]' },
    topic,
    takes: [2, 2],
    cost: perCell(3),
    run: reshape,
  },
  {
    names: ['flatten'],
    signature: 'flatten(m)',
    description: 'All cells in one list.',
    example: { expression: 'flatten([1, 2; 3, 4])', text: '[1, 2, 3, 4]' },
    topic,
    takes: [1, 1],
    cost: perCell(3),
    run: (values) => matrix(cellsOf(values)),
  },
  {
    names: ['squeeze'],
    signature: 'squeeze(m)',
    description: 'The matrix without the dimensions that have only one cell.',
    example: { expression: 'squeeze([[1], [2]])', text: '[1, 2]' },
    topic,
    takes: [1, 1],
    cost: perCell(3),
    run: squeeze,
  },
  {
    names: ['concat'],
    signature: 'concat(a, b, …, dimension)',
    description: 'Matrices joined along the last dimension, or the one given.',
    example: { expression: 'concat([1, 2], [3])', text: '[1, 2, 3]' },
    topic,
    takes: [1, MANY],
    cost: perCell(3),
    run: concatenate,
  },
  {
    names: ['row'],
    signature: 'row(m, n)',
    description: 'The nth row, counted from 1.',
    example: { expression: 'row([1, 2; 3, 4], 2)', text: '[[3, 4]]' },
    topic,
    takes: [2, 2],
    cost: perCell(3),
    run: (values) => part(matrixOf(argument(values, 0)), argument(values, 1), true),
  },
  {
    names: ['column'],
    signature: 'column(m, n)',
    description: 'The nth column, counted from 1.',
    example: { expression: 'column([1, 2; 3, 4], 2)', text: '[[2], [4]]' },
    topic,
    takes: [2, 2],
    cost: perCell(3),
    run: (values) => part(matrixOf(argument(values, 0)), argument(values, 1), false),
  },
  {
    names: ['sort'],
    signature: 'sort(list, "desc")',
    description: 'A list in order, smallest first, or largest first with "desc".',
    example: { expression: 'sort([3, 1, 2])', text: '[1, 2, 3]' },
    topic,
    takes: [1, 2],
    words: ['asc', 'desc'],
    cost: perCell(2),
    run: sort,
  },
  {
    names: ['diff'],
    signature: 'diff(list)',
    description: 'The differences between neighbours.',
    example: { expression: 'diff([1, 4, 9])', text: '[3, 5]' },
    topic,
    takes: [1, 2],
    cost: perCell(3),
    run: differences,
  },
  {
    names: ['cumsum'],
    signature: 'cumsum(list)',
    description: 'The sums of the first, the first two, the first three … values.',
    example: { expression: 'cumsum([1, 2, 3])', text: '[1, 3, 6]' },
    topic,
    takes: [1, MANY],
    cost: perCell(3),
    run: runningSums,
  },
  {
    names: ['kron'],
    signature: 'kron(a, b)',
    description: 'The Kronecker product.',
    example: { expression: 'kron([1, 2], [3, 4])', text: '[3, 4, 6, 8]' },
    topic,
    takes: [2, 2],
    cost: () => 2,
    run: kronecker,
  },
]
