import { arg, complex, conjugate, im, isQuantity, re, type Scalar, ZERO } from '../../numbers/index.ts'
import { operand } from '../arithmetic.ts'
import { argument, realOf, scalarOf } from './arguments.ts'
import type { FunctionEntry } from './function.ts'

const topic = 'Complex numbers'

/** A part of a number, or of a quantity such as an impedance, which keeps its unit. */
const part = (
  names: FunctionEntry['names'],
  of: (value: Scalar) => Scalar,
  description: string,
  example: FunctionEntry['example'],
): FunctionEntry => ({
  names,
  signature: `${names[0]}(z)`,
  description,
  example,
  topic,
  takes: [1, 1],
  each: true,
  cost: () => 2,
  run: (values) => {
    const value = operand(argument(values, 0))
    return isQuantity(value) ? { ...value, value: of(value.value) } : of(scalarOf(value))
  },
})

export const COMPLEXES: readonly FunctionEntry[] = [
  part(['re', 'real'], re, 'The real part.', { expression: 're(3 + 4i)', text: '3' }),
  part(['im', 'imag'], im, 'The imaginary part.', { expression: 'im(3 + 4i)', text: '4' }),
  part(['conj'], conjugate, 'The conjugate: the imaginary part with the other sign.', {
    expression: 'conj(3 + 4i)',
    text: '3 - 4i',
  }),
  {
    names: ['arg'],
    signature: 'arg(z)',
    description: 'The angle from the positive real axis, in radians.',
    example: { expression: 'arg(i) to deg', text: '90 deg' },
    topic,
    takes: [1, 1],
    each: true,
    cost: () => 2,
    run: (values, context) => {
      const value = operand(argument(values, 0))
      return arg(isQuantity(value) ? value.value : scalarOf(value), context)
    },
  },
  {
    names: ['complex'],
    signature: 'complex(re, im)',
    description: 'The complex number of these two parts.',
    example: { expression: 'complex(3, 4)', text: '3 + 4i' },
    topic,
    takes: [1, 2],
    run: (values) => complex(realOf(argument(values, 0)), values[1] === undefined ? ZERO : realOf(values[1])),
  },
]
