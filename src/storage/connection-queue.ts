/** Lends the one connection of a database to one at a time, in the order in which they asked. */
export class ConnectionQueue {
  #lent = false
  readonly #waiting = new Set<() => void>()

  get idle(): boolean {
    return !this.#lent
  }

  /**
   * Resolves when the connection is the caller's, until `release`.
   * @param deadline on the clock of `performance.now()`
   * @throws what `late` returns when it was not the caller's turn by then
   */
  acquire(deadline: number, late: () => unknown): Promise<void> {
    if (!this.#lent) {
      this.#lent = true
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer)
        resolve()
      }
      const giveUp = () => {
        this.#waiting.delete(begin)
        reject(late())
      }
      const timer = setTimeout(giveUp, Math.max(0, deadline - performance.now()))
      this.#waiting.add(begin)
    })
  }

  release(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#lent = false
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
