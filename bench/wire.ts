/** WebSocket frames as a client writes and reads them (RFC 6455, section 5.2), made for millions a second. */

export const Opcode = { text: 1, close: 8, ping: 9, pong: 10 } as const

/** Called for each frame with where its payload stands in `bytes`, which is good only during the call. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void

/** Frames a text as a client sends it. The mask is there, as it must be, and all zero, which leaves the text as it is. */
export function clientFrame(text: string, opcode: number = Opcode.text): Buffer {
  const length = Buffer.byteLength(text)
  const header = length < 126 ? 2 : 4
  const frame = Buffer.alloc(header + 4 + length)
  frame[0] = 0x80 | opcode
  if (header === 2) frame[1] = 0x80 | length
  else {
    frame[1] = 0x80 | 126
    frame.writeUInt16BE(length, 2)
  }
  frame.write(text, header + 4)
  return frame
}

/** Cuts what a server sends into frames, wherever the reads end. */
export class FrameReader {
  readonly #onFrame: OnFrame
  /** The beginning of a frame that has not come whole. */
  #rest = Buffer.alloc(0)
  #kept = 0

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame
  }

  /** @param bytes of which `from` to `length` were read; they may be written over afterwards */
  read(bytes: Buffer, from: number, length: number): void {
    let at = this.#kept > 0 ? this.#complete(bytes, from, length) : from
    for (;;) {
      const size = frameSize(bytes, at, length)
      if (size === 0 || at + size > length) break
      this.#emit(bytes, at, size)
      at += size
    }
    if (at < length) this.#keep(bytes, at, length)
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const kept = this.#kept + to - from
    if (this.#rest.length < kept) {
      const larger = Buffer.alloc(Math.max(512, kept * 2))
      this.#rest.copy(larger, 0, 0, this.#kept)
      this.#rest = larger
    }
    bytes.copy(this.#rest, this.#kept, from, to)
    this.#kept = kept
  }

  /** @returns where the next frame begins */
  #complete(bytes: Buffer, from: number, length: number): number {
    let at = from
    for (;;) {
      const size = frameSize(this.#rest, 0, this.#kept)
      const wanted = size === 0 ? this.#kept + 1 : size
      const end = Math.min(length, at + wanted - this.#kept)
      this.#keep(bytes, at, end)
      at = end
      if (this.#kept < wanted) return at
      if (size === 0) continue
      this.#kept = 0
      this.#emit(this.#rest, 0, size)
      return at
    }
  }

  #emit(bytes: Buffer, at: number, size: number): void {
    const second = bytes[at + 1] ?? 0
    const header = second < 126 ? 2 : second === 126 ? 4 : 10
    this.#onFrame((bytes[at] ?? 0) & 0x0f, bytes, at + header, at + size)
  }
}

/** Bytes of the frame that begins at `at`; 0 when too little of it is there to know. */
function frameSize(bytes: Buffer, at: number, length: number): number {
  if (at + 2 > length) return 0
  const second = bytes[at + 1] ?? 0
  if (second < 126) return 2 + second
  if (second === 126) return at + 4 > length ? 0 : 4 + ((bytes[at + 2] ?? 0) << 8) + (bytes[at + 3] ?? 0)
  return at + 10 > length ? 0 : 10 + bytes.readUInt32BE(at + 6)
}
