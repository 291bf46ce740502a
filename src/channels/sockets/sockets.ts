import type { ScopeUser } from '../consumers/scope.ts'
import { CloseCode } from './close-codes.ts'
import { type ClosedConnection, type ConnectionInfo, connectionInfo } from './connection-list.ts'
import type { Connections } from './connections.ts'
import type { RefusedHandshake, RefusedHandshakes } from './refused-handshakes.ts'

/** What connections are looked for by. */
export interface ConnectionKey extends Pick<ConnectionInfo, 'number' | 'consumer' | 'openedAt' | 'address'> {
  /** A username. */
  readonly user: string | undefined
}

/** The connections of this process, as far as the rest of an application may deal with them. */
export interface Sockets {
  /** Closes every socket of a session with 4001. */
  endSession(session: string): void
  /** Closes every socket of a person with 4001, whichever session it is of. */
  endUser(user: number): void
  /** Lets the consumers of a person's sockets know what has changed about them, such as their role, from now on. */
  updateUser(user: ScopeUser): void
  /** The sessions that hold a socket open. */
  sessions(): string[]
  /** The connections that a condition holds for, the newest first. */
  newest(limit: number, matches: (key: ConnectionKey) => boolean): ConnectionInfo[]
  /** The connection of this number; undefined: it has ended, or there was none. */
  numbered(number: number): ConnectionInfo | undefined
  /** Closes one connection. @returns false where there is none of this number */
  close(number: number, code: number, reason: string): boolean
  /** The connections that ended last, the newest first: at most 200. */
  closed(): ClosedConnection[]
  /** The handshakes that were refused last, the newest first: at most 40 of each reason. */
  refused(): RefusedHandshake[]
  /** Consumers then fail on an event that they have no handler for, where otherwise a warning is logged. For tests. */
  strict: boolean
}

/** @param assumed sessions that no store knows */
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
