import { arg, complex, conjugate, im, re, ZERO } from '../../numbers/index.ts'
import { argument, realOf } from './arguments.ts'
import type { FunctionEntry } from './function.ts'
import { ofNumber } from './scalars.ts'

const topic = 'Complex numbers'

export const COMPLEXES: readonly FunctionEntry[] = [
  ofNumber({
    names: ['re', 'real'],
    signature: 're(z)',
    description: 'The real part.',
    example: { expression: 're(3 + 4i)', text: '3' },
    topic,
    run: re,
  }),
  ofNumber({
    names: ['im', 'imag'],
    signature: 'im(z)',
    description: 'The imaginary part.',
    example: { expression: 'im(3 + 4i)', text: '4' },
    topic,
    run: im,
  }),
  ofNumber({
    names: ['conj'],
    signature: 'conj(z)',
    description: 'The conjugate: the imaginary part with the other sign.',
    example: { expression: 'conj(3 + 4i)', text: '3 - 4i' },
    topic,
    run: conjugate,
  }),
  ofNumber({
    names: ['arg'],
    signature: 'arg(z)',
    description: 'The angle from the positive real axis, in radians.',
    example: { expression: 'arg(i) to deg', text: '90 deg' },
    topic,
    run: arg,
  }),
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
