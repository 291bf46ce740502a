import { isNode } from './node-kinds.ts'
import type { Node, Target } from './tree.ts'

const OF_ANGLES = new Set(['sin', 'cos', 'tan', 'cot', 'sec', 'csc'])

/**
 * Explains results that a person may not expect: `sin(30)` uses radians, and `log(100)` the base e. The sentences are shown
 * below the value, which is correct for what was typed.
 */
export function hintsOf(node: Node): string[] {
  return [...new Set(hints(node))]
}

function* hints(node: Node): Iterable<string> {
  if (node.kind === 'call') {
    const [only, ...others] = node.arguments
    const number = only && others.length === 0 ? bareNumber(only) : undefined
    if (number !== undefined && OF_ANGLES.has(node.name))
      yield `\`${node.name}\` takes radians. For degrees write \`${node.name}(${number}°)\`.`
    if (number !== undefined && node.name === 'log')
      yield `\`log\` has base e. For base 10 write \`log10(${number})\`.`
  }
  const inverse = inverseAsked(node)
  if (inverse)
    yield `This is the remainder of a fraction. For the inverse of ${inverse[0]} modulo ${inverse[1]} write invmod(${inverse[0]}, ${inverse[1]}).`
  const root = oddRootAsked(node)
  if (root)
    yield `This is the principal root, which is complex. For the real one write ${root[1] === '3' ? `cbrt(${root[0]})` : `nthRoot(${root[0]}, ${root[1]})`}.`
  if (node.kind === 'binary') {
    const shown = [node.left, node.right].find((side) => side.kind === 'convert' && showsPlaces(side.to))
    if (shown)
      yield 'Places, as in `to 2 dp`, are only shown: the calculation goes on with all digits. To round the value, write `rounded to 2 dp`.'
  }
  for (const part of Object.values(node)) yield* hintsIn(part)
}

/** The number and the modulus of `3^-1 mod 11`. */
function inverseAsked(node: Node): [string, string] | undefined {
  if (node.kind !== 'binary' || node.operator !== 'remainder') return undefined
  const power = node.left
  if (power.kind !== 'binary' || power.operator !== 'power') return undefined
  const [base, exponent, modulus] = [power.left, power.right, node.right].map(bareNumber)
  return exponent === '-1' && base !== undefined && modulus !== undefined ? [base, modulus] : undefined
}

/** The number and the degree of `(-8)^(1/3)`. */
function oddRootAsked(node: Node): [string, string] | undefined {
  if (node.kind !== 'binary' || node.operator !== 'power') return undefined
  const of = bareNumber(node.left)
  const { right } = node
  if (of === undefined || !of.startsWith('-') || right.kind !== 'binary' || right.operator !== 'divide')
    return undefined
  const [above, below] = [bareNumber(right.left), bareNumber(right.right)]
  return above === '1' && below !== undefined && /^\d*[13579]$/.test(below) ? [of, below] : undefined
}

const showsPlaces = (to: Target): boolean => to.kind === 'places' && to.rounds !== true

function* hintsIn(part: unknown): Iterable<string> {
  if (Array.isArray(part)) for (const one of part) yield* hintsIn(one)
  else if (isNode(part)) yield* hints(part)
}

/** Characters of a number that fits into a sentence. */
const SHORT = 20

/** A number as it was typed, other than 0; undefined for anything else. */
function bareNumber(node: Node): string | undefined {
  if (node.kind === 'unary' && node.operator === 'minus') {
    const number = bareNumber(node.of)
    return number === undefined ? undefined : `-${number}`
  }
  if (node.kind !== 'number' || node.text.length > SHORT) return undefined
  return /^0*\.?0*$/.test(node.text) ? undefined : node.text
}
