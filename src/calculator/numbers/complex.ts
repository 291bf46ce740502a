import type { Real } from './real.ts'

/** A complex number; its parts are real numbers of their own, exact or not. */
export interface Complex {
  readonly kind: 'complex'
  readonly re: Real
  readonly im: Real
}

/** A number: real or complex. */
export type Scalar = Real | Complex
