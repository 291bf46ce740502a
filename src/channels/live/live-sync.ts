import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent, ChannelLayer } from '../layers/layer.ts'
import type { LiveMembers, LiveSnapshot, LiveStore } from './live-store.ts'
import type { LiveTimes } from './live-times.ts'

/** The groups as this process has them. */
export interface LocalState {
  /** The keys that this process holds in a group. */
  keys(group: string): string[]
  /** The value of a key that this process holds; undefined where it does not. */
  value(group: string, key: string): string | undefined
  /**
   * Stores what others hold in a group.
   * @param awaited whether everyone here still waits for this, so that nobody has to be told of a difference
   */
  setElsewhere(group: string, elsewhere: ReadonlyMap<string, string>, awaited: boolean): void
}

export interface LiveSyncOptions {
  /** The name of the kind of live state, such as `presence`. */
  readonly name: string
  readonly times: LiveTimes
  /** True if keys have values. */
  readonly hasValues: boolean
  /** True if what is held soon ends by itself. A group in which nothing is held is then not read at each renewal. */
  readonly isBrief: boolean
}

/** Keys that are reported to the store in one step, so that others need not wait for long. */
const CHUNK = 500

/** Groups that are renewed at the same time. */
const GROUPS_AT_ONCE = 50

/** Milliseconds for which a newcomer waits to learn what others hold. */
const PATIENCE = 1_000

/** Milliseconds that a process which ends spends on reporting what is gone. */
const END_PATIENCE = 2_000

/** Milliseconds between two tries while the store is away. */
const RETRY = 1_000

/** Milliseconds for which a store may be away before the log says so. */
const COMPLAIN_AFTER = 3_000

/** The layer's group on which processes are told that a group has another version, in whichever kind of live state. */
export function hintGroup(group: string): string {
  return `live-map.${group}`
}

/** A group that this process attends to. */
class SharedGroup {
  readonly name: string
  /** Keys that changed here and have not been reported to the store yet. */
  readonly dirty = new Set<string>()
  version = ''
  elsewhere: ReadonlyMap<string, string> = new Map()
  /** Resolved when the store has answered for the first time, or failed to. */
  readonly answered = Promise.withResolvers<void>()
  readonly known: Promise<void>
  awaited = true
  /** One exchange follows another. */
  turn: Promise<void> = Promise.resolve()
  synchronizing = false
  /** True if another exchange is needed after the one that is under way. */
  wanted = false
  /** True if the others should be told to look. */
  hintDue = false
  heardAt = performance.now()
  /** The keys that others held when the store lost the group, and that have not been reported again. */
  missing = new Map<string, string>()
  /** The time until which `missing` is not taken for gone. */
  patientUntil = 0

  constructor(name: string) {
    this.name = name
    const late = delay(PATIENCE, undefined, { ref: false })
    this.known = Promise.race([this.answered.promise, late]).then(() => {
      this.awaited = false
    })
  }
}

/**
 * Keeps the live state of this process in step with that of others, through a store.
 *
 * The store has the truth and each process a copy of the groups that it attends to; an event of the layer is only a hint that a
 * group has another version. A lost hint is made up for by the next renewal; what the store lost is stored again by those who
 * hold it.
 */
export class LiveSync {
  readonly #store: LiveStore
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  readonly #options: LiveSyncOptions
  readonly #local: LocalState
  readonly #channel: string
  readonly #groups = new Map<string, SharedGroup>()
  readonly #failing = new Set<SharedGroup>()
  readonly #renewal: NodeJS.Timeout
  #retry: NodeJS.Timeout | undefined
  #renewing = false
  #renewalWanted = false
  #complained = false
  /** Since when the store fails while the layer does not. */
  #aloneSince: number | undefined
  #closed = false

  constructor(
    store: LiveStore,
    layer: ChannelLayer,
    log: FastifyBaseLogger,
    options: LiveSyncOptions,
    local: LocalState,
  ) {
    this.#store = store
    this.#layer = layer
    this.#log = log
    this.#options = options
    this.#local = local
    this.#channel = layer.newChannel((event) => this.#hint(event))
    this.#renewal = setInterval(() => void this.#renew(), options.times.renewal).unref()
    layer.onReconnect(() => {
      // The hints of others may have been lost, and so may ours.
      for (const shared of this.#groups.values()) shared.hintDue = true
      void this.#renew()
    })
  }

  /** A key came, went or changed here. */
  changed(group: string, key: string): void {
    const shared = this.#groups.get(group) ?? this.#open(group)
    shared.dirty.add(key)
    this.#want(shared)
  }

  /** Attends to a group, whether or not this process holds anything there. */
  attend(group: string): void {
    if (!this.#groups.has(group)) this.#want(this.#open(group))
  }

  /** Resolves when it is known what others hold in a group, or takes too long to find out. */
  async known(group: string): Promise<void> {
    await this.#groups.get(group)?.known
  }

  /**
   * Counts what all processes hold in groups that this one does not attend to.
   * @returns a count for each group, in their order; undefined when the store is away, or takes too long
   */
  async count(groups: readonly string[], limit: number): Promise<number[] | undefined> {
    const late = delay(PATIENCE, undefined, { ref: false })
    return Promise.race([this.#store.count(groups, limit), late]).catch(() => undefined)
  }

  /** This process attends to a group no longer. */
  end(group: string): void {
    const shared = this.#groups.get(group)
    if (!shared) return
    this.#groups.delete(group)
    this.#failing.delete(shared)
    this.#layer
      .groupDiscard(hintGroup(group), this.#channel)
      .catch((error) =>
        this.#log.warn(
          { err: error, group },
          `this process still gets the hints of a group of ${this.#options.name} that it has left`,
        ),
      )
  }

  /** Tells the others that nothing is held here any more; resolves when they can know, or when that takes too long. */
  async close(): Promise<void> {
    clearInterval(this.#renewal)
    clearTimeout(this.#retry)
    this.#closed = true
    const told = this.#vouch([...this.#groups.values()])
    await Promise.race([told, delay(END_PATIENCE, undefined, { ref: false })])
    this.#store.close()
    await this.#layer.closeChannel(this.#channel)
  }

  #open(group: string): SharedGroup {
    const shared = new SharedGroup(group)
    this.#groups.set(group, shared)
    // Before anything is read, so that this process is told of what changes afterwards.
    shared.turn = this.#layer
      .groupAdd(hintGroup(group), this.#channel)
      .catch((error) =>
        this.#log.warn(
          { err: error, group },
          `this process gets no hints of a group of ${this.#options.name}; it reads it at each renewal`,
        ),
      )
    return shared
  }

  #hint(event: ChannelEvent): boolean {
    const shared = event.state === this.#options.name ? this.#groups.get(String(event.group)) : undefined
    if (shared && shared.version !== event.version) this.#want(shared)
    return true
  }

  #want(shared: SharedGroup): void {
    shared.wanted = true
    if (!shared.synchronizing) void this.#synchronize(shared)
  }

  /** Exchanges with the store at once, then as often as differences are gathered, while there is something to exchange. */
  async #synchronize(shared: SharedGroup): Promise<void> {
    shared.synchronizing = true
    while (shared.wanted && !this.#closed) {
      shared.wanted = false
      await Promise.all([
        this.#exchangeNext(shared),
        delay(this.#options.times.gather, undefined, { ref: false }),
      ])
    }
    shared.synchronizing = false
  }

  async #renew(): Promise<void> {
    this.#renewalWanted = true
    if (this.#renewing) return
    this.#renewing = true
    while (this.#renewalWanted && !this.#closed) {
      this.#renewalWanted = false
      await this.#vouch([...this.#groups.values()].filter((shared) => this.#isWorthALook(shared)))
    }
    this.#renewing = false
  }

  #isWorthALook({ name, elsewhere, missing, version }: SharedGroup): boolean {
    if (!this.#options.isBrief || version === '' || elsewhere.size > 0 || missing.size > 0) return true
    return this.#local.keys(name).length > 0
  }

  /** Reports to the store everything that this process holds in these groups, or no longer holds, a few groups at a time. */
  async #vouch(groups: readonly SharedGroup[]): Promise<void> {
    for (const { name, dirty } of groups) for (const key of this.#local.keys(name)) dirty.add(key)
    for (let from = 0; from < groups.length; from += GROUPS_AT_ONCE) {
      await Promise.all(groups.slice(from, from + GROUPS_AT_ONCE).map((shared) => this.#exchangeNext(shared)))
    }
  }

  #exchangeNext(shared: SharedGroup): Promise<void> {
    shared.turn = shared.turn.then(() => this.#exchange(shared))
    return shared.turn
  }

  async #exchange(shared: SharedGroup): Promise<void> {
    const keys = [...shared.dirty]
    shared.dirty.clear()
    try {
      for (let from = 0; from === 0 || from < keys.length; from += CHUNK) {
        const { changed } = await this.#tell(shared, keys.slice(from, from + CHUNK))
        shared.hintDue ||= changed
      }
      this.#succeeded(shared)
      if (shared.hintDue) this.#giveHint(shared)
    } catch (error) {
      for (const key of keys) shared.dirty.add(key)
      this.#failed(shared, error)
    }
    shared.answered.resolve()
  }

  async #tell(shared: SharedGroup, keys: readonly string[]): Promise<LiveSnapshot> {
    const here: string[] = []
    const values: string[] = []
    const gone: string[] = []
    for (const key of keys) {
      const value = this.#closed ? undefined : this.#local.value(shared.name, key)
      if (value === undefined) gone.push(key)
      else {
        here.push(key)
        values.push(value)
      }
    }
    const { hasValues, times } = this.#options
    const known = shared.version
    const update = { known, here, gone, lease: times.lease, ...(hasValues ? { values } : {}) }
    const snapshot = await this.#store.exchange(shared.name, update)
    shared.version = snapshot.version
    if (snapshot.lost) {
      shared.missing = new Map(shared.elsewhere)
      shared.patientUntil = performance.now() + times.renewal
    }
    const attended = !this.#closed && this.#groups.get(shared.name) === shared
    if (snapshot.members && attended) this.#apply(shared, snapshot.members)
    return snapshot
  }

  #apply(shared: SharedGroup, { own, elsewhere, values }: LiveMembers): void {
    for (const key of elsewhere) shared.missing.delete(key)
    if (performance.now() >= shared.patientUntil) shared.missing.clear()
    const held = new Map(shared.missing)
    for (const key of elsewhere) held.set(key, values?.get(key) ?? '')
    shared.elsewhere = held
    // Without a known version, each renewal asks for all members.
    if (shared.missing.size > 0) shared.version = ''
    this.#local.setElsewhere(shared.name, shared.elsewhere, shared.awaited)
    const here = this.#local.keys(shared.name)
    for (const key of here) if (!own.has(key)) shared.dirty.add(key)
    for (const key of own) if (this.#local.value(shared.name, key) === undefined) shared.dirty.add(key)
    if (shared.dirty.size > 0) this.#want(shared)
  }

  #giveHint(shared: SharedGroup): void {
    const { name, version } = shared
    shared.hintDue = false
    this.#layer
      .groupSend(hintGroup(name), { type: 'live.moved', state: this.#options.name, group: name, version })
      .catch((error) =>
        this.#log.warn(
          { err: error },
          'other processes were not told that live state changed; they will find out themselves',
        ),
      )
  }

  #succeeded(shared: SharedGroup): void {
    shared.heardAt = performance.now()
    if (!this.#failing.delete(shared) || this.#failing.size > 0) return
    this.#aloneSince = undefined
    if (!this.#complained) return
    this.#complained = false
    this.#log.info(`${this.#options.name} is shared with other processes again`)
  }

  /**
   * Tries again soon, and keeps the keys of this process meanwhile. Those of others count as gone once nobody could vouch for
   * them for as long as a lease.
   */
  #failed(shared: SharedGroup, error: unknown): void {
    if (this.#closed || this.#groups.get(shared.name) !== shared) return
    this.#failing.add(shared)
    const silent = performance.now() - shared.heardAt
    if (silent > COMPLAIN_AFTER) this.#complain(error)
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined
      void this.#vouch([...this.#failing])
    }, RETRY).unref()
    if (shared.elsewhere.size === 0 || silent < this.#options.times.lease) return
    shared.version = ''
    shared.elsewhere = new Map()
    this.#local.setElsewhere(shared.name, shared.elsewhere, shared.awaited)
  }

  /** Not while the layer is away too, which has been logged, nor right after: both come back, one after the other. */
  #complain(error: unknown): void {
    if (this.#complained) return
    if (!this.#layer.connected()) {
      this.#aloneSince = undefined
      return
    }
    this.#aloneSince ??= performance.now()
    if (performance.now() - this.#aloneSince < COMPLAIN_AFTER) return
    this.#complained = true
    const reason = error instanceof Error ? error.message : error
    this.#log.warn({ reason }, `${this.#options.name} is not shared with other processes`)
  }
}
