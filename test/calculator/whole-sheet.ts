import { evaluateLines } from '../../src/calculator/language/index.ts'
import type { Evaluation } from '../../src/calculator/sandbox/answers.ts'
import { Calculation } from '../../src/calculator/sheet/calculation.ts'
import { DocumentEdit } from '../../src/calculator/sheet/document/document-edit.ts'
import { recalculationOf } from '../../src/calculator/sheet/document/recalculation.ts'
import { SheetDocument } from '../../src/calculator/sheet/document/sheet-document.ts'
import { readLine } from '../../src/calculator/sheet/read-line.ts'

/** Calculates lines as the product does, as the only lines of a sheet. Their seqs count from 1. */
export function calculateSheet(expressions: readonly string[]): Evaluation[] {
  const document = new SheetDocument()
  const edit = new DocumentEdit(document)
  expressions.forEach((expression, index) => {
    const seq = index + 1
    const position = `a${String(seq).padStart(6, '0')}`
    edit.put({ seq, position, expression, written: seq, reading: readLine(expression) })
  })
  const empty = [...document.lines].filter(({ reading }) => reading.role !== 'value')
  const calculation = new Calculation(document, recalculationOf(document, [edit]), empty)
  const found = evaluateLines(calculation.requests(new Map()), Number.POSITIVE_INFINITY, () => 0)
  if (!Array.isArray(found)) throw new Error('the sheet could not be calculated')
  const bySeq = new Map<number | undefined, Evaluation>(calculation.refused)
  found.forEach((one, index) => {
    bySeq.set(calculation.lines[index], one)
  })
  return expressions.map((expression, index) => {
    const outcome = bySeq.get(index + 1)
    if (!outcome) throw new Error(`${expression} was not calculated`)
    return outcome
  })
}
