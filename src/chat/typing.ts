import type { FastifyBaseLogger } from 'fastify'
import type { ChannelLayer } from '../channels/index.ts'

/** Sent to a room's group: who began and who stopped typing, gathered. */
export interface TypingChanged {
  readonly type: 'chat.typing'
  readonly frames: readonly { type: 'typing'; sender: string; on: boolean }[]
  readonly [field: string]: unknown
}

/** Milliseconds for which a room's typing is gathered: nobody is told more than four times a second. */
const GATHER = 250
/** Milliseconds after which somebody who says no more of it has stopped. */
const LASTING = 5_000

/**
 * Who is typing, as far as this process has heard it from its own connections: a person is, while one of their connections
 * is.
 */
export class Typing {
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  /** Of each person in a group the connections on which they type, and when that will have been long ago. */
  readonly #typing = new Map<string, Map<string, NodeJS.Timeout>>()
  readonly #changes = new Map<string, Map<string, boolean>>()

  constructor(layer: ChannelLayer, log: FastifyBaseLogger) {
    this.#layer = layer
    this.#log = log
  }

  set(group: string, sender: string, connection: string, on: boolean): void {
    const key = `${group} ${sender}`
    const typing = this.#typing.get(key) ?? new Map<string, NodeJS.Timeout>()
    const before = typing.size > 0
    clearTimeout(typing.get(connection))
    const stop = () => this.set(group, sender, connection, false)
    if (on) typing.set(connection, setTimeout(stop, LASTING).unref())
    else typing.delete(connection)
    const after = typing.size > 0
    if (after) this.#typing.set(key, typing)
    else this.#typing.delete(key)
    if (before !== after) this.#change(group, sender, after)
  }

  close(): void {
    for (const typing of this.#typing.values()) for (const timer of typing.values()) clearTimeout(timer)
    this.#typing.clear()
    this.#changes.clear()
  }

  #change(group: string, sender: string, on: boolean): void {
    const changes = this.#changes.get(group)
    if (changes) {
      changes.set(sender, on)
      return
    }
    this.#changes.set(group, new Map([[sender, on]]))
    setTimeout(() => this.#tell(group), GATHER).unref()
  }

  #tell(group: string): void {
    const changes = this.#changes.get(group)
    this.#changes.delete(group)
    if (!changes) return
    const frames = [...changes].map(([sender, on]) => ({ type: 'typing' as const, sender, on }))
    const event: TypingChanged = { type: 'chat.typing', frames }
    this.#layer
      .groupSend(group, event)
      .catch((error) => this.#log.warn({ err: error }, 'typing was not told'))
  }
}
