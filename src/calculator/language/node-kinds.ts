import type { Node } from './tree.ts'

/** Tells whether a field of a node is a node itself. */
export const isNode = (part: unknown): part is Node =>
  typeof part === 'object' && part !== null && 'kind' in part && 'position' in part

/** Tells whether a node is a number as typed: `12`, `1½`, `2 million`. */
export function isPlainNumber(node: Node): boolean {
  if (node.kind === 'number') return true
  if (node.kind !== 'binary') return false
  return node.left.position === node.position && isPlainNumber(node.left) && isPlainNumber(node.right)
}

/** Tells whether a node is made of numbers alone. */
export function isNumeral(node: Node): boolean {
  if (node.kind === 'number') return true
  if (node.kind === 'unary') return isNumeral(node.of)
  // The right side first: it is short, where the left one may be all that was read.
  return node.kind === 'binary' && isNumeral(node.right) && isNumeral(node.left)
}

/** Tells whether a slash would divide a number first: the 3 of `2 m * 3/4 s`. */
export const endsInNumeral = (node: Node): boolean =>
  isNumeral(node) || (node.kind === 'binary' && node.operator === 'multiply' && isNumeral(node.right))

/** Tells whether a node evidently has a unit, without computing it. */
export function isQuantity(node: Node): boolean {
  if (node.kind === 'measure' || node.kind === 'mixed' || node.kind === 'unit' || node.kind === 'part')
    return true
  if (node.kind === 'unary') return isQuantity(node.of)
  return node.kind === 'binary' && (isQuantity(node.right) || isQuantity(node.left))
}

/** Tells whether a node is a number, a percentage or a quantity as typed, and so not a condition. */
const isAmount = (node: Node): boolean =>
  isPlainNumber(node) || node.kind === 'percent' || node.kind === 'measure' || node.kind === 'mixed'

const SUMS: ReadonlySet<string> = new Set(['add', 'subtract', 'multiply', 'divide', 'power'])

/** Tells whether a node is an amount as typed or calculated, and so not a condition. */
export const isNoCondition = (node: Node): boolean =>
  isAmount(node) || (node.kind === 'binary' && SUMS.has(node.operator))

/** The time of a moment that was typed without a date or a place, with two digits for the hour. */
export const timeAlone = (node: Node): string | undefined =>
  node.kind === 'moment' && node.date === undefined && node.zone === undefined ? node.time : undefined

/** Tells whether a node is evidently a moment, without computing it: `2026-11-28`, `12:30 + 45 min`. */
export function isMoment(node: Node): boolean {
  if (node.kind === 'moment') return true
  if (node.kind === 'convert') return node.to.kind === 'zone'
  if (node.kind !== 'binary') return false
  if (node.operator === 'add') return isMoment(node.left) || isMoment(node.right)
  return node.operator === 'subtract' && isMoment(node.left) && !isMoment(node.right)
}
