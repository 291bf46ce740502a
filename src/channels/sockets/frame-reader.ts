import type { Duplex } from 'node:stream'
import { FrameSplitter, Opcode } from './frame-splitter.ts'
import { readShortText } from './short-text.ts'

export interface FrameReaderEvents {
  /** True while the connection is open; afterwards `ws` reads everything. */
  readonly open: boolean
  /** A frame begins with this byte that is not given to `text`. */
  began(first: number): void
  /** A text message came. */
  text(text: string): void
}

/** Finds the reader of a stream, so that all streams share one listener. */
const readers = new WeakMap<Duplex, FrameReader>()

type Listener = ReturnType<Duplex['listeners']>[number]

/**
 * Stands between a stream and `ws`, which tells nothing of the pieces of a message, and goes on through a chunk of ten thousand
 * frames whatever became of the connection. Short texts it reads by itself, in half the time: nearly all frames are such.
 */
export class FrameReader {
  readonly #stream: Duplex
  readonly #events: FrameReaderEvents
  /** The listener with which `ws` reads; undefined: nothing more is read. */
  #take: Listener | undefined
  /** Created where `ws` is given a frame first. */
  #splitter: FrameSplitter | undefined
  /** True between the frames of one message. */
  #isFragmented = false
  /** True within a close frame. */
  #isClosing = false
  /** True while the rest of a chunk is for `ws`. */
  #isForSocket = false

  constructor(stream: Duplex, events: FrameReaderEvents) {
    const [take] = stream.listeners('data')
    if (!take) throw new Error('a socket does not read its stream')
    this.#stream = stream
    this.#events = events
    this.#take = take
    readers.set(stream, this)
    stream.removeAllListeners('data').on('data', FrameReader.#data)
  }

  static readonly #data = function (this: Duplex, chunk: Buffer): void {
    const reader = readers.get(this)
    if (reader) reader.#arrived(chunk)
  }

  /** Drops whatever comes from now on. */
  stop(): void {
    this.#take = undefined
  }

  #arrived(chunk: Buffer): void {
    this.#isForSocket = false
    for (let start = 0; start < chunk.length; ) {
      if (!this.#take) return this.#events.began(chunk[start] ?? 0)
      start = this.#readText(chunk, start) ?? this.#pass(chunk, start)
    }
  }

  /** @returns where the text ends; undefined if it is something else */
  #readText(chunk: Buffer, start: number): number | undefined {
    const isBetween = !this.#isFragmented && !this.#isForSocket && (this.#splitter?.atStart ?? true)
    const short = isBetween && this.#events.open ? readShortText(chunk, start) : undefined
    if (!short) return undefined
    this.#events.text(short.text)
    return short.end
  }

  /** Gives `ws` a frame, or the part of it that is there. @returns where that ends */
  #pass(chunk: Buffer, start: number): number {
    this.#splitter ??= new FrameSplitter()
    if (this.#splitter.atStart) this.#began(chunk[start] ?? 0)
    const end = this.#splitter.endOf(chunk, start)
    if (this.#take) {
      const piece = end - start === chunk.length ? chunk : chunk.subarray(start, end)
      Reflect.apply(this.#take, this.#stream, [piece])
      // At once, `ws` only pauses the stream when a frame is wrong, and says so when the chunk is over. It reads nothing behind one.
      this.#isForSocket = this.#stream.isPaused()
    }
    if (this.#isClosing && this.#splitter.atStart) this.stop()
    return end
  }

  #began(first: number): void {
    // Control frames, which have a bit more, may stand within a message.
    if ((first & 0x08) === 0) this.#isFragmented = (first & 0x80) === 0
    // Nothing is read behind the peer's close (RFC 6455, section 5.5.1).
    this.#isClosing = (first & 0x0f) === Opcode.close
    this.#events.began(first)
  }
}
