import type { Cluster, Redis } from 'ioredis'
import type { RedisAddress } from './redis-address.ts'
import { openRedis } from './redis-client.ts'

/** What is published: to whom, and what. */
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
  unsubscribe(names: readonly string[]): Promise<unknown>
  /** In their order, each at most once. Resolves when all have their answer. @throws for the first that failed */
  publish(publications: readonly Publication[]): Promise<unknown>
  /**
   * Publishes nothing under a name, and asks the connections.
   * @throws when something of it does not answer
   */
  check(name: string): Promise<unknown>
  close(): void
}

export function openPubSub(address: RedisAddress, events: PubSubEvents): Promise<PubSub> {
  return address.kind === 'cluster' ? openSharded(address, events) : openSingle(address, events)
}

/** One server, also one that sentinels watch: a connection to publish, and one for the subscriptions. */
async function openSingle(address: RedisAddress, events: PubSubEvents): Promise<PubSub> {
  const options = { failed: events.failed }
  const [publisher, subscriber] = (await Promise.all([
    openRedis(address, options),
    openRedis(address, options),
  ])) as [Redis, Redis]
  const clients = [publisher, subscriber]
  for (const client of clients) {
    client.on('ready', () => clients.every(({ status }) => status === 'ready') && events.ready())
    client.on('close', () => {
      // They come and go together, so that what was subscribed on a connection that is left is not forgotten there.
      for (const other of clients) if (other.status === 'ready') other.disconnect(true)
      events.lost()
    })
  }
  subscriber.on('messageBuffer', (name: Buffer, payload: Buffer) => events.message(name.toString(), payload))
  return {
    subscribe: (names) => subscriber.subscribe(...names),
    unsubscribe: (names) => subscriber.unsubscribe(...names),
    async publish(publications) {
      // One write for all of them.
      const pipeline = publisher.pipeline()
      for (const { name, payload } of publications) pipeline.publish(name, payload)
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
    },
    check: (name) => Promise.all([publisher.publish(name, ''), subscriber.ping()]),
    close: () => clients.forEach((client) => void client.disconnect()),
  }
}

/** Subscriptions of which the connection is asked whether it answers, at one check. */
const PROBES = 32

/**
 * A cluster, with sharded channels: each is at the node that has its slot, so that a message crosses one node and not
 * all. ioredis keeps a connection for subscriptions to each node and subscribes again when one was lost.
 */
async function openSharded(address: RedisAddress, events: PubSubEvents): Promise<PubSub> {
  const cluster = (await openRedis(address, { sharded: true, failed: events.failed })) as Cluster
  const subscribed = new Set<string>()
  let checks = 0
  cluster.on('ready', events.ready)
  cluster.on('close', events.lost)
  cluster.on('smessageBuffer', (name: Buffer, payload: Buffer) => events.message(name.toString(), payload))
  cluster.on('subscribersReady', () => {
    if (cluster.status === 'ready') probe().then(events.patched, events.failed)
  })

  /**
   * Waits until the nodes' connections for subscriptions have answered all that was sent before, by ending subscriptions
   * that do not exist and (being named with a hash tag) lie in the slots of some that do.
   */
  function probe(): Promise<unknown> {
    const names = [...subscribed]
    const first = names.length > PROBES ? (checks++ * PROBES) % names.length : 0
    const probed = names.slice(first, first + PROBES)
    return Promise.all(probed.map((name) => cluster.sunsubscribe(`probe{${name}}`)))
  }

  function subscribe(name: string): Promise<unknown> {
    // ioredis notes a name once more each time that it is subscribed.
    if (subscribed.has(name)) cluster.sunsubscribe(name).catch(() => {})
    subscribed.add(name)
    return cluster.ssubscribe(name)
  }

  function unsubscribe(name: string): Promise<unknown> {
    subscribed.delete(name)
    return cluster.sunsubscribe(name)
  }

  return {
    subscribe: (names) => Promise.all(names.map(subscribe)),
    unsubscribe: (names) => Promise.all(names.map(unsubscribe)),
    publish: (publications) =>
      settleAll(publications.map(({ name, payload }) => cluster.spublish(name, payload))),
    async check(name) {
      const [info] = await Promise.all([cluster.call('CLUSTER', 'INFO'), cluster.spublish(name, ''), probe()])
      const served = /cluster_slots_ok:(\d+)/.exec(String(info))?.[1]
      if (served !== '16384') throw new Error(`only ${served} of 16384 slots are served`)
    },
    close: () => cluster.disconnect(),
  }
}

async function settleAll(promises: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) {
    if (result.status === 'rejected') throw result.reason
  }
}
