import { TooManyRequests } from '../web/index.ts'

/** Searches that run at the same time, that may wait for one person, and that may wait in all. */
const AT_ONCE = 4
const WAITING_OF_PERSON = 4
const WAITING = 200

interface Waiting {
  readonly person: number
  readonly begin: () => void
}

/** Runs a few searches at a time, one for each person: people who start several wait only for their own. */
export class SearchQueue {
  readonly #running = new Set<number>()
  readonly #waiting: Waiting[] = []

  /** @throws TooManyRequests if too many are waiting */
  async run<Result>(person: number, search: () => Promise<Result>): Promise<Result> {
    await this.#begin(person)
    try {
      return await search()
    } finally {
      this.#running.delete(person)
      this.#next()
    }
  }

  async #begin(person: number): Promise<void> {
    if (this.#running.size < AT_ONCE && !this.#running.has(person)) {
      this.#running.add(person)
      return
    }
    const own = this.#waiting.filter((one) => one.person === person).length
    if (own >= WAITING_OF_PERSON)
      throw new TooManyRequests('You have too many searches running', 'Wait until they have finished.', 1)
    if (this.#waiting.length >= WAITING)
      throw new TooManyRequests('Many people are searching', 'Try again in a moment.', 1)
    await new Promise<void>((resolve) => this.#waiting.push({ person, begin: resolve }))
  }

  #next(): void {
    const at = this.#waiting.findIndex(({ person }) => !this.#running.has(person))
    if (at < 0 || this.#running.size >= AT_ONCE) return
    const [next] = this.#waiting.splice(at, 1)
    if (!next) return
    this.#running.add(next.person)
    next.begin()
  }
}
