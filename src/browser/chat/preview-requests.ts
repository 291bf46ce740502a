import { v7 } from 'uuid'
import type { MessageValue } from '../../chat/protocol.ts'
import { isObject, type ServerObject } from '../client/index.ts'

/** Milliseconds after which an answer is not waited for any more. */
const PATIENCE = 3_000

interface Request {
  readonly text: string
  readonly onValues: (values: readonly MessageValue[]) => void
}

/** Asks the server for the values of expressions, for one text at a time: on the server, a newer request cancels an older one. */
export class PreviewRequests {
  readonly #send: (frame: object) => boolean
  readonly #waiting = new Map<string, Request>()
  #flight: (Request & { readonly id: string }) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param send answers false when there is no connection */
  constructor(send: (frame: object) => boolean) {
    this.#send = send
  }

  /** @param purpose what it is asked for: a newer request takes the place of one that still waits */
  ask(purpose: string, text: string, onValues: Request['onValues']): void {
    this.#waiting.set(purpose, { text, onValues })
    if (!this.#flight) this.#next()
  }

  receive({ id, values }: ServerObject): void {
    const flight = this.#flight
    if (flight?.id !== id) return
    this.#flight = undefined
    if (Array.isArray(values)) flight?.onValues(values.filter(isValue))
    this.#next()
  }

  /** The server gave no answer. */
  refuse(id: string): void {
    if (this.#flight?.id !== id) return
    this.#flight = undefined
    this.#next()
  }

  #next(): void {
    clearTimeout(this.#timer)
    for (const [purpose, request] of this.#waiting) {
      this.#waiting.delete(purpose)
      const id = v7()
      if (!this.#send({ type: 'preview', message: request.text, id })) continue
      this.#flight = { ...request, id }
      this.#timer = setTimeout(() => this.refuse(id), PATIENCE)
      return
    }
  }
}

function isValue(value: unknown): value is MessageValue {
  return isObject(value) && typeof value.expression === 'string' && typeof value.text === 'string'
}
