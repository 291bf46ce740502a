import { sourceOf } from './bindings.ts'
import { compile } from './compile.ts'
import { parse } from './parse.ts'
import type { Compiled, SheetFunction } from './run.ts'
import type { Statement } from './tree.ts'

export interface Prepared {
  readonly statement: Statement
  readonly compiled: Compiled
}

/** How many expressions stay compiled, and how long the longest of them may be. */
const KEPT_EXPRESSIONS = 1000
const KEPT_LENGTH = 200
const expressions = new Map<string, Prepared>()

/** How many functions stay compiled; they are the same for whoever wrote them. */
const KEPT_FUNCTIONS = 500
const functions = new Map<string, SheetFunction>()

/** Parses and compiles an expression, once for all who write it. Throws what the two throw. */
export function prepare(expression: string): Prepared {
  const known = expressions.get(expression)
  if (known) return known
  const statement = parse(expression)
  const made = {
    statement,
    compiled: compile(statement.body, statement.kind === 'definition' ? statement.parameters : []),
  }
  if (expression.length <= KEPT_LENGTH) {
    if (expressions.size >= KEPT_EXPRESSIONS) expressions.clear()
    expressions.set(expression, made)
  }
  return made
}

/** The function that a sheet's line defined, from what is stored of it; undefined where that is none. */
export function sheetFunction(stored: string): SheetFunction | undefined {
  const known = functions.get(stored)
  if (known) return known
  const source = sourceOf(stored)
  const statement = source === undefined ? undefined : parse(source)
  if (statement?.kind !== 'definition') return undefined
  const made = { parameters: statement.parameters, ...compile(statement.body, statement.parameters) }
  if (functions.size >= KEPT_FUNCTIONS) functions.clear()
  functions.set(stored, made)
  return made
}
