import { type FailureView, type PersonName, personName } from '../web/presentation.ts'
import type { ResultFrame } from './protocol.ts'

export interface ValueView {
  /** As it stands on the page: a matrix row by row. */
  readonly text: string
  /** For the styles: `long` values are set smaller, and a `definition` is no number. */
  readonly kind: 'value' | 'long' | 'definition'
  /** What is put into another line. */
  readonly inserted: string
  /** What is copied: all digits that are known. */
  readonly copied: string
}

/** A line as `views/calculator/line.eta` shows it. */
export interface LineView {
  /** Where it stands on the sheet; undefined: it is not stored yet. */
  readonly place: { readonly seq: number; readonly rev: number } | undefined
  readonly id: string
  /** Who wrote it; undefined on one's own sheet, where nobody needs to be told. */
  readonly sender: PersonName | undefined
  readonly own: boolean
  readonly expression: string
  /** Undefined: not calculated yet. */
  readonly value: ValueView | undefined
  /** Of a line that is not stored: on its way, or refused. */
  readonly state: 'pending' | 'failed' | undefined
  readonly failure: FailureView | undefined
}

/** A stored line, as `viewer` sees it. @param shared whether it is on a room's sheet */
export function lineView(line: ResultFrame, viewer: string, shared: boolean): LineView {
  return {
    place: { seq: line.seq, rev: line.rev },
    id: line.id,
    sender: shared ? personName(line.sender, line.sender_name) : undefined,
    own: line.sender === viewer,
    expression: line.expression,
    value: valueView(line),
    state: undefined,
    failure: undefined,
  }
}

/** Characters that still fit on a line of large print. */
const SHORT = 40

const DEFINITION = /^[\p{L}_][\p{L}\p{N}_]*\([^=]*\)\s*=/u

function valueView({ text, result }: ResultFrame): ValueView {
  // A whole number is complete in its text, another number in the frame's `result`.
  const copied = /^-?\d+$/.test(text) ? text : String(result)
  const about = { inserted: text, copied }
  if (DEFINITION.test(text)) return { ...about, text, kind: 'definition' }
  const rows = text.startsWith('[[') ? text.replaceAll('], [', '],\n [') : text
  return { ...about, text: rows, kind: text.length > SHORT ? 'long' : 'value' }
}
