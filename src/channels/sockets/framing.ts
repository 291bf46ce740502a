/** Encoding once: a frame is a buffer in WebSocket framing that is the same for every receiver. */

/** The opcodes of a text frame and of a binary one, with the final bit (RFC 6455, section 5.2). */
const FINAL_TEXT = 0x81
const FINAL_BINARY = 0x82

/** Frames a text as a server sends it: unmasked and in one piece. */
export function encodeText(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const frame = startFrame(FINAL_TEXT, length)
  frame.write(text, frame.length - length)
  return frame
}

/** Frames bytes as `encodeText` does a text. */
export function encodeBytes(bytes: Uint8Array): Buffer {
  const frame = startFrame(FINAL_BINARY, bytes.length)
  frame.set(bytes, frame.length - bytes.length)
  return frame
}

/** A frame whose header is written, with room for `length` bytes behind it. */
function startFrame(opcode: number, length: number): Buffer {
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(header + length)
  frame[0] = opcode
  if (header === 2) frame[1] = length
  else if (header === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
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

/** The texts of frames as `encodeText` made them, one behind the other. */
export function textsOf(frames: Buffer): string[] {
  const texts: string[] = []
  for (let place = 0; place < frames.length; ) {
    const short = frames.readUInt8(place + 1)
    const start = place + (short < 126 ? 2 : short === 126 ? 4 : 10)
    const length =
      short < 126
        ? short
        : short === 126
          ? frames.readUInt16BE(place + 2)
          : Number(frames.readBigUInt64BE(place + 2))
    place = start + length
    texts.push(frames.toString('utf8', start, place))
  }
  return texts
}
