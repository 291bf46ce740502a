import type { ChainableCommander, Cluster, Redis } from 'ioredis'
import type { RedisAddress } from './address.ts'
import { connectTo, openCluster, openServer } from './client.ts'
import { Shards } from './shards.ts'

/** Milliseconds after which a key that a check wrote expires. */
const CHECK_LIFE = 10_000

/** A message to publish, and the channel to publish it on. */
export interface Publication {
  readonly name: string
  readonly payload: string
}

export interface PubSubEvents {
  message(name: string, payload: Buffer): void
  /** It can be used; nothing is subscribed. */
  ready(): void
  /** It cannot be used any more, and all subscriptions are gone. */
  lost(): void
  /** Some subscriptions were gone for a while, and are back. */
  patched(): void
  failed(error: Error): void
}

/** Redis's publish and subscribe, on one server or a cluster. Commands are carried out in the order in which they come. */
export interface PubSub {
  /** Resolves when they are subscribed. */
  subscribe(names: readonly string[]): Promise<unknown>
  unsubscribe(names: readonly string[]): void
  /** Publishes in order, each at most once. Resolves when all are answered. @throws the error of the first that failed */
  publish(publications: readonly Publication[]): Promise<unknown>
  /**
   * Publishes an empty message under a name, pings the connections, and writes a key: a replica, or a Redis whose memory or disk
   * is full, still publishes but takes no writes.
   * @throws when one of these is not answered, or Redis's own error
   */
  check(name: string): Promise<unknown>
  close(): void
}

export function openPubSub(address: RedisAddress, events: PubSubEvents): Promise<PubSub> {
  return address.kind === 'cluster' ? openSharded(address, events) : openSingle(address, events)
}

/** Connects to a single server, including one that sentinels watch, twice: to publish, and for the subscriptions. */
async function openSingle(address: RedisAddress, events: PubSubEvents): Promise<PubSub> {
  const options = { failed: events.failed }
  const [publisher, subscriber] = await Promise.all([
    openServer(address, options),
    openServer(address, options),
  ])
  const clients = [publisher, subscriber]
  for (const client of clients) {
    client.on('ready', () => clients.every(({ status }) => status === 'ready') && events.ready())
    client.on('close', () => {
      // They come and go together: otherwise, subscriptions on the remaining one would be forgotten here but not in Redis.
      for (const other of clients) if (other.status === 'ready') other.disconnect(true)
      events.lost()
    })
  }
  subscriber.on('messageBuffer', (name: Buffer, payload: Buffer) => events.message(name.toString(), payload))
  return {
    subscribe: (names) => subscriber.subscribe(...names),
    unsubscribe(names) {
      // One that fails has lost its connection, and the subscriptions with it.
      subscriber.unsubscribe(...names).catch(() => {})
    },
    async publish(publications) {
      const pipeline = publisher.pipeline()
      for (const { name, payload } of publications) pipeline.publish(name, payload)
      await execute(pipeline)
    },
    check: (name) => Promise.all([write(publisher, name), publisher.publish(name, ''), subscriber.ping()]),
    close: () => clients.forEach((client) => void client.disconnect()),
  }
}

/** Connects to a cluster, and uses the sharded channels of Redis 7. */
async function openSharded(address: RedisAddress, events: PubSubEvents): Promise<PubSub> {
  const { Command, Redis } = await import('ioredis')
  const { failed, message, patched } = events
  const cluster = await openCluster(address, { failed })
  const slotOf = (name: string) => new Command('spublish', [name]).getSlot()
  const shards = new Shards({
    cluster,
    connect: (host, port) =>
      connectTo(Redis, { ...address, kind: 'single', nodes: [{ host, port }] }, { failed }),
    slotOf,
    message,
    patched,
  })
  // A connection to a node is made with its first command, and further commands fail until it is open.
  const ping = () => Promise.all(cluster.nodes('master').map((node) => node.ping()))
  cluster.on('ready', () => ping().then(events.ready, events.ready))
  cluster.on('close', events.lost)
  return {
    subscribe: (names) => settleAll(names.map((name) => shards.subscribe(name))),
    unsubscribe(names) {
      for (const name of names) shards.unsubscribe(name)
    },
    publish(publications) {
      const byNode = Map.groupBy(publications, ({ name }) => String(cluster.slots[slotOf(name)]))
      return settleAll(
        Array.from(byNode.values(), (together) => {
          const pipeline = cluster.pipeline()
          for (const { name, payload } of together) pipeline.spublish(name, payload)
          return execute(pipeline)
        }),
      )
    },
    async check(name) {
      const [info] = await Promise.all([cluster.call('CLUSTER', 'INFO'), ping(), shards.ping()])
      const served = /cluster_slots_ok:(\d+)/.exec(String(info))?.[1]
      if (served !== '16384') throw new Error(`only ${served} of 16384 slots are served`)
      await Promise.all([write(cluster, name), cluster.spublish(name, '')])
    },
    close() {
      shards.close()
      cluster.disconnect()
    },
  }
}

/** Writes a key that expires soon. */
function write(client: Redis | Cluster, name: string): Promise<unknown> {
  return client.set(`${name}:check`, '', 'PX', CHECK_LIFE)
}

/** Writes commands at once, and waits for all answers. @throws the first that is an error */
async function execute(pipeline: ChainableCommander): Promise<void> {
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
}

async function settleAll(promises: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) {
    if (result.status === 'rejected') throw result.reason
  }
}
