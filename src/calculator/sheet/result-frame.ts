import type { ErrorCode, LineKind } from '../language/index.ts'

export interface LineError {
  readonly code: ErrorCode | 'internal' | 'cancelled'
  readonly message: string
  /** The name that has the error, where the line has it from there. */
  readonly of?: string
  /** The 0-based code point of the expression that it is about. */
  readonly position?: number
}

/** A line as everyone gets it. */
export interface ResultFrame {
  readonly type: 'result'
  readonly seq: number
  readonly rev: number
  /** The last `rev` of the edit: until a client has it, it shows nothing of the edit. */
  readonly until: number
  readonly id: string
  /** The username of whoever wrote it first. */
  readonly sender: string
  /** The sender's display name, where there is one. */
  readonly sender_name?: string
  /** The username of whoever wrote it last, where it was written anew. */
  readonly changed_by?: string
  readonly changed_by_name?: string
  /** Lines stand in the order of the code units of this. */
  readonly position: string
  readonly at: string
  /** It is not on the sheet any more; nothing of what follows is there. */
  readonly removed?: true
  readonly expression?: string
  readonly kind?: LineKind
  readonly result?: number | string
  /** Empty for a heading, a comment and a blank line. */
  readonly text?: string
  /** In place of `result` and `text`. */
  readonly error?: LineError
  /** The words before the colon of `Rent: 3 * 400`. */
  readonly label?: string
  /** The text is not all of the value. */
  readonly rounded?: true
  /** How something ambiguous was read, in sentences for the person who typed it. */
  readonly notes?: readonly string[]
  /** The answer to a retry: stands outside the order. */
  readonly repeat?: true
}

/** A value from outside the sheet, such as the day. */
export interface InputFrame {
  readonly type: 'input'
  readonly name: string
  readonly text?: string
  /** In place of its text: there is no such value any more. */
  readonly removed?: true
  readonly rev: number
  readonly until: number
  readonly at: string
}
