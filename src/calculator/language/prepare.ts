import {
  CalculationError,
  convert,
  evaluation,
  findUnit,
  ONE,
  quantity,
  UNMETERED,
  type Unit,
  unitProduct,
} from '../numbers/index.ts'
import { type Bindings, sourceOf } from './bindings.ts'
import { findZone } from './dates/index.ts'
import { isConstant } from './functions/constants.ts'
import { functionLike, isFunctionName, isReserved } from './functions/table.ts'
import { hintsOf } from './hints.ts'
import { compile } from './interpret.ts'
import { NOTES } from './limits.ts'
import { bindable } from './names.ts'
import { ParseCache } from './parse-cache.ts'
import type { Compiled, SheetFunction } from './run.ts'
import { parse } from './statement.ts'
import type { Parsed } from './tree.ts'
import { wordOf } from './words.ts'

/** An expression that was read, and is ready to be computed. */
export interface Prepared extends Parsed {
  /** The names that were looked up, and whether each was bound, which decides what the expression means. */
  readonly asked: ReadonlyMap<string, boolean>
  readonly compiled: Compiled
}

/** The most hints under one value. */
const HINTS = 2

/** Bytes of compiled expressions and functions that an evaluator keeps, out of 128 MiB. */
const EXPRESSIONS_BYTES = 8 * 1024 * 1024
const FUNCTIONS_BYTES = 16 * 1024 * 1024

const expressions = new ParseCache<Prepared>(EXPRESSIONS_BYTES)
/** Functions with the same text are the same, where the same names are bound. */
const functions = new ParseCache<SheetFunction>(FUNCTIONS_BYTES)

/** Parses and compiles an expression, once for all who write it with the same names bound. @throws CalculationError */
export function prepare(expression: string, bindings: Bindings): Prepared {
  const known = expressions.get(expression, bindings)
  if (known) return known
  const made = read(expression, bindings)
  expressions.add(expression, made)
  return made
}

/** The function defined by a line of a sheet, from its stored value; undefined if that is not a function. */
export function prepareFunction(stored: string, bindings: Bindings): SheetFunction | undefined {
  const known = functions.get(stored, bindings)
  if (known) return known
  const source = sourceOf(stored)
  if (source === undefined) return undefined
  const { asked, compiled, statement } = read(source, bindings)
  if (statement.kind !== 'definition') return undefined
  const made = { parameters: statement.parameters, asked, ...compiled }
  functions.add(stored, made)
  return made
}

function read(expression: string, bindings: Bindings): Prepared {
  const asked = new Map<string, boolean>()
  const isBound = (name: string): boolean => {
    // A name that keeps its meaning, or can have none, is bound on no sheet.
    if (!bindable(name) || (name !== 'ans' && isReserved(name))) return false
    const bound = Object.hasOwn(bindings, name)
    asked.set(name, bound)
    return bound
  }
  const parsed = parseLine(expression, isBound)
  const { statement } = parsed
  const parameters = statement.kind === 'definition' ? statement.parameters : undefined
  if (!('body' in statement)) return { ...parsed, asked, compiled: NOTHING }
  const notes = fitting([...parsed.notes, ...hintsOf(statement.body).slice(0, HINTS)])
  return { ...parsed, notes, asked, compiled: compile(statement.body, parameters) }
}

/** The notes for which there is room, in their order. */
export function fitting(notes: readonly string[]): readonly string[] {
  let characters = 0
  return notes.filter((note) => {
    const fits = characters + note.length <= NOTES
    if (fits) characters += note.length
    return fits
  })
}

/**
 * Reads a line.
 * @param isBound tells which names the sheet gives a meaning
 * @throws CalculationError
 */
export function parseLine(expression: string, isBound: (name: string) => boolean): Parsed {
  return parse(expression, { ...LANGUAGE, isBound })
}

/** The vocabulary of every sheet. */
export const LANGUAGE = {
  isFunction: isFunctionName,
  functionLike,
  isConstant,
  isReserved,
  findUnit,
  unitProduct,
  isConvertible,
  findZone,
}

function isConvertible(from: Unit, to: Unit): boolean {
  try {
    convert(quantity(ONE, from), to, UNMETERED)
    return true
  } catch (error) {
    if (error instanceof CalculationError) return false
    throw error
  }
}

/** The computation of a heading, a comment or a blank line, which have none. */
const NOTHING: Compiled = {
  compute: () => {
    throw evaluation('There is nothing to calculate.')
  },
  levels: 0,
}

/** Words that are often names, and mean something only beside others: `half a dozen`, `3 x 4`. */
const SMALL_WORDS = new Set(['a', 'an', 'the', 'x', 'X'])

/** Tells whether a name is also a unit or a word of the language. */
export function hasOtherMeaning(name: string): boolean {
  return (
    isFunctionName(name) ||
    isConstant(name) ||
    findUnit(name) !== undefined ||
    (wordOf(name, () => false) !== '' && !SMALL_WORDS.has(name))
  )
}
