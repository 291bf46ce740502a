import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Milliseconds after which what should have come is a failure. */
const PATIENCE = 10_000

export interface RawFrame {
  readonly opcode: number
  /** The whole first byte: final bit, reserved bits, opcode. */
  readonly first: number
  readonly payload: Buffer
}

export interface FrameParts {
  /** False: another piece follows. */
  readonly fin?: boolean
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number
  readonly isMasked?: boolean
  /** Bytes for the length if they should not be the fewest: 2 or 8. */
  readonly lengthBytes?: 2 | 8
}

/** The bytes of a frame as a client sends it, right or wrong. */
export function frameBytes(
  opcode: number,
  payload: string | Uint8Array = '',
  { fin = true, reserved = 0, isMasked = true, lengthBytes }: FrameParts = {},
): Buffer {
  const content: Uint8Array = typeof payload === 'string' ? Buffer.from(payload) : payload
  const extended = lengthBytes ?? (content.length < 126 ? 0 : content.length < 65_536 ? 2 : 8)
  const head = Buffer.alloc(2 + extended)
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode
  head[1] = (isMasked ? 0x80 : 0) | (extended === 0 ? content.length : extended === 2 ? 126 : 127)
  if (extended === 2) head.writeUInt16BE(content.length, 2)
  if (extended === 8) head.writeBigUInt64BE(BigInt(content.length), 2)
  if (!isMasked) return Buffer.concat([head, content])
  const mask = Buffer.of(0x11, 0x22, 0x33, 0x44)
  return Buffer.concat([head, mask, Uint8Array.from(content, (byte, index) => byte ^ (mask[index % 4] ?? 0))])
}

/** A WebSocket without a library: bytes go out as they are given, and the server's frames are read as they are. */
export class RawSocket {
  readonly #stream: Socket
  #received: Buffer = Buffer.alloc(0)
  #ended = false
  #wake = () => {}

  private constructor(stream: Socket) {
    this.#stream = stream
    stream.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    stream.on('error', () => {})
    stream.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** @param url such as `ws://127.0.0.1:3000/ws/echo` */
  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<RawSocket> {
    const { hostname, port, host, pathname } = new URL(url)
    const stream = connect(Number(port), hostname)
    stream.setNoDelay(true)
    await once(stream, 'connect')
    const socket = new RawSocket(stream)
    const lines = {
      host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    }
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
    stream.write(`GET ${pathname} HTTP/1.1\r\n${head.join('')}\r\n`)
    while (!socket.#received.includes('\r\n\r\n')) await socket.#change()
    const end = socket.#received.indexOf('\r\n\r\n') + 4
    const answer = socket.#received.toString('latin1', 0, end)
    if (!answer.startsWith('HTTP/1.1 101')) throw new Error(`the upgrade was answered with ${answer}`)
    socket.#received = socket.#received.subarray(end)
    return socket
  }

  write(bytes: Buffer): void {
    this.#stream.write(bytes)
  }

  /** Sends pieces of so many bytes, each in its own write. */
  async writePieces(bytes: Buffer, size: number): Promise<void> {
    for (let start = 0; start < bytes.length; start += size) {
      this.#stream.write(bytes.subarray(start, start + size))
      await new Promise(setImmediate)
    }
  }

  /** The next frame; undefined: the server has ended the connection. */
  async next(): Promise<RawFrame | undefined> {
    for (;;) {
      const frame = this.#take()
      if (frame || this.#ended) return frame
      await this.#change()
    }
  }

  destroy(): void {
    this.#stream.destroy()
  }

  #take(): RawFrame | undefined {
    const bytes = this.#received
    if (bytes.length < 2) return undefined
    const [first = 0, second = 0] = bytes
    const extended = second === 126 ? 2 : second === 127 ? 8 : 0
    const start = 2 + extended
    if (bytes.length < start) return undefined
    const length =
      extended === 0 ? second : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
    if (bytes.length < start + length) return undefined
    this.#received = bytes.subarray(start + length)
    return { first, opcode: first & 0x0f, payload: bytes.subarray(start, start + length) }
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing came, and the line is open')), PATIENCE)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
