import type { Database } from '../../storage/index.ts'
import type { Evaluation, EvaluationError } from '../sandbox/answers.ts'
import type { Pool } from '../sandbox/pool.ts'
import { CANCELLED } from '../sandbox/refusals.ts'
import { Calculation } from './calculation.ts'
import { DocumentEdit } from './document/document-edit.ts'
import type { Reading } from './document/reading.ts'
import { recalculationOf } from './document/recalculation.ts'
import type { SheetEditor } from './editor.ts'
import { dueInputs, type InputDefinitions } from './inputs.ts'
import { valuesAt } from './line-rows.ts'
import { SheetEdit } from './sheet-edit.ts'

/** A line that somebody is writing: in the place of one, before one, or at the end. */
export interface Draft {
  readonly expression: string
  readonly seq?: number
  readonly before?: number | null
}

/** The value of a draft, and the values that the lines depending on it would have. */
export interface Previewed {
  readonly value: Evaluation
  readonly others: readonly { readonly seq: number; readonly value: Evaluation }[]
}

export interface PreviewOptions {
  readonly database: Database
  readonly pool: Pool
  readonly editor: SheetEditor
  readonly read: (expression: string) => Reading
  readonly inputs: () => InputDefinitions
}

/** Lines that a draft is shown to change. */
const OTHERS = 50

/**
 * Calculates a draft as if it were on the sheet. Nothing is stored.
 * @throws EditRefused, CalculationError when it could not stand there
 */
export async function previewDraft(
  { database, pool, editor, inputs, read }: PreviewOptions,
  sheet: number,
  draft: Draft,
  person: string,
  signal?: AbortSignal,
): Promise<Previewed | EvaluationError> {
  // A newer draft may have taken its place while it waited.
  if (signal?.aborted) return CANCELLED
  const { calculation, seq } = await editor.look(sheet, ({ document, rev }) => {
    const edit = new SheetEdit(document, { removed: new Map(), firstRev: rev + 1, read })
    const given = new DocumentEdit(document)
    const { expression, before = null } = draft
    try {
      if (draft.seq === undefined) edit.change([{ type: 'insert', expression, before }])
      else edit.change([{ type: 'set', seq: draft.seq, expression, base: rev }])
      const own = draft.seq ?? rev + 1
      const line = document.line(own)
      const also = line && line.reading.role !== 'value' ? [line] : []
      for (const input of dueInputs(document, inputs(), rev + 2, read, false)) given.put(input)
      const recalculation = recalculationOf(document, [edit, given], [own])
      return { calculation: new Calculation(document, recalculation, also), seq: own }
    } finally {
      given.undo()
      edit.undo()
    }
  })
  if (signal?.aborted) return CANCELLED
  const known = await valuesAt(database, sheet, new Set([...calculation.lines, ...calculation.beside]))
  const refused = calculation.refused.get(seq)
  const requests = calculation.requests(known)
  const answers = await pool.evaluateLines({
    lines: requests,
    person,
    isPreview: true,
    ...(signal && { signal }),
  })
  if ('error' in answers) return answers
  const values = new Map(answers.map((value, index) => [calculation.lines[index], value]))
  const value = refused ?? values.get(seq)
  if (!value) return { error: { code: 'internal', message: 'This could not be calculated.' } }
  const others = [...values].flatMap(([other, value]) =>
    other === undefined || other === seq || !differs(value, known.get(other)?.text)
      ? []
      : [{ seq: other, value }],
  )
  return { value, others: others.slice(0, OTHERS) }
}

function differs(value: Evaluation, text: string | undefined): boolean {
  return 'error' in value ? text !== '' : value.text !== text
}
