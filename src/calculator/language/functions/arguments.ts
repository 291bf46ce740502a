/** Checks of functions' arguments, and the words in which others are refused. */
import {
  evaluation,
  isComplex,
  isInteger,
  isQuantity,
  isReal,
  type Quantity,
  type Real,
  type Scalar,
  toNumber,
  writeUnit,
} from '../../numbers/index.ts'
import { operand, wholeNumber } from '../arithmetic.ts'
import { isMoment } from '../dates/index.ts'
import { isMatrix, type Matrix, type Value } from '../values/value.ts'

/** Describes the kind of a value, for a sentence: `a matrix`, `a value in km`. */
export function describe(value: Value): string {
  if (typeof value === 'boolean') return `\`${value}\``
  if (typeof value === 'string') return 'a text'
  if (isMatrix(value)) return 'a matrix'
  if (isMoment(value)) return value.kind === 'time' ? 'a time of day' : 'a date'
  if (value.kind === 'written') return describe(value.value)
  if (isQuantity(value)) return `a value in ${writeUnit(value.unit)}`
  return isComplex(value) ? 'a complex number' : 'a number'
}

const unlike = (wanted: string, value: Value) =>
  evaluation(`This works with ${wanted}, not with ${describe(value)}.`)

/** Returns a real or complex number; true is 1. @throws CalculationError for anything else */
export function scalarOf(value: Value): Scalar {
  const plain = isMatrix(value) ? value : operand(value)
  if (isMatrix(plain) || isMoment(plain) || isQuantity(plain)) throw unlike('numbers', value)
  return plain
}

/** Returns a real number; true is 1. @throws CalculationError for anything else */
export function realOf(value: Value): Real {
  const plain = scalarOf(value)
  if (!isReal(plain)) throw unlike('real numbers', value)
  return plain
}

/** Returns a whole number. @throws CalculationError for anything else */
export function wholeOf(value: Value): bigint {
  return wholeNumber(realOf(value))
}

/** Returns a whole number that the machine's numbers hold exactly. @throws CalculationError for anything else */
export function smallWholeOf(value: Value): number {
  const plain = realOf(value)
  const found = toNumber(plain)
  if (!isInteger(plain) || !Number.isSafeInteger(found))
    throw evaluation('This works only with whole numbers.')
  return found
}

/** Returns a quantity. @throws CalculationError for anything else */
export function quantityOf(value: Value): Quantity {
  if (typeof value === 'object' && isQuantity(value)) return value
  throw unlike('values that have a unit', value)
}

/** Returns a matrix. @throws CalculationError for anything else */
export function matrixOf(value: Value): Matrix {
  if (isMatrix(value)) return value
  throw evaluation(`This works with a matrix such as \`[1, 2, 3]\`, not with ${describe(value)}.`)
}

/** Returns all cells of all arguments, in their order. */
export function cellsOf(values: readonly Value[]): Value[] {
  return values.flatMap((value) => (isMatrix(value) ? value.cells : [value]))
}

/** The number of cells of all arguments. */
export function countAll(values: readonly Value[]): number {
  return values.reduce((sum, value) => sum + (isMatrix(value) ? value.cells.length : 1), 0)
}

/** Returns the argument at a place, which `takes` has promised to be there. */
export function argument(values: readonly Value[], at: number): Value {
  const value = values[at]
  if (value === undefined) throw evaluation('An argument is missing.')
  return value
}
