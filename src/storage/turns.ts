import { DatabaseAway } from './errors.ts'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Items of one batch at most. */
const BATCH = 200

/**
 * Gathers what is to be stored: what a stream gets in one turn of the event loop goes to `store` together, and the next
 * gathers while that runs. Batches of one stream never overlap, so a busy stream costs one commit a turn.
 */
export class Turns<Item, Result> {
  readonly #store: (stream: number, items: readonly Item[]) => Promise<readonly Result[]>
  readonly #waiting = new Map<number, Waiting<Item, Result>[]>()

  /** @param store stores items in one transaction, all or none, and gives a result for each in their order */
  constructor(store: (stream: number, items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#store = store
  }

  /**
   * @throws what `store` throws for this item alone: one that cannot be stored fails nobody else. While the database is away
   * nothing can, and all that wait are told so at once.
   */
  add(stream: number, item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const waiting = { item, resolve, reject }
      const queue = this.#waiting.get(stream)
      if (queue) queue.push(waiting)
      else {
        this.#waiting.set(stream, [waiting])
        setImmediate(() => void this.#storeAll(stream))
      }
    })
  }

  async #storeAll(stream: number): Promise<void> {
    for (
      let queue = this.#waiting.get(stream);
      queue && queue.length > 0;
      queue = this.#waiting.get(stream)
    ) {
      await this.#storeTogether(stream, queue.splice(0, BATCH))
    }
    this.#waiting.delete(stream)
  }

  async #storeTogether(stream: number, batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#store(
        stream,
        batch.map((waiting) => waiting.item),
      )
      batch.forEach((waiting, index) => {
        const result = results[index]
        if (result === undefined)
          waiting.reject(new Error('a batch was stored without a result for each item'))
        else waiting.resolve(result)
      })
    } catch (error) {
      if (batch.length === 1 || error instanceof DatabaseAway) for (const { reject } of batch) reject(error)
      else for (const waiting of batch) await this.#storeTogether(stream, [waiting])
    }
  }
}
