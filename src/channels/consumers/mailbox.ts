import type { ChannelEvent } from '../layers/layer.ts'

/** How many frames can wait for a consumer before its socket is no longer read. */
const PAUSE_AT = 64

/** How many events can wait for a consumer; further ones are dropped, for this consumer only. */
const EVENT_CAPACITY = 1_000

export interface MailboxEvents {
  /** True while the connection is open; afterwards nothing more is delivered. */
  readonly open: boolean
  /** A handler threw. */
  failed(error: unknown): void
  /** An event came for which the consumer has no method. */
  unhandled(event: ChannelEvent): void
  dropped(event: ChannelEvent): void
  handled(milliseconds: number): void
  pause(): void
  resume(): void
  /** `disconnect` has run: nothing more is called. */
  ended(): void
}

/**
 * A `Consumer`, or an object with the same methods, to which a mailbox delivers. Events go to the methods named like their
 * types.
 */
export interface Recipient {
  connect(): void | Promise<void>
  receive(text: string): void | Promise<void>
  receiveBytes?(bytes: Buffer): void | Promise<void>
  disconnect(code: number): void | Promise<void>
}

/** A text frame or a binary one. */
type Content = string | Buffer

type Item = { readonly content: Content; readonly at: number } | { readonly event: ChannelEvent }

/** Calls a consumer's methods one at a time: `connect`, then frames and events as they arrive, then `disconnect`. */
export class Mailbox {
  readonly #consumer: Recipient
  readonly #events: MailboxEvents
  /** Items that wait, until all of them are handled: most of the time there are none. */
  #queue: Item[] | undefined
  #frames = 0
  #running = false
  #paused = false
  #closed: number | undefined

  constructor(consumer: Recipient, events: MailboxEvents) {
    this.#consumer = consumer
    this.#events = events
  }

  start(): void {
    this.#running = true
    void this.#connect()
  }

  /** True if binary frames may be given to `frame`. */
  get takesBytes(): boolean {
    return this.#consumer.receiveBytes !== undefined
  }

  frame(content: Content): void {
    this.#frames += 1
    if (this.#frames >= PAUSE_AT && !this.#paused) {
      this.#paused = true
      this.#events.pause()
    }
    this.#push({ content, at: performance.now() })
  }

  event(event: ChannelEvent): boolean {
    if ((this.#queue?.length ?? 0) - this.#frames >= EVENT_CAPACITY) {
      this.#events.dropped(event)
      return false
    }
    this.#push({ event })
    return true
  }

  /** The connection is gone: what is waiting is dropped, and `disconnect` runs after the current call. */
  closed(code: number): void {
    this.#closed = code
    this.#queue = undefined
    if (!this.#running) this.#run(undefined)
  }

  async #connect(): Promise<void> {
    try {
      await this.#consumer.connect()
    } catch (error) {
      this.#events.failed(error)
    }
    this.#run(this.#queue?.shift())
  }

  #push(item: Item): void {
    if (this.#closed !== undefined) return
    if (!this.#running) this.#run(item)
    else if (this.#queue) this.#queue.push(item)
    else this.#queue = [item]
  }

  /** Delivers an item, and then those that have come meanwhile. It is called for each frame, and an async function would cost more. */
  #run(first: Item | undefined): void {
    this.#running = true
    for (let item = first; item && this.#events.open; item = this.#queue?.shift()) {
      const pending = this.#deliver(item)
      if (pending) return this.#continueAfter(pending, item)
      this.#handled(item)
    }
    this.#queue = undefined
    if (this.#closed !== undefined) void this.#disconnect(this.#closed)
    else this.#running = false
  }

  #continueAfter(pending: Promise<void>, item: Item): void {
    const next = () => {
      this.#handled(item)
      this.#run(this.#queue?.shift())
    }
    // Not every consumer is in TypeScript: one may return anything.
    Promise.resolve(pending).then(next, (error) => {
      this.#events.failed(error)
      next()
    })
  }

  #deliver(item: Item): Promise<void> | undefined {
    try {
      return ('content' in item ? this.#receive(item.content) : this.#dispatch(item.event)) ?? undefined
    } catch (error) {
      this.#events.failed(error)
      return undefined
    }
  }

  #handled(item: Item): void {
    if ('content' in item) this.#events.handled(performance.now() - item.at)
  }

  #receive(content: Content): void | Promise<void> {
    this.#frames -= 1
    if (this.#paused && this.#frames < PAUSE_AT / 2) {
      this.#paused = false
      this.#events.resume()
    }
    if (typeof content === 'string') return this.#consumer.receive(content)
    return this.#consumer.receiveBytes?.(content)
  }

  #dispatch(event: ChannelEvent): void | Promise<void> {
    const handler: unknown = event.type.includes('.') ? Reflect.get(this.#consumer, event.type) : undefined
    if (typeof handler !== 'function') return this.#events.unhandled(event)
    return handler.call(this.#consumer, event)
  }

  async #disconnect(code: number): Promise<void> {
    try {
      await this.#consumer.disconnect(code)
    } catch (error) {
      this.#events.failed(error)
    }
    this.#events.ended()
  }
}
