import { CalculationError } from '../numbers/index.ts'
import { parseLine } from './prepare.ts'
import type { Node, Statement } from './tree.ts'

/**
 * Returns the names of the sheet that a line reads: none that are units there, or words of the language, or a function's own
 * parameters.
 * @param isBound tells which names the sheet gives a meaning on this line
 */
export function namesRead(expression: string, isBound: (name: string) => boolean): ReadonlySet<string> {
  try {
    const { statement } = parseLine(expression, isBound)
    return new Set('body' in statement ? [...inBody(statement)].map(({ name }) => name) : [])
  } catch (error) {
    // A line that cannot be parsed reads no names.
    if (error instanceof CalculationError) return new Set()
    throw error
  }
}

/** A name where it stands. */
interface Place {
  readonly name: string
  readonly position: number
}

/** The names of the sheet in a line, the one that it defines included. */
export function* namesOf(statement: Statement): Iterable<Place> {
  if (!('body' in statement)) return
  if (statement.kind !== 'value') yield statement
  yield* inBody(statement)
}

function* inBody(statement: Extract<Statement, { body: Node }>): Iterable<Place> {
  const own = statement.kind === 'definition' ? statement.parameters : []
  for (const place of inNode(statement.body)) if (!own.includes(place.name)) yield place
}

function* inNode(node: Node): Iterable<Place> {
  if (node.kind === 'name' || node.kind === 'call') yield node
  for (const value of Object.values(node)) yield* inPart(value)
}

function* inPart(part: unknown): Iterable<Place> {
  if (Array.isArray(part)) for (const one of part) yield* inPart(one)
  else if (isNode(part)) yield* inNode(part)
  else if (typeof part === 'object' && part !== null && 'value' in part && isNode(part.value))
    yield* inNode(part.value)
}

function isNode(part: unknown): part is Node {
  return typeof part === 'object' && part !== null && 'kind' in part && 'position' in part
}
