/** A token bucket: lets a number of things through at once, and then one in each interval. */
export class Allowance {
  readonly #atOnce: number
  readonly #interval: number
  #left: number
  #refilledAt = Date.now()

  /** @param interval milliseconds after which one more is let through */
  constructor(atOnce: number, interval: number) {
    this.#atOnce = atOnce
    this.#interval = interval
    this.#left = atOnce
  }

  /** @returns false where one has to wait */
  take(): boolean {
    const earned = Math.floor((Date.now() - this.#refilledAt) / this.#interval)
    this.#left = Math.min(this.#atOnce, this.#left + earned)
    this.#refilledAt += earned * this.#interval
    if (this.#left === 0) return false
    this.#left -= 1
    return true
  }
}
