import type { FastifyBaseLogger } from 'fastify'
import { type ChannelEvent, type ChannelLayer, checkName } from '../layers/layer.ts'
import type { LiveStore } from './live-store.ts'
import { hintGroup, LiveSync } from './live-sync.ts'
import type { LiveTimes } from './live-times.ts'
import { SortedNames } from './sorted-names.ts'

export interface LiveStateOptions {
  /** Such as `presence`: events and stored keys are named after it. */
  readonly name: string
  readonly times: LiveTimes
  /** The longest value in characters; 0 if keys have no values. */
  readonly valueLength: number
  /** How many keys this process may hold in a group. */
  readonly keys: number
  /** Milliseconds after which a value expires, unless it is set again; undefined if it lasts until it is cleared. */
  readonly lasts?: number | undefined
  /** Makes the event that members of the layer's group with the same name get in this process. */
  event(set: ReadonlyMap<string, string>, gone: readonly string[]): ChannelEvent
  /** Called with each difference that the members of a group in this process are told. */
  told?(group: string, set: ReadonlyMap<string, string>, gone: readonly string[]): void
}

interface Entry {
  /** The value that each connection of this process gave the key; the last one applies. */
  readonly values: Map<string, string>
  timers: Map<string, NodeJS.Timeout> | undefined
  /** The value that it has in other processes. */
  elsewhere: string | undefined
  leaving: NodeJS.Timeout | undefined
  /** The value that the group has been told. */
  told: string | undefined
}

interface Group {
  readonly entries: Map<string, Entry>
  /** The keys of `entries`. */
  readonly names: SortedNames
  /** Connections that watch the group, whether or not they hold anything in it. */
  watchers: Set<string> | undefined
}

/**
 * A small map of keys to values in each group, which exist as long as a connection holds them. You ask for the state once
 * (`list`), then differences follow as events, in batches. The idea comes from Phoenix.Presence.
 *
 * With a store, the groups are shared with other processes. Each process that watches a group then knows everything in it,
 * and tells only its own members: they hear of each change once, in batches, in a sensible order.
 */
export class LiveState {
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  readonly #options: LiveStateOptions
  readonly #groups = new Map<string, Group>()
  readonly #gathering = new Map<string, NodeJS.Timeout>()
  readonly #sync: LiveSync | undefined

  constructor(layer: ChannelLayer, log: FastifyBaseLogger, options: LiveStateOptions, store?: LiveStore) {
    this.#layer = layer
    this.#log = log
    this.#options = options
    const { name, times, valueLength, lasts } = options
    const syncOptions = { name, times, hasValues: valueLength > 0, isBrief: lasts !== undefined }
    this.#sync =
      store &&
      new LiveSync(store, layer, log, syncOptions, {
        keys: (group) => this.#keysHere(group),
        value: (group, key) => this.#valueHere(group, key),
        setElsewhere: (group, elsewhere, awaited) => this.#setElsewhere(group, elsewhere, awaited),
      })
  }

  get name(): string {
    return this.#options.name
  }

  /**
   * Watches a group for a connection, until `unwatch` or as long as it holds a key there.
   * @param group of at most 90 characters, which a layer can carry
   * @returns resolves when `list` knows what others hold, or when that takes too long
   */
  watch(group: string, connection: string): Promise<void> {
    checkName(hintGroup(group))
    const known = this.#group(group)
    known.watchers ??= new Set()
    known.watchers.add(connection)
    this.#sync?.attend(group)
    return this.#sync?.known(group) ?? Promise.resolve()
  }

  unwatch(group: string, connection: string): void {
    const known = this.#groups.get(group)
    // `#tell` finds out whether anybody is left.
    if (known?.watchers?.delete(connection)) this.#gather(group)
  }

  /**
   * Sets the value of a key, for a connection that holds it from now on. If several connections hold a key, the last value
   * applies; if several processes do, each shows its own.
   * @returns false if this process already holds as many keys in the group as it may
   * @throws RangeError for a value that is too long
   */
  set(group: string, key: string, connection: string, value = ''): boolean {
    checkName(hintGroup(group))
    const { keys, valueLength, lasts } = this.#options
    if (value.length > valueLength)
      throw new RangeError(`a value of ${this.#options.name} has at most ${valueLength} characters`)
    const known = this.#group(group)
    if (!known.entries.has(key) && known.names.size >= keys) return false
    const entry = this.#entry(group, key)
    this.#stays(entry)
    const before = last(entry.values)
    entry.values.delete(connection)
    entry.values.set(connection, value)
    if (lasts !== undefined) this.#endIn(lasts, group, key, connection, entry)
    if (before !== value) this.#sync?.changed(group, key)
    if (entry.told !== value) this.#gather(group)
    return true
  }

  /** A connection no longer holds a key. */
  clear(group: string, key: string, connection: string): void {
    const entry = this.#groups.get(group)?.entries.get(key)
    if (!entry?.values.has(connection)) return
    const before = last(entry.values)
    entry.values.delete(connection)
    clearTimeout(entry.timers?.get(connection))
    entry.timers?.delete(connection)
    const after = last(entry.values)
    if (before === after) return
    this.#sync?.changed(group, key)
    if (after !== undefined || entry.elsewhere !== undefined) this.#gather(group)
    else this.#goes(group, entry)
  }

  /** @param limit the number of keys to return, in alphabetical order; the count is of all keys */
  list(group: string, limit: number): { entries: [key: string, value: string][]; count: number } {
    const known = this.#groups.get(group)
    const keys = known?.names.first(limit) ?? []
    const entries = keys.map((key): [string, string] => [key, currentValue(known?.entries.get(key)) ?? ''])
    return { entries, count: known?.names.size ?? 0 }
  }

  /** Like `list`, without values. */
  keys(group: string, limit: number): { keys: string[]; count: number } {
    const names = this.#groups.get(group)?.names
    return { keys: names?.first(limit) ?? [], count: names?.size ?? 0 }
  }

  /** Tells whether a key is there, as far as this process knows: only for groups that it watches. */
  has(group: string, key: string): boolean {
    return this.#groups.get(group)?.entries.has(key) ?? false
  }

  /**
   * Counts the keys of groups in all processes, also of groups that this one does not watch; while the store is away, only
   * the keys that this process knows.
   * @param limit the count for one group stops here
   */
  async counts(groups: readonly string[], limit: number): Promise<number[]> {
    const unknown = this.#sync ? groups.filter((group) => !this.#groups.has(group)) : []
    const asked = unknown.length > 0 ? await this.#sync?.count(unknown, limit) : undefined
    const elsewhere = new Map(unknown.map((group, index) => [group, asked?.[index] ?? 0]))
    return groups.map((group) =>
      Math.min(this.#groups.get(group)?.names.size ?? elsewhere.get(group) ?? 0, limit),
    )
  }

  /** Resolves when `list` knows what others hold in a group, or when that takes too long. */
  known(group: string): Promise<void> {
    return this.#sync?.known(group) ?? Promise.resolve()
  }

  /** Tells the other processes that nothing more is held here. */
  async close(): Promise<void> {
    for (const timer of this.#gathering.values()) clearTimeout(timer)
    for (const { entries } of this.#groups.values()) for (const entry of entries.values()) stopTimers(entry)
    this.#gathering.clear()
    const closed = this.#sync?.close()
    this.#groups.clear()
    await closed
  }

  #group(group: string): Group {
    const known = this.#groups.get(group)
    if (known) return known
    const made = { entries: new Map(), names: new SortedNames(), watchers: undefined }
    this.#groups.set(group, made)
    return made
  }

  #entry(group: string, key: string): Entry {
    const { entries, names } = this.#group(group)
    const known = entries.get(key)
    if (known) return known
    const entry: Entry = {
      values: new Map(),
      timers: undefined,
      elsewhere: undefined,
      leaving: undefined,
      told: undefined,
    }
    entries.set(key, entry)
    names.add(key)
    return entry
  }

  #endIn(milliseconds: number, group: string, key: string, connection: string, entry: Entry): void {
    entry.timers ??= new Map()
    clearTimeout(entry.timers.get(connection))
    const end = () => this.clear(group, key, connection)
    entry.timers.set(connection, setTimeout(end, milliseconds).unref())
  }

  #stays(entry: Entry): void {
    clearTimeout(entry.leaving)
    entry.leaving = undefined
  }

  #goes(group: string, entry: Entry): void {
    const { grace } = this.#options.times
    if (grace === 0) return this.#gather(group)
    entry.leaving = setTimeout(() => {
      entry.leaving = undefined
      this.#gather(group)
    }, grace).unref()
  }

  #keysHere(group: string): string[] {
    const entries = this.#groups.get(group)?.entries ?? []
    return [...entries].filter(([, { values }]) => values.size > 0).map(([key]) => key)
  }

  #valueHere(group: string, key: string): string | undefined {
    const values = this.#groups.get(group)?.entries.get(key)?.values
    return values && last(values)
  }

  /** Stores what others hold in a group. */
  #setElsewhere(group: string, elsewhere: ReadonlyMap<string, string>, awaited: boolean): void {
    const known = this.#groups.get(group)
    if (!known) return
    for (const [key, value] of elsewhere) {
      const entry = this.#entry(group, key)
      entry.elsewhere = value
      if (awaited) entry.told = currentValue(entry)
      this.#stays(entry)
    }
    for (const [key, entry] of known.entries) {
      if (entry.elsewhere === undefined || elsewhere.has(key)) continue
      entry.elsewhere = undefined
      if (entry.values.size === 0) this.#goes(group, entry)
    }
    this.#gather(group)
  }

  #gather(group: string): void {
    if (this.#gathering.has(group)) return
    this.#gathering.set(group, setTimeout(() => this.#tell(group), this.#options.times.gather).unref())
  }

  #tell(group: string): void {
    this.#gathering.delete(group)
    const known = this.#groups.get(group)
    if (!known) return
    const set = new Map<string, string>()
    const gone: string[] = []
    let attended = (known.watchers?.size ?? 0) > 0
    for (const [key, entry] of known.entries) {
      const ours = entry.values.size > 0 || entry.leaving !== undefined
      const value =
        ours || entry.elsewhere !== undefined ? (currentValue(entry) ?? entry.told ?? '') : undefined
      attended ||= ours
      if (value !== undefined && value !== entry.told) set.set(key, value)
      if (value === undefined && entry.told !== undefined) gone.push(key)
      entry.told = value
      if (value !== undefined) continue
      known.entries.delete(key)
      known.names.delete(key)
    }
    if (!attended) this.#forget(group)
    if (set.size === 0 && gone.length === 0) return
    this.#options.told?.(group, set, gone)
    this.#layer
      .groupSendLocal(group, this.#options.event(set, gone))
      .catch((error) => this.#log.warn({ err: error, group }, `${this.#options.name} was not announced`))
  }

  /** Nobody in this process watches it any more. */
  #forget(group: string): void {
    this.#groups.delete(group)
    this.#sync?.end(group)
  }
}

/** The value of a key that applies. */
function currentValue(entry: Entry | undefined): string | undefined {
  return entry && (last(entry.values) ?? entry.elsewhere)
}

function last(values: ReadonlyMap<string, string>): string | undefined {
  if (values.size === 0) return undefined
  let last: string | undefined
  for (const value of values.values()) last = value
  return last
}

function stopTimers({ leaving, timers }: Entry): void {
  clearTimeout(leaving)
  for (const timer of timers?.values() ?? []) clearTimeout(timer)
}
