import type { Scope } from '../consumers/scope.ts'
import { ClosedConnections } from './connection-list.ts'
import { networkOf } from './network.ts'
import { spenderOf } from './spender.ts'
import type { Tracked } from './tracked.ts'

/** A connection of either kind: a socket, or an event stream. */
export interface Peer {
  readonly open: boolean
  /** Bytes that wait for it. */
  readonly unsent: number
  /** Looks after heartbeat and time-outs; called about once a second with `performance.now()`. */
  tick(now: number): void
  /** @param code as `CloseCode` */
  close(code: number, reason?: string): void
  closeAsTooSlow(): void
}

/** Milliseconds between two looks at what waits for whom. */
const LOOK_INTERVAL = 100

/** All open connections of this process, found by whose they are. */
export class Connections {
  /** The oldest first. */
  readonly #tracked = new Map<Peer, Tracked>()
  /** The connections that ended last. */
  readonly closed = new ClosedConnections()
  readonly #bySession = new Map<string, Set<Peer>>()
  readonly #byUser = new Map<number, Set<Peer>>()
  readonly #byNetwork = new Map<string, number>()
  /** Consumers that have not ended, some of whose connections are gone already, and who waits for that. */
  #unfinished = 0
  #waiting: (() => void)[] = []
  #lookedAt = Number.NEGATIVE_INFINITY

  get size(): number {
    return this.#tracked.size
  }

  ofUser(user: number): number {
    return this.#byUser.get(user)?.size ?? 0
  }

  /** Counts the connections of the address's whole network, as `networkOf` finds it. */
  ofAddress(address: string): number {
    return this.#byNetwork.get(networkOf(address)) ?? 0
  }

  ofSession(session: string): Iterable<Peer> {
    return [...(this.#bySession.get(session) ?? [])]
  }

  /** The connections of one person, and what each knows of itself. */
  withUser(user: number): [Peer, Scope][] {
    return [...(this.#byUser.get(user) ?? [])].flatMap((connection) => {
      const scope = this.#tracked.get(connection)?.scope
      return scope ? [[connection, scope] as [Peer, Scope]] : []
    })
  }

  /** The sessions that hold a connection open. */
  sessions(): string[] {
    return [...this.#bySession.keys()]
  }

  all(): Peer[] {
    return [...this.#tracked.keys()]
  }

  /** The open connections that a condition holds for, the newest first. */
  newest(limit: number, matches: (tracked: Tracked) => boolean): [Peer, Tracked][] {
    const found: [Peer, Tracked][] = []
    for (const entry of this.#tracked) {
      if (!entry[0].open || !matches(entry[1])) continue
      found.push(entry)
      if (found.length > limit) found.shift()
    }
    return found.reverse()
  }

  /** The connection of a number. */
  numbered(number: number): [Peer, Tracked] | undefined {
    for (const entry of this.#tracked) if (entry[1].number === number) return entry
    return undefined
  }

  /** Closes the fullest connections of each person for whom more than `bound` bytes wait. */
  relieve(bound: number, now: number): void {
    if (now - this.#lookedAt < LOOK_INTERVAL) return
    this.#lookedAt = now
    const filled = [...this.#tracked].filter(([connection]) => connection.open && connection.unsent > 0)
    for (const theirs of Map.groupBy(filled, ([, { scope }]) =>
      spenderOf(scope.identity, scope.client.address),
    ).values()) {
      let sum = theirs.reduce((sum, [{ unsent }]) => sum + unsent, 0)
      for (const [connection] of theirs.sort(([a], [b]) => b.unsent - a.unsent)) {
        if (sum <= bound) break
        sum -= connection.unsent
        connection.closeAsTooSlow()
      }
    }
  }

  /** Resolves when every consumer has ended. */
  async finished(): Promise<void> {
    if (this.#unfinished > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Its consumer is counted as well, until `ended`. */
  add(connection: Peer, tracked: Tracked): void {
    const { identity, client } = tracked.scope
    this.#tracked.set(connection, tracked)
    this.#unfinished += 1
    count(this.#byNetwork, networkOf(client.address), 1)
    if (!identity) return
    addTo(this.#byUser, identity.user.id, connection)
    addTo(this.#bySession, identity.session.id, connection)
  }

  /** @param code that it was closed with; undefined: it was done */
  delete(connection: Peer, code: number | undefined): void {
    const tracked = this.#tracked.get(connection)
    if (!tracked) return
    const { identity, client } = tracked.scope
    this.#tracked.delete(connection)
    if (code !== undefined) this.closed.add(connection, tracked, code)
    count(this.#byNetwork, networkOf(client.address), -1)
    if (!identity) return
    deleteFrom(this.#byUser, identity.user.id, connection)
    deleteFrom(this.#bySession, identity.session.id, connection)
  }

  /** To be called when a consumer has ended. */
  ended(): void {
    this.#unfinished -= 1
    if (this.#unfinished > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

function count<Key>(counts: Map<Key, number>, key: Key, change: number): void {
  const now = (counts.get(key) ?? 0) + change
  if (now > 0) counts.set(key, now)
  else counts.delete(key)
}

function addTo<Key>(sets: Map<Key, Set<Peer>>, key: Key, connection: Peer): void {
  const set = sets.get(key) ?? new Set()
  sets.set(key, set.add(connection))
}

function deleteFrom<Key>(sets: Map<Key, Set<Peer>>, key: Key, connection: Peer): void {
  const set = sets.get(key)
  set?.delete(connection)
  if (set?.size === 0) sets.delete(key)
}
