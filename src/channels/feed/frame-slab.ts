/** Bytes of one slab. */
export const SLAB = 4 * 1024

/**
 * Keeps copies of small frames side by side in memory of their own. A small Buffer is part of an 8 KiB block that Node shares
 * among buffers made at the same time: keeping one for long would keep the whole block.
 */
export class FrameSlab {
  #slab = Buffer.alloc(0)
  #used = 0

  /** @returns a copy, or the frame itself if it has 4 KiB or more, and so memory of its own */
  keep(frame: Buffer): Buffer {
    if (frame.length >= SLAB) return frame
    if (this.#used + frame.length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB)
      this.#used = 0
    }
    const start = this.#used
    this.#used += frame.length
    frame.copy(this.#slab, start)
    return this.#slab.subarray(start, this.#used)
  }

  /** Releases the memory that is not used yet. */
  reset(): void {
    this.#slab = Buffer.alloc(0)
    this.#used = 0
  }
}
