/** Arithmetic and comparison of two values other than matrices: numbers, quantities, dates, and true and false. */
import {
  add,
  addQuantities,
  areSame,
  compareQuantities,
  divide,
  divideQuantities,
  equalQuantities,
  evaluation,
  fromInteger,
  isUnclear,
  knownOrderOf,
  knownSignOf,
  limit,
  type Meter,
  multiply,
  multiplyQuantities,
  ONE,
  power,
  powerQuantity,
  type Quantity,
  remainder,
  remainderQuantities,
  type Scalar,
  subtract,
  subtractQuantities,
  toBigInt,
  ZERO,
} from '../numbers/index.ts'
import {
  addSpan,
  compareMoments,
  differenceOf,
  isMoment,
  type Moment,
  subtractSpan,
  writeMoment,
} from './dates/index.ts'
import type { Binary, Comparison } from './tree.ts'
import { isMatrix, isQuantity, isReal, isScalar, unwritten, type Value } from './values/value.ts'

/** The operators of two values other than matrices; for these `.*` is `*`. */
export type Arithmetic = Exclude<Binary, 'dotMultiply' | 'dotDivide' | 'dotPower' | 'choose' | 'at'>

/**
 * Computes with two values other than matrices.
 * @throws CalculationError when this cannot be done with such values, or takes too much
 */
export function calculate(operator: Arithmetic, left: Value, right: Value, meter: Meter): Value {
  if (isScalar(left) && isScalar(right)) return ON_SCALARS[operator](left, right, meter)
  if (operator === 'xor') return isTrue(left) !== isTrue(right)
  const a = operand(left)
  const b = operand(right)
  if (isMoment(a) || isMoment(b)) return onMoments(operator, a, b, meter)
  if (isQuantity(a) || isQuantity(b)) return onQuantities(operator, a, b, meter)
  return ON_SCALARS[operator](a, b, meter)
}

type Operand = Scalar | Quantity | Moment

/** Converts a value to an operand of arithmetic: true counts as 1. */
export function operand(value: Value): Operand {
  const plain = unwritten(value)
  if (typeof plain === 'boolean') return plain ? ONE : ZERO
  if (typeof plain === 'string') throw evaluation('Text cannot be used in calculations.')
  if (isMatrix(plain)) throw evaluation('This works only with single values, not with a matrix.')
  return plain
}

type OnScalars = (left: Scalar, right: Scalar, meter: Meter) => Value

/** The bits that are set in only one of two numbers. */
const eitherBits = onBits((left, right) => left ^ right)

const ON_SCALARS: Readonly<Record<Arithmetic, OnScalars>> = {
  add,
  subtract,
  multiply,
  divide,
  remainder,
  power,
  // Of true and false it is a condition, of numbers it is of their bits.
  xor: eitherBits,
  bitAnd: onBits((left, right) => left & right),
  bitOr: onBits((left, right) => left | right),
  bitXor: eitherBits,
  leftShift: onBits((left, right) => shift(left, right)),
  rightShift: onBits((left, right) => shift(left, -right)),
}

function onBits(work: (left: bigint, right: bigint) => bigint): OnScalars {
  return (left, right, meter) => {
    meter.charge(2)
    return fromInteger(work(wholeNumber(left), wholeNumber(right)))
  }
}

/** Returns a whole number. @throws CalculationError when the value is not one, or not known to its last digit */
export function wholeNumber(value: Value): bigint {
  const plain = operand(value)
  const found = isReal(plain) ? toBigInt(plain) : undefined
  if (found !== undefined) return found
  throw isReal(plain) && isUnclear(plain) ? unclear() : evaluation('This works only with whole numbers.')
}

/** The refusal of a number of which too few digits are known to tell whether it is whole. */
export const unclear = () => evaluation('This number is too large: its last digits are not known.')

/** The most places that bits can be shifted by. */
const SHIFT = 1_000n

function shift(value: bigint, places: bigint): bigint {
  if (places > SHIFT || places < -SHIFT) throw limit('This shifts too far.')
  return places < 0n ? value >> -places : value << places
}

function onQuantities(
  operator: Arithmetic,
  left: Scalar | Quantity,
  right: Scalar | Quantity,
  meter: Meter,
): Value {
  switch (operator) {
    case 'multiply':
      return multiplyQuantities(left, right, meter)
    case 'divide':
      return divideQuantities(left, right, meter)
    case 'power':
      if (!isReal(right))
        throw evaluation(
          isQuantity(right)
            ? 'An exponent cannot have a unit.'
            : 'An exponent of a unit must be a real number.',
        )
      return powerQuantity(left, right, meter)
    case 'add':
    case 'subtract':
    case 'remainder':
      return BOTH[operator](left, right, meter)
    default:
      throw evaluation('This cannot be done with units.')
  }
}

const BOTH = { add: addQuantities, subtract: subtractQuantities, remainder: remainderQuantities }

function onMoments(operator: Arithmetic, left: Operand, right: Operand, meter: Meter): Value {
  meter.charge(20)
  if (operator === 'add' && isMoment(left) && isQuantity(right)) return addSpan(left, right, meter)
  if (operator === 'add' && isMoment(right) && isQuantity(left)) return addSpan(right, left, meter)
  if (operator === 'subtract' && isMoment(left)) {
    if (isMoment(right)) return differenceOf(left, right)
    if (isQuantity(right)) return subtractSpan(left, right, meter)
  }
  if (operator !== 'add' && operator !== 'subtract')
    throw evaluation(
      'A date or a time cannot be multiplied or divided. A length of time is written as 7 h 30 min.',
    )
  const isOfLength = operator === 'add' || isQuantity(left)
  if (isOfLength && isMoment(right) && right.kind === 'time')
    throw evaluation(
      `\`${writeMoment(right)}\` is a time of day here. Write the length of time as ${right.at.hour} h ${right.at.minute} min.`,
    )
  throw evaluation(
    'Only a length of time such as `3 days` can be added to or subtracted from a date or a time.',
  )
}

/** Comparisons that need to know which is larger. */
type Ordering = Exclude<Comparison, 'equal' | 'unequal'>

const ORDERINGS: Readonly<Record<Ordering, (order: number) => boolean>> = {
  smaller: (order) => order < 0,
  larger: (order) => order > 0,
  smallerEq: (order) => order <= 0,
  largerEq: (order) => order >= 0,
}

/** Compares two values other than matrices: exactly where both are exact, else as far as their digits are right. */
export function compareValues(comparison: Comparison, left: Value, right: Value, meter: Meter): boolean {
  if (comparison === 'equal') return isSame(left, right, meter)
  if (comparison === 'unequal') return !isSame(left, right, meter)
  return ORDERINGS[comparison](orderOf(left, right, meter))
}

/** Tells whether two values are equal, also where it is not known which would be the larger. */
function isSame(left: Value, right: Value, meter: Meter): boolean {
  meter.charge(2)
  const a = operand(left)
  const b = operand(right)
  if (isMoment(a) || isMoment(b)) return orderOfMoments(a, b) === 0
  return isQuantity(a) || isQuantity(b) ? equalQuantities(a, b, meter) : areSame(a, b)
}

/** Returns a negative number, 0 or a positive one. */
function orderOf(left: Value, right: Value, meter: Meter): number {
  meter.charge(2)
  const a = operand(left)
  const b = operand(right)
  if (isMoment(a) || isMoment(b)) return orderOfMoments(a, b)
  if (isQuantity(a) || isQuantity(b)) return compareQuantities(a, b, meter)
  if (isReal(a) && isReal(b)) return knownOrderOf(a, b)
  throw evaluation('Complex numbers have no order.')
}

function orderOfMoments(a: Operand, b: Operand): number {
  if (isMoment(a) && isMoment(b)) return compareMoments(a, b)
  throw evaluation('A date or a time can only be compared with another one.')
}

/** Tells whether a value counts as true. @throws CalculationError for a matrix and for anything that is not a condition */
export function isTrue(value: Value): boolean {
  const plain = unwritten(value)
  if (typeof plain === 'boolean') return plain
  if (isScalar(plain) && isReal(plain)) return knownSignOf(plain) !== 0
  throw evaluation('A condition must be true or false, or a number.')
}
