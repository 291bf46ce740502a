import type { Test } from 'tap'

/** Milliseconds within which sockets have to close in every process. */
const PROMISED = 2_000

/**
 * Milliseconds that each may take: a second more, as all tests are processes on two cores. At a load of 11 there the slowest of 21 took
 * 1.13 s, and half of them 0.7 s.
 */
const LOADED = 3_000

/**
 * Durations of things that are promised within two seconds. Half of them must keep that, and each of them must stay within the
 * time that a loaded machine may need.
 */
export class Promised {
  readonly #taken: number[] = []

  /** @param begun as `performance.now()` */
  note(t: Test, begun: number): void {
    const taken = performance.now() - begun
    this.#taken.push(taken)
    t.comment(`after ${Math.round(taken)} ms`)
    t.ok(taken < LOADED, 'soon, also on a machine that is loaded')
  }

  check(t: Test): void {
    const sorted = this.#taken.toSorted((a, b) => a - b)
    const half = sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY
    t.ok(half < PROMISED, `half of ${sorted.length} within two seconds: ${Math.round(half)} ms`)
  }
}
