import type { BigNumber } from 'mathjs'
import { costOfCall } from './costs.ts'
import { evaluation, limit } from './errors.ts'
import { fromWhole, shift, whole } from './integers.ts'
import { decimal, isComplex, isDecimal, isMatrix, isUnit, libraryFunction, type Value } from './library.ts'
import { CELLS, DENSE_ROWS, EXPONENT } from './limits.ts'
import type { Binary, Comparison, Unary } from './tree.ts'
import { accept, cells, isExact, tooLarge, tooManyCells } from './values.ts'

/** Computes with two values, or throws a `CalculationError`. What it would cost is checked first. */
export function binary(operator: Binary, left: Value, right: Value): Value {
  const a = operator === 'xor' ? left : counted(left)
  const b = operator === 'xor' ? right : counted(right)
  if (isDecimal(a) && isDecimal(b)) {
    const fast = DECIMALS[operator]
    if (fast) return accept(fast(a, b))
  }
  noText(a)
  noText(b)
  fits(operator, a, b)
  return accept(libraryFunction(operator)(a, b))
}

/** True counts as 1 where numbers are computed with. */
const counted = (value: Value): Value => (typeof value === 'boolean' ? decimal(value ? 1 : 0) : value)

type OnDecimals = (a: BigNumber, b: BigNumber) => unknown

const DECIMALS: Partial<Record<Binary, OnDecimals>> = {
  add: (a, b) => cancelled(a.plus(b), a, b),
  subtract: (a, b) => cancelled(a.minus(b), a, b),
  multiply: (a, b) => a.times(b),
  divide: divided,
  mod: modulo,
  pow: power,
  dotMultiply: (a, b) => a.times(b),
  dotDivide: divided,
  dotPow: power,
  bitAnd: (a, b) => fromWhole(whole(a) & whole(b)),
  bitOr: (a, b) => fromWhole(whole(a) | whole(b)),
  bitXor: (a, b) => fromWhole(whole(a) ^ whole(b)),
  leftShift: (a, b) => fromWhole(shift(whole(a), whole(b))),
  rightArithShift: (a, b) => fromWhole(shift(whole(a), -whole(b))),
}

/** What is left when two roundings of one number are subtracted is no number: sqrt(2)^2 - 2 is 0. */
function cancelled(sum: BigNumber, a: BigNumber, b: BigNumber): BigNumber {
  if (!sum.isFinite() || sum.isZero() || sum.e > Math.max(a.e, b.e) - 72) return sum
  return isExact(a) && isExact(b) ? sum : decimal(0)
}

function divided(a: BigNumber, b: BigNumber): BigNumber {
  if (b.isZero()) throw evaluation('Division by zero.')
  return a.div(b)
}

/** The remainder that has the divisor's sign, as in Python: -7 % 3 is 2. */
function modulo(a: BigNumber, b: BigNumber): BigNumber {
  if (b.isZero()) throw evaluation('Division by zero.')
  if (!a.isFinite()) throw evaluation('The remainder of infinity is not defined.')
  if (!b.isFinite()) return a.isZero() || a.isNegative() === b.isNegative() ? a : b
  if (a.e - b.e > 90) throw limit('This number is too large for an exact remainder.')
  const rest = a.mod(b)
  return rest.isZero() || rest.isNegative() === b.isNegative() ? rest : rest.plus(b)
}

function power(a: BigNumber, b: BigNumber): unknown {
  if (a.isZero() && b.isNegative() && !b.isZero()) throw evaluation('Division by zero.')
  if (a.isFinite() && b.isFinite() && !a.isZero()) {
    const digits = Math.abs(Math.log10(Math.abs(Number(a.toPrecision(15)) || 1)) || a.e)
    if (digits * Math.abs(b.toNumber()) > EXPONENT + 1) {
      if (a.abs().gt(1) === b.isNegative()) return decimal(0)
      throw tooLarge()
    }
    if (b.abs().gt(1e12)) throw limit('This exponent is too large.')
  }
  return b.isInteger() || !a.isNegative() ? a.pow(b) : libraryFunction('pow')(a, b)
}

const ELEMENTWISE = new Set<Binary>([
  'add',
  'subtract',
  'mod',
  'dotMultiply',
  'dotDivide',
  'dotPow',
  'xor',
  'to',
])

const BITS = new Set<Binary>(['bitAnd', 'bitOr', 'bitXor', 'leftShift', 'rightArithShift'])

function fits(operator: Binary, a: Value, b: Value): void {
  if (operator === 'pow' || (operator === 'dotPow' && !isMatrix(a))) powerFits(a, b)
  if (!isMatrix(a) && !isMatrix(b)) return
  if (cells(a) > CELLS || cells(b) > CELLS) throw tooManyCells()
  if (isMatrix(a) && isMatrix(b)) {
    if (operator === 'divide') denseFits(b)
    if (BITS.has(operator)) throw evaluation('Bits are computed with number by number.')
    if (ELEMENTWISE.has(operator)) {
      broadcastFits([a.size(), b.size()])
      if (operator === 'dotPow') cheapPowers(a, b)
      return
    }
    const [rows = 1] = a.size()
    if ((cells(a) * cells(b)) / Math.max(1, b.size()[0] ?? 1) > CELLS * 20) throw tooManyCells()
    if (rows * (b.size()[1] ?? 1) > CELLS) throw tooManyCells()
    return
  }
  if (operator === 'divide' && isMatrix(b)) denseFits(b)
  if (BITS.has(operator)) throw evaluation('Bits are computed with number by number.')
  if (operator === 'dotPow') cheapPowers(a, b)
}

function powerFits(a: Value, b: Value): void {
  const exponent = isDecimal(b) ? b.abs().toNumber() : 0
  if (isMatrix(a)) {
    denseFits(a)
    if (exponent > 1000) throw limit('This exponent is too large for a matrix.')
  } else if (isUnit(a) && exponent > 100) throw limit('This exponent is too large for a unit.')
  else if (isComplex(a) && exponent > 1e6) throw limit('This exponent is too large.')
}

/** Powers cell by cell have the bounds of a power of numbers. */
function cheapPowers(a: Value, b: Value): void {
  const each = (value: Value): BigNumber[] => {
    if (!isMatrix(value)) return isDecimal(value) ? [value] : []
    const flat: unknown[] = value.toArray().flat(9)
    return flat.filter(isDecimal)
  }
  const largestExponent = each(b).reduce((most, one) => Math.max(most, one.abs().toNumber()), 0)
  for (const one of each(a)) if (Math.abs(one.e || 1) * largestExponent > EXPONENT) throw tooLarge()
}

/** Matrices of these sizes give one that is at most so large. */
export function broadcastFits(sizes: number[][]): void {
  const most: number[] = []
  for (const size of sizes)
    for (const [i, length] of [...size].reverse().entries()) most[i] = Math.max(most[i] ?? 1, length)
  if (most.reduce((product, length) => product * length, 1) > CELLS) throw tooManyCells()
}

/** A matrix that elimination can be done on in a few milliseconds. */
export function denseFits(value: Value): void {
  if (!isMatrix(value)) return
  for (const length of value.size())
    if (length > DENSE_ROWS)
      throw limit(`This matrix is too large for that; ${DENSE_ROWS} rows are the most.`)
}

export function noText(value: Value): void {
  if (typeof value === 'string') throw evaluation('Text cannot be calculated with.')
}

/** Computes with one value, or throws a `CalculationError`. */
export function unary(operator: Unary, value: Value, charge: (units: number) => void): Value {
  noText(value)
  charge(costOfCall(operator, [value]))
  if (isDecimal(value)) {
    if (operator === 'unaryMinus') return value.neg()
    if (operator === 'unaryPlus') return value
    if (operator === 'bitNot') return fromWhole(~whole(value))
  }
  return accept(libraryFunction(operator)(value))
}

const DECIMAL_COMPARISONS: Record<Comparison, (order: number) => boolean> = {
  equal: (order) => order === 0,
  unequal: (order) => order !== 0,
  smaller: (order) => order < 0,
  larger: (order) => order > 0,
  smallerEq: (order) => order <= 0,
  largerEq: (order) => order >= 0,
}

/** Compares; numbers are equal when only guard digits differ. */
export function compare(comparison: Comparison, a: Value, b: Value): Value {
  if (isDecimal(a) && isDecimal(b)) {
    const difference = cancelled(a.minus(b), a, b)
    return DECIMAL_COMPARISONS[comparison](difference.isNaN() ? 0 : difference.cmp(0))
  }
  noText(a)
  noText(b)
  if (isMatrix(a) && isMatrix(b)) broadcastFits([a.size(), b.size()])
  return accept(libraryFunction(comparison)(a, b))
}

/** Tells whether a value counts as true; a matrix has no one answer. */
export function isTrue(value: Value): boolean {
  if (typeof value === 'boolean') return value
  if (isDecimal(value)) return !value.isZero()
  throw evaluation('A condition is true or false, or a number.')
}
