import { CalculationError } from '../numbers/index.ts'
import { parseLine } from './prepare.ts'
import type { Node, Statement } from './tree.ts'

/**
 * Returns an expression with a name of the sheet changed, wherever it is that name: units, words of the language and the
 * parameters of a function stay.
 * @param isBound tells which names the sheet gives a meaning on this line
 */
export function renamed(
  expression: string,
  from: string,
  to: string,
  isBound: (name: string) => boolean,
): string {
  const places = new Set(placesOf(expression, from, isBound))
  const points = [...expression]
  const length = [...from].length
  return points
    .map((point, index) => {
      if (places.has(index)) return to
      const isRest = Array.from({ length: length - 1 }, (_, back) => index - back - 1).some((at) =>
        places.has(at),
      )
      return isRest ? '' : point
    })
    .join('')
}

/** The code points at which a name of the sheet stands. */
function placesOf(expression: string, name: string, isBound: (name: string) => boolean): number[] {
  try {
    return [...inStatement(parseLine(expression, isBound).statement, name)]
  } catch (error) {
    // What cannot be read says nothing.
    if (error instanceof CalculationError) return []
    throw error
  }
}

function* inStatement(statement: Statement, name: string): Iterable<number> {
  if (!('body' in statement)) return
  if (statement.kind !== 'value' && statement.name === name) yield statement.position
  if (statement.kind === 'definition' && statement.parameters.includes(name)) return
  yield* inNode(statement.body, name)
}

function* inNode(node: Node, name: string): Iterable<number> {
  if ((node.kind === 'name' || node.kind === 'call') && node.name === name) yield node.position
  for (const value of Object.values(node)) yield* inPart(value, name)
}

function* inPart(part: unknown, name: string): Iterable<number> {
  if (Array.isArray(part)) for (const one of part) yield* inPart(one, name)
  else if (isNode(part)) yield* inNode(part, name)
  else if (typeof part === 'object' && part !== null && 'value' in part && isNode(part.value))
    yield* inNode(part.value, name)
}

function isNode(part: unknown): part is Node {
  return typeof part === 'object' && part !== null && 'kind' in part && 'position' in part
}
