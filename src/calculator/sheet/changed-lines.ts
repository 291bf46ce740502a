import { rowSize } from '../../accounts/index.ts'
import { headOf, type LineKind, normalise } from '../language/index.ts'
import type { Evaluation } from '../sandbox/answers.ts'
import type { Sender } from './commands.ts'
import type { Line } from './line.ts'
import type { KnownLine } from './line-rows.ts'
import type { ChangedLine } from './store-edits.ts'

/** A recalculated line if anything about it changed, with whether the change is visible. */
export function changedOf(
  known: KnownLine,
  outcome: Evaluation,
): (ChangedLine & { readonly isShown: boolean }) | undefined {
  const value = storedValue(outcome)
  const line = { ...known.line, ...shownOf(outcome, known.line.expression) }
  const isShown = !isSame(line, known.line)
  return isShown || value !== known.value ? { ...known, line, value, isShown } : undefined
}

type Shown = Pick<Line, 'kind' | 'label' | 'result' | 'text' | 'rounded' | 'notes' | 'error'>

/** Returns the part of a line that shows its outcome. */
export function shownOf(outcome: Evaluation | undefined, expression: string): Shown {
  if (!outcome) return { ...NOTHING, kind: 'blank' }
  if ('error' in outcome)
    return {
      ...NOTHING,
      kind: kindOfFailed(expression),
      label: outcome.label ?? null,
      error: JSON.stringify(outcome.error),
    }
  const { kind, label = null, result, text, rounded = false, notes } = outcome
  return {
    kind,
    label,
    result: JSON.stringify(result),
    text,
    rounded,
    notes: notes === undefined ? null : JSON.stringify(notes),
    error: null,
  }
}

const NOTHING = { label: null, result: '""', text: '', rounded: false, notes: null, error: null }

function kindOfFailed(expression: string): LineKind {
  return headOf(normalise(expression).text).defines === undefined ? 'value' : 'definition'
}

/** The value to store with a line. */
export function storedValue(outcome: Evaluation | undefined): string | null {
  return outcome && !('error' in outcome) ? outcome.value : null
}

function isSame(a: Shown, b: Shown): boolean {
  return (
    a.kind === b.kind &&
    a.label === b.label &&
    a.result === b.result &&
    a.text === b.text &&
    a.rounded === b.rounded &&
    a.notes === b.notes &&
    a.error === b.error
  )
}

/** Finds the author of any line: inputs that are added to a sheet of an earlier release are attributed to them. */
export function someAuthor(lines: Iterable<KnownLine>): Sender | undefined {
  for (const { line, senderId } of lines)
    return {
      id: senderId,
      name: line.sender,
      displayName: line.senderName,
      picture: line.senderPicture,
    }
  return undefined
}

/**
 * Makes a line that is not stored yet.
 * @param line as it stands in the document; left out, it is empty
 */
export function newLine(
  seq: number,
  id: string,
  sender: Sender,
  at: string,
  line: Pick<Line, 'expression' | 'position' | 'written'> = { expression: '', position: '', written: seq },
  outcome?: Evaluation,
): ChangedLine {
  const { expression, position, written } = line
  const { kind, label, result, text, rounded, notes, error } = shownOf(outcome, expression)
  return {
    line: {
      seq,
      id,
      sender: sender.name,
      senderName: sender.displayName ?? null,
      senderPicture: sender.picture ?? null,
      changedBy: null,
      changedByName: null,
      changedByPicture: null,
      expression,
      kind,
      label,
      position,
      result,
      text,
      rounded,
      notes,
      error,
      removed: false,
      at,
      written,
    },
    senderId: sender.id,
    changedById: null,
    value: storedValue(outcome),
  }
}

/** Notes who changes a line. */
export function changedBy(known: KnownLine, sender: Sender): ChangedLine {
  const { name, displayName = null, picture = null } = sender
  return {
    ...known,
    line: { ...known.line, changedBy: name, changedByName: displayName, changedByPicture: picture },
    changedById: sender.id,
  }
}

/** The bytes for which a line counts as kept. */
export function sizeOf({ line, value }: ChangedLine | KnownLine): number {
  return rowSize(line.expression, line.id, line.text, line.result, value, line.label, line.notes, line.error)
}
