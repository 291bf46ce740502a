import type { Database } from '../../storage/index.ts'
import type { Meaning, SheetLine } from '../language/index.ts'
import { CalculationError } from '../numbers/index.ts'
import type { EvaluationError } from '../sandbox/answers.ts'
import type { Pool } from '../sandbox/pool.ts'
import { TOO_MUCH } from '../sandbox/refusals.ts'
import { Calculation } from './calculation.ts'
import { DocumentEdit } from './document/document-edit.ts'
import { isInput, type Reading } from './document/reading.ts'
import { recalculationOf } from './document/recalculation.ts'
import type { SheetDocument } from './document/sheet-document.ts'
import type { SheetEditor } from './editor.ts'
import { dueInputs, type InputDefinitions } from './inputs.ts'
import { type StoredValue, valuesAt } from './line-rows.ts'

/** The value of an expression on a sheet, or its error. */
export type AskedValue = { readonly text: string; readonly rounded?: true } | EvaluationError

export interface AskOptions {
  /** The person who asks: people are served in turn. */
  readonly person: string
  /** True if a newer preview of this person may replace it. */
  readonly isPreview?: boolean
  readonly signal?: AbortSignal
}

export interface AskContext {
  readonly database: Database
  readonly pool: Pool
  readonly editor: SheetEditor
  readonly read: (expression: string) => Reading
  readonly inputs: () => InputDefinitions
}

/** Lines whose values several expressions may need together. */
const NEEDED = 20_000
/** Milliseconds after which others have a turn before the next expression is planned. */
const TURN = 10

/** No line has it: lines and inputs that are only asked for have negative ones. */
const ASKED = -1
/** Behind the positions of all lines. */
const LAST = '~'

/**
 * Calculates expressions as if each stood alone at the end of a sheet. Nothing is stored, and none of them can define a name.
 * @returns the value of each; undefined where they could not be calculated now
 */
export async function valuesOn(
  context: AskContext,
  sheet: number,
  expressions: readonly string[],
  { person, isPreview = false, signal }: AskOptions,
): Promise<readonly AskedValue[] | undefined> {
  const { database, pool } = context
  const planned = await planAll(context, sheet, expressions)
  const calculations = planned.filter((plan) => plan instanceof Calculation)
  const needed = new Set(calculations.flatMap(({ lines, beside }) => [...lines, ...beside]))
  const known = await valuesAt(database, sheet, needed).catch(refusalOf)
  if ('error' in known) return planned.map((plan) => (plan instanceof Calculation ? known : plan))
  const { lines, places } = joined(calculations, known)
  const answers = await pool.evaluateLines({ lines, person, isPreview, ...(signal && { signal }) })
  if ('error' in answers) {
    const { code } = answers.error
    if (answers === TOO_MUCH || (code !== 'limit' && code !== 'timeout')) return undefined
    // They are too much together, for everybody and at any time.
    return planned.map((plan) => (plan instanceof Calculation ? answers : plan))
  }
  return planned.map((plan) => {
    if (!(plan instanceof Calculation)) return plan
    const answer = answers[places.get(plan) ?? -1]
    if (!answer || 'error' in answer) return answer ?? wrong('This could not be calculated.')
    return { text: answer.text, ...(answer.rounded && { rounded: true as const }) }
  })
}

/** The line of a sheet to which an expression leads: the first that it needs. */
export function lineNeededBy(
  editor: SheetEditor,
  sheet: number,
  expression: string,
  read: (expression: string) => Reading,
): Promise<number | undefined> {
  return editor.look(sheet, ({ document }) => {
    const line = lineOf(expression, read)
    for (const name of line.reading.mentions) {
      const meant = document.meaning(name, line)
      if (meant && !isInput(meant)) return meant.seq
    }
    return line.reading.totals.length > 0 ? document.summed(line)[0]?.seq : undefined
  })
}

/** Finds the lines to calculate for each expression, over several turns of the event loop where that takes long. */
async function planAll(
  { editor, read, inputs }: AskContext,
  sheet: number,
  expressions: readonly string[],
): Promise<readonly (Calculation | EvaluationError)[]> {
  const planned: (Calculation | EvaluationError)[] = []
  const left = [...expressions]
  let needed = 0
  const planSome = (document: SheetDocument) => {
    const until = performance.now() + TURN
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const plan = needed > NEEDED ? tooManyLines() : planOne(document, next, read, inputs())
      if (plan instanceof Calculation) needed += plan.beside.size
      planned.push(plan instanceof Calculation && needed > NEEDED ? tooManyLines() : plan)
      if (performance.now() > until) return
    }
  }
  do await editor.look(sheet, ({ document }) => planSome(document))
  while (left.length > 0)
  return planned
}

/** Returns the lines to calculate for an expression. The document is left as it was. */
function planOne(
  document: SheetDocument,
  expression: string,
  read: (expression: string) => Reading,
  inputs: InputDefinitions,
): Calculation | EvaluationError {
  const line = lineOf(expression, read)
  if (line.reading.defines !== undefined)
    return wrong('A message cannot define a name. Write the definition on the sheet.')
  if (line.reading.role === 'none') return wrong('There is nothing to calculate here.')
  const edit = new DocumentEdit(document)
  try {
    edit.put(line)
    const due = dueInputs(document, inputs, 0, read, false)
    for (const [index, input] of due.entries()) edit.put({ ...input, seq: ASKED - 1 - index })
    return new Calculation(document, recalculationOf(document, [edit]))
  } catch (error) {
    return refusalOf(error)
  } finally {
    edit.undo()
  }
}

function lineOf(expression: string, read: (expression: string) => Reading) {
  return { seq: ASKED, position: LAST, expression, written: 0, reading: read(expression) }
}

/** Puts calculations one behind the other. @returns where the line of each that was asked for stands among all */
function joined(
  calculations: readonly Calculation[],
  known: ReadonlyMap<number, StoredValue>,
): { lines: SheetLine[]; places: Map<Calculation, number> } {
  const lines: SheetLine[] = []
  const places = new Map<Calculation, number>()
  for (const calculation of calculations) {
    const first = lines.length
    places.set(calculation, first + calculation.lines.indexOf(ASKED))
    for (const { expression, names, totals } of calculation.requests(known)) {
      const moved = (meant: Meaning) => (typeof meant === 'number' ? meant + first : meant)
      lines.push({
        expression,
        names: Object.fromEntries(Object.entries(names).map(([name, meant]) => [name, moved(meant)])),
        ...(totals && { totals: { words: totals.words, of: totals.of.map(moved) } }),
      })
    }
  }
  return { lines, places }
}

function refusalOf(error: unknown): EvaluationError {
  if (!(error instanceof CalculationError)) throw error
  return { error: { code: error.code, message: error.message } }
}

function wrong(message: string): EvaluationError {
  return { error: { code: 'evaluation', message } }
}

function tooManyLines(): EvaluationError {
  const lines = NEEDED.toLocaleString('en')
  return wrong(`Together these need more than ${lines} lines of the sheet. Split them into several messages.`)
}
