import type { ScopeUser } from '../consumers/scope.ts'
import { CloseCode } from './close-codes.ts'
import { type ClosedConnection, type ConnectionInfo, connectionInfo } from './connection-list.ts'
import type { Connections } from './connections.ts'
import type { RefusedHandshake, RefusedHandshakes } from './refused-handshakes.ts'

/** The properties by which connections are searched. */
export interface ConnectionKey extends Pick<ConnectionInfo, 'number' | 'consumer' | 'openedAt' | 'address'> {
  /** A username. */
  readonly user: string | undefined
}

/** The connections of this process, for use by the rest of the application. */
export interface Sockets {
  /** Closes every socket of a session with 4001. */
  endSession(session: string): void
  /** Closes every socket of a person with 4001, whichever session it belongs to. */
  endUser(user: number): void
  /** Tells the consumers of a person's sockets what has changed about them, such as their role. */
  updateUser(user: ScopeUser): void
  /** The sessions that have a socket open. */
  sessions(): string[]
  /** The connections that match a condition, newest first. */
  newest(limit: number, matches: (key: ConnectionKey) => boolean): ConnectionInfo[]
  /** The connection with this number; undefined if it has ended, or never existed. */
  numbered(number: number): ConnectionInfo | undefined
  /** Closes one connection. @returns false if there is none with this number */
  close(number: number, code: number, reason: string): boolean
  /** The connections that ended most recently, newest first: at most 200. */
  closed(): ClosedConnection[]
  /** The handshakes refused most recently, newest first: at most 40 for each reason. */
  refused(): RefusedHandshake[]
  /** Makes consumers fail on an event for which they have no handler, where otherwise a warning is logged. For tests. */
  strict: boolean
}

/** @param assumed sessions that are in no store */
export function socketsOf(
  connections: Connections,
  refusedHandshakes: RefusedHandshakes,
  assumed: ReadonlySet<string>,
): Sockets {
  return {
    strict: false,
    sessions: () => connections.sessions().filter((session) => !assumed.has(session)),
    endSession(session) {
      for (const connection of connections.ofSession(session))
        connection.close(CloseCode.signedOut, 'signed out')
    },
    endUser(user) {
      for (const [connection] of connections.withUser(user))
        connection.close(CloseCode.signedOut, 'signed out')
    },
    updateUser(user) {
      for (const [, scope] of connections.withUser(user.id)) scope.updateUser(user)
    },
    newest: (limit, matches) =>
      connections
        .newest(limit, ({ number, consumer, openedAt, scope: { client, identity } }) =>
          matches({ number, consumer, openedAt, address: client.address, user: identity?.user.name }),
        )
        .map(([peer, tracked]) => connectionInfo(peer, tracked)),
    numbered(number) {
      const found = connections.numbered(number)
      return found && connectionInfo(...found)
    },
    close(number, code, reason) {
      const [peer] = connections.numbered(number) ?? []
      peer?.close(code, reason)
      return peer !== undefined
    },
    closed: () => connections.closed.recent(),
    refused: () => refusedHandshakes.recent(),
  }
}
