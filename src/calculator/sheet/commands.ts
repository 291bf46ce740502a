import type { ErrorCode } from '../numbers/index.ts'
import type { Line } from './line.ts'

/** A line that is added, rewritten, moved or removed. */
export type LineChange =
  | {
      readonly type: 'insert'
      readonly expression: string
      readonly before: number | null
      readonly id?: string
    }
  | { readonly type: 'set'; readonly seq: number; readonly expression: string; readonly base: number }
  | { readonly type: 'move'; readonly seq: number; readonly before: number | null }
  | { readonly type: 'remove'; readonly seq: number; readonly base: number }

/** The person who edits a sheet. */
export interface Sender {
  readonly id: number
  readonly name: string
  /** Null where the person is called by the username. */
  readonly displayName?: string | null
  /** The version of their picture; null where they have none. */
  readonly picture?: string | null
}

export type SheetCommand =
  /** A line at the end, which is kept only if it can be calculated. */
  | { readonly type: 'append'; readonly expression: string }
  | { readonly type: 'change'; readonly change: LineChange }
  /** Several changes, all or none. */
  | { readonly type: 'edit'; readonly changes: readonly LineChange[] }
  /** Changes a name everywhere. */
  | { readonly type: 'rename'; readonly from: string; readonly to: string }
  /** Takes back one's own edit that ended at a `rev`. An undo is an edit, and is itself taken back by a redo. */
  | { readonly type: 'undo' | 'redo'; readonly until: number }

/** An edit that somebody asked for. */
export interface AskedEdit {
  readonly sender: Sender
  readonly command: SheetCommand
  /** Makes a retry safe: what a sender did under it on a sheet is done once. */
  readonly id: string
}

/** The changes that a command lists. */
export function changesOf(command: SheetCommand): readonly LineChange[] {
  if (command.type === 'change') return [command.change]
  return command.type === 'edit' ? command.changes : []
}

/** The `seq`s of the lines that a command names. */
export function namedLines(command: SheetCommand): number[] {
  return changesOf(command).flatMap((change) => [
    ...('seq' in change ? [change.seq] : []),
    ...('before' in change && change.before !== null ? [change.before] : []),
  ])
}

/** The result of an edit that is on disk, or that changed nothing. */
export interface Edited {
  /** The last change that it made, or the present one. */
  readonly rev: number
  /** The line that was appended. */
  readonly line?: Line
  readonly repeat: boolean
}

/** A line as an edit found it or left it; undefined: there was none, or it was removed. */
export type LineVersion = { readonly expression: string; readonly position: string } | undefined

/** The change of one line from one version to another. */
export interface Revision {
  readonly seq: number
  readonly from: LineVersion
  readonly to: LineVersion
}

/** The reason why an edit changes nothing, for the person who made it. */
export class EditRefused extends Error {
  readonly code: ErrorCode | 'conflict' | 'not_found' | 'internal'
  /** The line in the way as it stands now, for a `conflict`, and which of several changes it was. */
  readonly details: RefusalDetails

  constructor(code: EditRefused['code'], message: string, details: RefusalDetails = {}) {
    super(message)
    this.code = code
    this.details = details
  }

  /** The same, of one of several changes. */
  ofChange(index: number): EditRefused {
    return new EditRefused(this.code, this.message, { ...this.details, index })
  }
}

export interface RefusalDetails {
  readonly seq?: number
  readonly rev?: number
  readonly expression?: string
  readonly removed?: true
  readonly index?: number
  readonly position?: number
}
