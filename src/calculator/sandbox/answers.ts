import { type Computed, type ErrorCode, LINE_KINDS, NOTES, STORED, TEXT } from '../language/index.ts'

/** The value of a line, or why it has none. */
export type Evaluation = Computed | EvaluationError

/** The answer to lines that were evaluated together: one for each, or one error for all. */
export type LinesAnswer = readonly Evaluation[] | EvaluationError

export interface EvaluationError {
  readonly error: {
    /** The engine's codes; `internal` when no evaluator could answer; `cancelled` when the caller did not wait. */
    readonly code: ErrorCode | 'internal' | 'cancelled'
    readonly message: string
    /** The name that has the error, where the line has it from there. */
    readonly of?: string
    readonly position?: number
  }
  /** The words before the colon of the line. */
  readonly label?: string
}

/** The answer to lines that take more work than they were given. */
export const POSTPONED = 'postponed'

/**
 * Reads the report of an evaluator process about lines, with the checks due to an untrusted sender.
 * @returns undefined when it is no answer to so many lines
 */
export function readAnswer(found: unknown, count: number): LinesAnswer | undefined {
  if (!Array.isArray(found)) return isRecord(found) ? readError(found.error) : undefined
  if (found.length !== count) return undefined
  const answers = found.map(readEvaluation)
  return answers.every((answer) => answer !== undefined) ? answers : undefined
}

function readEvaluation(found: unknown): Evaluation | undefined {
  if (!isRecord(found)) return undefined
  if (found.error !== undefined) {
    const refusal = readError(found.error)
    return refusal && { ...refusal, ...(isShort(found.label) && { label: found.label }) }
  }
  const { text, result, value } = found
  const kind = LINE_KINDS.find((known) => known === found.kind)
  if (kind === undefined) return undefined
  if (typeof text !== 'string' || text.length > TEXT) return undefined
  if (result !== text && (typeof result !== 'number' || !Number.isFinite(result))) return undefined
  if (value !== null && !isStored(value)) return undefined
  const about = readAbout(found)
  return about && { kind, text, result, value, ...about }
}

function readAbout({
  label,
  notes,
  rounded,
}: Record<string, unknown>): Pick<Computed, 'label' | 'notes' | 'rounded'> | undefined {
  if (rounded !== undefined && rounded !== true) return undefined
  if (label !== undefined && !isShort(label)) return undefined
  if (
    notes !== undefined &&
    !(Array.isArray(notes) && notes.every(isShort) && notes.join('').length <= NOTES)
  )
    return undefined
  return {
    ...(label !== undefined && { label }),
    ...(notes !== undefined && { notes }),
    ...(rounded === true && { rounded }),
  }
}

const isShort = (text: unknown): text is string => typeof text === 'string' && text.length <= NOTES

const CODES = ['syntax', 'evaluation', 'limit', 'timeout', 'too_long', 'invalid'] as const

function readError(found: unknown): EvaluationError | undefined {
  if (!isRecord(found) || typeof found.message !== 'string' || found.message.length > 500) return undefined
  const code = CODES.find((known) => known === found.code)
  const { message, of, position } = found
  if (code === undefined) return undefined
  return {
    error: { code, message, ...(isShort(of) && { of }), ...(typeof position === 'number' && { position }) },
  }
}

const isStored = (value: unknown): value is string => typeof value === 'string' && value.length <= STORED

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
