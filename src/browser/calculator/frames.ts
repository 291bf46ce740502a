import type { ResultFrame } from '../../calculator/protocol.ts'
import type { ServerObject } from '../live/frames.ts'

/** Tells if a frame is a line of a sheet, by the fields that every line has. */
export function isResult(frame: ServerObject): frame is ServerObject & ResultFrame {
  return frame.type === 'result' && typeof frame.seq === 'number' && typeof frame.sender === 'string'
}
