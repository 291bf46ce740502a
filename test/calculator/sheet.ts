import { sourceOf } from '../../src/calculator/language/bindings.ts'
import {
  type Computed,
  encodeFunction,
  evaluateLines,
  type Failed,
  namesIn,
} from '../../src/calculator/language/index.ts'
import type { Evaluation } from '../../src/calculator/sandbox/answers.ts'
import type { LinesRequest } from '../../src/calculator/sandbox/evaluation-queue.ts'
import type { Pool } from '../../src/calculator/sandbox/pool.ts'
import { readLine } from '../../src/calculator/sheet/read-line.ts'

/** The stored values of the names that a line may read. */
export type Names = Readonly<Record<string, string>>

/** Evaluates a line by itself. */
export function evaluate(
  expression: string,
  names: Names = {},
  clock = () => performance.now(),
): Computed | Failed {
  const outcomes = evaluateLines([{ expression, names }], Number.POSITIVE_INFINITY, clock)
  const outcome = Array.isArray(outcomes) ? outcomes[0] : outcomes
  if (!outcome) throw new Error(`${expression} has no outcome`)
  return outcome
}

/** Evaluates a line by itself in an evaluator process. */
export async function askPool(
  pool: Pool,
  {
    expression,
    names = {},
    ...asked
  }: Omit<LinesRequest, 'lines'> & { readonly expression: string; readonly names?: Names },
): Promise<Evaluation> {
  const answers = await pool.evaluateLines({ lines: [{ expression, names }], ...asked })
  const answer = 'error' in answers ? answers : answers[0]
  if (!answer) throw new Error(`${expression} has no answer`)
  return answer
}

/** Evaluates lines one after the other, with the definitions of the lines before and the last value as `ans`. @returns the last answer */
export async function evaluateSheet(
  lines: readonly string[],
  evaluateLine: (line: string, names: Names) => Evaluation | Promise<Evaluation> = evaluate,
): Promise<Evaluation> {
  const names = new Map<string, string>()
  let last: Evaluation = { error: { code: 'invalid', message: 'There are no lines.' } }
  for (const line of lines) {
    last = await evaluateLine(line, namesFor(line, names))
    if ('error' in last) continue
    const { defines, role } = readLine(line)
    const stored = role === 'function' ? encodeFunction(line.trim()) : last.value
    if (stored === null) continue
    if (defines !== undefined) names.set(defines, stored)
    if (role === 'value') names.set('ans', stored)
  }
  return last
}

/** The names that a line may read: those in it, and those in the functions among them. */
function namesFor(line: string, sheet: ReadonlyMap<string, string>): Names {
  const found: Record<string, string> = {}
  const names = new Set([...namesIn(line), ...readLine(line).mentions])
  // A set that grows while it is walked is walked to its end.
  for (const name of names) {
    const stored = sheet.get(name)
    if (stored === undefined) continue
    found[name] = stored
    for (const mentioned of namesIn(sourceOf(stored) ?? '')) names.add(mentioned)
  }
  return found
}

/** The outcome of an evaluation as a corpus states it: its text, or the code of its error. */
export const outcome = (evaluation: Evaluation): string =>
  'error' in evaluation ? evaluation.error.code : evaluation.text
