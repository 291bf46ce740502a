import { headOf, type LineKind, normalise } from '../language/index.ts'
import type { Evaluation } from '../sandbox/answers.ts'
import type { Line } from './line.ts'
import type { KnownLine } from './line-rows.ts'
import type { ChangedLine } from './store-edits.ts'

/** A line that was calculated anew, where that changed anything, and whether it shows. */
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
