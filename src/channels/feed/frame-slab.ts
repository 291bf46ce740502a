/** Bytes of one slab. */
export const SLAB = 4 * 1024

/**
 * Keeps copies of small frames side by side in memory of their own. A small Buffer is a part of 8 KiB that Node shares among
 * whatever was made at the same time: one that is kept for long would keep all of it.
 */
export class FrameSlab {
  #slab = Buffer.alloc(0)
  #used = 0

  /** @returns a copy; a frame of 4 KiB or more, which has memory of its own, as it is */
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

  /** Lets go of the memory that is not used yet. */
  reset(): void {
    this.#slab = Buffer.alloc(0)
    this.#used = 0
  }
}
