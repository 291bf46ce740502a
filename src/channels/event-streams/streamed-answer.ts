import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { CloseCode } from '../sockets/close-codes.ts'
import type { ConnectionLimits } from '../sockets/connection-limits.ts'
import type { HttpPeer } from './http-feeds.ts'
import { StallWatch } from './stall-watch.ts'

export interface StreamedAnswerEvents {
  sent(): void
  evicted(reason: string): void
  filled(): void
}

/** An answer that is written piece by piece. What can wait for a slow client is bounded: beyond the bound it is cut off. */
export class StreamedAnswer implements HttpPeer {
  readonly #response: ServerResponse
  readonly #limits: ConnectionLimits
  readonly #events: StreamedAnswerEvents
  readonly #stall: StallWatch
  framesOut = 0
  closeCode: number | undefined

  /** @param response whose head has the headers that all answers have, and was not sent */
  constructor(response: ServerResponse, limits: ConnectionLimits, events: StreamedAnswerEvents) {
    this.#response = response
    this.#limits = limits
    this.#events = events
    this.#stall = new StallWatch(response)
    // A stop of the server does not wait for a connection to be used again.
    response.shouldKeepAlive = false
    response.on('close', () => {
      if (!response.writableFinished) this.closeCode ??= 1006
    })
  }

  get open(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed
  }

  get unsent(): number {
    return this.#response.writableLength
  }

  /** @throws when the head was sent before */
  head(status: number, headers: OutgoingHttpHeaders): void {
    if (this.open) this.#response.writeHead(status, headers)
  }

  /** @param more false if this completes the answer */
  write(chunk: string | Uint8Array, more: boolean): void {
    if (!this.open) return
    if (this.unsent > this.#limits.fullBuffer) return this.closeAsTooSlow()
    this.framesOut += 1
    this.#events.sent()
    if (chunk.length > 0) this.#response.write(chunk)
    if (!more) this.#response.end()
    else if (this.#response.writableNeedDrain) this.#events.filled()
  }

  tick(now: number): void {
    if (this.open && this.#stall.isStalled(this.unsent, now, this.#limits.writeTimeout)) this.closeAsTooSlow()
  }

  /** Ends the answer where it is, so that a client sees that something is missing. One that has not started is refused. */
  close(code: number): void {
    if (!this.open) return
    this.closeCode = code
    if (this.#response.headersSent) return this.cut()
    const status = code === CloseCode.signedOut ? 401 : code === CloseCode.internalError ? 500 : 503
    this.#response.writeHead(status).end()
  }

  closeAsTooSlow(): void {
    if (!this.open) return
    this.#events.evicted('slow')
    this.closeCode = CloseCode.tooSlow
    this.cut()
  }

  /** Ends without sending anything more. */
  cut(): void {
    this.#response.destroy()
  }
}
