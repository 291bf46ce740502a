import { type Database, runsSideBySide } from './database.ts'
import { DatabaseAway } from './errors.ts'
import { isBusy } from './sqlite.ts'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Items of one batch at most. */
const BATCH = 512

/** Batches at a time where transactions run side by side: fewer than there are connections, and enough to keep them busy. */
const SIDE_BY_SIDE = 4

/**
 * Gathers what is to be stored: what comes in one turn of the event loop goes to `store` together, of whatever streams, and
 * the next gathers while that runs. A hundred rooms in which something is said cost one commit, not a hundred.
 *
 * Where the database writes one after the other (SQLite) there is one batch at a time. Where transactions run side by side
 * (PostgreSQL) there are a few, of different streams: one that has to wait for another process delays those that came in the
 * same moment, and nobody after them.
 */
export class Turns<Item, Result> {
  readonly #store: (items: readonly Item[]) => Promise<readonly Result[]>
  readonly #atOnce: number
  readonly #waiting = new Map<number, Waiting<Item, Result>[]>()
  /** Streams of which something is being stored. */
  readonly #busy = new Set<number>()
  #running = 0
  #scheduled = false

  /** @param store stores items in one transaction, all or none, and gives a result for each in their order */
  constructor(database: Database, store: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#store = store
    this.#atOnce = runsSideBySide(database) ? SIDE_BY_SIDE : 1
  }

  /**
   * Items of one stream are stored in the order in which they were added.
   * @throws what `store` throws for this item alone: one that cannot be stored fails nobody else. While the database is away,
   * or another process does not let go of it, nothing can, and all that wait are told so at once.
   */
  add(stream: number, item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(stream)
      if (queue) queue.push({ item, resolve, reject })
      else this.#waiting.set(stream, [{ item, resolve, reject }])
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        this.#begin()
      })
    })
  }

  #begin(): void {
    while (this.#running < this.#atOnce) {
      const { streams, batch } = this.#next()
      if (batch.length === 0) return
      void this.#storeAll(streams, batch)
    }
  }

  #next(): { streams: number[]; batch: Waiting<Item, Result>[] } {
    const streams: number[] = []
    const batch: Waiting<Item, Result>[] = []
    for (const [stream, queue] of this.#waiting) {
      if (batch.length >= BATCH) break
      if (this.#busy.has(stream)) continue
      batch.push(...queue.splice(0, BATCH - batch.length))
      this.#waiting.delete(stream)
      // What is left comes after the streams that wait already.
      if (queue.length > 0) this.#waiting.set(stream, queue)
      streams.push(stream)
    }
    return { streams, batch }
  }

  async #storeAll(streams: readonly number[], batch: readonly Waiting<Item, Result>[]): Promise<void> {
    this.#running += 1
    for (const stream of streams) this.#busy.add(stream)
    await this.#storeTogether(batch)
    for (const stream of streams) this.#busy.delete(stream)
    this.#running -= 1
    this.#begin()
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
      if (batch.length === 1 || error instanceof DatabaseAway || isBusy(error))
        for (const { reject } of batch) reject(error)
      else for (const waiting of batch) await this.#storeTogether([waiting])
    }
  }
}
