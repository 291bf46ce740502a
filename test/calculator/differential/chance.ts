import { randomFrom } from '../../support/random.ts'

/** Random choices that are the same for the same seed. */
export class Chance {
  readonly #next: () => number

  constructor(seed: number) {
    this.#next = randomFrom(seed)
  }

  /** A whole number between these two, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.#next() * (most - least + 1))
  }

  oneIn(count: number): boolean {
    return this.integer(1, count) === 1
  }

  pick<T>(from: readonly T[]): T {
    const found = from[this.integer(0, from.length - 1)]
    if (found === undefined) throw new Error('nothing to pick from')
    return found
  }

  list<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: this.integer(least, most) }, make)
  }

  /** A positive whole number with at most so many digits. */
  digits(most: number): string {
    const rest = Array.from({ length: this.integer(0, most - 1) }, () => this.integer(0, 9))
    return [this.integer(1, 9), ...rest].join('')
  }

  /** A number as it is typed most: 7, 0.25, 1299.99. */
  number(most = 4): string {
    if (this.oneIn(2)) return this.digits(most)
    const whole = this.oneIn(3) ? '0' : this.digits(most)
    return `${whole}.${this.integer(0, 999)}${this.integer(1, 9)}`
  }
}
