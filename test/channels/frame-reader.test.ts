import type { IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import t from 'tap'
import { type WebSocket, WebSocketServer } from 'ws'
import { MAXIMUM_FRAME } from '../../src/channels/sockets/connection.ts'
import { FrameReader } from '../../src/channels/sockets/frame-reader.ts'
import { randomFrom } from '../support/random.ts'
import { type FrameParts, frameBytes } from '../support/raw-socket.ts'

// The same bytes, in the same chunks, for `ws` alone and for `ws` behind a reader: both have to say the same.

const STREAMS = 600

const server = new WebSocketServer({ noServer: true, maxPayload: MAXIMUM_FRAME, perMessageDeflate: false })

/** A stream whose other end is the test. */
class Wire extends Duplex {
  readonly written: Buffer[] = []
  override _read() {}
  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.written.push(chunk)
    done()
  }
}

/** What came of some chunks: messages, errors and the close in their order, and the frames that were sent back. */
async function outcome(chunks: readonly Buffer[], read?: (wire: Wire, reading: Reading) => void) {
  const heard: string[] = []
  const wire = new Wire()
  const headers = {
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  }
  const request = { method: 'GET', url: '/', headers } as unknown as IncomingMessage
  server.handleUpgrade(request, wire, Buffer.alloc(0), (socket) => {
    socket.on('message', (content, isBinary) => heard.push(`${isBinary ? 'bytes' : 'text'} ${content}`))
    socket.on('error', (error) => heard.push(error.message))
    socket.on('close', (code) => heard.push(`closed with ${code}`))
    read?.(wire, { socket, text: (text) => heard.push(`text ${text}`) })
  })
  for (const chunk of chunks) {
    // A copy: `ws` unmasks where it reads.
    wire.push(Buffer.from(chunk))
    await new Promise(setImmediate)
  }
  wire.push(null)
  await new Promise(setImmediate)
  wire.destroy()
  const sent = Buffer.concat(wire.written)
  return [...heard, sent.toString('hex', sent.indexOf('\r\n\r\n'))]
}

interface Reading {
  readonly socket: WebSocket
  text(text: string): void
}

function readByReader(wire: Wire, { socket, text }: Reading): void {
  const events = {
    get open() {
      return socket.readyState === socket.OPEN
    },
    began() {},
    text,
  }
  const reader = new FrameReader(wire, events)
  socket.on('error', () => reader.stop())
}

t.test('a reader makes the same of any bytes as ws alone', async (t) => {
  const random = randomFrom(20)
  const below = (bound: number) => Math.floor(random() * bound)
  const oneOf = <Item>(...items: [Item, ...Item[]]): Item => items[below(items.length)] ?? items[0]

  function frame(): Buffer {
    const length = oneOf(0, 1, 5, 20, 125, 126, 300, 4_096, 4_097)
    const parts: FrameParts = random() < 0.1 ? { lengthBytes: oneOf(2, 8) } : {}
    const kind = below(30)
    if (kind < 12) return frameBytes(1, 'a'.repeat(length), parts)
    if (kind < 15) return frameBytes(1, 'é'.repeat(length / 2), parts)
    if (kind < 18) return frameBytes(1, '😀'.repeat(length).slice(0, length), { fin: false, ...parts })
    if (kind < 22) return frameBytes(0, 'b'.repeat(length), { fin: random() < 0.6, ...parts })
    if (kind < 24) return frameBytes(oneOf(9, 10), 'ping')
    if (kind < 25) return frameBytes(2, 'bytes', { fin: random() < 0.8 })
    if (kind < 26)
      return frameBytes(8, oneOf(Buffer.of(3, 232), Buffer.of(), Buffer.of(3), Buffer.of(3, 237)))
    if (kind < 27) return frameBytes(1, Buffer.of(0x61, 0xc3))
    if (kind < 28) return frameBytes(1, 'marked', { reserved: below(8), isMasked: random() < 0.5 })
    if (kind < 29) return frameBytes(below(16), 'odd', { fin: random() < 0.5 })
    return Buffer.from(Array.from({ length: 1 + below(20) }, () => below(256)))
  }

  function chunksOf(bytes: Buffer): Buffer[] {
    const largest = bytes.length > 3_000 ? bytes.length / 4 : oneOf(1, 12, 200, bytes.length)
    const chunks: Buffer[] = []
    for (let at = 0, size = 0; at < bytes.length; at += size) {
      size = 1 + below(largest)
      chunks.push(bytes.subarray(at, at + size))
    }
    return random() < 0.3 ? [bytes] : chunks
  }

  for (let number = 1; number <= STREAMS; number += 1) {
    const bytes = Buffer.concat(Array.from({ length: 1 + below(8) }, frame))
    const chunks = chunksOf(bytes)
    const [expected, found] = [await outcome(chunks), await outcome(chunks, readByReader)]
    // One assertion for each would take longer than the streams.
    if (JSON.stringify(found) === JSON.stringify(expected)) continue
    return t.same(found, expected, `stream ${number}: ${bytes.toString('hex', 0, 200)}`)
  }
  t.pass(`${STREAMS} streams`)
})
