import { type Bindings, isFunction, sourceOf } from './bindings.ts'
import { type Compiled, compile } from './compile.ts'
import { CalculationError, limit } from './errors.ts'
import type { Value } from './library.ts'
import { CALLS, CELLS_IN_ALL, LEVELS, MILLISECONDS } from './limits.ts'
import { parse } from './parse.ts'
import { decode } from './values.ts'

/** A function of a sheet. */
export interface SheetFunction extends Compiled {
  readonly parameters: readonly string[]
}

/** Steps between two looks at the clock; one may take a few milliseconds. */
const STEPS = 8
/** How many functions stay compiled; they are the same for whoever wrote them. */
const KEPT = 500
const compiled = new Map<string, SheetFunction>()

/** One evaluation: what it may read, what it has read, and what it has used of its bounds. */
export class Run {
  readonly reads = new Set<string>()
  private readonly bindings: Bindings
  private readonly values = new Map<string, Value>()
  private readonly clock: () => number
  private readonly started: number
  private steps = 0
  private made = 0
  private calls = 0
  private levels = 0

  constructor(bindings: Bindings, clock: () => number) {
    this.bindings = bindings
    this.clock = clock
    this.started = clock()
  }

  /** The names that were sent along. */
  names(): string[] {
    return Object.keys(this.bindings)
  }

  /** A sheet's value, or undefined. */
  value(name: string): Value | undefined {
    const known = this.values.get(name)
    if (known !== undefined) return known
    const stored = this.stored(name)
    if (stored === undefined || isFunction(stored)) return undefined
    const value = decode(stored)
    this.values.set(name, value)
    return value
  }

  /** A sheet's function, or undefined. */
  function(name: string): SheetFunction | undefined {
    const stored = this.stored(name)
    return stored !== undefined && isFunction(stored) ? sheetFunction(stored) : undefined
  }

  /** Calls a sheet's function; an error in it is told about the place of the call. */
  call(called: SheetFunction, args: Value[]): Value {
    this.calls++
    this.levels += called.levels
    if (this.calls > CALLS || this.levels > LEVELS) throw limit('This calls itself too many times.')
    try {
      return called.compute(this, args)
    } catch (error) {
      if (error instanceof CalculationError) throw error.at(undefined)
      throw error
    } finally {
      this.calls--
      this.levels -= called.levels
    }
  }

  /** Counts a step of the interpreter, and looks at the clock now and then. */
  step(): void {
    if (++this.steps % STEPS === 0) this.tick()
  }

  /** Ends the run when its time is over. */
  readonly tick = (): void => {
    if (this.clock() - this.started > MILLISECONDS)
      throw new CalculationError('timeout', 'This takes too long.')
  }

  /** Counts the cells of a matrix that was made. */
  makes(count: number): void {
    this.made += count
    if (this.made > CELLS_IN_ALL) throw limit('This needs too many matrices.')
  }

  private stored(name: string): string | undefined {
    this.reads.add(name)
    return Object.hasOwn(this.bindings, name) ? this.bindings[name] : undefined
  }
}

function sheetFunction(stored: string): SheetFunction | undefined {
  const known = compiled.get(stored)
  if (known) return known
  const source = sourceOf(stored)
  const statement = source === undefined ? undefined : parse(source)
  if (statement?.kind !== 'definition') return undefined
  const made = { parameters: statement.parameters, ...compile(statement.body, statement.parameters) }
  if (compiled.size >= KEPT) compiled.clear()
  compiled.set(stored, made)
  return made
}
