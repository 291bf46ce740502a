import { sourceOf } from './bindings.ts'
import { compile } from './compile.ts'
import { CompiledCache } from './compiled-cache.ts'
import { parse } from './parse.ts'
import type { Compiled, SheetFunction } from './run.ts'
import type { Statement } from './tree.ts'

export interface Prepared {
  readonly statement: Statement
  readonly compiled: Compiled
}

/** Bytes of what stays compiled in an evaluator, which has 128 MiB in all. */
const EXPRESSIONS_BYTES = 8 * 1024 * 1024
const FUNCTIONS_BYTES = 16 * 1024 * 1024

const expressions = new CompiledCache<Prepared>(EXPRESSIONS_BYTES)
/** Functions are the same for whoever wrote them. */
const functions = new CompiledCache<SheetFunction>(FUNCTIONS_BYTES)

/** Parses and compiles an expression, once for all who write it. Throws what the two throw. */
export function prepare(expression: string): Prepared {
  const known = expressions.get(expression)
  if (known) return known
  const statement = parse(expression)
  const made = {
    statement,
    compiled: compile(statement.body, statement.kind === 'definition' ? statement.parameters : []),
  }
  expressions.add(expression, made)
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
  functions.add(stored, made)
  return made
}
