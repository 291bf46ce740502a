import type { FastifyBaseLogger } from 'fastify'
import type { ChannelLayer } from './layers/layer.ts'

/** Sent to a group when people came or went: the differences, gathered. */
export interface PresenceChanged {
  readonly type: 'presence.changed'
  readonly joined: readonly string[]
  readonly left: readonly string[]
  readonly [field: string]: unknown
}

export interface PresenceTimes {
  /** Milliseconds for which differences are gathered. */
  gather: number
  /** Milliseconds after which a person who has no connection any more is said to have left: a reload does not flicker. */
  grace: number
}

interface Entry {
  readonly connections: Set<string>
  leaving: NodeJS.Timeout | undefined
  /** Whether the group has been told that this person is here. */
  told: boolean
}

/**
 * Who is in a group, per connection: somebody with two tabs is there until both are closed. State is asked for once
 * (`list`), then differences follow as `presence.changed` events; the idea is Phoenix.Presence's.
 */
export class Presence {
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  readonly #times: PresenceTimes
  readonly #groups = new Map<string, Map<string, Entry>>()
  readonly #gathering = new Map<string, NodeJS.Timeout>()

  constructor(layer: ChannelLayer, log: FastifyBaseLogger, times: Partial<PresenceTimes> = {}) {
    this.#layer = layer
    this.#log = log
    this.#times = { gather: 250, grace: 3_000, ...times }
  }

  join(group: string, name: string, connection: string): void {
    const entry = this.#entry(group, name)
    clearTimeout(entry.leaving)
    entry.leaving = undefined
    entry.connections.add(connection)
    if (!entry.told) this.#gather(group)
  }

  leave(group: string, name: string, connection: string): void {
    const entry = this.#groups.get(group)?.get(name)
    if (!entry?.connections.delete(connection) || entry.connections.size > 0) return
    entry.leaving = setTimeout(() => {
      entry.leaving = undefined
      this.#gather(group)
    }, this.#times.grace).unref()
  }

  /** @param limit at most so many names are given, in alphabetical order; the count is of all */
  list(group: string, limit: number): { names: string[]; count: number } {
    const names = [...(this.#groups.get(group)?.keys() ?? [])].sort()
    return { names: names.slice(0, limit), count: names.length }
  }

  close(): void {
    for (const timer of this.#gathering.values()) clearTimeout(timer)
    for (const entries of this.#groups.values())
      for (const entry of entries.values()) clearTimeout(entry.leaving)
    this.#gathering.clear()
    this.#groups.clear()
  }

  #entry(group: string, name: string): Entry {
    const entries = this.#groups.get(group) ?? new Map<string, Entry>()
    this.#groups.set(group, entries)
    const entry = entries.get(name) ?? { connections: new Set(), leaving: undefined, told: false }
    entries.set(name, entry)
    return entry
  }

  #gather(group: string): void {
    if (this.#gathering.has(group)) return
    this.#gathering.set(group, setTimeout(() => this.#tell(group), this.#times.gather).unref())
  }

  #tell(group: string): void {
    this.#gathering.delete(group)
    const entries = this.#groups.get(group)
    if (!entries) return
    const joined: string[] = []
    const left: string[] = []
    for (const [name, entry] of entries) {
      const here = entry.connections.size > 0 || entry.leaving !== undefined
      if (here && !entry.told) joined.push(name)
      if (!here && entry.told) left.push(name)
      if (here) entry.told = true
      else entries.delete(name)
    }
    if (entries.size === 0) this.#groups.delete(group)
    if (joined.length === 0 && left.length === 0) return
    const event: PresenceChanged = { type: 'presence.changed', joined, left }
    this.#layer
      .groupSend(group, event)
      .catch((error) => this.#log.warn({ err: error, group }, 'presence was not told'))
  }
}
