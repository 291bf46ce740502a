import type { FastifyBaseLogger } from 'fastify'
import type { ChannelLayer } from '../layers/layer.ts'
import { LiveState } from './live-state.ts'
import type { LiveStore } from './live-store.ts'
import { type LiveTimes, presenceTimes } from './live-times.ts'

/** Sent to a group when people came or went: the differences, gathered. */
export interface PresenceChanged {
  readonly type: 'presence.changed'
  readonly joined: readonly string[]
  readonly left: readonly string[]
  readonly [field: string]: unknown
}

export type PresenceListener = (group: string, joined: readonly string[], left: readonly string[]) => void

/**
 * Who is in a group, per connection: somebody with two tabs is there until both are closed. It is live state whose keys are names,
 * without values: those of one process are as many as have a socket open.
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
   * @returns resolves when `list` knows who is there with other processes, or it takes too long to find out
   */
  join(group: string, name: string, connection: string): Promise<void> {
    this.#state.set(group, name, connection)
    return this.#state.known(group)
  }

  leave(group: string, name: string, connection: string): void {
    this.#state.clear(group, name, connection)
  }

  /** @param limit at most so many names are given, in alphabetical order; the count is of all */
  list(group: string, limit: number): { names: string[]; count: number } {
    const { keys, count } = this.#state.keys(group, limit)
    return { names: keys, count }
  }

  /**
   * The names of those who are in a group, over all processes, also where nobody of this one is; while Redis is away, of those
   * whom this process knows of.
   * @param limit at most so many, in alphabetical order
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

  /** Attends to a group as long as this process lives, so that `has` knows of everyone in it. */
  watch(group: string): void {
    void this.#state.watch(group, 'presence')
  }

  /** Tells whether somebody is there; it knows of groups that this process watches, or has somebody in. */
  has(group: string, name: string): boolean {
    return this.#state.has(group, name)
  }

  /**
   * Counts the people in groups, over all processes; while Redis is away, those that this process knows of.
   * @param limit more people in one group than these are not counted
   * @returns a count for each group, in their order
   */
  counts(groups: readonly string[], limit: number): Promise<number[]> {
    return this.#state.counts(groups, limit)
  }

  /** Calls a listener whenever this process learns that people came to a group or left it, gathered: of groups it attends to. */
  onChange(listener: PresenceListener): void {
    this.#listeners.push(listener)
  }

  /** Tells the other processes that everyone here is gone. */
  close(): Promise<void> {
    return this.#state.close()
  }
}
