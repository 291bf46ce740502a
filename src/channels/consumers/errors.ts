/** The codes of error frames (docs/protocol.md, "Frames"). */
export type FrameErrorCode =
  | 'malformed'
  | 'invalid'
  | 'too_long'
  | 'rate_limited'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'timeout'
  | 'limit'
  | 'syntax'
  | 'evaluation'
  | 'internal'

/**
 * A frame that could not be carried out. A consumer that throws it answers with an `error` frame and goes on; any other
 * error closes the connection with 1011.
 */
export class FrameError extends Error {
  readonly code: FrameErrorCode
  /** More fields of the answer, such as `retry_after`. */
  readonly details: Readonly<Record<string, unknown>>

  /** @param message what the sender can do about it; people read it */
  constructor(code: FrameErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}
