import type { EvaluationError } from './answers.ts'

/** The answers of the pool itself, which no evaluator gave. */
const failed = (code: EvaluationError['error']['code'], message: string): EvaluationError => ({
  error: { code, message },
})
export const CANCELLED = failed('cancelled', 'This was cancelled.')
export const REPLACED = failed('cancelled', 'You have typed something else since.')
export const CLOSED = failed('internal', 'The calculator is closing.')
export const UNAVAILABLE = failed('internal', 'The calculator is not available right now.')
export const TOO_MUCH = failed('limit', 'Too much is being calculated right now. Try again in a moment.')
export const TOO_LARGE = failed(
  'limit',
  'The lines that depend on this one hold too much to be recalculated. Make fewer lines depend on it.',
)
export const LATE = failed('timeout', 'This takes too long.')
export const OUT_OF_MEMORY = failed('limit', 'This needs too much memory.')
export const UNANSWERED = failed('internal', 'This could not be calculated.')
