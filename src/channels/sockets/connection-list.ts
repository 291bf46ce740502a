import type { LastError, Tracked } from './tracked.ts'

/** A connection as operators of the server can see it, without anything that is said on it. */
export interface ConnectionInfo {
  readonly number: number
  readonly consumer: string
  /** Parts of its path, such as `room`. */
  readonly params: Readonly<Record<string, string>>
  readonly address: string
  readonly userAgent: string
  readonly user: string | undefined
  /** True if it is limited, as by an API key. */
  readonly isLimited: boolean
  /** Seconds since 1970. */
  readonly openedAt: number
  /** Bytes that wait for it. */
  readonly unsent: number
  readonly framesIn: number
  readonly framesOut: number
  readonly lastError: LastError | undefined
}

/** A connection that has ended. */
export interface ClosedConnection extends ConnectionInfo {
  /** As `Date.now()`. */
  readonly closedAt: number
  /** The code with which it was closed; 1006 if the connection broke, or the client left without closing it. */
  readonly code: number
}

/** How many ended connections are remembered. */
const REMEMBERED = 200

/** How many characters of what a client sent are kept. */
const LONGEST = 200

/** Something that can have bytes waiting for it. */
type Waiting = Pick<ConnectionInfo, 'unsent'>

export function connectionInfo(peer: Waiting, tracked: Tracked): ConnectionInfo {
  const { scope, number, consumer, openedAt, framesIn, framesOut, lastError } = tracked
  const { identity, client, headers, params } = scope
  return {
    number,
    consumer,
    params,
    address: client.address,
    userAgent: (headers['user-agent'] ?? '').slice(0, LONGEST),
    user: identity?.user.name,
    isLimited: identity?.scopes !== undefined,
    openedAt,
    unsent: peer.unsent,
    framesIn,
    framesOut,
    lastError,
  }
}

/** The connections that ended most recently in this process. */
export class ClosedConnections {
  readonly #recent: ClosedConnection[] = []

  add(peer: Waiting, tracked: Tracked, code: number): void {
    this.#recent.push({ ...connectionInfo(peer, tracked), closedAt: Date.now(), code })
    if (this.#recent.length > REMEMBERED) this.#recent.shift()
  }

  /** The newest first: at most 200. */
  recent(): ClosedConnection[] {
    return this.#recent.toReversed()
  }
}
