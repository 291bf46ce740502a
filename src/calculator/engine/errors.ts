/** What can go wrong with an expression, in the contract's words. */
export type ErrorCode = 'syntax' | 'evaluation' | 'limit' | 'timeout' | 'too_long' | 'invalid'

/**
 * The one error that leaves the engine. Its message is a sentence for the person who typed; `position` is the
 * 0-based code point of what they typed that it is about, where there is one.
 */
export class CalculationError extends Error {
  readonly code: ErrorCode
  readonly position: number | undefined

  constructor(code: ErrorCode, message: string, position?: number) {
    super(message)
    this.code = code
    this.position = position
  }

  /** The same error, told about another place: a caller's, when the text it arose in is not what was typed. */
  at(position: number | undefined): CalculationError {
    return new CalculationError(this.code, this.message, position)
  }
}

export const syntax = (message: string, position: number) => new CalculationError('syntax', message, position)
export const evaluation = (message: string, position?: number) =>
  new CalculationError('evaluation', message, position)
export const limit = (message: string, position?: number) => new CalculationError('limit', message, position)
