import { CalculationError } from '../numbers/index.ts'
import { isNode } from './node-kinds.ts'
import { parseLine } from './prepare.ts'
import type { Node, Statement } from './tree.ts'

/**
 * Returns the names of the sheet that a line reads, and the totals, but not names that are units there or words of the
 * language, nor a function's own parameters.
 * @param isBound tells which names the sheet gives a meaning on this line
 */
export function namesRead(expression: string, isBound: (name: string) => boolean): ReadonlySet<string> {
  const statement = statementOf(expression, isBound)
  const own = statement?.kind === 'definition' ? statement.parameters : []
  const nodes = statement && 'body' in statement ? namingNodes(statement.body) : []
  return new Set(nodes.map(({ name }) => name).filter((name) => !own.includes(name)))
}

/**
 * Returns the words of a line that are totals of the values above, as `sum` is without parentheses; undefined where the line
 * cannot be parsed.
 * @param isBound tells which names the sheet gives a meaning on this line
 */
export function totalsRead(
  expression: string,
  isBound: (name: string) => boolean,
): ReadonlySet<string> | undefined {
  const statement = statementOf(expression, isBound)
  if (!statement) return undefined
  const nodes = 'body' in statement ? namingNodes(statement.body) : []
  return new Set(nodes.filter(({ kind }) => kind === 'total').map(({ name }) => name))
}

/** The tree of a line; undefined where it cannot be parsed. */
export function statementOf(expression: string, isBound: (name: string) => boolean): Statement | undefined {
  try {
    return parseLine(expression, isBound).statement
  } catch (error) {
    if (error instanceof CalculationError) return undefined
    throw error
  }
}

/** A name, and where it stands. */
interface Place {
  readonly name: string
  readonly position: number
}

/** The names of the sheet in a line, including the one that it defines. */
export function* namesOf(statement: Statement): Iterable<Place> {
  if (!('body' in statement)) return
  if (statement.kind !== 'value') yield statement
  const own = statement.kind === 'definition' ? statement.parameters : []
  for (const node of namingNodes(statement.body))
    if (node.kind !== 'total' && !own.includes(node.name)) yield node
}

type NamingNode = Extract<Node, { kind: 'name' | 'call' | 'total' }>

/**
 * Returns the nodes that name something, in their order. Generators within each other would take the square of the depth: a sum of
 * many names is as deep as it is long.
 */
function namingNodes(body: Node): NamingNode[] {
  const found: NamingNode[] = []
  const waiting: unknown[] = [body]
  while (waiting.length > 0) {
    const part = waiting.pop()
    if (isNode(part) && (part.kind === 'name' || part.kind === 'call' || part.kind === 'total'))
      found.push(part)
    for (const inner of partsOf(part).reverse()) waiting.push(inner)
  }
  return found
}

function partsOf(part: unknown): unknown[] {
  if (Array.isArray(part)) return [...part]
  if (isNode(part)) return Object.values(part)
  return typeof part === 'object' && part !== null && 'value' in part && isNode(part.value)
    ? [part.value]
    : []
}
