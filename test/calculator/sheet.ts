import { type Bindings, meaningOf, Reach } from '../../src/calculator/language/index.ts'
import type { Evaluation } from '../../src/calculator/sandbox/answers.ts'

/** Evaluates a line with the names of a sheet. */
export type Evaluate = (expression: string, bindings: Bindings) => Evaluation | Promise<Evaluation>

/** What an expression may need of a sheet whose names are at hand. */
export function bindingsFor(expression: string, lookUp: (name: string) => string | undefined): Bindings {
  const reach = new Reach(expression)
  while (reach.wanted.length > 0) {
    const found = reach.wanted.map((name) => [name, lookUp(name)] as const)
    reach.take(
      new Map(found.flatMap(([name, stored]) => (stored === undefined ? [] : [[name, meaningOf(stored)]]))),
    )
  }
  return reach.bindings
}

/** A sheet as a server keeps it: what a line bound, and the last value, hold for the next. */
export async function evaluateLines(evaluate: Evaluate, lines: readonly string[]): Promise<Evaluation> {
  const names = new Map<string, string>()
  let last: Evaluation = { error: { code: 'invalid', message: 'There are no lines.' } }
  for (const line of lines) {
    last = await evaluate(
      line,
      bindingsFor(line, (name) => names.get(name)),
    )
    if ('error' in last) continue
    if (last.binding) names.set(last.binding.name, last.binding.stored)
    if (last.value !== null) names.set('ans', last.value)
  }
  return last
}

/** What a corpus says of an evaluation: its text, or the code of its error. */
export const outcome = (evaluation: Evaluation): string =>
  'error' in evaluation ? evaluation.error.code : evaluation.text
