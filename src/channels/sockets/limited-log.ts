import type { FastifyBaseLogger } from 'fastify'
import { Budget } from './budget.ts'

/** Lines per second of each kind, and in a burst. */
const LINES = { perSecond: 2, atOnce: 20 }

/**
 * Logs warnings that anybody on the network can cause. The number of lines of each kind is limited, and the next line says
 * how many were left out.
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
