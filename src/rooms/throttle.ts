/**
 * Runs work at once, and at most once an interval for each key: of the work that arrives meanwhile, only the latest is run, at
 * the end of the interval. A key is remembered for its interval.
 */
export class Throttle<Key> {
  readonly #interval: number
  readonly #running = new Map<Key, { timer: NodeJS.Timeout; latest?: () => void }>()

  /** @param interval in milliseconds */
  constructor(interval: number) {
    this.#interval = interval
  }

  run(key: Key, work: () => void): void {
    const running = this.#running.get(key)
    if (running) {
      running.latest = work
      return
    }
    const timer = setTimeout(() => this.#end(key), this.#interval).unref()
    this.#running.set(key, { timer })
    work()
  }

  /** Tells whether work waits for the end of the interval: what would do the same then need not be given. */
  waits(key: Key): boolean {
    return this.#running.get(key)?.latest !== undefined
  }

  /** Drops what waits. */
  close(): void {
    for (const { timer } of this.#running.values()) clearTimeout(timer)
    this.#running.clear()
  }

  #end(key: Key): void {
    const latest = this.#running.get(key)?.latest
    this.#running.delete(key)
    if (latest) this.run(key, latest)
  }
}
