/** Operators over all values, cell by cell where there are matrices. */
import {
  evaluation,
  fromInteger,
  limit,
  negate,
  negateQuantity,
  ONE,
  type Scalar,
  ZERO,
} from '../numbers/index.ts'
import { type Arithmetic, calculate, compareValues, isTrue, operand, wholeNumber } from './arithmetic.ts'
import { combinations, doubleFactorialOf, factorialOf } from './functions/counting.ts'
import type { Context } from './functions/function.ts'
import { dense, invert } from './functions/linear.ts'
import { CELLS } from './limits.ts'
import type { Binary, Comparison, Unary } from './tree.ts'
import {
  broadcast,
  mapCells,
  matrix,
  sideOf,
  sizesDoNotFit,
  tooManyCells,
  transpose,
  twoDimensions,
} from './values/matrix.ts'
import { isMatrix, isQuantity, isScalar, type Matrix, unwritten, type Value } from './values/value.ts'

/** Computes with two values. @throws CalculationError */
export function operate(operator: Exclude<Binary, 'at'>, left: Value, right: Value, context: Context): Value {
  if (operator === 'choose') return combinations([unwritten(left), unwritten(right)], context)
  if (isScalar(left) && isScalar(right)) return calculate(ONE_BY_ONE[operator], left, right, context)
  const a = unwritten(left)
  const b = unwritten(right)
  if (!isMatrix(a) && !isMatrix(b)) return calculate(ONE_BY_ONE[operator], a, b, context)
  switch (operator) {
    case 'multiply':
      if (isMatrix(a) && isMatrix(b)) return product(a, b, context)
      break
    case 'divide':
      if (isMatrix(b)) return operate('multiply', a, invert(b, context), context)
      break
    case 'power':
      if (isMatrix(b)) throw evaluation('An exponent must be a number; `.^` takes powers cell by cell.')
      return isMatrix(a) ? matrixPower(a, b, context) : calculate('power', a, b, context)
    case 'bitAnd':
    case 'bitOr':
    case 'bitXor':
    case 'leftShift':
    case 'rightShift':
      throw evaluation('Bits can be calculated only for single numbers.')
    default:
  }
  return cellByCell(a, b, context, (one, other) => calculate(ONE_BY_ONE[operator], one, other, context))
}

const ONE_BY_ONE: Readonly<Record<Exclude<Binary, 'choose' | 'at'>, Arithmetic>> = {
  add: 'add',
  subtract: 'subtract',
  multiply: 'multiply',
  divide: 'divide',
  remainder: 'remainder',
  power: 'power',
  dotMultiply: 'multiply',
  dotDivide: 'divide',
  dotPower: 'power',
  xor: 'xor',
  bitAnd: 'bitAnd',
  bitOr: 'bitOr',
  bitXor: 'bitXor',
  leftShift: 'leftShift',
  rightShift: 'rightShift',
}

function cellByCell(
  left: Value,
  right: Value,
  context: Context,
  work: (left: Value, right: Value) => Value,
): Matrix {
  return broadcast(left, right, (one, other) => {
    context.charge(1)
    return work(one, other)
  })
}

/** Compares; of matrices, cell by cell. */
export function compare(comparison: Comparison, left: Value, right: Value, context: Context): Value {
  const a = unwritten(left)
  const b = unwritten(right)
  const work = (one: Value, other: Value) => compareValues(comparison, one, other, context)
  return isMatrix(a) || isMatrix(b) ? cellByCell(a, b, context, work) : work(a, b)
}

/** Computes with one value. @throws CalculationError */
export function operateUnary(operator: Unary, value: Value, context: Context): Value {
  if (operator === 'minus' && isScalar(value)) return negate(value)
  const plain = unwritten(value)
  if (operator === 'transpose') {
    if (!isMatrix(plain)) throw evaluation("Only a matrix can be transposed with `'`.")
    return transpose(plain)
  }
  const work = (cell: Value) => ON_ONE[operator](cell, context)
  return isMatrix(plain)
    ? mapCells(plain, (cell) => {
        context.charge(1)
        return work(cell)
      })
    : work(plain)
}

const ON_ONE: Readonly<Record<Exclude<Unary, 'transpose'>, (value: Value, context: Context) => Value>> = {
  minus: negated,
  plus: (value) => operand(value),
  not: (value) => !isTrue(value),
  bitNot: (value) => fromInteger(~wholeNumber(value)),
  factorial: factorialOf,
  doubleFactorial: doubleFactorialOf,
}

function numberOf(value: Value): Scalar {
  const plain = operand(value)
  if (!isScalar(plain)) throw evaluation('This works only with numbers.')
  return plain
}

function negated(value: Value): Value {
  const plain = operand(value)
  return isQuantity(plain) ? negateQuantity(plain) : negate(numberOf(plain))
}

/** The product of two matrices. A matrix of one dimension is a row on the left side, and a column on the right. */
function product(left: Matrix, right: Matrix, context: Context): Value {
  const [rows, inner] = left.size.length === 1 ? [1, left.size[0] ?? 0] : twoDimensions(left.size)
  const [height, columns] = right.size.length === 1 ? [right.size[0] ?? 0, 1] : twoDimensions(right.size)
  if (inner !== height || inner === 0) throw sizesDoNotFit()
  if (rows * columns > CELLS) throw tooManyCells()
  context.charge(2 * rows * columns * inner)
  const cells: Value[] = []
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let sum: Value | undefined
      for (let i = 0; i < inner; i++) {
        const one = calculate(
          'multiply',
          left.cells[row * inner + i] ?? false,
          right.cells[i * columns + column] ?? false,
          context,
        )
        sum = sum === undefined ? one : calculate('add', sum, one, context)
      }
      cells.push(sum ?? ZERO)
    }
  const size = [...(left.size.length === 1 ? [] : [rows]), ...(right.size.length === 1 ? [] : [columns])]
  return size.length === 0 ? (cells[0] ?? ZERO) : matrix(cells, size)
}

/** The largest exponent of a matrix, positive or negative. */
const MATRIX_POWER = 1000n

function matrixPower(base: Matrix, exponent: Value, context: Context): Value {
  const side = sideOf(dense(base))
  const power = wholeNumber(exponent)
  const times = power < 0n ? -power : power
  if (times > MATRIX_POWER) throw limit('This exponent is too large for a matrix.')
  let square: Value = power < 0n ? invert(base, context) : base
  let result: Value = identity(side)
  for (let left = times; left > 0n; left >>= 1n) {
    context.tick()
    if (left & 1n) result = operate('multiply', result, square, context)
    if (left > 1n) square = operate('multiply', square, square, context)
  }
  return result
}

function identity(side: number): Matrix {
  return matrix(
    Array.from({ length: side * side }, (_, place) => (place % (side + 1) === 0 ? ONE : ZERO)),
    [side, side],
  )
}
