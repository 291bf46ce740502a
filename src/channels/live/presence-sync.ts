import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent, ChannelLayer } from '../layers/layer.ts'
import type { PresenceMembers, PresenceSnapshot, PresenceStore } from './presence-store.ts'
import type { PresenceTimes } from './presence-times.ts'

/** The groups as this process has them. */
export interface LocalPresence {
  /** The people of this process in a group. */
  names(group: string): string[]
  has(group: string, name: string): boolean
  /**
   * Takes over who is in a group with other processes.
   * @param awaited whether everyone here still waits to know, so that nobody has to be told
   */
  hear(group: string, elsewhere: ReadonlySet<string>, awaited: boolean): void
}

/** Names of which the store is told in one step: it serves others too. */
const CHUNK = 500

/** Groups that are renewed at the same time. */
const GROUPS_AT_ONCE = 50

/** Milliseconds for which somebody who comes waits for the names of the others. */
const PATIENCE = 1_000

/** Milliseconds for which the end of a process waits until it was said who is gone. */
const END_PATIENCE = 2_000

/** Milliseconds between two tries while the store is away. */
const RETRY = 1_000

/** Milliseconds for which a store may be away before the log says so. */
const COMPLAIN_AFTER = 3_000

/** The layer's group on which processes hear that a group has another version. */
export function hintGroup(group: string): string {
  return `presence.${group}`
}

/** A group in which this process has somebody. */
class SharedGroup {
  readonly name: string
  /** People who came or went here, and of whom the store was not told yet. */
  readonly dirty = new Set<string>()
  version = ''
  elsewhere: ReadonlySet<string> = new Set()
  /** Resolved when the store has answered for the first time, or failed to. */
  readonly answered = Promise.withResolvers<void>()
  readonly known: Promise<void>
  awaited = true
  /** One exchange follows another. */
  turn: Promise<void> = Promise.resolve()
  talking = false
  /** True if there is more to say or to ask after what is under way. */
  wanted = false
  /** True if the others should be told to look. */
  hintDue = false
  heardAt = performance.now()
  /** People who were elsewhere when the store lost the group, and have not been reported again. */
  missing = new Set<string>()
  /** Until then they are not taken for gone. */
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
 * Keeps the presence of this process in step with that of others, through a store.
 *
 * The store has the truth and each process a copy of the groups in which it has somebody; an event of the layer is only a
 * hint that a group has another version. A lost hint is made up for by the next renewal, and what the store lost by those
 * who vouch for it.
 */
export class PresenceSync {
  readonly #store: PresenceStore
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  readonly #times: PresenceTimes
  readonly #local: LocalPresence
  readonly #channel: string
  readonly #groups = new Map<string, SharedGroup>()
  readonly #failing = new Set<SharedGroup>()
  readonly #renewal: NodeJS.Timeout
  #retry: NodeJS.Timeout | undefined
  #renewing = false
  #renewalWanted = false
  #complained = false
  /** Since when presence fails while the layer does not. */
  #aloneSince: number | undefined
  #closed = false

  constructor(
    store: PresenceStore,
    layer: ChannelLayer,
    log: FastifyBaseLogger,
    times: PresenceTimes,
    local: LocalPresence,
  ) {
    this.#store = store
    this.#layer = layer
    this.#log = log
    this.#times = times
    this.#local = local
    this.#channel = layer.newChannel((event) => this.#hint(event))
    this.#renewal = setInterval(() => void this.#renew(), times.renewal).unref()
    layer.onReconnect(() => {
      // The hints of others may have been lost, and so may ours.
      for (const shared of this.#groups.values()) shared.hintDue = true
      void this.#renew()
    })
  }

  /** Somebody came to a group with their first connection of this process, or went with their last. */
  changed(group: string, name: string): void {
    const shared = this.#groups.get(group) ?? this.#open(group)
    shared.dirty.add(name)
    this.#want(shared)
  }

  /** Resolves when it is known who is in a group elsewhere, or takes too long to find out. */
  async known(group: string): Promise<void> {
    await this.#groups.get(group)?.known
  }

  /** This process no longer has anybody in a group. */
  end(group: string): void {
    const shared = this.#groups.get(group)
    if (!shared) return
    this.#groups.delete(group)
    this.#failing.delete(shared)
    this.#layer
      .groupDiscard(hintGroup(group), this.#channel)
      .catch((error) => this.#log.warn({ err: error, group }, 'hints of presence come on'))
  }

  /** Says that nobody is here any more; resolves when that was heard, or takes too long. */
  async close(): Promise<void> {
    clearInterval(this.#renewal)
    clearTimeout(this.#retry)
    this.#closed = true
    const said = this.#vouch([...this.#groups.values()])
    await Promise.race([said, delay(END_PATIENCE, undefined, { ref: false })])
    this.#store.close()
    await this.#layer.closeChannel(this.#channel)
  }

  #open(group: string): SharedGroup {
    const shared = new SharedGroup(group)
    this.#groups.set(group, shared)
    // Before anything is read, so that what changes afterwards is heard.
    shared.turn = this.#layer
      .groupAdd(hintGroup(group), this.#channel)
      .catch((error) => this.#log.warn({ err: error, group }, 'hints of presence do not come'))
    return shared
  }

  #hint(event: ChannelEvent): boolean {
    const shared = this.#groups.get(String(event.group))
    if (shared && shared.version !== event.version) this.#want(shared)
    return true
  }

  #want(shared: SharedGroup): void {
    shared.wanted = true
    if (!shared.talking) void this.#talk(shared)
  }

  /** At once, then as often as differences are gathered. */
  async #talk(shared: SharedGroup): Promise<void> {
    shared.talking = true
    while (shared.wanted && !this.#closed) {
      shared.wanted = false
      await Promise.all([this.#say(shared), delay(this.#times.gather, undefined, { ref: false })])
    }
    shared.talking = false
  }

  async #renew(): Promise<void> {
    this.#renewalWanted = true
    if (this.#renewing) return
    this.#renewing = true
    while (this.#renewalWanted && !this.#closed) {
      this.#renewalWanted = false
      await this.#vouch([...this.#groups.values()])
    }
    this.#renewing = false
  }

  /** Says of everyone in these groups whether they are here, a few groups at a time. */
  async #vouch(groups: readonly SharedGroup[]): Promise<void> {
    for (const { name, dirty } of groups) for (const person of this.#local.names(name)) dirty.add(person)
    for (let from = 0; from < groups.length; from += GROUPS_AT_ONCE) {
      await Promise.all(groups.slice(from, from + GROUPS_AT_ONCE).map((shared) => this.#say(shared)))
    }
  }

  #say(shared: SharedGroup): Promise<void> {
    shared.turn = shared.turn.then(() => this.#exchange(shared))
    return shared.turn
  }

  async #exchange(shared: SharedGroup): Promise<void> {
    const names = [...shared.dirty]
    shared.dirty.clear()
    try {
      for (let from = 0; from === 0 || from < names.length; from += CHUNK) {
        const { changed } = await this.#tell(shared, names.slice(from, from + CHUNK))
        shared.hintDue ||= changed
      }
      this.#succeeded(shared)
      if (shared.hintDue) this.#giveHint(shared)
    } catch (error) {
      for (const name of names) shared.dirty.add(name)
      this.#failed(shared, error)
    }
    shared.answered.resolve()
  }

  async #tell(shared: SharedGroup, names: readonly string[]): Promise<PresenceSnapshot> {
    const isHere = (name: string) => !this.#closed && this.#local.has(shared.name, name)
    const heard = await this.#store.exchange(shared.name, {
      known: shared.version,
      here: names.filter(isHere),
      gone: names.filter((name) => !isHere(name)),
      lease: this.#times.lease,
    })
    shared.version = heard.version
    if (heard.lost) {
      shared.missing = new Set(shared.elsewhere)
      shared.patientUntil = performance.now() + this.#times.renewal
    }
    const attended = !this.#closed && this.#groups.get(shared.name) === shared
    if (heard.members && attended) this.#hear(shared, heard.members)
    return heard
  }

  #hear(shared: SharedGroup, { own, elsewhere }: PresenceMembers): void {
    for (const name of elsewhere) shared.missing.delete(name)
    if (performance.now() >= shared.patientUntil) shared.missing.clear()
    shared.elsewhere = new Set([...elsewhere, ...shared.missing])
    // Then they are asked for at each renewal.
    if (shared.missing.size > 0) shared.version = ''
    this.#local.hear(shared.name, shared.elsewhere, shared.awaited)
    const here = this.#local.names(shared.name)
    for (const name of here) if (!own.has(name)) shared.dirty.add(name)
    for (const name of own) if (!this.#local.has(shared.name, name)) shared.dirty.add(name)
    if (shared.dirty.size > 0) this.#want(shared)
  }

  #giveHint(shared: SharedGroup): void {
    const { name, version } = shared
    shared.hintDue = false
    this.#layer
      .groupSend(hintGroup(name), { type: 'presence.moved', group: name, version })
      .catch((error) => this.#log.warn({ err: error }, 'a hint of presence was not given; others will look'))
  }

  #succeeded(shared: SharedGroup): void {
    shared.heardAt = performance.now()
    if (!this.#failing.delete(shared) || this.#failing.size > 0) return
    this.#aloneSince = undefined
    if (!this.#complained) return
    this.#complained = false
    this.#log.info('presence is shared with other processes again')
  }

  /** Its own people are here all the same. Those elsewhere are taken for gone when nobody could vouch for them so long. */
  #failed(shared: SharedGroup, error: unknown): void {
    if (this.#closed || this.#groups.get(shared.name) !== shared) return
    this.#failing.add(shared)
    const silent = performance.now() - shared.heardAt
    if (silent > COMPLAIN_AFTER) this.#complain(error)
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined
      void this.#vouch([...this.#failing])
    }, RETRY).unref()
    if (shared.elsewhere.size === 0 || silent < this.#times.lease) return
    shared.version = ''
    shared.elsewhere = new Set()
    this.#local.hear(shared.name, shared.elsewhere, shared.awaited)
  }

  /** Not where the layer is away too, and has said so, or was until just now: both come back, one after the other. */
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
    this.#log.warn({ reason }, 'presence is not shared with other processes')
  }
}
