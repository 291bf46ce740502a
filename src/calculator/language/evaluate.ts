import { CalculationError, type ErrorCode, evaluation } from '../numbers/index.ts'
import { type Bindings, encodeFunction } from './bindings.ts'
import { resultOf, textOf } from './format.ts'
import { WORK } from './limits.ts'
import { prepare, prepareFunction } from './prepare.ts'
import { OverBudget, Run } from './run.ts'
import { encode } from './values/encode.ts'
import { countCells } from './values/matrix.ts'
import { unwritten } from './values/value.ts'

/** A name that an expression gave a meaning. `stored` is what a later evaluation takes in its bindings. */
export interface Binding {
  readonly name: string
  readonly kind: 'value' | 'function'
  readonly stored: string
}

/** The kinds of lines. A line that gives a name a meaning is a definition, be it of a value or of a function. */
export const LINE_KINDS = ['value', 'definition', 'heading', 'comment', 'blank'] as const
export type LineKind = (typeof LINE_KINDS)[number]

export interface Computed {
  readonly kind: LineKind
  /** Empty for a heading, a comment and a blank line. */
  readonly text: string
  /** A JSON number for a real number in a double's range, else `text`. */
  readonly result: number | string
  /** The value to store as `ans` and to take back in bindings; null where there is none. */
  readonly value: string | null
  readonly binding?: Binding
  /** The words before the colon of `Rent: 3 * 400`. */
  readonly label?: string
  /** The text is not all of the value. */
  readonly rounded?: true
  /** How something ambiguous was read, in sentences for the person who typed it. */
  readonly notes?: readonly string[]
  /** The names that the value depends on, whether or not they were bound. */
  readonly reads: string[]
}

export interface Failed {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly position?: number }
}

/**
 * Evaluates one expression with a sheet's names. Never throws, changes nothing, keeps nothing of the values: the same
 * expression and bindings give the same answer, whatever was evaluated before.
 *
 * @param clock gives the milliseconds that its time is measured in
 */
export function evaluate(
  expression: string,
  bindings: Bindings,
  clock: () => number = () => performance.now(),
): Computed | Failed {
  try {
    return evaluateIn(new Run(bindings, prepareFunction, clock, WORK), expression)
  } catch (error) {
    return failed(error)
  }
}

/**
 * As `evaluate`, for expressions that take little.
 *
 * @param budget units of work, less than `WORK`
 * @returns undefined when the expression takes more; it is then to be evaluated whole
 */
export function evaluateWithin(
  budget: number,
  expression: string,
  bindings: Bindings,
  clock: () => number,
): Computed | Failed | undefined {
  try {
    return evaluateIn(new Run(bindings, prepareFunction, clock, budget), expression)
  } catch (error) {
    return error instanceof OverBudget ? undefined : failed(error)
  }
}

/**
 * Evaluates one expression within a run.
 * @throws whatever is wrong with it: see `failed`
 */
export function evaluateIn(run: Run, expression: string): Computed {
  const { asked, compiled, label, notes, statement } = prepare(expression, run.bindings)
  const about = { ...(label !== undefined && { label }), ...(notes.length > 0 && { notes }) }
  if (statement.kind === 'heading' || statement.kind === 'comment' || statement.kind === 'blank')
    return { kind: statement.kind, text: '', result: '', value: null, ...about, reads: [] }
  if (statement.kind === 'definition') {
    const text = expression.trim()
    const binding = { name: statement.name, kind: 'function', stored: encodeFunction(text) } as const
    return { kind: 'definition', text, result: text, value: null, binding, ...about, reads: [] }
  }
  run.depends(asked.keys())
  const value = compiled.compute(run, [])
  run.charge(15 * countCells(unwritten(value)))
  const { text, rounded } = textOf(value)
  const stored = encode(value)
  return {
    kind: statement.kind === 'assignment' ? 'definition' : 'value',
    text,
    result: resultOf(value, text),
    value: stored,
    ...(statement.kind === 'assignment' && { binding: { name: statement.name, kind: 'value', stored } }),
    ...about,
    ...(rounded && { rounded }),
    reads: [...run.reads],
  }
}

/** What an error says to whoever wrote the expression. */
export function failed(error: unknown): Failed {
  const { code, message, position } = understood(error)
  return { error: { code, message, ...(position !== undefined && { position }) } }
}

function understood(error: unknown): CalculationError {
  if (error instanceof CalculationError) return error
  if (error instanceof RangeError && /call stack/.test(error.message))
    return new CalculationError('limit', 'This is nested too deeply.')
  if (error instanceof RangeError && /BigInt/.test(error.message))
    return new CalculationError('limit', 'This number is too large.')
  return evaluation('This cannot be calculated.')
}
