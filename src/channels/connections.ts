import type { Connection } from './connection.ts'
import type { Identity } from './scope.ts'

interface Entry {
  readonly connection: Connection
  readonly identity: Identity | null
  readonly address: string
}

/** All open connections of this process, found by whose they are. */
export class Connections {
  readonly #entries = new Map<Connection, Entry>()
  readonly #bySession = new Map<string, Set<Connection>>()
  readonly #byUser = new Map<number, number>()
  readonly #byAddress = new Map<string, number>()
  /** Of consumers that have not ended, some of whose connections are gone already. */
  readonly #unfinished = new Set<Promise<void>>()

  get size(): number {
    return this.#entries.size
  }

  ofUser(user: number): number {
    return this.#byUser.get(user) ?? 0
  }

  ofAddress(address: string): number {
    return this.#byAddress.get(address) ?? 0
  }

  ofSession(session: string): Iterable<Connection> {
    return [...(this.#bySession.get(session) ?? [])]
  }

  /** The sessions that hold a connection open. */
  sessions(): string[] {
    return [...this.#bySession.keys()]
  }

  all(): Connection[] {
    return [...this.#entries.keys()]
  }

  /** Resolves when every consumer has ended. */
  async finished(): Promise<void> {
    await Promise.all(this.#unfinished)
  }

  /** @param finished resolves when the consumer has ended */
  add(connection: Connection, identity: Identity | null, address: string, finished: Promise<void>): void {
    this.#entries.set(connection, { connection, identity, address })
    this.#unfinished.add(finished)
    void finished.then(() => this.#unfinished.delete(finished))
    count(this.#byAddress, address, 1)
    if (!identity) return
    count(this.#byUser, identity.user.id, 1)
    const sockets = this.#bySession.get(identity.session.id) ?? new Set()
    this.#bySession.set(identity.session.id, sockets.add(connection))
  }

  delete(connection: Connection): void {
    const entry = this.#entries.get(connection)
    if (!entry) return
    this.#entries.delete(connection)
    count(this.#byAddress, entry.address, -1)
    if (!entry.identity) return
    count(this.#byUser, entry.identity.user.id, -1)
    const session = entry.identity.session.id
    const sockets = this.#bySession.get(session)
    sockets?.delete(connection)
    if (sockets?.size === 0) this.#bySession.delete(session)
  }
}

function count<Key>(counts: Map<Key, number>, key: Key, change: number): void {
  const now = (counts.get(key) ?? 0) + change
  if (now > 0) counts.set(key, now)
  else counts.delete(key)
}
