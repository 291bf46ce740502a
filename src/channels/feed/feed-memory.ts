/** Something that a feed keeps and could read again. */
export interface FeedBuffer {
  /** Bytes that it takes up now. */
  readonly bytes: number
  /** Lets go of everything that it keeps. */
  empty(): void
}

/** Bytes that all feeds of a process keep together. */
const LIMIT = 32 * 1024 * 1024

/**
 * The memory that the feeds of a process share. Each buffer has a bound of its own; this one bounds all of them together,
 * however many streams are followed. When there is not enough, the buffers that were not used for the longest time are
 * emptied: whoever needs what was in them reads it from the database.
 */
export class FeedMemory {
  readonly #limit: number
  /** What each buffer takes up; the one that was used last comes last. */
  readonly #sizes = new Map<FeedBuffer, number>()
  #bytes = 0

  /** @param limit in bytes; one buffer alone must not need more */
  constructor(limit = LIMIT) {
    this.#limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  /** To be called whenever a buffer was used or has changed: it is then the one that was used last. */
  use(buffer: FeedBuffer): void {
    this.release(buffer)
    if (buffer.bytes === 0) return
    this.#sizes.set(buffer, buffer.bytes)
    this.#bytes += buffer.bytes
    for (const oldest of this.#sizes.keys()) {
      if (this.#bytes <= this.#limit) return
      this.release(oldest)
      oldest.empty()
    }
  }

  /** The buffer keeps nothing any more. */
  release(buffer: FeedBuffer): void {
    this.#bytes -= this.#sizes.get(buffer) ?? 0
    this.#sizes.delete(buffer)
  }
}

/** The one of this process. */
export const feedMemory = new FeedMemory()
