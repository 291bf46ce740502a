import type { LineKind } from '../language/index.ts'
import type { LiveValue } from '../live-value-presentation.ts'
import type { InputFrame, LineError, ResultFrame } from './result-frame.ts'

/** A line of a sheet as it is stored and published. */
export interface Line {
  readonly seq: number
  readonly rev: number
  /** The last `rev` of the edit that it changed in. */
  readonly until: number
  readonly id: string
  /** The username of its first author. */
  readonly sender: string
  /** The sender's display name, where there is one. */
  readonly senderName: string | null
  /** The version of the sender's picture, where there is one. */
  readonly senderPicture: string | null
  /** The username of its last author, if it was rewritten. */
  readonly changedBy: string | null
  readonly changedByName: string | null
  readonly changedByPicture: string | null
  readonly expression: string
  /** An input is no line that anybody wrote: it is what a name such as `today` stands for. */
  readonly kind: LineKind | 'input'
  readonly label: string | null
  readonly position: string
  /** JSON, as it is stored. */
  readonly result: string
  readonly text: string
  readonly rounded: boolean
  /** JSON, as it is stored. */
  readonly notes: string | null
  /** JSON, in place of result and text. */
  readonly error: string | null
  readonly removed: boolean
  readonly at: string
  /** The `rev` at which its expression was written. */
  readonly written: number
}

/** Returns the frame that everyone receives: a line as it is now, or an input. */
export function frameOf(line: Line): ResultFrame | InputFrame {
  if (line.kind !== 'input') return resultFrame(line)
  const { text, rev, until, at, removed } = line
  const name = inputName(line)
  return removed
    ? { type: 'input', name, removed, rev, until, at }
    : { type: 'input', name, text, rev, until, at }
}

/** The name of an input, which is its definition. */
export function inputName({ expression }: Pick<Line, 'expression'>): string {
  return expression.slice(0, expression.indexOf(' '))
}

/** A line as everyone gets it. */
export function resultFrame(line: Line): ResultFrame {
  const { seq, rev, until, id, sender, senderName, position, at } = line
  const base = {
    type: 'result',
    seq,
    rev,
    until,
    id,
    sender,
    ...(senderName !== null && { sender_name: senderName }),
    ...(line.senderPicture !== null && { sender_picture: line.senderPicture }),
    ...(line.changedBy !== null && { changed_by: line.changedBy }),
    ...(line.changedByName !== null && { changed_by_name: line.changedByName }),
    ...(line.changedByPicture !== null && { changed_by_picture: line.changedByPicture }),
    position,
    at,
  } as const
  if (line.removed) return { ...base, removed: true }
  const { expression, label, notes, rounded, text } = line
  const kind = line.kind === 'input' ? 'definition' : line.kind
  const said = {
    ...base,
    expression,
    kind,
    ...(label !== null && { label }),
    ...(notes !== null && { notes: JSON.parse(notes) as readonly string[] }),
  }
  if (line.error !== null) return { ...said, error: JSON.parse(line.error) as LineError }
  const result = JSON.parse(line.result) as number | string
  return { ...said, result, text, ...(rounded && { rounded }) }
}

/** Returns the part of a line by which it is recognized, without people's names, which change by themselves. */
export function fingerprint({ id, at, expression, result, text, error, position, removed }: Line): string {
  return JSON.stringify([id, at, expression, result, text, error, position, removed])
}

/** @param input of a sheet, other than those of the clock */
export function liveValueOf(input: Line): LiveValue {
  const name = inputName(input)
  const { expression, text, at, sender, changedBy } = input
  return { name, value: expression.slice(`${name} = `.length), text, at, sender: changedBy ?? sender }
}
