import {
  type Computed,
  type ErrorCode,
  isBindable,
  LINE_KINDS,
  NOTES,
  STORED,
  TEXT,
} from '../language/index.ts'

/** An answer: what the expression is, or why it is nothing. */
export type Evaluation = Computed | EvaluationError

/** To an expression, or to each of the lines that were asked for together. */
export type Answer = Evaluation | readonly Evaluation[] | typeof POSTPONED

export interface EvaluationError {
  readonly error: {
    /** The engine's codes; `internal` when no evaluator could answer; `cancelled` when the caller did not wait. */
    readonly code: ErrorCode | 'internal' | 'cancelled'
    readonly message: string
    readonly position?: number
  }
}

/** The answer to an expression that takes more work than it was given. */
export const POSTPONED = 'postponed'

/** Names that a value may depend on: an expression is shorter than so many. */
const READS = 2000

/**
 * What an evaluator process reported about one expression, checked as one checks what a stranger sends; undefined when
 * it is not an answer.
 */
export function readAnswer(found: unknown): Evaluation | undefined {
  if (!isRecord(found)) return undefined
  if (found.error !== undefined) return readError(found.error)
  const { text, result, value, reads } = found
  const kind = LINE_KINDS.find((known) => known === found.kind)
  if (kind === undefined) return undefined
  if (typeof text !== 'string' || text.length > TEXT) return undefined
  if (result !== text && (typeof result !== 'number' || !Number.isFinite(result))) return undefined
  if (value !== null && !isStored(value)) return undefined
  if (
    !Array.isArray(reads) ||
    reads.length > READS ||
    !reads.every((name) => typeof name === 'string' && isBindable(name))
  )
    return undefined
  const binding = found.binding === undefined ? undefined : readBinding(found.binding)
  if (binding === undefined && found.binding !== undefined) return undefined
  const about = readAbout(found)
  return about && { kind, text, result, value, reads, ...(binding && { binding }), ...about }
}

/** As `readAnswer`, of lines of a sheet: an answer to each, or why there is none. */
export function readAnswers(
  found: unknown,
  count: number,
): readonly Evaluation[] | EvaluationError | undefined {
  if (!Array.isArray(found)) {
    const answer = readAnswer(found)
    return answer && 'error' in answer ? answer : undefined
  }
  if (found.length !== count) return undefined
  const answers = found.map(readAnswer)
  return answers.every((answer) => answer !== undefined) ? answers : undefined
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

function readBinding(found: unknown): Computed['binding'] | undefined {
  if (!isRecord(found)) return undefined
  const { name, kind, stored } = found
  if (typeof name !== 'string' || !isBindable(name) || !isStored(stored)) return undefined
  return kind === 'value' || kind === 'function' ? { name, kind, stored } : undefined
}

const CODES = ['syntax', 'evaluation', 'limit', 'timeout', 'too_long', 'invalid'] as const

function readError(found: unknown): Evaluation | undefined {
  if (!isRecord(found) || typeof found.message !== 'string' || found.message.length > 500) return undefined
  const code = CODES.find((known) => known === found.code)
  const { message, position } = found
  if (code === undefined) return undefined
  return { error: { code, message, ...(typeof position === 'number' && { position }) } }
}

const isStored = (value: unknown): value is string => typeof value === 'string' && value.length <= STORED

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
