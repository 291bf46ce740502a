import { LRUCache } from 'lru-cache'

/** Milliseconds for which a budget holds. */
const PERIOD = 60_000
/** People who are remembered. */
const REMEMBERED = 10_000

/** Limits the time spent on colouring the code that one person posts. */
export class ColouringBudget {
  readonly #perMinute: number
  readonly #spent = new LRUCache<string, number>({ max: REMEMBERED, ttl: PERIOD, noUpdateTTL: true })

  /** @param perMinute milliseconds of work for one person */
  constructor(perMinute: number) {
    this.#perMinute = perMinute
  }

  allows(author: string): boolean {
    return (this.#spent.get(author) ?? 0) < this.#perMinute
  }

  /** Notes that work was done for somebody, within the minute that begins with the first of it. */
  spend(author: string, milliseconds: number): void {
    this.#spent.set(author, (this.#spent.get(author) ?? 0) + milliseconds)
  }
}
