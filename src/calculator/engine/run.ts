import { type Bindings, isFunction } from './bindings.ts'
import { CalculationError, limit } from './errors.ts'
import type { Value } from './library.ts'
import { CALLS, CELLS_IN_ALL, LEVELS, MILLISECONDS } from './limits.ts'
import { decode } from './values.ts'

/** Computes one node: the arguments of the function it stands in, and the run it belongs to. */
export type Compute = (run: Run, locals: readonly Value[]) => Value

/** A tree made ready to compute again and again, and how many levels it has. */
export interface Compiled {
  readonly compute: Compute
  readonly levels: number
}

/** A function of a sheet. */
export interface SheetFunction extends Compiled {
  readonly parameters: readonly string[]
}

/** More work than the run may do: `limit` for the person, unless somebody gives it more. */
export class OverBudget extends CalculationError {
  constructor(position?: number) {
    super('limit', 'This would take too much work. Use fewer or smaller numbers.', position)
  }

  override at(position: number | undefined): OverBudget {
    return new OverBudget(position)
  }
}

/** Steps between two looks at the clock; one may take a few milliseconds. */
const STEPS = 8

/** One evaluation: what it may read, what it has read, and what it has used of its bounds. */
export class Run {
  readonly reads = new Set<string>()
  readonly #bindings: Bindings
  readonly #values = new Map<string, Value>()
  readonly #ready: (stored: string) => SheetFunction | undefined
  readonly #clock: () => number
  readonly #started: number
  readonly #budget: number
  readonly #counted = new Set<string>()
  #work = 0
  #steps = 0
  #made = 0
  #calls = 0
  #levels = 0

  /**
   * @param ready makes a function of a sheet ready to be called, from what is stored of it
   * @param budget units of work
   */
  constructor(
    bindings: Bindings,
    ready: (stored: string) => SheetFunction | undefined,
    clock: () => number,
    budget: number,
  ) {
    this.#bindings = bindings
    this.#budget = budget
    this.#ready = ready
    this.#clock = clock
    this.#started = clock()
  }

  /** The names that were sent along. */
  names(): string[] {
    return Object.keys(this.#bindings)
  }

  /** A sheet's value, or undefined. */
  value(name: string): Value | undefined {
    const known = this.#values.get(name)
    if (known !== undefined) return known
    const stored = this.#stored(name)
    if (stored === undefined || isFunction(stored)) return undefined
    const value = decode(stored)
    this.#values.set(name, value)
    return value
  }

  /** A sheet's function, or undefined. */
  function(name: string): SheetFunction | undefined {
    const stored = this.#stored(name)
    return stored !== undefined && isFunction(stored) ? this.#ready(stored) : undefined
  }

  /** Calls a sheet's function; an error in it is told about the place of the call. */
  call(called: SheetFunction, args: Value[]): Value {
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
  readonly charge = (units: number): void => {
    this.#work += units
    // NaN is over it too.
    if (!(this.#work <= this.#budget)) throw new OverBudget()
  }

  /** Counts a step of the interpreter, and looks at the clock now and then. */
  step(): void {
    this.charge(1)
    if (++this.#steps % STEPS === 0) this.tick()
  }

  /** Ends the run when its time is over. */
  readonly tick = (): void => {
    if (this.#clock() - this.#started > MILLISECONDS)
      throw new CalculationError('timeout', 'This takes too long.')
  }

  /** Counts the cells of a matrix that was made. */
  makes(count: number): void {
    this.#made += count
    if (this.#made > CELLS_IN_ALL) throw limit('This needs too many matrices.')
  }

  #stored(name: string): string | undefined {
    this.reads.add(name)
    const stored = Object.hasOwn(this.#bindings, name) ? this.#bindings[name] : undefined
    // It is read or compiled at most once in a run; a function is dearer, whether or not it is compiled already.
    if (stored !== undefined && !this.#counted.has(name)) {
      this.#counted.add(name)
      this.charge(stored.length * (isFunction(stored) ? 1 : 0.1))
    }
    return stored
  }
}
