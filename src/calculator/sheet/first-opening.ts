import { setImmediate as nextTurn } from 'node:timers/promises'
import { generateNKeysBetween } from 'fractional-indexing'
import type { Database } from '../../storage/index.ts'
import type { StreamRow, StreamWriter } from '../../streams/index.ts'
import { CalculationError, limit } from '../numbers/index.ts'
import type { Evaluation, EvaluationError } from '../sandbox/answers.ts'
import type { Pool } from '../sandbox/pool.ts'
import { TOO_MUCH } from '../sandbox/refusals.ts'
import { Calculation } from './calculation.ts'
import { changedOf } from './changed-lines.ts'
import { DocumentEdit } from './document/document-edit.ts'
import type { DocumentLine } from './document/reading.ts'
import { recalculationOf } from './document/recalculation.ts'
import type { SheetDocument } from './document/sheet-document.ts'
import type { OpenDocument } from './documents.ts'
import type { Line } from './line.ts'
import { type KnownLine, linesAt } from './line-rows.ts'
import { FUNCTIONS } from './sheet-edit.ts'
import type { SheetChange, Stored } from './store-edits.ts'

/** Lines that are added to a document together, unless that is too much work. */
const TOGETHER = 500

/** The error of every line of a sheet that is too entangled to be calculated when it is opened. */
const TOO_ENTANGLED: EvaluationError = {
  error: {
    code: 'limit',
    message: 'This sheet is too entangled to be calculated as a whole. Change this line to calculate it.',
  },
}

export interface FirstOpening {
  readonly database: Database
  readonly pool: Pool
  readonly writer: StreamWriter<StreamRow, SheetChange, Stored, Line>
  readonly open: OpenDocument
}

/**
 * Makes a document of a sheet from an earlier release, whose lines have no positions. They are appended in their order, as
 * many at a time as one edit may recalculate, and calculated again, since the text counts where a stored value differs from
 * it. If this is interrupted, the next opening continues after the lines that were stored.
 *
 * @returns false if another process changed the sheet meanwhile
 */
export async function openFirst(opening: FirstOpening): Promise<boolean> {
  const { open } = opening
  const lines = open.unplaced
  try {
    for (let from = 0; from < lines.length; from += TOGETHER)
      if (!(await add(opening, lines.slice(from, from + TOGETHER)))) return false
  } catch (error) {
    if (!(error instanceof CalculationError)) throw error
    if (!(await refuseAll(opening))) return false
  }
  open.unplaced = []
  return true
}

/**
 * Appends lines to the document, and stores them with the values of all lines that this changes. Lines that are too much
 * together are added in two halves.
 *
 * @returns false if another process changed the sheet meanwhile
 * @throws CalculationError `limit` if a single line is too much
 */
async function add(opening: FirstOpening, lines: readonly DocumentLine[]): Promise<boolean> {
  // One attempt takes no longer than an edit may; several in a row could.
  await nextTurn()
  const { document } = opening.open
  const edit = new DocumentEdit(document)
  try {
    for (const line of appended(document, lines)) edit.put(line)
    if (document.functions > FUNCTIONS) throw limit('There are too many functions on this sheet.')
    const calculation = new Calculation(document, recalculationOf(document, [edit]))
    return await calculate(opening, calculation, lines)
  } catch (error) {
    edit.undo()
    if (!(error instanceof CalculationError) || lines.length === 1) throw error
  }
  const half = Math.ceil(lines.length / 2)
  return (await add(opening, lines.slice(0, half))) && add(opening, lines.slice(half))
}

/** Lines with positions behind all others. */
function appended(document: SheetDocument, lines: readonly DocumentLine[]): DocumentLine[] {
  const positions = generateNKeysBetween(document.last?.position, undefined, lines.length)
  return lines.map((line, index) => ({ ...line, position: positions[index] ?? line.position }))
}

/** @throws CalculationError `limit` if the lines, more than one, are too much work for an evaluator together */
async function calculate(
  opening: FirstOpening,
  calculation: Calculation,
  added: readonly DocumentLine[],
): Promise<boolean> {
  const { database, pool, open } = opening
  const { lines, refused, beside } = calculation
  const known = await linesAt(database, open.sheet, new Set([...lines, ...refused.keys(), ...beside]))
  const answers = await pool.evaluateLines({
    lines: calculation.requests(known),
    person: `sheet ${open.sheet}`,
  })
  if ('error' in answers) {
    const { message } = answers.error
    if (!isTooMuchWork(answers)) throw new Error(`a sheet could not be opened: ${message}`)
    if (added.length > 1) throw limit(message)
  }
  const outcomes = new Map<number, Evaluation>(refused)
  for (const [index, seq] of lines.entries()) {
    const answer = 'error' in answers ? answers : answers[index]
    if (answer) outcomes.set(seq, answer)
  }
  return store(opening, added, known, outcomes)
}

/** Tells whether lines take too much work together, as opposed to the calculator being busy. */
function isTooMuchWork(refusal: EvaluationError): boolean {
  const { code } = refusal.error
  return refusal !== TOO_MUCH && (code === 'limit' || code === 'timeout')
}

/** Stores positions and values in one transaction, so that a line which has a position has been calculated. */
async function store(
  { open, writer }: FirstOpening,
  added: readonly DocumentLine[],
  known: ReadonlyMap<number, KnownLine>,
  outcomes: ReadonlyMap<number, Evaluation>,
): Promise<boolean> {
  const positionOf = (seq: number) => open.document.line(seq)?.position ?? ''
  const changed = [...outcomes].flatMap(([seq, outcome]) => {
    const line = known.get(seq)
    return (line && changedOf(line, outcome)) ?? []
  })
  const lines = changed
    .filter(({ isShown }) => isShown)
    .map((one) => ({ ...one, line: { ...one.line, position: positionOf(one.line.seq) } }))
  const rewritten = changed
    .filter(({ isShown }) => !isShown)
    .map(({ line, value }) => ({ seq: line.seq, value }))
  const placed = added.map(({ seq }) => ({ seq, position: positionOf(seq) }))
  const stored = await writer.run(open.sheet, { base: open.rev, lines, edits: [], placed, rewritten })
  if (stored.outcome !== 'stored') return false
  open.rev += lines.length
  return true
}

/**
 * Appends the lines that are left, and gives every line with a value an error in its place: a value that is not known to
 * follow from the text must not be shown.
 */
async function refuseAll(opening: FirstOpening): Promise<boolean> {
  const { database, open } = opening
  const { document, sheet, unplaced } = open
  const standing = [...document.lines]
  const left = unplaced.filter(({ seq }) => !document.line(seq))
  for (let from = 0; from < standing.length; from += TOGETHER)
    if (!(await refuse(standing.slice(from, from + TOGETHER)))) return false
  for (let from = 0; from < left.length; from += TOGETHER) {
    await nextTurn()
    const added = appended(document, left.slice(from, from + TOGETHER))
    for (const line of added) document.set(line)
    if (!(await refuse(added))) return false
  }
  return true

  async function refuse(lines: readonly DocumentLine[]): Promise<boolean> {
    const seqs = lines.filter(({ reading }) => reading.role === 'value').map(({ seq }) => seq)
    const outcomes = new Map(seqs.map((seq) => [seq, TOO_ENTANGLED]))
    return store(opening, lines, await linesAt(database, sheet, seqs), outcomes)
  }
}
