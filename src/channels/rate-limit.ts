/** A token bucket: so many a second, three times that at once. */
export class RateLimit {
  readonly #perSecond: number
  #tokens: number
  /** Full at first, whenever that is. */
  #filledAt = Number.NEGATIVE_INFINITY

  /** @param perSecond 0: no limit */
  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond * 3
  }

  /** @returns 0 when one more may pass at `now` (as `performance.now()`), else how many milliseconds until it may */
  take(now: number): number {
    if (this.#perSecond === 0) return 0
    const gained = ((now - this.#filledAt) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#perSecond * 3, this.#tokens + gained)
    this.#filledAt = now
    if (this.#tokens >= 1) {
      this.#tokens -= 1
      return 0
    }
    return Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000)
  }
}
