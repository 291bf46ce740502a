import t from 'tap'
import { Consumer } from '../../src/channels/consumers/consumer.ts'
import { CloseCode } from '../../src/channels/sockets/close-codes.ts'
import { MAXIMUM_FRAME, MOST_PIECES } from '../../src/channels/sockets/connection.ts'
import { FrameSplitter } from '../../src/channels/sockets/frame-splitter.ts'
import { encodeJson } from '../../src/channels/sockets/framing.ts'
import { channelsApp } from '../support/channels.ts'
import { answers, echoServer, Peer } from '../support/peer.ts'
import { frameBytes, RawSocket } from '../support/raw-socket.ts'

t.test('a frame of 64 KiB is accepted, and one byte more closes with 1009', async (t) => {
  const { url } = await echoServer(t)
  const neighbour = await new Peer(url).opened()
  const peer = await new Peer(url).opened()
  const largest = 'é'.repeat(MAXIMUM_FRAME / 2)

  peer.socket.send(largest)
  t.equal(await peer.next(), largest)
  peer.socket.send(`${largest}!`)

  t.equal((await peer.closed()).code, 1009)
  t.ok(await answers(neighbour))
})

t.test('a frame in pieces is measured as a whole', async (t) => {
  const { url } = await echoServer(t)
  const peer = await new Peer(url).opened()
  peer.socket.send('in ', { fin: false })
  peer.socket.send('pieces', { fin: true })
  t.equal(await peer.next(), 'in pieces')

  peer.socket.send('x'.repeat(MAXIMUM_FRAME), { fin: false })
  peer.socket.send('x', { fin: true })

  t.equal((await peer.closed()).code, 1009)
})

t.test('a frame that arrives in too many pieces closes with 1008', async (t) => {
  const { url } = await echoServer(t)
  const socket = await RawSocket.open(url, { 'x-user': 'ada' })
  t.teardown(() => socket.destroy())
  await socket.writePieces(frameBytes(1, 'x'.repeat(2 * MOST_PIECES)), 1)
  t.equal((await socket.next())?.payload.readUInt16BE(0), CloseCode.tooManyPieces)
})

t.test('a message that is fragmented in too many pieces closes with 1008', async (t) => {
  const { url } = await echoServer(t, { limits: { framesPerSecond: 0 } })
  const peer = await new Peer(url).opened()
  for (let count = 0; count <= MOST_PIECES; count += 1) peer.socket.send('x', { fin: false })
  t.equal((await peer.closed()).code, CloseCode.tooManyPieces)
})

t.test('a binary frame closes with 1003', async (t) => {
  const { url } = await echoServer(t)
  const peer = await new Peer(url).opened()
  peer.socket.send(Buffer.from('"text"'), { binary: true })
  t.equal((await peer.closed()).code, CloseCode.unsupportedData)
})

t.test('a text frame that is not UTF-8 closes with 1007, and nobody else notices', async (t) => {
  const { url } = await echoServer(t)
  const neighbour = await new Peer(url).opened()
  const peer = await new Peer(url).opened()
  peer.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false })
  t.equal((await peer.closed()).code, 1007)
  t.ok(await answers(neighbour))
})

t.test('frames are told apart wherever the stream is split', async (t) => {
  const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]
  const frames = lengths.flatMap((length) => [true, false].map((masked) => headed(length, masked)))
  const stream = Buffer.concat(frames)
  const ends = frames.map((_, index) => Buffer.concat(frames.slice(0, index + 1)).length)
  for (const size of [1, 2, 3, 5, 1_000, 65_536, stream.length]) {
    const splitter = new FrameSplitter()
    const found: number[] = []
    for (let from = 0; from < stream.length; from += size) {
      const chunk = stream.subarray(from, from + size)
      for (let start = 0; start < chunk.length; ) {
        start = splitter.endOf(chunk, start)
        if (splitter.atStart) found.push(from + start)
      }
    }
    t.same(found, ends, `cut every ${size} bytes`)
  }
})

/** A frame of so many bytes, all of them what begins a frame. */
function headed(length: number, masked: boolean): Buffer {
  const mask = masked ? 0x80 : 0
  const extended = Buffer.alloc(8)
  extended.writeBigUInt64BE(BigInt(length))
  const head =
    length < 126
      ? [0x81, mask | length]
      : length < 65_536
        ? [0x81, mask | 126, ...extended.subarray(6)]
        : [0x81, mask | 127, ...extended]
  return Buffer.concat([Buffer.from(head), Buffer.alloc((masked ? 4 : 0) + length, 0x81)])
}

t.test('texts of every length are framed as RFC 6455 says', async (t) => {
  const texts = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000].map((length) => 'x'.repeat(length))
  class Long extends Consumer {
    override connect() {
      for (const text of [...texts, 'é😀\u2028']) this.send(text)
    }
  }
  const { listen } = await channelsApp(t, { '/ws/long': Long })
  const peer = await new Peer(`${await listen()}/ws/long`).opened()
  for (const text of [...texts, 'é😀\u2028']) t.equal(await peer.next(), text)
})

t.test('an object is encoded once, however many receivers it has', async (t) => {
  let encoded = 0
  const object = {
    toJSON: () => {
      encoded += 1
      return {}
    },
  }
  t.equal(encodeJson(object), encodeJson(object))
  t.equal(encoded, 1)
})
