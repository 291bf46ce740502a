import type { ServerResponse } from 'node:http'

/** Detects that a client has stopped reading its answer. */
export class StallWatch {
  readonly #response: ServerResponse
  #taken = 0
  #stalledAt: number | undefined

  constructor(response: ServerResponse) {
    this.#response = response
  }

  /**
   * Tells whether nothing has been sent for that many milliseconds although something is waiting. Ask about once a second.
   * @param unsent bytes that wait
   */
  isStalled(unsent: number, now: number, timeout: number): boolean {
    const taken = (this.#response.socket?.bytesWritten ?? 0) - this.#response.writableLength
    if (unsent === 0) this.#stalledAt = undefined
    else if (this.#stalledAt === undefined || taken !== this.#taken) {
      this.#stalledAt = now
      this.#taken = taken
    }
    return this.#stalledAt !== undefined && now - this.#stalledAt >= timeout
  }
}
