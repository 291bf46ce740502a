import t from 'tap'
import { Consumer } from '../../src/channels/consumers/consumer.ts'
import { channelsApp } from '../support/channels.ts'
import { type FrameParts, frameBytes, RawSocket } from '../support/raw-socket.ts'

// What RFC 6455 asks of a server, by the categories of the Autobahn test suite, over raw TCP. After each case a ping tells whether
// the connection is still open.

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0x0, 0x1, 0x2, 0x8, 0x9, 0xa]

/** The largest message that the server accepts, in bytes. */
const LARGEST = 64 * 1024

class Echo extends Consumer {
  override receive(text: string) {
    this.send(text)
  }
  override receiveBytes(bytes: Buffer) {
    this.sendBytes(bytes)
  }
}

interface Sent {
  readonly sent: Buffer | readonly Buffer[]
  /** Frames that come back, as `opcode payload`. */
  readonly back?: readonly string[]
}

type How = 'at once' | 'byte by byte'

interface Case extends Sent {
  readonly name: string
  /** The code that the server closes with, or undefined if it does not close. */
  readonly closed?: number
}

const text = (payload: string | Uint8Array, parts?: FrameParts) => frameBytes(TEXT, payload, parts)
const piece = { fin: false } as const
const close = (code: number, reason: string | Uint8Array = '') =>
  frameBytes(CLOSE, Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)]))
const back = (opcode: number, payload: string | Uint8Array = '') =>
  `${opcode} ${Buffer.from(payload).toString('base64')}`
const hello = [back(TEXT, 'hello')]
const long = (length: number) => 'x'.repeat(length)
const PROTOCOL_ERROR = 1002
const NO_UTF8 = 1007
const TOO_LARGE = 1009

const lengths = [0, 1, 125, 126, 127, 128, 4_096, 4_097, 65_535, LARGEST]
const framing: Case[] = lengths.flatMap((length) => [
  { name: `a text of ${length} bytes`, sent: text(long(length)), back: [back(TEXT, long(length))] },
  {
    name: `${length} binary bytes`,
    sent: frameBytes(BINARY, Buffer.alloc(length, 0xfe)),
    back: [back(BINARY, Buffer.alloc(length, 0xfe))],
  },
])

const pings: Case[] = [
  ...['', 'hello', long(125)].map((payload) => ({
    name: `a ping of ${payload.length} bytes`,
    sent: frameBytes(PING, payload),
    back: [back(PONG, payload)],
  })),
  {
    name: 'a ping whose bytes are no text',
    sent: frameBytes(PING, Buffer.of(0, 0xff, 0xfe, 0xfd)),
    back: [back(PONG, Buffer.of(0, 0xff, 0xfe, 0xfd))],
  },
  { name: 'a ping of 126 bytes', sent: frameBytes(PING, long(126)), closed: PROTOCOL_ERROR },
  { name: 'a pong that nobody asked for', sent: frameBytes(PONG, 'hello') },
  { name: 'a pong of 126 bytes', sent: frameBytes(PONG, long(126)), closed: PROTOCOL_ERROR },
  {
    name: 'ten pings in one write',
    sent: Buffer.concat(Array.from({ length: 10 }, (_, number) => frameBytes(PING, `${number}`))),
    back: Array.from({ length: 10 }, (_, number) => back(PONG, `${number}`)),
  },
]

const reserved: Case[] = [1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [
  {
    name: `a text with the reserved bits ${bits}, after a good one`,
    sent: [text('hello'), text('hello', { reserved: bits })],
    back: hello,
    closed: PROTOCOL_ERROR,
  },
  {
    name: `a ping with the reserved bits ${bits}`,
    sent: frameBytes(PING, '', { reserved: bits }),
    closed: PROTOCOL_ERROR,
  },
])

const opcodes: Case[] = [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf].flatMap((opcode) => [
  { name: `the unknown opcode ${opcode}`, sent: frameBytes(opcode), closed: PROTOCOL_ERROR },
  {
    name: `the unknown opcode ${opcode} with content, after a text`,
    sent: [text('hello'), frameBytes(opcode, 'content')],
    back: hello,
    closed: PROTOCOL_ERROR,
  },
])

const fragmentation: Case[] = [
  { name: 'a ping in pieces', sent: frameBytes(PING, 'a', piece), closed: PROTOCOL_ERROR },
  { name: 'a pong in pieces', sent: frameBytes(PONG, 'a', piece), closed: PROTOCOL_ERROR },
  { name: 'a close in pieces', sent: frameBytes(CLOSE, '', piece), closed: PROTOCOL_ERROR },
  {
    name: 'a text in two pieces',
    sent: [text('hel', piece), frameBytes(CONTINUATION, 'lo')],
    back: hello,
  },
  {
    name: 'bytes in two pieces',
    sent: [frameBytes(BINARY, 'hel', piece), frameBytes(CONTINUATION, 'lo')],
    back: [back(BINARY, 'hello')],
  },
  {
    name: 'a text in pieces of which some are empty',
    sent: [
      text('', piece),
      frameBytes(CONTINUATION, 'hello', piece),
      frameBytes(CONTINUATION, '', piece),
      frameBytes(CONTINUATION),
    ],
    back: hello,
  },
  {
    name: 'a text with pings between its pieces',
    sent: [
      text('hel', piece),
      frameBytes(PING, '1'),
      frameBytes(CONTINUATION, 'l', piece),
      frameBytes(PING, '2'),
      frameBytes(CONTINUATION, 'o'),
    ],
    back: [back(PONG, '1'), back(PONG, '2'), ...hello],
  },
  { name: 'a continuation of nothing', sent: frameBytes(CONTINUATION, 'lo'), closed: PROTOCOL_ERROR },
  {
    name: 'a continuation of nothing that goes on',
    sent: frameBytes(CONTINUATION, 'lo', piece),
    closed: PROTOCOL_ERROR,
  },
  {
    name: 'a continuation behind the last piece',
    sent: [text('hel', piece), frameBytes(CONTINUATION, 'lo'), frameBytes(CONTINUATION, 'more')],
    back: hello,
    closed: PROTOCOL_ERROR,
  },
  {
    name: 'a text in the middle of another',
    sent: [text('hel', piece), text('hello')],
    closed: PROTOCOL_ERROR,
  },
  {
    name: 'bytes in the middle of a text',
    sent: [text('hel', piece), frameBytes(BINARY, 'hello', piece)],
    closed: PROTOCOL_ERROR,
  },
]

const valid = {
  'several scripts': 'Hello-µ@ßöäüàá-κόσμε-水-שלום-😀',
  'the first of each length': '\u0001\u0080\u0800\u{10000}',
  'the last of each length': '\u007f\u07ff\uffff\u{10ffff}',
  'the neighbours of the surrogates': '\ud7ff\ue000\ufffd',
  'code points that are no characters': '\ufffe\uffff\u{1fffe}\u{1ffff}\ufdd0',
  'a byte order mark': '\ufeffhello',
}
const invalid = {
  'a continuation byte alone': [0x80],
  'two continuation bytes': [0xbf, 0x80],
  'a first byte of two alone': [0xc2],
  'a first byte of three and one more': [0xe0, 0xa0],
  'a first byte of four and two more': [0xf0, 0x90, 0x80],
  'a first byte of two before a letter': [0xc2, 0x41],
  'an overlong slash in two bytes': [0xc0, 0xaf],
  'an overlong slash in three bytes': [0xe0, 0x80, 0xaf],
  'an overlong slash in four bytes': [0xf0, 0x80, 0x80, 0xaf],
  'an overlong NUL': [0xc0, 0x80],
  'the overlong last of one byte': [0xc1, 0xbf],
  'the overlong last of two bytes': [0xe0, 0x9f, 0xbf],
  'the overlong last of three bytes': [0xf0, 0x8f, 0xbf, 0xbf],
  'the first surrogate': [0xed, 0xa0, 0x80],
  'the last surrogate': [0xed, 0xbf, 0xbf],
  'a pair of surrogates': [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80],
  'one beyond the last code point': [0xf4, 0x90, 0x80, 0x80],
  'five bytes': [0xf8, 0x88, 0x80, 0x80, 0x80],
  'six bytes': [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80],
  'the byte fe': [0xfe],
  'the byte ff': [0xff],
}
const utf8: Case[] = [
  ...Object.entries(valid).flatMap(([name, content]) => {
    const bytes = Buffer.from(content)
    const last = bytes.length - 1
    const pieces = [...bytes].map((byte, index) =>
      frameBytes(index === 0 ? TEXT : CONTINUATION, Buffer.of(byte), { fin: index === last }),
    )
    const expected = [back(TEXT, content)]
    return [
      { name: `${name}`, sent: text(content), back: expected },
      { name: `${name}, in pieces of a byte`, sent: pieces, back: expected },
    ]
  }),
  ...Object.entries(invalid).map(([name, bytes]) => ({
    name,
    sent: text(Buffer.concat([Buffer.from('κόσμε'), Buffer.from(bytes)])),
    closed: NO_UTF8,
  })),
  {
    name: 'no UTF-8, in the last piece',
    sent: [text('κόσμε', piece), frameBytes(CONTINUATION, Buffer.of(0xf4, 0x90)), frameBytes(CONTINUATION)],
    closed: NO_UTF8,
  },
]

const closing: Case[] = [
  { name: 'a close without a code', sent: frameBytes(CLOSE), closed: 1005 },
  { name: 'a close of one byte', sent: frameBytes(CLOSE, Buffer.of(3)), closed: PROTOCOL_ERROR },
  // Autobahn's 7.1.1.
  { name: 'a text and a close', sent: [text('hello'), close(1000)], back: hello, closed: 1000 },
  {
    name: 'a text, bytes and a close',
    sent: [text('hello'), frameBytes(BINARY, 'hello'), close(1000)],
    back: [...hello, back(BINARY, 'hello')],
    closed: 1000,
  },
  { name: 'two closes', sent: [close(1000), close(1000)], closed: 1000 },
  { name: 'a ping behind a close', sent: [close(1000), frameBytes(PING)], closed: 1000 },
  { name: 'a text behind a close', sent: [close(1000), text('hello')], closed: 1000 },
  {
    name: 'a close in the middle of a text',
    sent: [text('hel', piece), close(1000), frameBytes(CONTINUATION, 'lo')],
    closed: 1000,
  },
  { name: 'a close with a reason', sent: close(1000, 'bye'), closed: 1000 },
  { name: 'a close with the longest reason', sent: close(1000, long(123)), closed: 1000 },
  { name: 'a close with a longer reason', sent: close(1000, long(124)), closed: PROTOCOL_ERROR },
  { name: 'a close whose reason is no UTF-8', sent: close(1000, Buffer.of(0xce, 0xff)), closed: NO_UTF8 },
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((code) => ({
    name: `a close with ${code}`,
    sent: close(code),
    closed: code,
  })),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map((code) => ({
    name: `a close with ${code}, which nobody may send`,
    sent: close(code),
    closed: PROTOCOL_ERROR,
  })),
]

const header = (bytes: readonly number[]) => Buffer.from(bytes)
const limits: Case[] = [
  { name: 'a text of a byte too many', sent: text(long(LARGEST + 1)), closed: TOO_LARGE },
  { name: 'bytes of one too many', sent: frameBytes(BINARY, Buffer.alloc(LARGEST + 1)), closed: TOO_LARGE },
  {
    name: 'the largest text, in pieces of 4 KiB',
    sent: Array.from({ length: 16 }, (_, number) =>
      frameBytes(number === 0 ? TEXT : CONTINUATION, long(4_096), { fin: number === 15 }),
    ),
    back: [back(TEXT, long(LARGEST))],
  },
  {
    name: 'pieces that are too large together',
    sent: [text(long(LARGEST), piece), frameBytes(CONTINUATION, 'x')],
    closed: TOO_LARGE,
  },
  {
    name: 'a length of 2^53, of which nothing follows',
    sent: header([0x81, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
    closed: TOO_LARGE,
  },
  {
    name: 'a length with its highest bit set',
    sent: header([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4]),
    closed: TOO_LARGE,
  },
  { name: 'a frame without a mask', sent: text('hello', { isMasked: false }), closed: PROTOCOL_ERROR },
]

const faults = {
  'an unknown opcode': frameBytes(3),
  'a reserved bit': text('wrong', { reserved: 1 }),
  'a frame without a mask': text('wrong', { isMasked: false }),
  'a continuation of nothing': frameBytes(CONTINUATION, 'wrong'),
}
const afterwards: Case[] = [
  ...Object.entries(faults).map(([name, fault]) => ({
    name: `texts before and behind ${name}`,
    sent: [text('hello'), fault, text('unread')],
    back: hello,
    closed: PROTOCOL_ERROR,
  })),
  {
    name: 'texts before and behind one that is no UTF-8',
    sent: [text('hello'), text(Buffer.of(0xff)), text('unread')],
    back: hello,
    closed: NO_UTF8,
  },
]

const { listen } = await channelsApp(
  t,
  { '/ws/echo': Echo },
  { identify: undefined, limits: { framesPerSecond: 0 } },
)
const url = `${await listen()}/ws/echo`

for (const [category, cases] of Object.entries({
  framing,
  pings,
  'reserved bits': reserved,
  opcodes,
  fragmentation,
  'UTF-8': utf8,
  closing,
  limits,
  'what follows something wrong': afterwards,
})) {
  t.test(category, async (t) => {
    for (const { name, closed, ...sent } of cases) {
      for (const how of ['at once', 'byte by byte'] as const) {
        // Byte by byte only for short cases.
        if (how === 'byte by byte' && bytesOf(sent.sent).length > 200) continue
        t.same(await answerTo(sent, how), outcome(sent.back, closed), `${name}, ${how}`)
      }
    }
  })
}

t.test('lengths in more bytes than necessary are understood, as by other servers', async (t) => {
  // RFC 6455, section 5.2, requires the fewest bytes. `ws` does not check, and nothing depends on it.
  for (const lengthBytes of [2, 8] as const)
    t.same(await answerTo({ sent: text('hello', { lengthBytes }), back: hello }, 'at once'), outcome(hello))
})

function outcome(frames: readonly string[] = [], closed?: number): readonly string[] {
  return [...frames, closed === undefined ? 'open' : `closed with ${closed}`]
}

/**
 * Sends bytes on their own connection.
 * @returns the frames that came back, and the state of the connection, which a ping tests
 */
async function answerTo({ sent, back: expected = [] }: Sent, how: How): Promise<string[]> {
  const socket = await RawSocket.open(url)
  const send = async (bytes: Buffer) => {
    if (how === 'at once') socket.write(bytes)
    else await socket.writePieces(bytes, 1)
  }
  const received: string[] = []
  /** @returns the state of the connection, or undefined after so many frames */
  const receive = async (count: number): Promise<string | undefined> => {
    while (received.length < count) {
      const frame = await socket.next()
      if (!frame) return 'cut'
      if (frame.opcode === CLOSE)
        return `closed with ${frame.payload.length === 0 ? 1005 : frame.payload.readUInt16BE(0)}`
      received.push(back(frame.first & 0x7f, frame.payload))
    }
    return undefined
  }
  try {
    await send(bytesOf(sent))
    const early = await receive(expected.length)
    if (early) return [...received, early]
    await send(frameBytes(PING, 'still there'))
    const end = await receive(expected.length + 1)
    if (end) return [...received, end]
    return received.at(-1) === back(PONG, 'still there') ? [...received.slice(0, -1), 'open'] : received
  } finally {
    socket.destroy()
  }
}

function bytesOf(sent: Buffer | readonly Buffer[]): Buffer {
  return Buffer.isBuffer(sent) ? sent : Buffer.concat(sent)
}
