import type { Cluster, Redis, RedisOptions } from 'ioredis'
import type { RedisAddress } from './redis-address.ts'

export type RedisClient = Redis | Cluster

export interface RedisClientOptions {
  /** Whether it subscribes to sharded channels, of a cluster. */
  readonly sharded?: boolean
  /** Called with whatever goes wrong with a connection. The error may hold what was sent: log its message alone. */
  readonly failed: (error: Error) => void
}

/** Milliseconds until a server has to have answered, or its connection is given up and made anew. */
const PATIENCE = 5_000

/** Milliseconds between two tries to connect. */
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 2_000

/**
 * A client that connects, and connects again for as long as it takes. While Redis is away a command fails at once, and
 * with the connection what was under way on it: nothing is kept back, nor sent twice.
 *
 * @returns at once, whether or not Redis is there
 */
export async function openRedis(
  address: RedisAddress,
  { sharded = false, failed }: RedisClientOptions,
): Promise<RedisClient> {
  // A process without Redis does not pay for its library.
  const { Cluster, Redis } = await import('ioredis')
  const client =
    address.kind === 'cluster'
      ? new Cluster([...address.nodes], {
          redisOptions: connection(address),
          enableOfflineQueue: false,
          shardedSubscribers: sharded,
          clusterRetryStrategy: pause,
          clusterNodeRetryStrategy: pause,
          retryDelayOnFailover: 0,
          retryDelayOnClusterDown: 0,
          slotsRefreshInterval: 2_000,
        })
      : new Redis({
          ...connection(address),
          ...where(address),
          db: address.database,
          enableOfflineQueue: false,
          retryStrategy: pause,
        })
  // Without a listener an error would end the process.
  client.on('error', failed)
  client.on('node error', failed)
  return client
}

function connection({ username, password, tls }: RedisAddress) {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    connectTimeout: PATIENCE,
    socketTimeout: PATIENCE,
    keepAlive: PATIENCE,
    // Who subscribes does so again when ready, and knows when that is done.
    autoResubscribe: false,
    // What was under way when a connection broke may have been carried out: it fails, and is not sent again.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  }
}

function where({
  kind,
  nodes,
  name,
}: RedisAddress): Pick<RedisOptions, 'host' | 'port' | 'sentinels' | 'name'> {
  const [node] = nodes
  if (kind === 'sentinel') return { sentinels: [...nodes], name }
  return { host: node?.host ?? '127.0.0.1', port: node?.port ?? 6_379 }
}

/** With chance in it, so that processes that lost Redis together do not return together. */
function pause(tries: number): number {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries - 1, 10)) * (0.75 + Math.random() / 2)
}
