import type { Reading } from './document/reading.ts'

/** Milliseconds for which the lines of an edit may be read; whoever's took longer rests for so many times as long, up to a bound. */
const BRIEF = 30
const REST = 3
const LONGEST_REST = 3_000

/** Some people. */
export interface People {
  readonly size: number
  keys(): Iterable<number>
}

export const NOBODY: People = new Set<number>()

/**
 * Lets nobody have more than about a quarter of the time of this process for reading the lines of their edits. Five hundred lines
 * may come in one frame, and each of them may be long.
 */
export class EditPace {
  /** When those who rest go on, as in `performance.now()`. */
  readonly #until = new Map<number, number>()

  /** @param milliseconds for which the lines of a person's edit were read */
  worked(person: number, milliseconds: number): void {
    if (milliseconds <= BRIEF) return
    const now = performance.now()
    const until = Math.max(this.#until.get(person) ?? 0, now) + REST * milliseconds
    this.#until.set(person, Math.min(until, now + LONGEST_REST))
  }

  /** Tells whether a person rests: they may be at work on several sheets. */
  rests(person: number): boolean {
    const until = this.#until.get(person)
    return until !== undefined && until > performance.now()
  }

  /** Some people, and those who rest. */
  with(others: People | undefined): People | undefined {
    if (this.#until.size === 0) return others
    const now = performance.now()
    for (const [person, until] of this.#until) if (until <= now) this.#until.delete(person)
    return new Set([...(others ?? NOBODY).keys(), ...this.#until.keys()])
  }

  /** Milliseconds until the first of those who rest goes on; undefined: nobody rests. */
  get left(): number | undefined {
    if (this.#until.size === 0) return undefined
    return Math.max(0, Math.min(...this.#until.values()) - performance.now())
  }
}

/** Reads lines, and measures how long it takes. */
export class TimedReading {
  milliseconds = 0
  readonly #read: (expression: string) => Reading

  constructor(read: (expression: string) => Reading) {
    this.#read = read
  }

  readonly read = (expression: string): Reading => {
    const began = performance.now()
    const reading = this.#read(expression)
    this.milliseconds += performance.now() - began
    return reading
  }
}
