import { type Database, runsSideBySide } from './database.ts'
import { DatabaseAway } from './errors.ts'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Items of one batch at most. */
const BATCH = 512

/**
 * Gathers what is to be stored: what a stream gets in one turn of the event loop goes to `store` together, and the next
 * gathers while that runs. Batches of one stream never overlap, so a busy stream costs one commit a turn.
 *
 * Where the database writes one after the other anyway (SQLite), all streams are gathered together: a hundred rooms in which
 * something is said cost one commit, not a hundred. Where transactions run side by side (PostgreSQL), each stream has its
 * own, so that one which another process holds locked delays no other.
 */
export class Turns<Item, Result> {
  readonly #store: (items: readonly Item[]) => Promise<readonly Result[]>
  readonly #apart: boolean
  readonly #waiting = new Map<number, Waiting<Item, Result>[]>()

  /** @param store stores items in one transaction, all or none, and gives a result for each in their order */
  constructor(database: Database, store: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#store = store
    this.#apart = runsSideBySide(database)
  }

  /**
   * @throws what `store` throws for this item alone: one that cannot be stored fails nobody else. While the database is away
   * nothing can, and all that wait are told so at once.
   */
  add(stream: number, item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const waiting = { item, resolve, reject }
      const key = this.#apart ? stream : 0
      const queue = this.#waiting.get(key)
      if (queue) queue.push(waiting)
      else {
        this.#waiting.set(key, [waiting])
        setImmediate(() => void this.#storeAll(key))
      }
    })
  }

  async #storeAll(key: number): Promise<void> {
    for (let queue = this.#waiting.get(key); queue && queue.length > 0; queue = this.#waiting.get(key)) {
      await this.#storeTogether(queue.splice(0, BATCH))
    }
    this.#waiting.delete(key)
  }

  async #storeTogether(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#store(batch.map((waiting) => waiting.item))
      batch.forEach((waiting, index) => {
        const result = results[index]
        if (result === undefined)
          waiting.reject(new Error('a batch was stored without a result for each item'))
        else waiting.resolve(result)
      })
    } catch (error) {
      if (batch.length === 1 || error instanceof DatabaseAway) for (const { reject } of batch) reject(error)
      else for (const waiting of batch) await this.#storeTogether([waiting])
    }
  }
}
