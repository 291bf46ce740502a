import { type Database, runsSideBySide } from './database.ts'
import { DatabaseAway, RowsHeld, tooMuchWaits } from './errors.ts'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly bytes: number
  /** The time at which it was added, by `performance.now()`. */
  readonly asked: number
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * Stores items in one transaction, all or none, and gives a result for each in their order. One that is an error is what its item
 * is refused with: it changed nothing, and the others are stored.
 * @param asked when the first of them was added, on the clock of `performance.now()`: for `inTransaction`
 */
export type Store<Item, Result> = (
  items: readonly Item[],
  asked: number,
) => Promise<readonly (Result | Error)[]>

/** The changes that are stored together, by stream. */
type Batch<Item, Result> = Map<number, Waiting<Item, Result>[]>

/** Items that may wait or be stored at a time, and their bytes. */
const WAITING_ITEMS = 10_000
const WAITING_BYTES = 32 * 1024 * 1024

/** Items of one batch at most. */
const BATCH = 512

/** Batches at a time where transactions run side by side: fewer than there are connections, and enough to keep them busy. */
const SIDE_BY_SIDE = 4

/** The most of these that may be batches which are likely to wait for another transaction. */
const HELD_AT_ONCE = 2

/**
 * Gathers items to store: everything that arrives in one turn of the event loop goes to `store` together, from any streams, and
 * the next batch gathers meanwhile. A hundred rooms with a new message each cost one commit, not a hundred.
 *
 * If the database writes one transaction after another (SQLite), there is one batch at a time. If transactions run side by side
 * (PostgreSQL), there are a few, of different streams: one that has to wait for another process delays those that came at the
 * same moment, and none after them. When it has waited too long, each of its streams is stored by itself, and the one that is
 * held waits alone until it is free.
 */
export class GroupCommit<Item, Result> {
  readonly #store: Store<Item, Result>
  readonly #onFailure: (error: DatabaseAway) => void
  readonly #atOnce: number
  readonly #waiting = new Map<number, Waiting<Item, Result>[]>()
  /** Streams of which something is being stored. */
  readonly #busy = new Set<number>()
  /** Streams of which another transaction held rows the last time. */
  readonly #held = new Set<number>()
  #items = 0
  #bytes = 0
  #running = 0
  #scheduled = false

  /** @param onFailure told of each item that was refused because too much waits */
  constructor(
    database: Database,
    store: Store<Item, Result>,
    onFailure: (error: DatabaseAway) => void = () => {},
  ) {
    this.#store = store
    this.#onFailure = onFailure
    this.#atOnce = runsSideBySide(database) ? SIDE_BY_SIDE : 1
  }

  /**
   * Items of one stream are stored in the order in which they were added.
   * @param bytes about how much memory the item takes while it waits
   * @throws what `store` gives or throws for this item alone: one that cannot be stored fails nobody else. While the database is away,
   * or another process does not let go of it, nothing can, and all that wait are told so at once; where too much waits, this
   * item is.
   */
  add(stream: number, item: Item, bytes = 0): Promise<Result> {
    if (this.#items >= WAITING_ITEMS || this.#bytes + bytes > WAITING_BYTES) {
      const error = tooMuchWaits()
      this.#onFailure(error)
      return Promise.reject(error)
    }
    this.#items += 1
    this.#bytes += bytes
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(stream)
      const waiting = { item, bytes, asked: performance.now(), resolve, reject }
      if (queue) queue.push(waiting)
      else this.#waiting.set(stream, [waiting])
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#begin()
    })
  }

  #begin(): void {
    while (this.#running < this.#atOnce) {
      const batch = this.#next()
      if (batch.size === 0) return
      void this.#storeAll(batch)
    }
  }

  #next(): Batch<Item, Result> {
    const batch: Batch<Item, Result> = new Map()
    let room = BATCH
    for (const [stream, queue] of this.#waiting) {
      if (room === 0) break
      const isHeld = this.#held.has(stream)
      if (this.#busy.has(stream) || (isHeld && (batch.size > 0 || this.#heldAndBusy() >= HELD_AT_ONCE)))
        continue
      const isAll = queue.length <= room
      const taken = isAll ? queue : queue.splice(0, room)
      room -= taken.length
      batch.set(stream, taken)
      this.#waiting.delete(stream)
      // The rest goes behind the streams that are waiting already.
      if (!isAll) this.#waiting.set(stream, queue)
      if (isHeld) break
    }
    return batch
  }

  #heldAndBusy(): number {
    return [...this.#held].filter((stream) => this.#busy.has(stream)).length
  }

  async #storeAll(batch: Batch<Item, Result>): Promise<void> {
    const alone = batch.size === 1
    this.#running += 1
    for (const stream of batch.keys()) this.#busy.add(stream)
    const held = await this.#storeTogether([...batch.values()].flat(), alone)
    this.#running -= 1
    if (held && !alone) {
      for (const stream of batch) void this.#storeAll(new Map([stream]))
      return
    }
    for (const stream of batch.keys()) {
      this.#busy.delete(stream)
      if (held) this.#held.add(stream)
      else this.#held.delete(stream)
    }
    // Not at once: what has come in this turn goes along.
    if (this.#waiting.size > 0) this.#schedule()
  }

  /** @returns whether another transaction held rows of it; those of several streams are then not told of anything yet */
  async #storeTogether(batch: readonly Waiting<Item, Result>[], alone: boolean): Promise<boolean> {
    try {
      const asked = batch.reduce((first, waiting) => Math.min(first, waiting.asked), performance.now())
      const items = batch.map((waiting) => waiting.item)
      const results = await this.#store(items, asked)
      batch.forEach((waiting, index) => {
        const result = results[index]
        if (result === undefined)
          this.#reject(waiting, new Error('a batch was stored without a result for each item'))
        else if (result instanceof Error) this.#reject(waiting, result)
        else {
          this.#waitsNoMore(waiting)
          waiting.resolve(result)
        }
      })
      return false
    } catch (error) {
      const held = error instanceof RowsHeld
      if (held && !alone) return true
      if (batch.length === 1 || error instanceof DatabaseAway) {
        for (const waiting of batch) this.#reject(waiting, error)
      } else for (const waiting of batch) await this.#storeTogether([waiting], true)
      return held
    }
  }

  #reject(waiting: Waiting<Item, Result>, error: unknown): void {
    this.#waitsNoMore(waiting)
    waiting.reject(error)
  }

  #waitsNoMore({ bytes }: Waiting<Item, Result>): void {
    this.#items -= 1
    this.#bytes -= bytes
  }
}
