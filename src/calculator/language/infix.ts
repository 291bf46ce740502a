import type { Binary, Comparison } from './tree.ts'

/** An operator between two values. */
export type Infix =
  /** `turned`: the left value stands on the right, as in `5 subtracted from 20`. */
  | { level: number; kind: 'binary'; operator: Binary; words: number; turned?: true }
  /** A change of the left value by a percentage, and nothing beyond it: `80 with 25% off`. */
  | { level: number; kind: 'change'; operator: 'add' | 'subtract'; words: number }
  | { level: number; kind: 'compare'; operator: Comparison; words: number }
  | { level: number; kind: 'both'; any: boolean; words: number }
  | { level: number; kind: 'convert'; words: number }
  | { level: number; kind: 'round'; words: number }
  | { level: number; kind: 'range'; words: number }
  | { level: number; kind: 'is'; words: number }
  | { level: number; kind: 'ago'; words: number }
  /** All that stands before it is divided: `$42 + 15% split 3 ways`. */
  | { level: number; kind: 'split'; words: number }

/** From loose to tight. */
export const LEVEL = {
  or: 1,
  xor: 2,
  and: 3,
  compare: 4,
  convert: 5,
  bitOr: 6,
  bitXor: 7,
  bitAnd: 8,
  shift: 9,
  range: 10,
  sum: 11,
}

/** Words between a span of time and a date: `3 weeks after 2026-11-28`. */
export const INFIX_DATES: ReadonlyMap<string, Infix> = new Map([
  ['after', { level: LEVEL.sum, kind: 'binary', operator: 'add', words: 1, turned: true }],
  ['from', { level: LEVEL.sum, kind: 'binary', operator: 'add', words: 1, turned: true }],
  ['before', { level: LEVEL.sum, kind: 'binary', operator: 'subtract', words: 1, turned: true }],
])

const binary = (level: number, operator: Binary): Infix => ({ level, kind: 'binary', operator, words: 1 })
const compare = (operator: Comparison): Infix => ({
  level: LEVEL.compare,
  kind: 'compare',
  operator,
  words: 1,
})
const CONVERT: Infix = { level: LEVEL.convert, kind: 'convert', words: 1 }
export const ROUND: Infix = { level: LEVEL.convert, kind: 'round', words: 0 }
const AND: Infix = { level: LEVEL.and, kind: 'both', any: false, words: 1 }
const OR: Infix = { level: LEVEL.or, kind: 'both', any: true, words: 1 }

/** Operators written as signs, except those of products. */
export const INFIX_SIGNS: ReadonlyMap<string, Infix> = new Map([
  ['|', binary(LEVEL.bitOr, 'bitOr')],
  ['^|', binary(LEVEL.bitXor, 'bitXor')],
  ['&', binary(LEVEL.bitAnd, 'bitAnd')],
  ['==', compare('equal')],
  ['!=', compare('unequal')],
  ['<', compare('smaller')],
  ['>', compare('larger')],
  ['<=', compare('smallerEq')],
  ['>=', compare('largerEq')],
  ['<<', binary(LEVEL.shift, 'leftShift')],
  ['>>', binary(LEVEL.shift, 'rightShift')],
  ['->', CONVERT],
  [':', { level: LEVEL.range, kind: 'range', words: 1 }],
  ['+', binary(LEVEL.sum, 'add')],
  ['-', binary(LEVEL.sum, 'subtract')],
])

/** Operators written as words, except those of products. */
export const INFIX_WORDS: ReadonlyMap<string, Infix> = new Map([
  ['or', OR],
  ['xor', binary(LEVEL.xor, 'xor')],
  ['and', AND],
  ['to', CONVERT],
  ['in', CONVERT],
  ['as', CONVERT],
  ['into', CONVERT],
  ['is', { level: LEVEL.convert, kind: 'is', words: 1 }],
  ['plus', binary(LEVEL.sum, 'add')],
  ['minus', binary(LEVEL.sum, 'subtract')],
  ['less', binary(LEVEL.sum, 'subtract')],
  ['ago', { level: LEVEL.sum, kind: 'ago', words: 1 }],
])

/** `5 less than 20` is 15. */
const TURNED: ReadonlySet<string> = new Set(['subtracted', 'less'])

/** Operators of two words, by the first: `50 increased by 10%`. */
export const INFIX_PHRASES: ReadonlyMap<string, { readonly second: string; readonly infix: Infix }> = new Map(
  (
    [
      ['increased', 'by', 'add'],
      ['decreased', 'by', 'subtract'],
      ['reduced', 'by', 'subtract'],
      ['added', 'to', 'add'],
      ['subtracted', 'from', 'subtract'],
      ['more', 'than', 'add'],
      ['less', 'than', 'subtract'],
    ] as const
  ).map(([first, second, operator]) => [
    first,
    {
      second,
      infix: {
        level: LEVEL.sum,
        kind: 'binary',
        operator,
        words: 2,
        ...(TURNED.has(first) && { turned: true }),
      },
    },
  ]),
)

export interface ProductSign {
  readonly operator: Binary
  readonly words: number
  /** Only the whole part of the quotient counts, as in `7 div 2`. */
  readonly isWhole?: true
  /** The left value stands on the right, as in `60 km/h for 20 min`. */
  readonly isTurned?: true
  /** The function that is called with both values instead. */
  readonly call?: string
}
export const product = (operator: Binary, words = 1): ProductSign => ({ operator, words })
export const PRODUCT_SIGNS: ReadonlyMap<string, ProductSign> = new Map([
  ['*', product('multiply')],
  ['/', product('divide')],
  ['%', product('remainder')],
  ['.*', product('dotMultiply')],
  ['./', product('dotDivide')],
  ['@', product('at')],
])
export const PRODUCT_WORDS: ReadonlyMap<string, ProductSign> = new Map([
  ['times', product('multiply')],
  ['over', product('divide')],
  ['per', product('divide')],
  ['mod', product('remainder')],
  ['modulo', product('remainder')],
  ['choose', product('choose')],
  ['at', product('at')],
])
export const TIMES = product('multiply')
