import { CalculationError, type ErrorCode } from '../numbers/index.ts'

/** The error of a line, as lines that read its value show it. */
export interface LineProblem {
  readonly code: ErrorCode
  readonly message: string
  /** The name that the line itself inherited the error from: `x`. */
  readonly of?: string
}

/** The most characters of an evaluator's message. */
const LENGTH = 500

/** The error of a line that reads another line with an error. */
export class InheritedError extends CalculationError {
  readonly of: string

  constructor(code: ErrorCode, message: string, of: string, position?: number) {
    super(code, message, position)
    this.of = of
  }

  override at(position: number | undefined): InheritedError {
    return new InheritedError(this.code, this.message, this.of, position)
  }
}

/**
 * Returns the error of a line that reads a name which has an error. An inherited error keeps the name in which it began, so
 * that every line of a chain mentions that name.
 * @param reader the words by which it is read: `x`, `line3`, `total`
 */
export function inherited(
  reader: string,
  { code, message, of }: LineProblem,
  isTotal = false,
): InheritedError {
  if (of !== undefined) return new InheritedError(code, message, of)
  const said = `${isTotal ? 'One of the values above' : `\`${reader}\``} has an error: ${message}`
  return new InheritedError(code, said.length > LENGTH ? `${said.slice(0, LENGTH - 1)}…` : said, reader)
}
