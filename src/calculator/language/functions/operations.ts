/** The operators by name, and what is asked of values: `add(1, 2)`, `isPositive(x)`. */
import {
  convert,
  fromInteger,
  isInteger,
  isQuantity,
  isReal,
  isUnclear,
  knownSignOf,
} from '../../numbers/index.ts'
import { compareValues, isTrue, operand, unclear } from '../arithmetic.ts'
import { compare, operate, operateUnary } from '../operators.ts'
import type { Binary, Comparison, Unary } from '../tree.ts'
import { broadcast } from '../values/matrix.ts'
import { isMatrix, type Value } from '../values/value.ts'
import { argument, quantityOf, realOf, scalarOf, wholeOf } from './arguments.ts'
import type { Context, FunctionEntry } from './function.ts'
import { isZero } from './linear.ts'

type Shown = readonly [description: string, expression: string, text: string]

const binary = (
  names: FunctionEntry['names'],
  operator: Exclude<Binary, 'at'>,
  topic: string,
  [description, expression, text]: Shown,
): FunctionEntry => ({
  names,
  signature: `${names[0]}(a, b)`,
  description,
  example: { expression, text },
  topic,
  takes: [2, 2],
  cost: () => 2,
  run: (values, context) => operate(operator, argument(values, 0), argument(values, 1), context),
})

const unary = (
  name: string,
  operator: Unary,
  topic: string,
  [description, expression, text]: Shown,
): FunctionEntry => ({
  names: [name],
  signature: `${name}(x)`,
  description,
  example: { expression, text },
  topic,
  takes: [1, 1],
  run: (values, context) => operateUnary(operator, argument(values, 0), context),
})

const comparison = (name: Comparison, [description, expression, text]: Shown): FunctionEntry => ({
  names: [name],
  signature: `${name}(a, b)`,
  description,
  example: { expression, text },
  topic: 'Comparing and logic',
  takes: [2, 2],
  cost: () => 2,
  run: (values, context) => compare(name, argument(values, 0), argument(values, 1), context),
})

const question = (
  name: string,
  ask: (value: Value) => boolean,
  [description, expression, text]: Shown,
): FunctionEntry => ({
  names: [name],
  signature: `${name}(x)`,
  description,
  example: { expression, text },
  topic: 'Comparing and logic',
  takes: [1, 1],
  each: true,
  run: (values) => ask(argument(values, 0)),
})

function signOfValue(value: Value): number {
  const plain = operand(value)
  return knownSignOf(realOf(isQuantity(plain) ? plain.value : plain))
}

function order(values: readonly Value[], context: Context): Value {
  const [a, b] = [argument(values, 0), argument(values, 1)]
  const one = (left: Value, right: Value): Value => {
    context.charge(2)
    if (compareValues('equal', left, right, context)) return fromInteger(0)
    return fromInteger(compareValues('larger', left, right, context) ? 1 : -1)
  }
  return isMatrix(a) || isMatrix(b) ? broadcast(a, b, one) : one(a, b)
}

function deeplyEqual(values: readonly Value[], context: Context): boolean {
  const [a, b] = [argument(values, 0), argument(values, 1)]
  if (!isMatrix(a) || !isMatrix(b))
    return !isMatrix(a) && !isMatrix(b) && compareValues('equal', a, b, context)
  if (a.size.join() !== b.size.join()) return false
  return a.cells.every((cell, i) => compareValues('equal', cell, b.cells[i] ?? false, context))
}

const both = (
  name: string,
  decide: (a: boolean, b: boolean) => boolean,
  [description, expression, text]: Shown,
): FunctionEntry => ({
  names: [name],
  signature: `${name}(a, b)`,
  description,
  example: { expression, text },
  topic: 'Comparing and logic',
  takes: [2, 2],
  run: (values, context) => {
    const [a, b] = [argument(values, 0), argument(values, 1)]
    const one = (left: Value, right: Value) => {
      context.charge(2)
      return decide(isTrue(left), isTrue(right))
    }
    return isMatrix(a) || isMatrix(b) ? broadcast(a, b, one) : one(a, b)
  },
})

const OPERATORS = 'Operators by name'
const BITS = 'Bits'

export const OPERATIONS: readonly FunctionEntry[] = [
  binary(['add'], 'add', OPERATORS, ['a + b.', 'add(2, 3)', '5']),
  binary(['subtract'], 'subtract', OPERATORS, ['a - b.', 'subtract(2, 3)', '-1']),
  binary(['multiply'], 'multiply', OPERATORS, [
    'a * b, of matrices too.',
    'multiply([1, 2; 3, 4], [1; 1])',
    '[[3], [7]]',
  ]),
  binary(['divide'], 'divide', OPERATORS, ['a / b.', 'divide(1, 8)', '0.125']),
  binary(['mod'], 'remainder', OPERATORS, [
    'The remainder, with the sign of the divisor.',
    'mod(-7, 3)',
    '2',
  ]),
  binary(['pow', 'power'], 'power', OPERATORS, ['a to the power of b.', 'pow(2, 10)', '1024']),
  binary(['dotMultiply'], 'dotMultiply', OPERATORS, [
    'Multiplies cell by cell: a .* b.',
    'dotMultiply([1, 2], [3, 4])',
    '[3, 8]',
  ]),
  binary(['dotDivide'], 'dotDivide', OPERATORS, [
    'Divides cell by cell: a ./ b.',
    'dotDivide([6, 8], [3, 4])',
    '[2, 2]',
  ]),
  binary(['dotPow'], 'dotPower', OPERATORS, [
    'Takes powers cell by cell: a .^ b.',
    'dotPow([2, 3], 2)',
    '[4, 9]',
  ]),
  unary('unaryMinus', 'minus', OPERATORS, ['-x.', 'unaryMinus(5)', '-5']),
  unary('unaryPlus', 'plus', OPERATORS, ['+x.', 'unaryPlus(5)', '5']),
  {
    names: ['to'],
    signature: 'to(x, unit)',
    description: 'x in another unit.',
    example: { expression: 'to(5 cm, mm)', text: '50 mm' },
    topic: OPERATORS,
    takes: [2, 2],
    run: (values, context) =>
      convert(quantityOf(argument(values, 0)), quantityOf(argument(values, 1)).unit, context),
  },
  binary(['bitAnd'], 'bitAnd', BITS, ['The bits that are set in both: a & b.', 'bitAnd(12, 10)', '8']),
  binary(['bitOr'], 'bitOr', BITS, ['The bits that are set in either: a | b.', 'bitOr(12, 10)', '14']),
  binary(['bitXor'], 'bitXor', BITS, [
    'The bits that are set in only one of them: a ^| b.',
    'bitXor(12, 10)',
    '6',
  ]),
  {
    names: ['bitNot'],
    signature: 'bitNot(x)',
    description: 'All bits inverted: ~x, which is -x - 1.',
    example: { expression: 'bitNot(5)', text: '-6' },
    topic: BITS,
    takes: [1, 1],
    each: true,
    run: (values) => fromInteger(~wholeOf(argument(values, 0))),
  },
  binary(['leftShift'], 'leftShift', BITS, ['Shifts bits to the left: a << b.', 'leftShift(1, 4)', '16']),
  binary(['rightArithShift', 'rightShift'], 'rightShift', BITS, [
    'Shifts bits to the right: a >> b.',
    'rightArithShift(-8, 1)',
    '-4',
  ]),
  comparison('equal', ['Whether both are equal: a == b.', 'equal(0 degC, 32 degF)', 'true']),
  comparison('unequal', ['Whether they differ: a != b.', 'unequal(1, 2)', 'true']),
  comparison('smaller', ['Whether a < b.', 'smaller(1 km, 1 mile)', 'true']),
  comparison('larger', ['Whether a > b.', 'larger(1, 2)', 'false']),
  comparison('smallerEq', ['Whether a <= b.', 'smallerEq(2, 2)', 'true']),
  comparison('largerEq', ['Whether a >= b.', 'largerEq(2, 2)', 'true']),
  {
    names: ['compare'],
    signature: 'compare(a, b)',
    description: '-1 if a is smaller, 0 if they are equal, 1 if a is larger.',
    example: { expression: 'compare(1 cm, 1 inch)', text: '-1' },
    topic: 'Comparing and logic',
    takes: [2, 2],
    run: order,
  },
  {
    names: ['deepEqual'],
    signature: 'deepEqual(a, b)',
    description: 'Whether two matrices are equal as a whole.',
    example: { expression: 'deepEqual([1, 2], [1, 2])', text: 'true' },
    topic: 'Comparing and logic',
    takes: [2, 2],
    run: deeplyEqual,
  },
  both('and', (a, b) => a && b, ['Whether both are true.', 'and(1 < 2, 2 < 3)', 'true']),
  both('or', (a, b) => a || b, ['Whether one of them is true.', 'or(1 > 2, 2 < 3)', 'true']),
  binary(['xor'], 'xor', 'Comparing and logic', [
    'Whether only one of them is true; of whole numbers, the bits that are set in only one.',
    'xor(true, true)',
    'false',
  ]),
  question('not', (value) => !isTrue(value), ['Whether it is false.', 'not(1 > 2)', 'true']),
  question('isInteger', isWhole, ['Whether a number is whole.', 'isInteger(2.5)', 'false']),
  question('isNegative', (value) => signOfValue(value) < 0, [
    'Whether it is below 0.',
    'isNegative(-5)',
    'true',
  ]),
  question('isPositive', (value) => signOfValue(value) > 0, [
    'Whether it is above 0.',
    'isPositive(0)',
    'false',
  ]),
  question('isZero', isZero, ['Whether it is 0.', 'isZero(0.1 + 0.2 - 0.3)', 'true']),
  question('isNaN', () => false, [
    'Always false: there are no values here that are not numbers.',
    'isNaN(1)',
    'false',
  ]),
]

function isWhole(value: Value): boolean {
  const number = scalarOf(value)
  if (isReal(number) && isUnclear(number)) throw unclear()
  return isReal(number) && isInteger(number)
}
