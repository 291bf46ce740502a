import { isReserved } from './allowlist.ts'
import { type Bindings, encodeFunction } from './bindings.ts'
import { CalculationError, type ErrorCode, evaluation } from './errors.ts'
import { resultOf, textOf } from './format.ts'
import { isMatrix, recover } from './library.ts'
import { WORK } from './limits.ts'
import { prepare, sheetFunction } from './prepare.ts'
import { OverBudget, Run } from './run.ts'
import { cells, encode } from './values.ts'

/** A name that an expression gave a meaning. `stored` is what a later evaluation takes in its bindings. */
export interface Binding {
  readonly name: string
  readonly kind: 'value' | 'function'
  readonly stored: string
}

export interface Computed {
  readonly text: string
  /** A JSON number for a real number in a double's range, else `text`. */
  readonly result: number | string
  /** The value to store as `ans` and to take back in bindings; null after a definition, which has no value. */
  readonly value: string | null
  readonly binding?: Binding
  /** The names that the value depends on, whether or not they were bound. */
  readonly reads: string[]
}

export interface Failed {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly position?: number }
}

let sound = true

/** Tells whether this process may go on: false once the library could not be brought back to order. */
export const isSound = (): boolean => sound

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
    return computed(expression, bindings, clock, WORK)
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
    return computed(expression, bindings, clock, budget)
  } catch (error) {
    return error instanceof OverBudget ? undefined : failed(error)
  }
}

function failed(error: unknown): Failed {
  const { code, message, position } = understood(error)
  return { error: { code, message, ...(position !== undefined && { position }) } }
}

function computed(expression: string, bindings: Bindings, clock: () => number, budget: number): Computed {
  const { statement, compiled } = prepare(expression)
  if (statement.kind !== 'value' && isReserved(statement.name))
    throw evaluation(`\`${statement.name}\` has a meaning already; choose another name.`, statement.position)
  if (statement.kind === 'definition') {
    const text = expression.trim()
    const binding = { name: statement.name, kind: 'function', stored: encodeFunction(text) } as const
    return { text, result: text, value: null, binding, reads: [] }
  }
  const run = new Run(bindings, sheetFunction, clock, budget)
  const value = compiled.compute(run, [])
  if (isMatrix(value)) run.charge(15 * cells(value))
  const text = textOf(value)
  const stored = encode(value)
  return {
    text,
    result: resultOf(value, text),
    value: stored,
    ...(statement.kind === 'assignment' && { binding: { name: statement.name, kind: 'value', stored } }),
    reads: [...run.reads],
  }
}

/** The library's own errors, in words for a person; and its arithmetic set right again after them. */
function understood(error: unknown): CalculationError {
  if (error instanceof CalculationError) return error
  sound = recover() && sound
  if (error instanceof RangeError && /call stack/.test(error.message)) {
    // The stack may have ended anywhere, also between two halves of a change.
    sound = false
    return new CalculationError('limit', 'This is nested too deeply.')
  }
  const message = error instanceof Error ? error.message : ''
  for (const [pattern, code, sentence] of SENTENCES)
    if (pattern.test(message)) return new CalculationError(code, sentence)
  return evaluation('This cannot be calculated.')
}

const SENTENCES: [RegExp, ErrorCode, string][] = [
  [
    /Units do not match|do not match.*!=|Unit .* cannot be converted|Cannot convert/i,
    'evaluation',
    'These units do not fit together.',
  ],
  [/singular|determinant is zero/i, 'evaluation', 'This matrix has no inverse.'],
  [/square/i, 'evaluation', 'This works only with a square matrix.'],
  [
    /dimension|size|shape|broadcast|length/i,
    'evaluation',
    'The sizes of these matrices do not fit together.',
  ],
  [/precision limit/i, 'limit', 'This number is too large.'],
  [/Unit|unit/, 'evaluation', 'This cannot be done with units.'],
  [/integer/i, 'evaluation', 'This works only with whole numbers.'],
  [
    /type of argument|Too (?:few|many) arguments/i,
    'evaluation',
    'This does not work with values of this kind.',
  ],
]
