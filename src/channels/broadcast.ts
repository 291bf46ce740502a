/**
 * Encode once, write many: a frame is a buffer in WebSocket framing that is the same for every receiver, and what a
 * group gets in one turn of the event loop is one write to each of its members.
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

/** Something with frames to write when the turn ends. */
export interface Flushable {
  flush(): void
}

let due: Flushable[] = []

/**
 * Flushes `sender` once the present turn of the event loop has ended. `setImmediate`, since microtasks also run between
 * the sockets of one turn and would gather nothing.
 */
export function atEndOfTurn(sender: Flushable): void {
  if (due.push(sender) === 1) setImmediate(flushDue)
}

function flushDue(): void {
  const senders = due
  due = []
  for (const sender of senders) sender.flush()
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
export class Audience implements Flushable {
  readonly #receivers = new Set<Receiver>()
  #frames: Buffer[] = []

  get size(): number {
    return this.#receivers.size
  }

  /** From now on: what was sent earlier in this turn is not for the newcomer. */
  add(receiver: Receiver): void {
    this.flush()
    this.#receivers.add(receiver)
    receiver.joined(this)
  }

  delete(receiver: Receiver): void {
    if (this.#receivers.delete(receiver)) receiver.left(this)
  }

  send(frame: Buffer): void {
    if (this.#frames.push(frame) === 1) atEndOfTurn(this)
  }

  flush(): void {
    const frames = this.#frames
    const first = frames[0]
    if (!first) return
    this.#frames = []
    const joined = frames.length === 1 ? first : Buffer.concat(frames)
    for (const receiver of this.#receivers) receiver.write(joined, frames.length)
  }
}
