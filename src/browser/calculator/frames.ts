import type { ResultFrame } from '../../calculator/protocol.ts'
import type { ServerObject } from '../live/frames.ts'
import type { PreviewAnswer } from './expression-input.ts'

/** Tells if a frame is a line of a sheet, by the fields that every line has. */
export function isResult(frame: ServerObject): frame is ServerObject & ResultFrame {
  return frame.type === 'result' && typeof frame.seq === 'number' && typeof frame.sender === 'string'
}

/** Reads a preview. */
export function previewOf({
  id,
  text,
  rounded,
  notes,
  error,
}: Readonly<Record<string, unknown>>): PreviewAnswer {
  return {
    id: String(id),
    text: typeof text === 'string' ? text : '',
    rounded: rounded === true,
    notes: Array.isArray(notes) ? notes.map(String) : [],
    error: typeof error === 'string' ? error : undefined,
  }
}
