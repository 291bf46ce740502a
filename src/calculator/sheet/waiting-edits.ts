import { wellFormed } from '../../channels/index.ts'
import type { EvaluationError } from '../sandbox/answers.ts'
import {
  type AskedEdit,
  changesOf,
  type Edited,
  EditRefused,
  type LineChange,
  type SheetCommand,
} from './commands.ts'
import type { CalculatedLines } from './edit-batch.ts'
import { NOBODY, type People } from './edit-pace.ts'
import type { Planned } from './remembered-edits.ts'

/** Edits that are made in one go. */
const TOGETHER = 50

/** An edit that waits for its turn on a sheet. */
export interface WaitingEdit extends AskedEdit {
  readonly deadline: number
  /** With whose edits it may be made: anybody's, the same person's, or with none, since it failed beside others. */
  company: 'anybody' | 'own' | 'none'
  /** The lines of a long edit that were calculated beside the sheet, for it and for those that share them. */
  worked?: CalculatedLines
  /** It may have been made before: that is looked up first. */
  mayBeRepeated: boolean
  tries: number
  readonly resolve: (edited: Edited) => void
  readonly reject: (error: unknown) => void
}

/**
 * Refuses an edit, unless it may be one that was made before, which is answered as it was then.
 * @returns false where that has to be looked up: it is to be made again
 */
export function refuse(waiting: WaitingEdit, refusal: EditRefused): boolean {
  if (!waiting.mayBeRepeated) {
    waiting.mayBeRepeated = true
    return false
  }
  waiting.reject(refusal)
  return true
}

/**
 * The next edits that can be made together. Beside lines that are appended, one of each person: each can then be taken back by
 * itself. What a person does is done in the order in which they did it.
 * @param held people of whom none may be taken now
 */
export function takeBatch(queue: WaitingEdit[], held: People = NOBODY): WaitingEdit[] {
  if (queue.length <= 1 && held.size === 0) return queue.splice(0)
  const batch: WaitingEdit[] = []
  /** People of whom nothing more may be taken. */
  const done = new Set<number>(held.keys())
  for (const waiting of queue) {
    if (batch.length >= TOGETHER) break
    const { id } = waiting.sender
    if (done.has(id)) continue
    if (batch.every((other) => goTogether(other, waiting))) batch.push(waiting)
    else done.add(id)
    if (waiting.command.type !== 'append') done.add(id)
  }
  for (const waiting of batch) queue.splice(queue.indexOf(waiting), 1)
  return batch
}

/** Tells whether an edit can be made together with an earlier one. */
function goTogether(one: WaitingEdit, other: WaitingEdit): boolean {
  if (one.worked !== other.worked || one.company === 'none' || other.company === 'none') return false
  if (one.sender.id !== other.sender.id) return one.company === 'anybody' && other.company === 'anybody'
  return one.id !== other.id && other.command.type === 'append'
}

/** Takes the edits that have waited too long. */
export function takeLate(queue: WaitingEdit[]): WaitingEdit[] {
  if (queue.length === 0) return []
  const now = performance.now()
  const late = queue.filter(({ deadline }) => deadline < now)
  for (const waiting of late) queue.splice(queue.indexOf(waiting), 1)
  return late
}

function eachAlone(edits: readonly Planned<WaitingEdit>[]): readonly WaitingEdit[] {
  return edits.map(({ waiting }) => Object.assign(waiting, { company: 'none' as const }))
}

/** Edits that failed together are made one by one; one that failed by itself is refused. @returns those that are made again */
export function refuseTogether(
  edits: readonly Planned<WaitingEdit>[],
  why: EvaluationError,
): readonly WaitingEdit[] {
  const [only, ...others] = edits
  if (!only || others.length > 0) return eachAlone(edits)
  const isRefused = refuse(only.waiting, refusalOf(why))
  return isRefused ? [] : [only.waiting]
}

export function refusalOf({ error: { code, message } }: EvaluationError): EditRefused {
  return new EditRefused(code === 'cancelled' ? 'internal' : code, message)
}

/** Returns a command as it is stored: without lone surrogates. */
export function cleaned(command: SheetCommand): SheetCommand {
  if (command.type === 'append') return { type: 'append', expression: wellFormed(command.expression) }
  if (command.type === 'change') return { ...command, change: cleanedChange(command.change) }
  if (command.type === 'edit') return { ...command, changes: command.changes.map(cleanedChange) }
  return command
}

function cleanedChange(change: LineChange): LineChange {
  return 'expression' in change ? { ...change, expression: wellFormed(change.expression) } : change
}

/** Characters of the expressions in a command. */
export function charactersOf(command: SheetCommand): number {
  if (command.type === 'append') return command.expression.length
  return changesOf(command).reduce(
    (sum, change) => sum + ('expression' in change ? change.expression.length : 0),
    0,
  )
}
