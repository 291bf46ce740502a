import {
  codeParts,
  type FailureView,
  type PersonName,
  personName,
  type TextPart,
} from '../web/presentation.ts'
import type { ResultFrame } from './protocol.ts'

export interface ValueView {
  /** As it stands on the page: a matrix row by row. */
  readonly text: string
  /** For the styles: `long` values are set smaller, and a `definition` of a function is no number. */
  readonly kind: 'value' | 'long' | 'definition'
  /** True if the text is not the whole value: `≈` stands before it. */
  readonly rounded: boolean
  /** What is put into another line. */
  readonly inserted: string
  /** What is copied: all digits that are known. */
  readonly copied: string
}

/** A line as `views/calculator/line.eta` shows it. */
export interface LineView {
  /** Where it stands on the sheet; undefined: it is not stored yet. */
  readonly place: { readonly seq: number; readonly rev: number; readonly position: string } | undefined
  readonly id: string
  /** Who wrote it; undefined on one's own sheet, where nobody needs to be told. */
  readonly sender: PersonName | undefined
  readonly own: boolean
  /** A heading or a comment is shown as such, and has no value. */
  readonly kind: 'calculation' | 'heading' | 'comment'
  /** The label before the expression, with its colon. */
  readonly label: string
  /** The expression as it is shown: a heading or a comment has lost its mark. */
  readonly expression: string
  /** The line as it was typed. */
  readonly typed: string
  /** Undefined: not calculated yet. */
  readonly value: ValueView | undefined
  /** How something ambiguous was read. */
  readonly notes: readonly (readonly TextPart[])[]
  /** What is wrong with it, in place of a value. */
  readonly fault: string | undefined
  /** Of a line that is not stored: on its way, or refused. */
  readonly state: 'pending' | 'failed' | undefined
  readonly failure: FailureView | undefined
}

/** A stored line, as `viewer` sees it. @param shared whether it is on a room's sheet */
export function lineView(line: ResultFrame, viewer: string, shared: boolean): LineView {
  return {
    place: { seq: line.seq, rev: line.rev, position: line.position },
    id: line.id,
    sender: shared ? personName(line.sender, line.sender_name) : undefined,
    own: line.sender === viewer,
    ...expressionView(line),
    value: line.text ? valueView(line, line.text) : undefined,
    notes: (line.notes ?? []).map(codeParts),
    fault: line.error?.message,
    state: undefined,
    failure: undefined,
  }
}

const MARKS = { heading: /^\s*#+\s*/, comment: /^\s*\/\/\s*/ }

function expressionView({
  expression = '',
  kind,
  label,
}: ResultFrame): Pick<LineView, 'kind' | 'label' | 'expression' | 'typed'> {
  if (kind === 'heading' || kind === 'comment')
    return { kind, label: '', expression: expression.replace(MARKS[kind], ''), typed: expression }
  const colon = label === undefined ? 0 : expression.indexOf(':') + 1
  return {
    kind: 'calculation',
    label: expression.slice(0, colon),
    expression: expression.slice(colon),
    typed: expression,
  }
}

/** Characters that still fit on a line of large print. */
const SHORT = 40

const DEFINITION = /^[\p{L}_][\p{L}\p{N}_]*\([^=]*\)\s*=/u

function valueView({ result, rounded }: ResultFrame, text: string): ValueView {
  // A whole number is complete in its text, another number in the frame's `result`.
  const copied = /^-?\d+$/.test(text) ? text : String(result)
  const about = { inserted: text, copied, rounded: rounded === true }
  if (DEFINITION.test(text)) return { ...about, text, kind: 'definition' }
  const rows = text.startsWith('[[') ? text.replaceAll('], [', '],\n [') : text
  return { ...about, text: rows, kind: text.length > SHORT ? 'long' : 'value' }
}
