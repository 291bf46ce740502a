import { CalculationError, evaluation } from '../numbers/index.ts'
import { type Computed, evaluateIn, type Failed, failed } from './evaluate.ts'
import { labelOf } from './head.ts'
import { inherited, type LineProblem } from './inherited-error.ts'
import { WORK } from './limits.ts'
import { prepareFunction } from './prepare.ts'
import { OverBudget, Run } from './run.ts'
import { inSeveralUnits } from './several-units.ts'
import { totalOf } from './totals.ts'
import { decode } from './values/encode.ts'
import { unwritten, type Value } from './values/value.ts'

/**
 * The meaning of a name: a stored value or function, the index of an earlier line whose value it has, the problem of the line
 * that it stands for, or null where there is no such line.
 */
export type Meaning = string | number | LineProblem | null

/** A line of a sheet that is evaluated with others. */
export interface SheetLine {
  readonly expression: string
  readonly names: Readonly<Record<string, Meaning>>
  /** Words such as `total` that mean, on this line, a total of values above; and those values, in their order. */
  readonly totals?: { readonly words: readonly string[]; readonly of: readonly Meaning[] }
}

/**
 * Evaluates lines of a sheet, each after those that it needs. A line that reads what has an error has one too.
 *
 * No outcome depends on how fast the machine is, or on which other lines are evaluated with a line: each may do the work of
 * one expression, and if together they exceed the budget, none has an outcome.
 *
 * @param budget units of work for all of them
 * @returns an outcome for each; undefined when they take more work than that; a failure when one of them has run out of time
 */
export function evaluateLines(
  lines: readonly SheetLine[],
  budget: number,
  clock: () => number,
): (Computed | Failed)[] | Failed | undefined {
  const outcomes: (Computed | Failed)[] = []
  const stored = (meant: Meaning): string | LineProblem | null => {
    if (typeof meant !== 'number') return meant
    const outcome = outcomes[meant]
    if (!outcome) return null
    return 'error' in outcome ? outcome.error : outcome.value
  }
  let left = budget
  for (const { expression, names, totals } of lines) {
    const bindings: Record<string, string> = Object.create(null)
    const failing = new Map<string, LineProblem | null>()
    for (const [name, meant] of Object.entries(names)) {
      const value = stored(meant)
      if (typeof value === 'string') bindings[name] = value
      else {
        bindings[name] = UNREAD
        failing.set(name, value)
      }
    }
    const run = new Run(bindings, prepareFunction, clock, Math.min(WORK, left), failing)
    try {
      if (totals) {
        const values = totals.of.map(stored)
        run.provideTotals(totals.words, (word) => sumUp(word, values, run))
      }
      outcomes.push(evaluateIn(run, expression))
    } catch (error) {
      if (error instanceof OverBudget && left < WORK) return undefined
      if (error instanceof CalculationError && error.code === 'timeout') return failed(error)
      const label = labelOf(expression, (name) => Object.hasOwn(bindings, name))
      outcomes.push({ ...failed(error), ...(label !== undefined && { label }) })
    }
    left -= run.work
  }
  return outcomes
}

/** Stands for the value of a name that has an error. */
const UNREAD = 'null'

function sumUp(word: string, stored: readonly (string | LineProblem | null)[], run: Run): Value {
  const values = stored.map((value) => {
    if (value === null) throw evaluation('One of the values above has an error.')
    if (typeof value !== 'string') throw inherited(word, value, true)
    run.charge(value.length * 0.1)
    return decode(value)
  })
  if (values.length === 0)
    run.note(
      `There are no values between this line and the nearest heading, blank line or total above. The value before is \`ans\`.`,
    )
  return inSeveralUnits(totalOf(word, values.map(unwritten), run), values, run)
}
