import type { FastifyBaseLogger } from 'fastify'
import { Budget } from './budget.ts'

/** Lines a second of each kind, and at once. */
const LINES = { perSecond: 2, atOnce: 20 }

/**
 * Warnings that anybody on the network can cause: the log gets so many lines of each kind, and the number of those that were
 * left out with the next one that it gets.
 */
export class LimitedLog {
  readonly #budget = new Budget(LINES)
  readonly #leftOut = new Map<string, number>()

  /**
   * @param kind one of a few
   * @param now on the clock of `performance.now()`
   */
  warn(
    kind: string,
    log: FastifyBaseLogger,
    details: Readonly<Record<string, unknown>>,
    message: string,
    now = performance.now(),
  ): void {
    const leftOut = this.#leftOut.get(kind) ?? 0
    if (this.#budget.take(kind, now) > 0) {
      this.#leftOut.set(kind, leftOut + 1)
      return
    }
    log.warn(leftOut > 0 ? { ...details, leftOut } : details, message)
    this.#leftOut.delete(kind)
  }
}
