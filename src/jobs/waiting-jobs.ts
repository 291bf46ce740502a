import { FrameError } from '../channels/index.ts'

/** Jobs of all kinds together that may wait. */
const WAITING_IN_ALL = 100_000

/**
 * Estimates how many jobs wait: they are counted now and then, and added up in between, so that adding one costs no query.
 * Several processes that add jobs within a few seconds can together exceed the bounds.
 */
export class WaitingJobs {
  readonly #byKind = new Map<string, number>()
  /** Jobs that were added since a count began, which may have seen them or not. */
  readonly #sinceCount = new Map<string, number>()
  #total = 0

  /** To be called before the jobs are counted. */
  countBegins(): void {
    this.#sinceCount.clear()
  }

  /** Takes over what was counted of the kinds that have a limit. */
  counted(rows: readonly { readonly kind: string; readonly count: number }[]): void {
    this.#byKind.clear()
    this.#total = 0
    for (const { kind, count } of rows) this.#add(kind, count)
    for (const [kind, count] of this.#sinceCount) this.#add(kind, count)
  }

  /**
   * Counts jobs that are to be added. A kind without a limit has one job for each of something that is bounded itself, and is
   * not counted.
   * @throws FrameError with `limit` when that is more than may wait
   */
  admit(kind: string, count: number, limit: number): void {
    if (!Number.isFinite(limit)) return
    if ((this.#byKind.get(kind) ?? 0) + count > limit || this.#total + count > WAITING_IN_ALL)
      throw new FrameError('limit', 'too many jobs are waiting here; try again in a few minutes')
    this.#add(kind, count)
    this.#sinceCount.set(kind, (this.#sinceCount.get(kind) ?? 0) + count)
  }

  #add(kind: string, count: number): void {
    this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + count)
    this.#total += count
  }
}
