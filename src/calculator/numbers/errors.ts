/** The codes for what can be wrong with an expression, as docs/protocol.md lists them. */
export type ErrorCode = 'syntax' | 'evaluation' | 'limit' | 'timeout' | 'too_long' | 'invalid'

/**
 * The one error that numbers and the language throw. Its message is a sentence for the person who typed the expression;
 * `position` is the 0-based code point of the expression that it is about, where there is one.
 */
export class CalculationError extends Error {
  readonly code: ErrorCode
  readonly position: number | undefined

  constructor(code: ErrorCode, message: string, position?: number) {
    super(message)
    this.code = code
    this.position = position
  }

  /** Returns the same error about another place. */
  at(position: number | undefined): CalculationError {
    return new CalculationError(this.code, this.message, position)
  }
}

export const syntax = (message: string, position: number) => new CalculationError('syntax', message, position)
export const evaluation = (message: string, position?: number) =>
  new CalculationError('evaluation', message, position)
export const limit = (message: string, position?: number) => new CalculationError('limit', message, position)
