import type { MomentText } from './moments.ts'

export interface Token {
  /** A `power` is written above the line; a `sign` is of a currency. */
  readonly kind: 'number' | 'name' | 'operator' | 'power' | 'sign' | 'text' | 'moment' | 'end'
  readonly text: string
  /** 0-based code point of what was typed. */
  readonly position: number
  /** White space stands before it. */
  readonly isSpaced: boolean
  /** The word of the language that a name is, in lower case, or ''. */
  readonly word: string
  /** Numerator and denominator of the ½ in `½` and `1½`. */
  readonly fraction: readonly [string, string] | undefined
  readonly moment: MomentText | undefined
}

/** An expression as it was read. */
export interface Tokens {
  /** The last is of kind `end`. */
  readonly tokens: readonly Token[]
  readonly notes: readonly string[]
}
