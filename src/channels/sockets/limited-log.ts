import type { FastifyBaseLogger } from 'fastify'
import { Budget } from './budget.ts'

/** Lines a second, and at once. */
const LINES = { perSecond: 2, atOnce: 20 }

/**
 * Warnings that anybody on the network can cause: the log gets so many lines, and the number of those that were left out with
 * the next one that it gets.
 */
export class LimitedLog {
  readonly #budget = new Budget(LINES)
  #leftOut = 0

  /** @param now on the clock of `performance.now()` */
  warn(
    log: FastifyBaseLogger,
    details: Readonly<Record<string, unknown>>,
    message: string,
    now = performance.now(),
  ): void {
    if (this.#budget.take(0, now) > 0) {
      this.#leftOut += 1
      return
    }
    log.warn(this.#leftOut > 0 ? { ...details, leftOut: this.#leftOut } : details, message)
    this.#leftOut = 0
  }
}
