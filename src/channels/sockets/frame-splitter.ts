/** The kinds of frames (RFC 6455, section 5.2). */
export const Opcode = { close: 0x8, ping: 0x9, pong: 0xa } as const

/**
 * Follows where the frames of a stream begin and end, whatever pieces it comes in. It reads only lengths, and leaves it to the reader of
 * the frames to check whether they are valid.
 */
export class FrameSplitter {
  /** The first bytes of a frame whose length is not known yet. */
  #head: number[] = []
  /** Bytes that are still to come of a frame whose length is known. */
  #left = 0

  /** Tells whether the next byte is the first one of a frame. */
  get atStart(): boolean {
    return this.#left === 0 && this.#head.length === 0
  }

  /** @returns where the frame that begins or goes on at `start` ends, or the end of the chunk when that comes first */
  endOf(chunk: Uint8Array, start: number): number {
    let at = start
    while (this.#left === 0 && at < chunk.length) {
      this.#head.push(chunk[at] ?? 0)
      at += 1
      const length = bytesAfter(this.#head)
      if (length === undefined) continue
      this.#head = []
      this.#left = length
      break
    }
    const end = Math.min(at + this.#left, chunk.length)
    this.#left -= end - at
    return end
  }
}

/** Returns how many bytes, mask and content, follow these first ones of a frame; undefined while they do not say. */
function bytesAfter(head: readonly number[]): number | undefined {
  const [, second] = head
  if (second === undefined) return undefined
  const short = second & 0x7f
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0
  if (head.length < 2 + extended) return undefined
  const length = extended === 0 ? short : head.slice(2).reduce((sum, byte) => sum * 256 + byte, 0)
  return length + (second & 0x80 ? 4 : 0)
}
