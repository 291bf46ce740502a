import { Type } from 'typebox'

/** The codes of error frames (docs/protocol.md, "Frames"). */
export const FRAME_ERRORS = [
  'malformed',
  'invalid',
  'too_long',
  'rate_limited',
  'forbidden',
  'not_found',
  'conflict',
  'timeout',
  'limit',
  'syntax',
  'evaluation',
  'internal',
] as const
export type FrameErrorCode = (typeof FRAME_ERRORS)[number]

/** The answer to a frame that could not be carried out. Consumers can add fields with more detail. */
export const ErrorFrame = Type.Object({
  type: Type.Literal('error'),
  code: Type.Enum(FRAME_ERRORS),
  error: Type.String({ description: 'for people to read; may change' }),
  id: Type.Optional(
    Type.Union([Type.String(), Type.Number()], { description: 'of the frame that it answers' }),
  ),
  retry_after: Type.Optional(
    Type.Number({ description: 'milliseconds after which the frame can be sent again' }),
  ),
  until: Type.Optional(
    Type.String({ format: 'date-time', description: 'the time that `error` names, where it names one' }),
  ),
})

/**
 * Thrown for a frame that cannot be carried out. The sender gets an `error` frame, and the connection stays open; any other
 * error closes it with 1011.
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
