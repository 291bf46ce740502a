/** Why a caller does not get the mutex: it was not their turn in time, or too many wait already. */
export type Refusal = 'late' | 'full'

/** Lets callers have something one at a time, in the order of their requests. The number that wait is bounded. */
export class Mutex {
  readonly #limit: number
  readonly #waiting = new Set<() => void>()
  #isHeld = false

  /** @param limit how many may wait at a time */
  constructor(limit: number) {
    this.#limit = limit
  }

  get isFree(): boolean {
    return !this.#isHeld
  }

  /**
   * Resolves when the mutex is the caller's, until `release`.
   * @param deadline on the clock of `performance.now()`
   * @throws what `refuse` returns when it was not the caller's turn by then, or too many wait already
   */
  acquire(deadline: number, refuse: (reason: Refusal) => unknown): Promise<void> {
    if (!this.#isHeld) {
      this.#isHeld = true
      return Promise.resolve()
    }
    if (this.#waiting.size >= this.#limit) return Promise.reject(refuse('full'))
    return new Promise((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer)
        resolve()
      }
      const giveUp = () => {
        this.#waiting.delete(begin)
        reject(refuse('late'))
      }
      const timer = setTimeout(giveUp, Math.max(0, deadline - performance.now()))
      this.#waiting.add(begin)
    })
  }

  release(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#isHeld = false
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
