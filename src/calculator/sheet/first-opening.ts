import { generateNKeysBetween } from 'fractional-indexing'
import type { Database } from '../../storage/index.ts'
import type { StreamRow, StreamWriter } from '../../streams/index.ts'
import type { Evaluation, EvaluationError } from '../sandbox/answers.ts'
import type { Pool } from '../sandbox/pool.ts'
import { TOO_MUCH } from '../sandbox/refusals.ts'
import { Calculation } from './calculation.ts'
import { changedOf } from './changed-lines.ts'
import type { DocumentLine } from './document/reading.ts'
import { type Recalculation, wholeOrderOf } from './document/recalculation.ts'
import type { OpenDocument } from './documents.ts'
import type { Line } from './line.ts'
import { linesAt } from './line-rows.ts'
import type { SheetChange, Stored } from './store-edits.ts'

/** Lines that are calculated and stored together. */
const TOGETHER = 500

/**
 * Makes a document of a sheet of an earlier release: gives its lines places, in their order, and calculates them anew, since
 * the text counts where what was stored differs from it. What was done is not done again when it is broken off.
 *
 * @returns false when somebody else changed the sheet meanwhile
 */
export async function openFirst(
  database: Database,
  pool: Pool,
  writer: StreamWriter<StreamRow, SheetChange, Stored, Line>,
  open: OpenDocument,
): Promise<boolean> {
  const { document } = open
  const { last } = document
  const isPart = last !== undefined && !open.unplaced.includes(last.seq)
  const positions = generateNKeysBetween(isPart ? last.position : null, null, open.unplaced.length)
  const placed = open.unplaced.map((seq, index) => ({ seq, position: positions[index] ?? '' }))
  const lines = placed.flatMap(({ seq, position }) => {
    const line = document.line(seq)
    return line ? [{ ...line, position }] : []
  })
  for (const { seq } of lines) document.remove(seq)
  for (const line of lines) document.set(line)
  const recalculation = wholeOrderOf(document)
  const { order } = recalculation
  const whole = { database, pool, writer, open, recalculation }
  // Functions alone may be wrong too.
  for (let from = 0; from === 0 || from < order.length; from += TOGETHER)
    if (!(await calculateAnew(whole, order.slice(from, from + TOGETHER)))) return false
  // Last, so that a sheet that has places has been calculated.
  const stored = await writer.run(open.sheet, { base: open.rev, lines: [], edits: [], placed })
  if (stored.outcome !== 'stored') return false
  open.unplaced = []
  return true
}

interface Whole {
  readonly database: Database
  readonly pool: Pool
  readonly writer: StreamWriter<StreamRow, SheetChange, Stored, Line>
  readonly open: OpenDocument
  readonly recalculation: Recalculation
}

/**
 * Calculates lines and stores what they come to; what is too much together in parts.
 * @returns false when somebody else changed the sheet meanwhile
 */
async function calculateAnew(whole: Whole, order: readonly DocumentLine[]): Promise<boolean> {
  const { database, pool, writer, open, recalculation } = whole
  const calculation = new Calculation(open.document, { ...recalculation, order })
  const { lines, refused, beside } = calculation
  if (lines.length + refused.size === 0) return true
  const known = await linesAt(database, open.sheet, new Set([...lines, ...refused.keys(), ...beside]))
  const answers = await pool.evaluateLines({
    lines: calculation.requests(known),
    person: `sheet ${open.sheet}`,
  })
  if ('error' in answers && (!isTooMuch(answers) || order.length === 0))
    throw new Error(`a sheet could not be opened: ${answers.error.message}`)
  if ('error' in answers && order.length > 1) {
    const half = Math.ceil(order.length / 2)
    return (await calculateAnew(whole, order.slice(0, half))) && calculateAnew(whole, order.slice(half))
  }
  const outcomes = new Map<number, Evaluation>(refused)
  for (const [index, seq] of lines.entries()) {
    const answer = 'error' in answers ? answers : answers[index]
    if (answer) outcomes.set(seq, answer)
  }
  const found = [...outcomes].flatMap(([seq, outcome]) => {
    const line = known.get(seq)
    return (line && changedOf(line, outcome)) ?? []
  })
  const changed = found.filter(({ isShown }) => isShown)
  const rewritten = found.flatMap(({ isShown, line, value }) => (isShown ? [] : [{ seq: line.seq, value }]))
  const stored = await writer.run(open.sheet, { base: open.rev, lines: changed, edits: [], rewritten })
  if (stored.outcome !== 'stored') return false
  open.rev += changed.length
  return true
}

/** Tells whether lines take too much work together, and not that the calculator is busy. */
function isTooMuch(refusal: EvaluationError): boolean {
  const { code } = refusal.error
  return refusal !== TOO_MUCH && (code === 'limit' || code === 'timeout')
}
