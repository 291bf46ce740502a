import { CalculationError, evaluation, limit } from '../numbers/index.ts'
import { type Bindings, isFunction } from './bindings.ts'
import type { Context } from './functions/function.ts'
import { inherited, type LineProblem } from './inherited-error.ts'
import { CALLS, CELLS_IN_ALL, LEVELS, MILLISECONDS } from './limits.ts'
import type { Node } from './tree.ts'
import { decode } from './values/encode.ts'
import type { Value } from './values/value.ts'

/** Computes one node: the arguments of the function it stands in, and the run it belongs to. */
export type Compute = (run: Run, locals: readonly Value[]) => Value

/** Computes what stands before a power or a factorial, and the factor before that: `p(1 + r)^2` with a value `p`. */
export type BaseCompute = (
  run: Run,
  locals: readonly Value[],
) => { readonly factor?: Value; readonly of: Value }

/** Builds the computations of nodes. */
export interface Build {
  (node: Node): Compute
  base(node: Node): BaseCompute
}

/** A tree that is ready to be computed any number of times, and how many levels it has. */
export interface Compiled {
  readonly compute: Compute
  readonly levels: number
}

/** A function of a sheet. */
export interface SheetFunction extends Compiled {
  readonly parameters: readonly string[]
  /** The names that were looked up while its text was read, and whether each was bound. */
  readonly asked: ReadonlyMap<string, boolean>
}

/** Thrown when a run exceeds its budget. The person gets it as `limit`, unless the run is repeated with a larger budget. */
export class OverBudget extends CalculationError {
  constructor(position?: number) {
    super('limit', 'This would take too much work. Use fewer or smaller numbers.', position)
  }

  override at(position: number | undefined): OverBudget {
    return new OverBudget(position)
  }
}

/** The words that are totals on a line, and those that were computed. */
interface Totals {
  readonly words: readonly string[]
  readonly compute: (word: string) => Value
  readonly known: Map<string, Value>
}

const NONE: ReadonlyMap<string, LineProblem | null> = new Map()

/** Steps between two looks at the clock; one may take a few milliseconds. */
const STEPS = 8

/** One evaluation: the names it may read, and how much of its bounds it has used. */
export class Run implements Context {
  readonly bindings: Bindings
  readonly #values = new Map<string, Value>()
  readonly #functions = new Map<string, SheetFunction>()
  readonly #prepare: (stored: string, bindings: Bindings) => SheetFunction | undefined
  readonly #clock: () => number
  /** The first look at the clock, a few steps after the start: most expressions end before it. */
  #started: number | undefined
  readonly #budget: number
  readonly #failing: ReadonlyMap<string, LineProblem | null>
  #totals: Totals | undefined
  readonly #notes: string[] = []
  #work = 0
  #steps = 0
  #made = 0
  #calls = 0
  #levels = 0

  /**
   * @param prepare makes a function of a sheet ready to be called, from what is stored of it
   * @param budget units of work
   * @param failing names whose line has a problem, which lines that read them inherit; null where there is no such line
   */
  constructor(
    bindings: Bindings,
    prepare: (stored: string, bindings: Bindings) => SheetFunction | undefined,
    clock: () => number,
    budget: number,
    failing: ReadonlyMap<string, LineProblem | null> = NONE,
  ) {
    this.#failing = failing
    this.bindings = bindings
    this.#budget = budget
    this.#prepare = prepare
    this.#clock = clock
  }

  /** The units of work that were done. */
  get work(): number {
    return this.#work
  }

  /** Notes about the value for the person who typed the line. */
  get notes(): readonly string[] {
    return this.#notes
  }

  note(sentence: string): void {
    if (!this.#notes.includes(sentence)) this.#notes.push(sentence)
  }

  /** Lets an expression read the totals of the values above, each of which is computed when it is first read. */
  provideTotals(words: readonly string[], compute: (word: string) => Value): void {
    this.#totals = { words, compute, known: new Map() }
  }

  /** The total of the values above that a word such as `sum` stands for. */
  total(word: string): Value {
    if (!this.#totals?.words.includes(word)) throw evaluation(`\`${word}\` is a function: write ${word}(…).`)
    const { known, compute } = this.#totals
    const value = known.get(word) ?? compute(word)
    known.set(word, value)
    return value
  }

  /** A sheet's value, or undefined. */
  value(name: string): Value | undefined {
    const known = this.#values.get(name)
    if (known !== undefined) return known
    const stored = this.#stored(name)
    const problem = this.#failing.get(name)
    if (problem) throw inherited(name, problem)
    if (problem === null)
      throw evaluation(`\`${name}\` is not a line with a value: it may have been removed.`)
    if (stored === undefined || isFunction(stored)) return undefined
    // Decoding costs more than what is done with the value, but happens once in a run, as preparing a function does.
    this.charge(stored.length * 0.1)
    const value = decode(stored)
    this.#values.set(name, value)
    return value
  }

  /** A sheet's function, or undefined. */
  function(name: string): SheetFunction | undefined {
    const known = this.#functions.get(name)
    if (known !== undefined) return known
    const stored = this.#stored(name)
    if (stored === undefined || !isFunction(stored)) return undefined
    this.charge(stored.length)
    const found = this.#prepare(stored, this.bindings)
    if (found === undefined) return undefined
    this.#functions.set(name, found)
    return found
  }

  /** Calls a sheet's function. An error in it loses its position, and so gets that of the call. */
  call(called: SheetFunction, args: readonly Value[]): Value {
    this.#calls++
    this.#levels += called.levels
    if (this.#calls > CALLS || this.#levels > LEVELS) throw limit('This calls itself too many times.')
    try {
      return called.compute(this, args)
    } catch (error) {
      if (error instanceof CalculationError) throw error.at(undefined)
      throw error
    } finally {
      this.#calls--
      this.#levels -= called.levels
    }
  }

  /** Counts work that is about to be done. @throws OverBudget */
  charge(units: number): void {
    this.#work += units
    // NaN is over the budget too.
    if (!(this.#work <= this.#budget)) throw new OverBudget()
  }

  /** Counts a step of the interpreter, and looks at the clock now and then. */
  step(): void {
    this.charge(1)
    if (++this.#steps % STEPS === 0) this.tick()
  }

  /** Ends the run when its time is over. */
  tick(): void {
    const now = this.#clock()
    this.#started ??= now
    if (now - this.#started > MILLISECONDS) throw new CalculationError('timeout', 'This takes too long.')
  }

  /** Counts the cells of a matrix that was made. */
  makes(count: number): void {
    this.#made += count
    if (this.#made > CELLS_IN_ALL) throw limit('This needs too many matrices.')
  }

  #stored(name: string): string | undefined {
    return Object.hasOwn(this.bindings, name) ? this.bindings[name] : undefined
  }
}
