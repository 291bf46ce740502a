import type { FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import type { Describe } from './consumers/presence-consumer.ts'
import type { Identity } from './consumers/scope.ts'
import type { ChannelLayer } from './layers/layer.ts'
import type { LiveStore } from './live/live-store.ts'
import type { LiveTimes } from './live/live-times.ts'
import type { ConnectionLimits } from './sockets/connection-limits.ts'
import type { Tracing } from './tracing.ts'

/** The options of the plugin `channels`. */
export interface ChannelsOptions {
  /** The registry of metrics; without one none are kept, and `prom-client` need not be installed. */
  readonly registry?: Registry
  /** The prefix of the names of metrics; `channels_` by default. */
  readonly metricsPrefix?: string
  /** The Redis that connects the processes of one application. Without it, this process is the only one. */
  readonly redisUrl?: string | undefined
  /**
   * The prefix of all names on Redis, `partyline` by default. Applications that share a Redis database each need their own,
   * or they receive each other's events.
   */
  readonly redisPrefix?: string | undefined
  /** Replaces the layer and store that `redisUrl` would select; for tests. */
  readonly layer?: ChannelLayer
  readonly presenceStore?: LiveStore
  /** Additional layers, by name. A consumer selects one with `static layer = 'audit'`. */
  readonly layers?: Readonly<Record<string, { readonly redisUrl?: string; readonly layer?: ChannelLayer }>>
  /** Tells who a request comes from. It is called when the upgrade has been routed. */
  readonly identify?: ((request: FastifyRequest) => Identity | null) | undefined
  /**
   * Finds what clients are told about people besides their usernames, such as their names. It is sent to followers of a group
   * along with who joins. It must not reject, and should be quick.
   */
  readonly describePeople?: Describe
  /** Origins and `*.` patterns whose pages may open sockets; none: the request's own host. */
  readonly allowedOrigins?: readonly string[]
  /** Tells whether a request names its host correctly. An upgrade that does not is refused. */
  readonly namesHost?: (request: FastifyRequest) => boolean
  readonly limits?: Partial<ConnectionLimits>
  /** Open sockets for each; 0: no limit. */
  readonly connectionsPerUser?: number
  readonly connectionsPerAddress?: number
  /** Tells whether the server is overloaded. New sockets are then closed with 1013, and those that are open are served. */
  readonly overloaded?: () => boolean
  readonly presence?: Partial<LiveTimes>
  readonly tracing?: Tracing | undefined
  /** Milliseconds that a stop allows for sockets and the work in progress on them. */
  readonly stopWithin?: number
}
