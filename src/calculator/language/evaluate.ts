import { CalculationError, evaluation } from '../numbers/index.ts'
import { noteOfTemperature } from './absolute-zero.ts'
import { resultOf, textOf } from './format.ts'
import { InheritedError, type LineProblem } from './inherited-error.ts'
import { fitting, prepare } from './prepare.ts'
import type { Compiled, Run } from './run.ts'
import { unitOfName } from './statement.ts'
import { encode } from './values/encode.ts'
import { countCells } from './values/matrix.ts'
import { unwritten, type Value } from './values/value.ts'

/** The kinds of lines. A line that gives a name a meaning is a definition, be it of a value or of a function. */
export const LINE_KINDS = ['value', 'definition', 'heading', 'comment', 'blank'] as const
export type LineKind = (typeof LINE_KINDS)[number]

export interface Computed {
  readonly kind: LineKind
  /** Empty for a heading, a comment and a blank line. */
  readonly text: string
  /** A JSON number for a real number in a double's range, else `text`. */
  readonly result: number | string
  /** The value to store, and to give to the lines that read it; null where there is none. */
  readonly value: string | null
  /** The words before the colon of `Rent: 3 * 400`. */
  readonly label?: string
  /** The text does not show the whole value. */
  readonly rounded?: true
  /** Explanations of how ambiguous input was read, as sentences for the person who typed it. */
  readonly notes?: readonly string[]
}

export interface Failed {
  readonly error: LineProblem & { readonly position?: number }
  /** The words before the colon of a line that can otherwise be read. */
  readonly label?: string
}

/**
 * Evaluates one expression within a run.
 * @throws whatever is wrong with it: see `failed`
 */
export function evaluateIn(run: Run, expression: string): Computed {
  const { compiled, label, notes, readAsUnits, statement } = prepare(expression, run.bindings)
  const said = label === undefined ? {} : { label }
  const about = { ...said, ...(notes.length > 0 && { notes }) }
  if (statement.kind === 'heading' || statement.kind === 'comment' || statement.kind === 'blank')
    return { kind: statement.kind, text: '', result: '', value: null, ...about }
  if (statement.kind === 'definition') {
    const text = expression.trim()
    return { kind: 'definition', text, result: text, value: null, ...about }
  }
  const value = computed(run, compiled, readAsUnits)
  run.charge(15 * countCells(unwritten(value)))
  const { text, rounded } = textOf(value)
  const cold = noteOfTemperature(unwritten(value))
  if (cold !== undefined) run.note(cold)
  const all = run.notes.length === 0 ? notes : fitting([...notes, ...run.notes])
  return {
    kind: statement.kind === 'assignment' ? 'definition' : 'value',
    text,
    result: resultOf(value, text),
    value: encode(value),
    ...said,
    ...(all.length > 0 && { notes: all }),
    ...(rounded && { rounded }),
  }
}

/** Computes the value. An error mentions what was read as a unit, since that may be its cause. */
function computed(run: Run, { compute }: Compiled, readAsUnits: readonly string[] = []): Value {
  try {
    return compute(run, [])
  } catch (error) {
    const [name] = readAsUnits
    if (name === undefined || !(error instanceof CalculationError) || error.code !== 'evaluation') throw error
    if (error instanceof InheritedError) throw error
    throw new CalculationError('evaluation', `${error.message} ${unitOfName(name)}`, error.position)
  }
}

/** Turns an error into the message that the author of the expression gets. */
export function failed(error: unknown): Failed {
  const found = understood(error)
  const { code, message, position } = found
  const of = found instanceof InheritedError ? { of: found.of } : {}
  return { error: { code, message, ...of, ...(position !== undefined && { position }) } }
}

function understood(error: unknown): CalculationError {
  if (error instanceof CalculationError) return error
  if (error instanceof RangeError && /call stack/.test(error.message))
    return new CalculationError('limit', 'This is nested too deeply.')
  if (error instanceof RangeError && /BigInt/.test(error.message))
    return new CalculationError('limit', 'This number is too large.')
  return evaluation('This cannot be calculated.')
}
