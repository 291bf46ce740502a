/**
 * The entry of a function in the language's tables. It is all that there is of a function: the parser knows it by its names,
 * the interpreter calls it, and completion and the page "What can I type?" describe it.
 */
import type { Meter } from '../../numbers/index.ts'
import type { Value } from '../values/value.ts'

/** The part of an evaluation that a call sees. */
export interface Context extends Meter {
  /** Counts the cells of intermediate matrices; those of the result are counted by the interpreter. */
  makes(cells: number): void
}

export interface FunctionEntry {
  /** The names that it can be called by; the first is the one that is shown. */
  readonly names: readonly [string, ...string[]]
  /** An example call, with the names of its arguments: `round(x, places)`. */
  readonly signature: string
  /** One sentence. */
  readonly description: string
  /** An expression and the text of its value; a test compares them. */
  readonly example: { readonly expression: string; readonly text: string }
  /** The heading that it stands under. */
  readonly topic: string
  /** Fewest and most arguments; the interpreter checks them. */
  readonly takes: readonly [fewest: number, most: number]
  /** Works on one value: given a matrix as its first argument, it is called with each of its cells. */
  readonly each?: boolean
  /** The result is in the several units of the arguments, such as `5 ft 3 in`. */
  readonly keepsUnits?: boolean
  /** The words in quotes that it takes, such as "unbiased". Any other text is refused before the call. */
  readonly words?: readonly string[]
  /**
   * Units of work that one call takes, except those that `run` charges itself; charged before `run`. Left out, it is 10 for
   * each cell of the arguments. With `each`, the cost of one cell.
   */
  readonly cost?: (values: readonly Value[]) => number
  /**
   * Computes a call.
   * @param values as many as `takes` says, none of them `Written`
   * @throws CalculationError
   */
  readonly run: (values: readonly Value[], context: Context) => Value
}

/** The most that `takes` can say. */
export const MANY = 200
