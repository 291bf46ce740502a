/** Something that a feed keeps and could read again. */
export interface FeedBuffer {
  /** Bytes that it takes up now. */
  readonly bytes: number
  /** Drops everything that it keeps. */
  empty(): void
}

/** Bytes that all feeds of a process keep together. */
const LIMIT = 32 * 1024 * 1024

/**
 * The memory that the feeds of a process share. Each buffer has a bound of its own; this one bounds all of them together,
 * however many streams are followed. When there is not enough, the least recently used buffers are emptied: what was in them
 * is then read from the database.
 */
export class FeedMemory {
  readonly #limit: number
  /** The bytes that each buffer takes up, from the least recently used to the latest. */
  readonly #sizes = new Map<FeedBuffer, number>()
  #bytes = 0

  /** @param limit in bytes; one buffer alone must not need more */
  constructor(limit = LIMIT) {
    this.#limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Call this whenever a buffer was used or has changed, which makes it the most recently used. */
  use(buffer: FeedBuffer): void {
    this.release(buffer)
    if (buffer.bytes === 0) return
    this.#sizes.set(buffer, buffer.bytes)
    this.#bytes += buffer.bytes
    if (this.#bytes <= this.#limit) return
    for (const oldest of this.#sizes.keys()) {
      if (this.#bytes <= this.#limit) return
      this.release(oldest)
      oldest.empty()
    }
  }

  /** The buffer no longer keeps anything. */
  release(buffer: FeedBuffer): void {
    this.#bytes -= this.#sizes.get(buffer) ?? 0
    this.#sizes.delete(buffer)
  }
}

/** The memory of this process. */
export const feedMemory = new FeedMemory()
