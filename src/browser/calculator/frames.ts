import type { ResultFrame } from '../../calculator/protocol.ts'
import type { ServerObject } from '../client/index.ts'
import type { PreviewAnswer } from './preview-requests.ts'

/** Somebody else's draft; without an expression, it is over. */
export interface EditingFrame {
  readonly name: string
  readonly seq: number | null
  readonly before: number | null
  readonly expression: string | undefined
  readonly values: PreviewAnswer['values']
}

/** Tells if a frame is a line of a sheet, by the fields that every line has. */
export function isResult(frame: ServerObject): frame is ServerObject & ResultFrame {
  return frame.type === 'result' && typeof frame.seq === 'number' && typeof frame.sender === 'string'
}

/** Reads a preview. */
export function previewOf(frame: Readonly<Record<string, unknown>>): PreviewAnswer {
  const { id, text, rounded, notes, error, position, values } = frame
  return {
    id: String(id),
    text: typeof text === 'string' ? text : '',
    rounded: rounded === true,
    notes: Array.isArray(notes) ? notes.map(String) : [],
    error: typeof error === 'string' ? error : undefined,
    position: typeof position === 'number' ? position : undefined,
    values: valuesOf(values),
  }
}

export function editingOf({ name, seq, before, expression, values }: ServerObject): EditingFrame {
  return {
    name: String(name),
    seq: typeof seq === 'number' ? seq : null,
    before: typeof before === 'number' ? before : null,
    expression: typeof expression === 'string' ? expression : undefined,
    values: valuesOf(values),
  }
}

function valuesOf(values: unknown): PreviewAnswer['values'] {
  if (!Array.isArray(values)) return []
  return values.flatMap((value: unknown) => {
    if (typeof value !== 'object' || value === null) return []
    const seq: unknown = Reflect.get(value, 'seq')
    const text: unknown = Reflect.get(value, 'text')
    const rounded = Reflect.get(value, 'rounded') === true
    return typeof seq === 'number' && typeof text === 'string' ? [{ seq, text, rounded }] : []
  })
}
