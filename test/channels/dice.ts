import { randomFrom } from '../support/random.ts'

/** Random numbers that are the same for the same seed. */
export class Dice {
  /** From 0 up to, but not including, 1. */
  readonly roll: () => number

  constructor(seed: number) {
    this.roll = randomFrom(seed)
  }

  chance(probability: number): boolean {
    return this.roll() < probability
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.roll() * (high - low + 1))
  }

  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.roll() * items.length)]
  }
}
