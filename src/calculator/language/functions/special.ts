import { erf, erfc, gamma, lgamma, zeta } from '../../numbers/index.ts'
import type { FunctionEntry } from './function.ts'
import { ofNumber } from './scalars.ts'

const topic = 'Special functions'

export const SPECIAL: readonly FunctionEntry[] = [
  ofNumber({
    names: ['gamma'],
    signature: 'gamma(x)',
    description: "Euler's gamma function: (x - 1)! for whole x.",
    example: { expression: 'gamma(0.5)^2', text: '3.1415926535898' },
    topic,
    run: gamma,
  }),
  ofNumber({
    names: ['lgamma'],
    signature: 'lgamma(x)',
    description: 'The natural logarithm of gamma(x).',
    example: { expression: 'lgamma(0.771)', text: '0.18103032953349' },
    topic,
    run: lgamma,
  }),
  ofNumber({
    names: ['erf'],
    signature: 'erf(x)',
    description:
      'The error function: the share of a normal distribution within x times sqrt(2) standard deviations.',
    example: { expression: 'erf(1)', text: '0.84270079294971' },
    topic,
    run: erf,
  }),
  ofNumber({
    names: ['erfc'],
    signature: 'erfc(x)',
    description: '1 - erf(x), accurate even where it is tiny.',
    example: { expression: 'erfc(5)', text: '1.537459794428e-12' },
    topic,
    run: erfc,
  }),
  ofNumber({
    names: ['zeta'],
    signature: 'zeta(x)',
    description: "Riemann's zeta function.",
    example: { expression: 'zeta(2)', text: '1.6449340668482' },
    topic,
    run: zeta,
  }),
]
