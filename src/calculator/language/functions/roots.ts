import {
  abs,
  cbrt,
  evaluation,
  exp,
  expm1,
  fromInteger,
  HALF,
  isComplex,
  isQuantity,
  isReal,
  knownSignOf,
  ln,
  log,
  log1p,
  log2,
  log10,
  type Meter,
  nthRoot,
  powerQuantity,
  ratio,
  signOf,
  sqrt,
  TWO,
} from '../../numbers/index.ts'
import { calculate, operand } from '../arithmetic.ts'
import type { Value } from '../values/value.ts'
import { argument, cellsOf, realOf, scalarOf } from './arguments.ts'
import { type Context, type FunctionEntry, MANY } from './function.ts'
import { ofNumber } from './scalars.ts'

/** Returns the square root of a number or of a quantity. */
export function squareRoot(value: Value, meter: Meter): Value {
  const plain = operand(value)
  return isQuantity(plain) ? powerQuantity(plain, HALF, meter) : sqrt(scalarOf(plain), meter)
}

function cubeRoot(value: Value, meter: Meter): Value {
  const plain = operand(value)
  return isQuantity(plain) ? powerQuantity(plain, THIRD, meter) : cbrt(scalarOf(plain), meter)
}

const THIRD = ratio(1n, 3n)

function anyRoot(values: readonly Value[], context: Context): Value {
  const radicand = operand(argument(values, 0))
  const degree = values[1] === undefined ? TWO : realOf(values[1])
  if (!isQuantity(radicand)) return nthRoot(scalarOf(radicand), degree, context)
  return powerQuantity(radicand, realOf(calculate('divide', fromInteger(1), degree, context)), context)
}

export function absolute(value: Value, meter: Meter): Value {
  const plain = operand(value)
  if (isQuantity(plain)) {
    if (isComplex(plain.value)) return { ...plain, value: abs(plain.value, meter) }
    return signOf(plain.value) < 0 ? { ...plain, value: abs(plain.value, meter) } : plain
  }
  return abs(scalarOf(plain), meter)
}

function signum(value: Value, context: Context): Value {
  const plain = operand(value)
  const number = isQuantity(plain) ? plain.value : scalarOf(plain)
  if (isReal(number)) return fromInteger(knownSignOf(number))
  return calculate('divide', number, abs(number, context), context)
}

/** Returns the length of a vector: sqrt(|a|² + |b|² + …). @throws CalculationError when it has no components */
export function lengthOf(components: readonly Value[], context: Context): Value {
  const squares = components.map((value) => {
    const size = absolute(value, context)
    return calculate('multiply', size, size, context)
  })
  if (squares.length === 0) throw evaluation('There are no values here.')
  return squareRoot(
    squares.reduce((sum, square) => calculate('add', sum, square, context)),
    context,
  )
}

function logarithm(values: readonly Value[], context: Context): Value {
  const x = scalarOf(argument(values, 0))
  const base = values[1]
  if (base === undefined) return ln(x, context)
  return log(x, scalarOf(base), context)
}

const topic = 'Powers, roots and logarithms'

export const ROOTS: readonly FunctionEntry[] = [
  {
    names: ['sqrt'],
    signature: 'sqrt(x)',
    description: 'The square root, of quantities too; of a negative number it is imaginary.',
    example: { expression: 'sqrt(16 m^2)', text: '4 m' },
    topic,
    takes: [1, 1],
    each: true,
    cost: () => 2,
    run: (values, context) => squareRoot(argument(values, 0), context),
  },
  {
    names: ['cbrt'],
    signature: 'cbrt(x)',
    description: 'The cube root; of a negative number it is negative.',
    example: { expression: 'cbrt(-27)', text: '-3' },
    topic,
    takes: [1, 1],
    each: true,
    cost: () => 2,
    run: (values, context) => cubeRoot(argument(values, 0), context),
  },
  {
    names: ['nthRoot', 'root'],
    signature: 'nthRoot(x, n)',
    description: 'The real nth root; the square root if n is left out.',
    example: { expression: 'nthRoot(32, 5)', text: '2' },
    topic,
    takes: [1, 2],
    each: true,
    cost: () => 2,
    run: anyRoot,
  },
  {
    names: ['square'],
    signature: 'square(x)',
    description: 'x times x.',
    example: { expression: 'square(3 cm)', text: '9 cm^2' },
    topic,
    takes: [1, 1],
    each: true,
    run: ([x = false], context) => calculate('multiply', x, x, context),
  },
  {
    names: ['cube'],
    signature: 'cube(x)',
    description: 'x times x times x.',
    example: { expression: 'cube(4)', text: '64' },
    topic,
    takes: [1, 1],
    each: true,
    run: ([x = false], context) => calculate('multiply', x, calculate('multiply', x, x, context), context),
  },
  ofNumber({
    names: ['exp'],
    signature: 'exp(x)',
    description: 'e to the power of x.',
    example: { expression: 'exp(1)', text: '2.718281828459' },
    topic,
    run: exp,
  }),
  ofNumber({
    names: ['expm1'],
    signature: 'expm1(x)',
    description: 'exp(x) - 1, accurate even near 0.',
    example: { expression: 'expm1(1e-20)', text: '1e-20' },
    topic,
    run: expm1,
  }),
  {
    names: ['log', 'ln'],
    signature: 'log(x, base)',
    description: 'The logarithm to a base; the natural logarithm, ln, if no base is given.',
    example: { expression: 'log(1000, 10)', text: '3' },
    topic,
    takes: [1, 2],
    each: true,
    cost: () => 2,
    run: logarithm,
  },
  ofNumber({
    names: ['log10', 'lg'],
    signature: 'log10(x)',
    description: 'The logarithm to base 10.',
    example: { expression: 'log10(0.001)', text: '-3' },
    topic,
    run: log10,
  }),
  ofNumber({
    names: ['log2', 'lb'],
    signature: 'log2(x)',
    description: 'The logarithm to base 2.',
    example: { expression: 'log2(8)', text: '3' },
    topic,
    run: log2,
  }),
  ofNumber({
    names: ['log1p'],
    signature: 'log1p(x)',
    description: 'ln(1 + x), accurate even near 0.',
    example: { expression: 'log1p(1e-20)', text: '1e-20' },
    topic,
    run: log1p,
  }),
  {
    names: ['hypot'],
    signature: 'hypot(a, b, …)',
    description: 'The length of the hypotenuse: sqrt(a² + b² + …).',
    example: { expression: 'hypot(3 m, 4 m)', text: '5 m' },
    topic,
    takes: [1, MANY],
    run: (values, context) => lengthOf(cellsOf(values), context),
  },
  {
    names: ['abs'],
    signature: 'abs(x)',
    description: 'The absolute value; for a complex number, its distance from 0.',
    example: { expression: 'abs(-5 km)', text: '5 km' },
    topic,
    takes: [1, 1],
    each: true,
    keepsUnits: true,
    run: (values, context) => absolute(argument(values, 0), context),
  },
  {
    names: ['sign', 'sgn', 'signum'],
    signature: 'sign(x)',
    description: '1 for a positive number, -1 for a negative one, 0 for 0.',
    example: { expression: 'sign(-7)', text: '-1' },
    topic,
    takes: [1, 1],
    each: true,
    run: (values, context) => signum(argument(values, 0), context),
  },
]
