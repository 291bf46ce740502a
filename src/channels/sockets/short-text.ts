import { isUtf8 } from 'node:buffer'

/** The first byte of a text in one frame, and the bit of the second byte that tells that it is masked (RFC 6455, section 5.2). */
const FINAL_TEXT = 0x81
const MASKED = 0x80

/** Bytes of a text that is read here at most. */
const SHORT = 4_096

const unmasked = Buffer.allocUnsafeSlow(SHORT)

/** A text, and where the frame ends that it stood in. */
export interface ShortText {
  readonly text: string
  readonly end: number
}

/**
 * Reads a message that a chunk has as a whole from `start` on: a short text in one frame, as a client sends nearly always.
 * @returns undefined where anything else begins there, also what is wrong
 */
export function readShortText(chunk: Uint8Array, start: number): ShortText | undefined {
  if (chunk[start] !== FINAL_TEXT) return undefined
  const second = chunk[start + 1] ?? 0
  let length = second & ~MASKED
  let at = start + 2
  if (length === second || length === 127) return undefined
  if (length === 126) {
    length = ((chunk[at] ?? 0) << 8) | (chunk[at + 1] ?? 0)
    at += 2
  }
  const from = at + 4
  const end = from + length
  if (length > SHORT || end > chunk.length) return undefined
  let all = 0
  for (let index = 0; index < length; index += 1) {
    const byte = (chunk[from + index] ?? 0) ^ (chunk[at + (index & 3)] ?? 0)
    unmasked[index] = byte
    all |= byte
  }
  // Latin-1 is the same for ASCII, and faster.
  if (all < 0x80) return { text: unmasked.toString('latin1', 0, length), end }
  return isUtf8(unmasked.subarray(0, length))
    ? { text: unmasked.toString('utf8', 0, length), end }
    : undefined
}
