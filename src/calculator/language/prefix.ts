import type { Unary } from './tree.ts'

/** Signs before a value. */
export const PREFIX_SIGNS: ReadonlyMap<string, Unary> = new Map([
  ['-', 'minus'],
  ['+', 'plus'],
  ['~', 'bitNot'],
])

/** Words before a value. */
export const PREFIX_WORDS: ReadonlyMap<string, Unary> = new Map([
  ['not', 'not'],
  ['minus', 'minus'],
  ['negative', 'minus'],
  ['plus', 'plus'],
])
