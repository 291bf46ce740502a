import { operate } from './operators.ts'
import type { BaseCompute, Compute, Run } from './run.ts'
import type { Value } from './values/value.ts'

/** Computes with what stands before a power or a factorial, and multiplies by the factor before that: `p(1 + r)^2`. */
export function withFactor(
  base: BaseCompute,
  work: (of: Value, run: Run, locals: readonly Value[]) => Value,
): Compute {
  return (run, locals) => {
    const { factor, of } = base(run, locals)
    const value = work(of, run, locals)
    return factor === undefined ? value : operate('multiply', factor, value, run)
  }
}
