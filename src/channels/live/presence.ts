import type { FastifyBaseLogger } from 'fastify'
import type { ChannelLayer } from '../layers/layer.ts'
import { LiveState } from './live-state.ts'
import type { LiveStore } from './live-store.ts'
import { type LiveTimes, presenceTimes } from './live-times.ts'

/** Sent to a group when people joined or left: the differences, in batches. */
export interface PresenceChanged {
  readonly type: 'presence.changed'
  readonly joined: readonly string[]
  readonly left: readonly string[]
  readonly [field: string]: unknown
}

export type PresenceListener = (group: string, joined: readonly string[], left: readonly string[]) => void

/**
 * Tracks who is in a group, per connection: somebody with two tabs is there until both are closed. It is live state whose keys
 * are names, without values: those of one process are as many as have a socket open.
 */
export class Presence {
  readonly #state: LiveState
  readonly #listeners: PresenceListener[] = []
  #asked = 0

  constructor(
    layer: ChannelLayer,
    log: FastifyBaseLogger,
    times: Partial<LiveTimes> = {},
    store?: LiveStore,
  ) {
    const event = (joined: ReadonlyMap<string, string>, left: readonly string[]): PresenceChanged => ({
      type: 'presence.changed',
      joined: [...joined.keys()],
      left,
    })
    const told = (group: string, joined: ReadonlyMap<string, string>, left: readonly string[]) => {
      for (const listener of this.#listeners) listener(group, [...joined.keys()], left)
    }
    const options = { name: 'presence', times: { ...presenceTimes, ...times }, event, told }
    this.#state = new LiveState(
      layer,
      log,
      { ...options, valueLength: 0, keys: Number.POSITIVE_INFINITY },
      store,
    )
  }

  /**
   * @param group of at most 90 characters, which a layer can carry
   * @returns resolves when `list` knows who is there in other processes, or when that takes too long
   */
  join(group: string, name: string, connection: string): Promise<void> {
    this.#state.set(group, name, connection)
    return this.#state.known(group)
  }

  leave(group: string, name: string, connection: string): void {
    this.#state.clear(group, name, connection)
  }

  /** @param limit the number of names to return, in alphabetical order; the count is of all names */
  list(group: string, limit: number): { names: string[]; count: number } {
    const { keys, count } = this.#state.keys(group, limit)
    return { names: keys, count }
  }

  /**
   * The names of the people in a group, across all processes, even if nobody in this process is in it; while Redis is away,
   * only those that this process knows.
   * @param limit the number of names to return, in alphabetical order
   */
  async namesIn(group: string, limit: number): Promise<string[]> {
    this.#asked += 1
    const asking = `asking-${this.#asked}`
    try {
      await this.#state.watch(group, asking)
      return this.#state.keys(group, limit).keys
    } finally {
      this.#state.unwatch(group, asking)
    }
  }

  /** Watches a group as long as this process lives, so that `has` knows everyone in it. */
  watch(group: string): void {
    void this.#state.watch(group, 'presence')
  }

  /** Tells whether somebody is there, for groups that this process watches or has somebody in. */
  has(group: string, name: string): boolean {
    return this.#state.has(group, name)
  }

  /**
   * Counts the people in groups, across all processes; while Redis is away, only those that this process knows.
   * @param limit the count for one group stops here
   * @returns a count for each group, in their order
   */
  counts(groups: readonly string[], limit: number): Promise<number[]> {
    return this.#state.counts(groups, limit)
  }

  /** Calls a listener whenever this process learns that people joined or left a group that it watches, in batches. */
  onChange(listener: PresenceListener): void {
    this.#listeners.push(listener)
  }

  /** Tells the other processes that everyone here has gone. */
  close(): Promise<void> {
    return this.#state.close()
  }
}
