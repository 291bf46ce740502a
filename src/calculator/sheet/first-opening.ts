import { generateNKeysBetween } from 'fractional-indexing'
import type { Database } from '../../storage/index.ts'
import type { StreamRow, StreamWriter } from '../../streams/index.ts'
import type { Pool } from '../sandbox/pool.ts'
import { Calculation } from './calculation.ts'
import { changedOf } from './changed-lines.ts'
import { wholeOrderOf } from './document/recalculation.ts'
import type { OpenDocument } from './documents.ts'
import { type Line, linesAt } from './line-rows.ts'
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
  const { document, sheet } = open
  const positions = generateNKeysBetween(null, null, open.unplaced.length)
  const placed = open.unplaced.map((seq, index) => ({ seq, position: positions[index] ?? '' }))
  const lines = placed.flatMap(({ seq, position }) => {
    const line = document.line(seq)
    return line ? [{ ...line, position }] : []
  })
  for (const { seq } of lines) document.remove(seq)
  for (const line of lines) document.set(line)
  const { order, circles } = wholeOrderOf(document)
  for (let from = 0; from < order.length; from += TOGETHER) {
    const calculation = new Calculation(document, { order: order.slice(from, from + TOGETHER), circles })
    const known = await linesAt(database, sheet, new Set([...calculation.lines, ...calculation.beside]))
    const answers = await pool.evaluateLines({ lines: calculation.requests(known), person: `sheet ${sheet}` })
    if ('error' in answers) throw new Error(`a sheet could not be opened: ${answers.error.message}`)
    const found = calculation.lines.flatMap((seq, index) => {
      const line = known.get(seq)
      const answer = answers[index]
      return (line && answer && changedOf(line, answer)) ?? []
    })
    const changed = found.filter(({ isShown }) => isShown)
    const rewritten = found.flatMap(({ isShown, line, value }) => (isShown ? [] : [{ seq: line.seq, value }]))
    const stored = await writer.run(sheet, { base: open.rev, lines: changed, edits: [], rewritten })
    if (stored.outdated) return false
    open.rev += changed.length
  }
  // Last, so that a sheet that has places has been calculated.
  const stored = await writer.run(sheet, { base: open.rev, lines: [], edits: [], placed })
  if (stored.outdated) return false
  open.unplaced = []
  return true
}
