import { type FeedBuffer, type FeedMemory, feedMemory } from './feed-memory.ts'
import type { EncodedChange } from './replay-buffer.ts'

/** The limits for one stream; beyond them, everything held is dropped, and read instead. */
const HELD_CHANGES = 1_000
const HELD_BYTES = 1024 * 1024

/** Bytes that a change takes up besides those of its frame. */
const OVERHEAD = 200

/** Changes of a stream that arrived before one that is missing. They can be dropped at any time, and are then read. */
export class EarlyChanges implements FeedBuffer {
  readonly #memory: FeedMemory
  readonly #changes = new Map<number, EncodedChange>()
  #frameBytes = 0

  constructor(memory = feedMemory) {
    this.#memory = memory
  }

  get bytes(): number {
    return this.#frameBytes + OVERHEAD * this.#changes.size
  }

  /** The highest number that is held; 0: nothing is. */
  get last(): number {
    return Math.max(0, ...this.#changes.keys())
  }

  has(rev: number): boolean {
    return this.#changes.has(rev)
  }

  add(change: EncodedChange): void {
    this.#remove(change.rev)
    if (this.#changes.size >= HELD_CHANGES || this.#frameBytes + change.frame.length > HELD_BYTES)
      this.empty()
    this.#changes.set(change.rev, change)
    this.#frameBytes += change.frame.length
    this.#memory.use(this)
  }

  /** @returns the change, which is then no longer held; undefined when it was not */
  take(rev: number): EncodedChange | undefined {
    const change = this.#changes.get(rev)
    if (change) {
      this.#remove(rev)
      this.#memory.use(this)
    }
    return change
  }

  /** Drops what has been sent in the meantime: everything up to `rev`. */
  removeUpTo(rev: number): void {
    if (this.#changes.size === 0) return
    for (const held of this.#changes.keys()) if (held <= rev) this.#remove(held)
    this.#memory.use(this)
  }

  empty(): void {
    this.#changes.clear()
    this.#frameBytes = 0
    this.#memory.release(this)
  }

  #remove(rev: number): void {
    this.#frameBytes -= this.#changes.get(rev)?.frame.length ?? 0
    this.#changes.delete(rev)
  }
}
