import type { FastifyBaseLogger } from 'fastify'
import { type ChannelLayer, checkName } from '../layers/layer.ts'
import type { PresenceStore } from './presence-store.ts'
import { hintGroup, PresenceSync } from './presence-sync.ts'
import { type PresenceTimes, presenceTimes } from './presence-times.ts'
import { SortedNames } from './sorted-names.ts'

/** Sent to a group when people came or went: the differences, gathered. */
export interface PresenceChanged {
  readonly type: 'presence.changed'
  readonly joined: readonly string[]
  readonly left: readonly string[]
  readonly [field: string]: unknown
}

interface Entry {
  /** The connections in this process. */
  readonly connections: Set<string>
  /** True if the person has connections in other processes. */
  elsewhere: boolean
  leaving: NodeJS.Timeout | undefined
  /** True if the group has been told that this person is here. */
  told: boolean
}

interface Group {
  readonly entries: Map<string, Entry>
  /** The keys of `entries`. */
  readonly names: SortedNames
}

/**
 * Who is in a group, per connection: somebody with two tabs is there until both are closed. State is asked for once
 * (`list`), then differences follow as `presence.changed` events; the idea is Phoenix.Presence's.
 *
 * With a store, the groups are shared with other processes. Each process that has somebody in a group then knows of all
 * who are in it, and tells its own members alone: they hear of everyone once, gathered, in an order that makes sense.
 */
export class Presence {
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  readonly #times: PresenceTimes
  readonly #groups = new Map<string, Group>()
  readonly #gathering = new Map<string, NodeJS.Timeout>()
  readonly #exchange: PresenceSync | undefined

  constructor(
    layer: ChannelLayer,
    log: FastifyBaseLogger,
    times: Partial<PresenceTimes> = {},
    store?: PresenceStore,
  ) {
    this.#layer = layer
    this.#log = log
    this.#times = { ...presenceTimes, ...times }
    this.#exchange =
      store &&
      new PresenceSync(store, layer, log, this.#times, {
        names: (group) => this.#namesHere(group),
        has: (group, name) => this.#isHere(group, name),
        hear: (group, elsewhere, awaited) => this.#hear(group, elsewhere, awaited),
      })
  }

  /**
   * @param group of at most 90 characters, which a layer can carry
   * @returns resolves when `list` knows who is there with other processes, or it takes too long to find out
   */
  join(group: string, name: string, connection: string): Promise<void> {
    checkName(hintGroup(group))
    const entry = this.#entry(group, name)
    this.#stays(entry)
    const first = entry.connections.size === 0
    entry.connections.add(connection)
    if (first) this.#exchange?.changed(group, name)
    if (!entry.told) this.#gather(group)
    return this.#exchange?.known(group) ?? Promise.resolve()
  }

  leave(group: string, name: string, connection: string): void {
    const entry = this.#groups.get(group)?.entries.get(name)
    if (!entry?.connections.delete(connection) || entry.connections.size > 0) return
    this.#exchange?.changed(group, name)
    if (entry.elsewhere) this.#gather(group)
    else this.#goes(group, entry)
  }

  /** @param limit at most so many names are given, in alphabetical order; the count is of all */
  list(group: string, limit: number): { names: string[]; count: number } {
    const names = this.#groups.get(group)?.names
    return { names: names?.first(limit) ?? [], count: names?.size ?? 0 }
  }

  /** Tells the other processes that everyone here is gone. */
  async close(): Promise<void> {
    for (const timer of this.#gathering.values()) clearTimeout(timer)
    for (const { entries } of this.#groups.values())
      for (const entry of entries.values()) clearTimeout(entry.leaving)
    this.#gathering.clear()
    const closed = this.#exchange?.close()
    this.#groups.clear()
    await closed
  }

  #entry(group: string, name: string): Entry {
    const { entries, names } = this.#groups.get(group) ?? { entries: new Map(), names: new SortedNames() }
    this.#groups.set(group, { entries, names })
    const known = entries.get(name)
    if (known) return known
    const entry = { connections: new Set<string>(), elsewhere: false, leaving: undefined, told: false }
    entries.set(name, entry)
    names.add(name)
    return entry
  }

  #stays(entry: Entry): void {
    clearTimeout(entry.leaving)
    entry.leaving = undefined
  }

  #goes(group: string, entry: Entry): void {
    entry.leaving = setTimeout(() => {
      entry.leaving = undefined
      this.#gather(group)
    }, this.#times.grace).unref()
  }

  #namesHere(group: string): string[] {
    const entries = this.#groups.get(group)?.entries ?? []
    return [...entries].filter(([, { connections }]) => connections.size > 0).map(([name]) => name)
  }

  #isHere(group: string, name: string): boolean {
    return (this.#groups.get(group)?.entries.get(name)?.connections.size ?? 0) > 0
  }

  /** Takes over who is in a group with other processes. */
  #hear(group: string, elsewhere: ReadonlySet<string>, awaited: boolean): void {
    const known = this.#groups.get(group)
    if (!known) return
    for (const name of elsewhere) {
      const entry = this.#entry(group, name)
      if (awaited) entry.told = true
      entry.elsewhere = true
      this.#stays(entry)
    }
    for (const [name, entry] of known.entries) {
      if (!entry.elsewhere || elsewhere.has(name)) continue
      entry.elsewhere = false
      if (entry.connections.size === 0) this.#goes(group, entry)
    }
    this.#gather(group)
  }

  #gather(group: string): void {
    if (this.#gathering.has(group)) return
    this.#gathering.set(group, setTimeout(() => this.#tell(group), this.#times.gather).unref())
  }

  #tell(group: string): void {
    this.#gathering.delete(group)
    const known = this.#groups.get(group)
    if (!known) return
    const joined: string[] = []
    const left: string[] = []
    let attended = false
    for (const [name, entry] of known.entries) {
      const ours = entry.connections.size > 0 || entry.leaving !== undefined
      const here = ours || entry.elsewhere
      attended ||= ours
      if (here && !entry.told) joined.push(name)
      if (!here && entry.told) left.push(name)
      if (here) entry.told = true
      else {
        known.entries.delete(name)
        known.names.delete(name)
      }
    }
    if (!attended) this.#forget(group)
    if (joined.length === 0 && left.length === 0) return
    const event: PresenceChanged = { type: 'presence.changed', joined, left }
    this.#layer
      .groupSendLocal(group, event)
      .catch((error) => this.#log.warn({ err: error, group }, 'presence was not told'))
  }

  /** Nobody of this process is there any more, who would want to know of the others. */
  #forget(group: string): void {
    this.#groups.delete(group)
    this.#exchange?.end(group)
  }
}
