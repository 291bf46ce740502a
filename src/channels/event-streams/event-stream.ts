import type { ServerResponse } from 'node:http'
import type { Follower } from '../feed/feed-options.ts'
import { CloseCode } from '../sockets/close-codes.ts'
import type { ConnectionLimits } from '../sockets/connection-limits.ts'
import type { Peer } from '../sockets/connections.ts'
import type { FanOut } from '../sockets/fan-out.ts'
import { encodeEvent, encodeEvents } from './server-sent-events.ts'
import { StallWatch } from './stall-watch.ts'

/** Milliseconds after which a client that lost its connection should reconnect. */
const RETRY = 2_000

/** The code of a client that left without closing the connection, as for a socket. */
const LEFT = 1006

/** Milliseconds within which the last event has to be sent. */
const LAST_EVENT_WITHIN = 5_000

export interface EventStreamEvents {
  sent(events: number): void
  evicted(reason: string): void
  /** Much is waiting for this client, and perhaps for others of the same person. */
  filled(): void
}

/**
 * A stream of Server-Sent Events that follows a feed. What can wait for a slow client is bounded: beyond the bound it is
 * dropped, the last event says so, and the client reconnects for it with `Last-Event-ID`.
 */
export class EventStream implements Follower, Peer {
  readonly #response: ServerResponse
  readonly #limits: ConnectionLimits
  readonly #events: EventStreamEvents
  readonly #stall: StallWatch
  #fanOuts: readonly FanOut[] = []
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #ended = false
  framesOut = 0
  closeCode: number | undefined
  #wroteAt = performance.now()

  /** @param response whose head has the headers that all answers have, and was not sent */
  constructor(response: ServerResponse, limits: ConnectionLimits, events: EventStreamEvents) {
    this.#response = response
    this.#limits = limits
    this.#events = events
    this.#stall = new StallWatch(response)
    // A stop of the server does not wait for a connection to be used again.
    response.shouldKeepAlive = false
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
    response.on('drain', () => this.#drain())
    response.on('close', () => this.#closed())
  }

  /** Sends the first event. @param id what the client had before, if it had anything */
  welcome(frame: object, id: number | undefined): void {
    this.#write(Buffer.from(encodeEvent(JSON.stringify(frame), id, RETRY)), 1)
  }

  /** Sends an event that clients do not reconnect for. */
  event(frame: object): void {
    if (this.open) this.#write(Buffer.from(encodeEvent(JSON.stringify(frame), undefined)), 1)
  }

  get open(): boolean {
    return !this.#ended
  }

  get unsent(): number {
    return this.#waitingBytes + this.#response.writableLength
  }

  send(frame: Buffer): void {
    for (const fanOut of this.#fanOuts) fanOut.flushTo(this)
    this.write(frame, 1)
  }

  write(joined: Buffer, frames: number): void {
    if (this.open) this.#write(encodeEvents(joined), frames)
  }

  /** Does nothing: no change is held back here. */
  sendPromptly(): void {}

  async drained(): Promise<void> {
    if (!this.open || !this.#response.writableNeedDrain) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#response.off('drain', done).off('close', done)
        resolve()
      }
      this.#response.on('drain', done).on('close', done)
    })
  }

  joined(fanOut: FanOut): void {
    if (!this.#fanOuts.includes(fanOut)) this.#fanOuts = [...this.#fanOuts, fanOut]
  }

  left(fanOut: FanOut): void {
    this.#fanOuts = this.#fanOuts.filter((other) => other !== fanOut)
  }

  tick(now: number): void {
    if (!this.open) return
    if (this.#stall.isStalled(this.unsent, now, this.#limits.writeTimeout)) this.closeAsTooSlow()
    else if (this.unsent === 0 && now - this.#wroteAt >= this.#limits.pingInterval) {
      // A comment: proxies close what is silent for long.
      this.#wroteAt = now
      this.#response.write(':\n\n')
    }
  }

  /** Says why and ends. What is waiting is dropped: a client that may reconnect asks for it again. */
  close(code: number, reason = ''): void {
    if (!this.open) return
    this.#ended = true
    this.closeCode = code
    this.#letGo()
    const retry = code === CloseCode.restarting ? Number(reason) || undefined : undefined
    this.#response.end(encodeEvent(JSON.stringify({ type: 'close', code, reason }), undefined, retry))
    setTimeout(() => this.cut(), LAST_EVENT_WITHIN).unref()
  }

  closeAsTooSlow(): void {
    if (!this.open) return
    this.#events.evicted('slow')
    this.close(CloseCode.tooSlow, 'read too slowly')
  }

  /** Ends without sending anything more. */
  cut(): void {
    this.#ended = true
    this.#response.destroy()
  }

  /** The client never has more before it than the response takes at once and what waits here. */
  #write(events: Buffer, count: number): void {
    const { unsent } = this
    if (unsent > this.#limits.fullBuffer) return this.closeAsTooSlow()
    this.framesOut += count
    this.#events.sent(count)
    this.#wroteAt = performance.now()
    if (this.#response.writableNeedDrain) {
      this.#waiting.push(events)
      this.#waitingBytes += events.length
      this.#events.filled()
    } else this.#response.write(events)
  }

  #drain(): void {
    while (this.open && !this.#response.writableNeedDrain) {
      const events = this.#waiting.shift()
      if (!events) return
      this.#waitingBytes -= events.length
      this.#response.write(events)
    }
  }

  #letGo(): void {
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #closed(): void {
    this.#ended = true
    this.closeCode ??= LEFT
    this.#letGo()
    for (const fanOut of this.#fanOuts) fanOut.delete(this)
  }
}
