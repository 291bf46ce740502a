/**
 * The values that an expression can have. All are immutable, and what differs in kind differs in type: code that takes a
 * value apart asks `isReal`, `isComplex`, `isQuantity`, … and leaves how a number is kept to `numbers`.
 */
import type { Quantity, Real, Scalar, Unit } from '../../numbers/index.ts'
import type { Moment } from '../dates/index.ts'

/** A value, which may also be a cell of a matrix. */
export type Value = Scalar | Quantity | boolean | string | Moment | Matrix | Written

/** A matrix: see matrix.ts. */
export interface Matrix {
  readonly kind: 'matrix'
  /** In the order of the rows; never matrices themselves, nor values in another writing. */
  readonly cells: readonly Value[]
  /** The length of each dimension. */
  readonly size: readonly number[]
}

/** A value that is to be shown in another writing. Whatever computes with it computes with `value`: see `unwritten`. */
export interface Written {
  readonly kind: 'written'
  readonly value: Exclude<Value, Written>
  readonly as: Writing
}

export type Writing =
  | { readonly kind: 'base'; readonly base: 2 | 8 | 16 }
  | { readonly kind: 'fraction' | 'mixedFraction' | 'percent' | 'number' | 'engineering' | 'roman' }
  /** A percentage that is shown as the number it is: `8%` is 0.08. */
  | { readonly kind: 'share' }
  /** With so many significant digits, or as many as there are. */
  | { readonly kind: 'scientific'; readonly digits?: number }
  /** Digits after the point, or significant digits; of the percentage, where it is shown as one. */
  | {
      readonly kind: 'places'
      readonly places: number
      readonly significant: boolean
      readonly isPercent?: true
    }
  /** A quantity in several units, the largest first: `5 ft 3 in`; `places` are digits after the point of the smallest. */
  | { readonly kind: 'mixed'; readonly units: readonly Unit[]; readonly places?: number }

/** Tells whether a value is a number, real or complex. */
export function isScalar(value: Value): value is Scalar {
  return isReal(value) || (typeof value === 'object' && value.kind === 'complex')
}

export function isReal(value: Value): value is Real {
  return typeof value === 'object' && (value.kind === 'exact' || value.kind === 'ball')
}

export function isQuantity(value: Value): value is Quantity {
  return typeof value === 'object' && value.kind === 'quantity'
}

export function isMatrix(value: Value): value is Matrix {
  return typeof value === 'object' && value.kind === 'matrix'
}

export function isWritten(value: Value): value is Written {
  return typeof value === 'object' && value.kind === 'written'
}

/** The value itself, without how it is to be shown. */
export function unwritten(value: Value): Exclude<Value, Written> {
  return isWritten(value) ? value.value : value
}
