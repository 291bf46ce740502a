import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster, Redis, RedisOptions } from 'ioredis'
import type { RedisAddress } from './address.ts'

export type RedisClient = Redis | Cluster

export interface RedisClientOptions {
  /** Called when anything goes wrong with a connection. The error may contain what was sent, so log only its message. */
  readonly failed: (error: Error) => void
}

/** Milliseconds within which a server must answer; otherwise its connection is dropped and opened again. */
const PATIENCE = 5_000

/** Milliseconds that starting waits for Redis. */
const START_PATIENCE = 3_000

/** Milliseconds between two tries to connect. */
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 2_000

/**
 * A client that connects, and reconnects for as long as it takes. While Redis is away, commands fail at once, and when a
 * connection breaks, so do those in progress on it: nothing is queued, nor sent twice.
 *
 * @returns at once, whether or not Redis is connected
 */
export function openRedis(address: RedisAddress, options: RedisClientOptions): Promise<RedisClient> {
  return address.kind === 'cluster' ? openCluster(address, options) : openServer(address, options)
}

/** Resolves when the client of `openRedis` can be used, or when Redis was found to be away: it is then connected later. */
export async function connectRedis(address: RedisAddress): Promise<RedisClient> {
  const known = Promise.withResolvers<void>()
  const client = await openRedis(address, { failed: () => known.resolve() })
  client.once('ready', () => void connectNodes(client).then(known.resolve))
  await Promise.race([known.promise, delay(START_PATIENCE, undefined, { ref: false })])
  return client
}

/** Connects to a single server, including one that sentinels know. */
export async function openServer(address: RedisAddress, options: RedisClientOptions): Promise<Redis> {
  // A process without Redis does not pay for its library.
  const { Redis } = await import('ioredis')
  return connectTo(Redis, address, options)
}

/** Does what `openServer` does, with the library already loaded. */
export function connectTo(
  Client: typeof Redis,
  address: RedisAddress,
  { failed }: RedisClientOptions,
): Redis {
  const client = new Client({
    ...connection(address),
    ...where(address),
    db: address.database,
    enableOfflineQueue: false,
    retryStrategy: pause,
    reconnectOnError: isElsewhere,
  })
  // Without a listener an error would end the process.
  client.on('error', failed)
  return client
}

export async function openCluster(address: RedisAddress, { failed }: RedisClientOptions): Promise<Cluster> {
  const { Cluster } = await import('ioredis')
  const client = new Cluster([...address.nodes], {
    redisOptions: connection(address),
    enableOfflineQueue: false,
    clusterRetryStrategy: pause,
    clusterNodeRetryStrategy: pause,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: PATIENCE,
  })
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
    // The code that subscribes does so again by itself, and knows when that is done.
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

/**
 * A Redis that has become a replica, or does not have its data: another server may have its address or name by now. Redis's
 * errors begin with their code.
 */
function isElsewhere({ message }: Error): boolean {
  return /^(READONLY|MASTERDOWN|LOADING)\b/.test(message)
}

/** With random jitter, so that processes that lost Redis together do not return together. */
function pause(tries: number): number {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries - 1, 10)) * (0.75 + Math.random() / 2)
}

/** Otherwise, the connections to a cluster's nodes would be made by the first commands, which then fail. */
async function connectNodes(client: RedisClient): Promise<void> {
  if (!('nodes' in client)) return
  const waiting = client.nodes('master').filter(({ status }) => status === 'wait')
  await Promise.allSettled(waiting.map((node) => node.connect()))
}
