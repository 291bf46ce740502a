import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Audience, Receiver } from './broadcast.ts'
import { CloseCode } from './close-codes.ts'
import { type Flushable, type Hurried, processTurn } from './turn.ts'

/** What one connection may use; times in milliseconds, sizes in bytes, 0: no limit. */
export interface ConnectionLimits {
  /** From one person, over all their sockets, and three times that at once. */
  framesPerSecond: number
  idleTimeout: number
  /** An upgrade that was neither taken nor refused by then is cut. */
  upgradeTimeout: number
  pingInterval: number
  /** A peer from which nothing came for so long is taken to be gone. */
  silenceTimeout: number
  /** Above it, frames that may be lost are. */
  lossyBuffer: number
  /** Above it, the connection is closed with 4008. */
  fullBuffer: number
}

export const defaultLimits: ConnectionLimits = {
  framesPerSecond: 10,
  idleTimeout: 0,
  upgradeTimeout: 30_000,
  pingInterval: 25_000,
  silenceTimeout: 60_000,
  lossyBuffer: 1024 * 1024,
  fullBuffer: 4 * 1024 * 1024,
}

/** The largest frame that is taken, in bytes. */
export const MAXIMUM_FRAME = 64 * 1024

/** Refused frames within this many milliseconds, and how many of them close the connection. */
const REFUSAL_WINDOW = 10_000
const REFUSALS = 100

/** How long a peer has to answer a close before the connection is cut, in milliseconds. */
const CLOSE_PATIENCE = 2_000

/** Bytes of the reason in a close frame. */
const MAXIMUM_REASON = 123

export interface ConnectionEvents {
  /** Asks for one more frame. @returns 0 when it may be taken, else how many milliseconds until one may */
  admit(now: number): number
  frame(text: string): void
  /** A frame beyond the rate limit; `wait` is how many milliseconds until one will be taken. */
  limited(text: string, wait: number): void
  /** The line is, or the peer does not keep to the protocol. */
  broken(error: Error): void
  closed(code: number): void
  sent(frames: number): void
  evicted(reason: string): void
}

/** Of each socket its connection: all sockets then have the same listeners, in place of some functions each. */
const connections = new WeakMap<WebSocket, Connection>()

const none: readonly Audience[] = []

/**
 * One socket: frames in and out, heartbeat, limits, backpressure.
 *
 * Thousands of them are silent for most of their lives, so that what only frames need is made when the first one comes, and
 * given back when it is empty.
 */
export class Connection implements Receiver, Flushable, Hurried {
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly #limits: ConnectionLimits
  readonly #events: ConnectionEvents
  #audiences = none
  #waiting: Buffer[] | undefined
  #refusals: number[] | undefined
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
    socket.on('message', Connection.#on.message)
    socket.on('ping', Connection.#on.heard)
    socket.on('pong', Connection.#on.heard)
    socket.on('error', Connection.#on.error)
    socket.on('close', Connection.#on.close)
  }

  static readonly #on = {
    message(this: WebSocket, content: RawData, binary: boolean): void {
      connectionOf(this).#received(content.toString(), binary)
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

  /** Whether so much is waiting for this peer that what may be lost should be. */
  get congested(): boolean {
    return this.#stream.writableLength > this.#limits.lossyBuffer
  }

  /** Sends a frame when this turn ends, after all that was sent to it before, alone or as one of an audience. */
  send(frame: Buffer): void {
    if (!this.open) return
    this.#flushAudiences()
    if (this.#waiting) this.#waiting.push(frame)
    else {
      this.#waiting = [frame]
      processTurn.flushAtEnd(this)
    }
  }

  /** What waits for it goes out when this turn ends, also where its audiences wait for more. */
  hurry(): void {
    processTurn.hurry(this)
  }

  catchUp(): void {
    this.#flushAudiences()
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

  /** Resolves when all that was sent has left this process, or the connection is gone. */
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
   * Says why and ends; what was sent before still goes out, nothing after it does.
   * @throws RangeError, and stays open, when a close frame cannot carry that (RFC 6455, sections 5.5 and 7.4)
   */
  close(code: number, reason = ''): void {
    if (!this.open) return
    if (!isCloseCode(code) || Buffer.byteLength(reason) > MAXIMUM_REASON)
      throw new RangeError(`a close frame cannot carry ${code} ${reason}`)
    this.catchUp()
    if (!this.open) return
    this.#closeCode = code
    // The peer's answer has to be read, also of one that was held back.
    this.#socket.resume()
    this.#socket.close(code, reason)
    setTimeout(() => this.#cut(), CLOSE_PATIENCE).unref()
  }

  joined(audience: Audience): void {
    if (!this.#audiences.includes(audience)) this.#audiences = [...this.#audiences, audience]
  }

  left(audience: Audience): void {
    this.#audiences = this.#audiences.filter((other) => other !== audience)
  }

  /** Stops reading until `resume`: the peer's own buffers fill, and it has to wait. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /**
   * Looks after heartbeat and idleness; to be called about once a second.
   * @param now as `performance.now()`, which goes on evenly when the clock is set
   */
  tick(now: number): void {
    if (!this.open) return
    const { idleTimeout, pingInterval, silenceTimeout } = this.#limits
    if (now - this.#heardAt >= silenceTimeout) {
      this.#events.evicted('silent')
      this.#socket.terminate()
    } else if (idleTimeout > 0 && now - this.#saidAt >= idleTimeout) {
      this.#events.evicted('idle')
      this.close(CloseCode.idle, 'idle')
    } else if (now - this.#pingedAt >= pingInterval) {
      this.#pingedAt = Math.trunc(now)
      this.flush()
      this.#socket.ping()
    }
  }

  #flushAudiences(): void {
    for (const audience of this.#audiences) audience.flushTo(this)
  }

  #received(text: string, binary: boolean): void {
    if (!this.open) return
    this.#heard()
    this.#saidAt = this.#heardAt
    if (binary) return this.close(CloseCode.unsupportedData, 'text frames only')
    const wait = this.#events.admit(this.#heardAt)
    if (wait === 0) return this.#events.frame(text)
    this.#refusals = this.#refusals?.filter((at) => at > this.#heardAt - REFUSAL_WINDOW) ?? []
    this.#events.limited(text, wait)
    if (this.#refusals.push(this.#heardAt) < REFUSALS) return
    this.#events.evicted('rate')
    this.close(CloseCode.rateLimited, 'too many frames')
  }

  #heard(): void {
    this.#heardAt = present()
  }

  #broken(error: Error): void {
    this.#events.broken(error)
    // What a peer sends wrongly (too large, no UTF-8) ws has answered with its own close code by now.
    if (this.#socket.readyState === this.#socket.OPEN)
      this.#socket.close(CloseCode.internalError, 'server error')
  }

  #write(buffer: Buffer, frames: number): void {
    if (!this.open) return
    if (this.#stream.writableLength > this.#limits.fullBuffer) return this.#tooSlow()
    this.#stream.write(buffer)
    this.#events.sent(frames)
  }

  #tooSlow(): void {
    this.#waiting = undefined
    this.#events.evicted('slow')
    this.#closeCode = CloseCode.tooSlow
    this.#socket.close(CloseCode.tooSlow, 'read too slowly')
    setTimeout(() => this.#cut(), CLOSE_PATIENCE).unref()
  }

  /** A polite end leaves the kernel holding megabytes for a peer that does not read; a reset frees them. */
  #cut(): void {
    if (this.#socket.readyState === this.#socket.CLOSED) return
    const stream = this.#stream
    if (
      stream.writableLength > 0 &&
      'resetAndDestroy' in stream &&
      typeof stream.resetAndDestroy === 'function'
    ) {
      try {
        stream.resetAndDestroy()
        return
      } catch {
        // TLS and Unix sockets cannot be reset; they are ended below.
      }
    }
    this.#socket.terminate()
  }

  #ended(code: number): void {
    this.#waiting = undefined
    for (const audience of this.#audiences) audience.delete(this)
    this.#events.closed(this.#closeCode ?? code)
  }
}

function connectionOf(socket: WebSocket): Connection {
  const connection = connections.get(socket)
  if (!connection) throw new Error('a socket is heard that has no connection')
  return connection
}

/** Of `performance.now()` the whole milliseconds: a fraction takes memory of its own, each time that is kept. */
function present(): number {
  return Math.trunc(performance.now())
}

function isCloseCode(code: number): boolean {
  return (
    (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999)
  )
}
