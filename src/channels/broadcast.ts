import type { Crowd, Turn } from './turn.ts'

/**
 * Encode once, write many: a frame is a buffer in WebSocket framing that is the same for every receiver, and what waits for
 * a group when its turn comes (turn.ts) is one write to each of its members.
 */

/** The opcode of a text frame with the final bit (RFC 6455, section 5.2). */
const FINAL_TEXT = 0x81

/** Frames a text as a server sends it: unmasked and in one piece. */
export function encodeText(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(header + length)
  frame[0] = FINAL_TEXT
  if (header === 2) frame[1] = length
  else if (header === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, header)
  return frame
}

const encoded = new WeakMap<object, Buffer>()

/** The frame of an object. It is remembered with the object, so a thousand members of a group cost one encoding. */
export function encodeJson(object: object): Buffer {
  const known = encoded.get(object)
  if (known) return known
  const frame = encodeText(JSON.stringify(object))
  encoded.set(object, frame)
  return frame
}

/** A connection as a sender to many sees it. */
export interface Receiver {
  /** Writes frames that are already joined, behind what waits for this receiver. */
  write(joined: Buffer, frames: number): void
  /** Tells the receiver who else writes to it, so that its own frames do not overtake theirs. */
  joined(audience: Audience): void
  left(audience: Audience): void
}

/** The receivers in this process that get the same frames in the same order. */
export class Audience implements Crowd {
  readonly #turn: Turn
  readonly #receivers = new Set<Receiver>()
  /** Receivers that are ahead of the others, and how many of the frames that wait they have. */
  #ahead: Map<Receiver, number> | undefined
  #frames = new WaitingFrames()
  flushedAt = Number.NEGATIVE_INFINITY

  constructor(turn: Turn) {
    this.#turn = turn
  }

  get size(): number {
    return this.#receivers.size
  }

  get waiting(): number {
    return this.#frames.count
  }

  /** From now on: what was sent earlier and waits is not for the newcomer. */
  add(receiver: Receiver): void {
    if (this.#receivers.has(receiver)) return
    if (this.waiting > 0) this.#isAhead(receiver)
    this.#receivers.add(receiver)
    receiver.joined(this)
  }

  delete(receiver: Receiver): void {
    if (this.#receivers.delete(receiver)) receiver.left(this)
  }

  send(frame: Buffer): void {
    this.#frames.add(frame)
    this.#turn.flushSoon(this)
  }

  /** Writes what waits to one receiver, ahead of the others. */
  flushTo(receiver: Receiver): void {
    const from = this.#ahead?.get(receiver) ?? 0
    if (from === this.waiting || !this.#receivers.has(receiver)) return
    this.#isAhead(receiver)
    receiver.write(this.#frames.joined(from), this.waiting - from)
  }

  flush(): void {
    const frames = this.#frames
    const ahead = this.#ahead
    this.#frames = new WaitingFrames()
    this.#ahead = undefined
    for (const receiver of this.#receivers) {
      const from = ahead?.get(receiver) ?? 0
      if (from < frames.count) receiver.write(frames.joined(from), frames.count - from)
    }
  }

  #isAhead(receiver: Receiver): void {
    this.#ahead ??= new Map()
    this.#ahead.set(receiver, this.waiting)
  }
}

/** Frames in a row, and their ends joined: a thousand receivers who are equally far ahead share one buffer. */
class WaitingFrames {
  readonly #frames: Buffer[] = []
  #joined: (Buffer | undefined)[] = []

  get count(): number {
    return this.#frames.length
  }

  add(frame: Buffer): void {
    this.#frames.push(frame)
    if (this.#joined.length > 0) this.#joined = []
  }

  /** @param from less than `count` */
  joined(from: number): Buffer {
    const known = this.#joined[from]
    if (known) return known
    const frames = this.#frames.slice(from)
    const joined = (frames.length === 1 && frames[0]) || Buffer.concat(frames)
    this.#joined[from] = joined
    return joined
  }
}
