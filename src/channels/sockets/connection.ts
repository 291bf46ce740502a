import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { CloseCode } from './close-codes.ts'
import { assertCloseFrame, cutLater } from './closing.ts'
import type { ConnectionEvents } from './connection-events.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import type { FanOut, Receiver } from './fan-out.ts'
import { FrameReader, type FrameReaderEvents } from './frame-reader.ts'
import { Opcode } from './frame-splitter.ts'
import { type PromptReceiver, type Writer, writeScheduler } from './write-scheduler.ts'

/** The largest frame that is taken, in bytes. */
export const MAXIMUM_FRAME = 64 * 1024

/**
 * The most pieces in which one frame may arrive, and one message be fragmented. `ws` keeps an object for each until the last one is
 * there: byte by byte, a frame would take 30 MB.
 */
export const MOST_PIECES = 512

/** Refused frames within this many milliseconds, and how many of them close the connection. */
const REFUSAL_WINDOW = 10_000
export const REFUSALS = 100

/** The part of `personBuffer` that one socket may hold before all of its person's are looked at. */
const WORTH_A_LOOK = 0.01

/** Finds the connection of a socket, so that all sockets share their listeners and need no functions of their own. */
const connections = new WeakMap<WebSocket, Connection>()

const none: readonly FanOut[] = []

/**
 * One socket: frames in and out, heartbeat, limits, backpressure.
 *
 * Thousands of them are silent most of the time, so what only frames need is created when the first one arrives, and released
 * when it is empty.
 */
export class Connection implements Receiver, Writer, PromptReceiver, FrameReaderEvents {
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly #limits: ConnectionLimits
  readonly #events: ConnectionEvents
  #fanOuts = none
  #waiting: Buffer[] | undefined
  #refusals: number[] | undefined
  readonly #reader: FrameReader
  /** True if the ping that comes is answered. */
  #answersPing = true
  /** True if the peer was pinged and has not answered. */
  #awaitsPong = false
  /** Frames that came after the end. */
  #late = 0
  /** Bytes that had been sent at the last check, and since when there have been no more. */
  #taken = 0
  #stalledAt: number | undefined
  #closeCode: number | undefined
  #heardAt = present()
  #saidAt = this.#heardAt
  #pingedAt = this.#heardAt

  /**
   * @param stream what `socket` writes to: frames of a group go to it directly, whole, so that they keep to the
   *   boundaries that `socket` itself keeps
   */
  constructor(socket: WebSocket, stream: Duplex, limits: ConnectionLimits, events: ConnectionEvents) {
    this.#socket = socket
    this.#stream = stream
    this.#limits = limits
    this.#events = events
    connections.set(socket, this)
    socket.close = closeInOrder
    this.#reader = new FrameReader(stream, this)
    socket.on('message', Connection.#on.message)
    socket.on('ping', Connection.#on.ping)
    socket.on('pong', Connection.#on.heard)
    socket.on('error', Connection.#on.error)
    socket.on('close', Connection.#on.close)
  }

  static readonly #on = {
    message(this: WebSocket, content: RawData, binary: boolean): void {
      connectionOf(this).#received(content, binary)
    },
    ping(this: WebSocket, content: Buffer): void {
      connectionOf(this).#pinged(content)
    },
    /** Before `ws`, which would read all that is left. */
    streamClosed(this: Duplex): void {
      this.read()
    },
    heard(this: WebSocket): void {
      connectionOf(this).#heard()
    },
    error(this: WebSocket, error: Error): void {
      connectionOf(this).#broken(error)
    },
    close(this: WebSocket, code: number): void {
      connectionOf(this).#ended(code)
    },
  }

  get open(): boolean {
    return this.#closeCode === undefined && this.#socket.readyState === this.#socket.OPEN
  }

  /** Tells whether so much is waiting for this peer that frames that may be lost should be dropped. */
  get congested(): boolean {
    return this.#stream.writableLength > this.#limits.lossyBuffer
  }

  /** Bytes that wait for this peer. */
  get unsent(): number {
    return this.#stream.writableLength
  }

  /** Sends a frame when this turn ends, after everything that was sent to it before, whether to it alone or to a group. */
  send(frame: Buffer): void {
    if (!this.open) return
    this.#flushFanOuts()
    if (this.#waiting) this.#waiting.push(frame)
    else {
      this.#waiting = [frame]
      writeScheduler.flushAtEnd(this)
    }
  }

  /** Sends what is waiting for it when this turn ends, even if its groups are still gathering more. */
  sendPromptly(): void {
    writeScheduler.sendPromptly(this)
  }

  catchUp(): void {
    this.#flushFanOuts()
    this.flush()
  }

  write(joined: Buffer, frames: number): void {
    this.flush()
    this.#write(joined, frames)
  }

  flush(): void {
    const waiting = this.#waiting
    const first = waiting?.[0]
    if (!waiting || !first) return
    this.#waiting = undefined
    this.#write(waiting.length === 1 ? first : Buffer.concat(waiting), waiting.length)
  }

  /** Resolves when everything has been sent from this process, or the connection is gone. */
  drained(): Promise<void> {
    this.flush()
    if (!this.open || this.#stream.writableLength === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        this.#stream.off('drain', done)
        this.#stream.off('close', done)
        resolve()
      }
      this.#stream.on('close', done)
      if (this.#stream.writableNeedDrain) this.#stream.on('drain', done)
      else this.#stream.write('', done)
    })
  }

  /**
   * Says why and ends; what was sent before still goes out, but nothing after it.
   * @throws RangeError, and stays open, if a close frame cannot carry this (RFC 6455, sections 5.5 and 7.4)
   */
  close(code: number, reason = ''): void {
    if (!this.open) return
    assertCloseFrame(code, reason)
    this.catchUp()
    if (!this.open) return
    this.#closeCode = code
    // The peer's answer has to be read, even if reading was paused.
    this.#socket.resume()
    this.#socket.close(code, reason)
    cutLater(this.#socket, this.#stream)
  }

  joined(fanOut: FanOut): void {
    if (!this.#fanOuts.includes(fanOut)) this.#fanOuts = [...this.#fanOuts, fanOut]
  }

  left(fanOut: FanOut): void {
    this.#fanOuts = this.#fanOuts.filter((other) => other !== fanOut)
  }

  /** Stops reading until `resume`: the peer's own buffers fill, and it has to wait. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /**
   * Checks heartbeat and idleness; call it about once a second.
   * @param now as in `performance.now()`, which is not affected when the clock is set
   */
  tick(now: number): void {
    if (!this.open) return
    const { idleTimeout, pingInterval, silenceTimeout } = this.#limits
    if (now - this.#heardAt >= silenceTimeout) {
      this.#events.evicted('silent')
      this.#socket.terminate()
    } else if (this.#isStalled(now)) {
      this.closeAsTooSlow()
    } else if (idleTimeout > 0 && now - this.#saidAt >= idleTimeout) {
      this.#events.evicted('idle')
      this.close(CloseCode.idle, 'idle')
    } else if (now - this.#pingedAt >= pingInterval) {
      this.#pingedAt = Math.trunc(now)
      this.#awaitsPong = true
      this.flush()
      this.#socket.ping()
    }
  }

  #flushFanOuts(): void {
    for (const fanOut of this.#fanOuts) fanOut.flushTo(this)
  }

  #received(content: RawData, binary: boolean): void {
    if (!binary) return this.text(content.toString())
    if (!this.#admit('')) return
    if (!Buffer.isBuffer(content) || !this.#events.bytes(content))
      this.close(CloseCode.unsupportedData, 'text frames only')
  }

  text(text: string): void {
    if (this.#admit(text)) this.#events.frame(text)
  }

  #admit(text: string): boolean {
    if (!this.open) return false
    this.#heard()
    this.#saidAt = this.#heardAt
    const wait = this.#events.admit(this.#heardAt)
    if (wait === 0) return true
    this.#events.limited(text, wait)
    this.#refuse(this.#heardAt)
    return false
  }

  began(first: number): void {
    if (!this.#isLimited) return
    if (this.open) return this.#count(first)
    // Its answer to a close may stand behind some frames, and not behind a flood of them.
    this.#late += 1
    if (this.#late > REFUSALS) this.#ignore()
  }

  get #isLimited(): boolean {
    return this.#limits.framesPerSecond > 0
  }

  /**
   * Counts a frame that begins so; one that ends a message is counted when that is there, and answered when it is
   * refused.
   */
  #count(first: number): void {
    const opcode = first & 0x0f
    const isControl = opcode >= Opcode.close
    if (opcode === Opcode.close || (!isControl && first & 0x80)) return
    if (opcode === Opcode.pong && this.#awaitsPong) {
      this.#awaitsPong = false
      return
    }
    const now = present()
    const isTaken = this.#events.admit(now) === 0
    this.#answersPing = isTaken
    if (isTaken) return
    this.#events.refused('rate_limited')
    this.#refuse(now)
  }

  #refuse(now: number): void {
    this.#refusals = this.#refusals?.filter((at) => at > now - REFUSAL_WINDOW) ?? []
    if (this.#refusals.push(now) < REFUSALS && this.#events.tolerate(now)) return
    this.#events.evicted('rate')
    this.close(CloseCode.rateLimited, 'too many frames')
    this.#ignore()
  }

  /** Stops reading from this peer for good, including its answer to the close, which would come after everything that it sent. */
  #ignore(): void {
    this.#reader.stop()
    this.#stream.prependOnceListener('close', Connection.#on.streamClosed)
    this.#socket.pause()
    this.#stream.end()
  }

  #pinged(content: Buffer): void {
    this.#heard()
    // Without a limit `ws` answers by itself.
    if (!this.#isLimited || !this.#answersPing || !this.open) return
    if (this.unsent > this.#limits.fullBuffer) return this.closeAsTooSlow()
    this.#socket.pong(content)
  }

  #isStalled(now: number): boolean {
    const { unsent } = this
    const taken = bytesWritten(this.#stream) - unsent
    if (unsent === 0) this.#stalledAt = undefined
    else if (this.#stalledAt === undefined || taken !== this.#taken) {
      this.#stalledAt = Math.trunc(now)
      this.#taken = taken
    }
    return this.#stalledAt !== undefined && now - this.#stalledAt >= this.#limits.writeTimeout
  }

  #heard(): void {
    this.#heardAt = present()
  }

  #broken(error: Error): void {
    this.#events.broken(error)
    // It would only complain again.
    this.#reader.stop()
    // What a peer sends wrongly (too large, no UTF-8) ws has answered with its own close code by now.
    if (this.#socket.readyState === this.#socket.OPEN)
      this.#socket.close(CloseCode.internalError, 'server error')
  }

  #write(buffer: Buffer, frames: number): void {
    if (!this.open) return
    const { unsent } = this
    if (unsent > this.#limits.fullBuffer) return this.closeAsTooSlow()
    this.#stream.write(buffer)
    this.#events.sent(frames)
    if (unsent > this.#limits.personBuffer * WORTH_A_LOOK) this.#events.filled()
  }

  /** Ends without waiting for what is still to be sent: the peer reconnects for it. */
  closeAsTooSlow(): void {
    if (!this.open) return
    this.#waiting = undefined
    this.#events.evicted('slow')
    this.#closeCode = CloseCode.tooSlow
    this.#socket.close(CloseCode.tooSlow, 'read too slowly')
    cutLater(this.#socket, this.#stream)
  }

  #ended(code: number): void {
    this.#waiting = undefined
    for (const fanOut of this.#fanOuts) fanOut.delete(this)
    this.#events.closed(this.#closeCode ?? code)
  }
}

/** Only network sockets count what they have sent. */
function bytesWritten(stream: Duplex): number {
  return stream instanceof Socket ? stream.bytesWritten : 0
}

function connectionOf(socket: WebSocket): Connection {
  const connection = connections.get(socket)
  if (!connection) throw new Error('a socket without a connection had an event')
  return connection
}

/**
 * `close` of every socket. `ws` itself calls it as soon as it has read a close frame, or something that is wrong: what the peer was
 * sent in the same turn, such as the answer to the frame before, still goes out first.
 */
function closeInOrder(this: WebSocket, code?: number, reason?: string | Buffer): void {
  const connection = connectionOf(this)
  if (connection.open) connection.catchUp()
  Reflect.apply(Object.getPrototypeOf(this).close, this, [code, reason])
}

/** Returns the whole milliseconds of `performance.now()`: a fraction would take memory of its own wherever it is kept. */
function present(): number {
  return Math.trunc(performance.now())
}
