import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster, Redis } from 'ioredis'

/** Milliseconds between two attempts to find which node has a slot now. */
const PAUSE = 100

export interface ShardsOptions {
  readonly cluster: Cluster
  /** Connects to a node: at once, and again for as long as it takes. */
  readonly connect: (host: string, port: number) => Redis
  /** The slot, of 16,384, to which a name belongs. */
  readonly slotOf: (name: string) => number
  readonly message: (name: string, payload: Buffer) => void
  /** Subscriptions that had been lost are back. */
  readonly patched: () => void
}

/**
 * Subscriptions to the sharded channels of a cluster: each at the node that has its slot, wherever that goes. A message
 * then crosses one node, and not all. ioredis can do this too, but does not say when a lost subscription is back, and its
 * cost grows with the square of the subscriptions.
 */
export class Shards {
  readonly #options: ShardsOptions
  /** By `host:port`, as the cluster names them. */
  readonly #shards = new Map<string, Shard>()
  readonly #slots = new Map<string, number>()
  /** Nodes that have lost a slot. */
  readonly #doubtful = new Set<Shard>()
  /** True if names may be subscribed at nodes that no longer have their slots. */
  #unsettled = false
  #settling = false
  #closed = false

  constructor(options: ShardsOptions) {
    this.#options = options
    options.cluster.on('refresh', () => void this.#settle())
  }

  /** @throws if the node that has its slot is not there, or no longer has the slot */
  async subscribe(name: string): Promise<void> {
    const slot = this.#options.slotOf(name)
    this.#slots.set(name, slot)
    const node = this.#nodeOf(slot)
    if (node === undefined) throw new Error('no node has the slot')
    await this.#shard(node).subscribe(name)
  }

  unsubscribe(name: string): void {
    const slot = this.#slots.get(name)
    this.#slots.delete(name)
    if (slot === undefined) return
    for (const shard of this.#shards.values()) shard.unsubscribe(name)
  }

  /** @throws when a node does not answer */
  async ping(): Promise<void> {
    await Promise.all(Array.from(this.#shards.values(), (shard) => shard.ping()))
  }

  close(): void {
    this.#closed = true
    for (const shard of this.#shards.values()) shard.close()
    this.#shards.clear()
    this.#slots.clear()
  }

  /**
   * Subscribes every name at the node that has its slot now. The nodes of a cluster learn of a move one after the other, and
   * the one that is asked may be the last, so this tries again until every name is subscribed.
   */
  async #settle(): Promise<void> {
    this.#unsettled = true
    if (this.#settling) return
    this.#settling = true
    while (this.#unsettled && !this.#closed) {
      this.#unsettled = false
      if (this.#doubtful.size > 0) await this.#ask()
      if (await this.#rearrange()) continue
      await delay(PAUSE, undefined, { ref: false })
      this.#unsettled = true
      await this.#refresh()
    }
    this.#settling = false
  }

  /** Finds out which names were lost with the slots that went, and where these slots are. */
  async #ask(): Promise<void> {
    const doubtful = [...this.#doubtful]
    this.#doubtful.clear()
    await Promise.all(doubtful.map((shard) => shard.renew()))
    await this.#refresh()
  }

  /** Resolves when a node has said where the slots are, or none did. */
  #refresh(): Promise<void> {
    return new Promise((resolve) => this.#options.cluster.refreshSlotsCache(() => resolve()))
  }

  /** Moves subscriptions to the nodes that have their slots now. @returns whether all of them are subscribed */
  async #rearrange(): Promise<boolean> {
    const nodes = new Set(this.#options.cluster.slots.map(([node]) => node))
    for (const [node, shard] of this.#shards) {
      for (const name of [...shard.names])
        if (this.#nodeOf(this.#slots.get(name)) !== node) shard.unsubscribe(name)
      if (nodes.has(node)) continue
      shard.close()
      this.#shards.delete(node)
    }
    const moved: Promise<void>[] = []
    for (const [name, slot] of this.#slots) {
      const node = this.#nodeOf(slot)
      if (node === undefined || this.#shards.get(node)?.names.has(name)) continue
      moved.push(this.#shard(node).subscribe(name))
    }
    const results = await Promise.allSettled(moved)
    const whole = results.every(({ status }) => status === 'fulfilled')
    if (whole && results.length > 0) this.#options.patched()
    return whole
  }

  #nodeOf(slot: number | undefined): string | undefined {
    return slot === undefined ? undefined : this.#options.cluster.slots[slot]?.[0]
  }

  #shard(node: string): Shard {
    const known = this.#shards.get(node)
    if (known) return known
    const { connect, message, patched } = this.#options
    const end = node.lastIndexOf(':')
    const client = connect(node.slice(0, end), Number(node.slice(end + 1)))
    const moved = () => {
      this.#doubtful.add(shard)
      void this.#settle()
    }
    const shard = new Shard(client, { message, patched, moved })
    this.#shards.set(node, shard)
    return shard
  }
}

interface ShardEvents {
  readonly message: (name: string, payload: Buffer) => void
  readonly patched: () => void
  /** A slot is no longer here. */
  readonly moved: () => void
}

/** The subscriptions at one node. */
class Shard {
  readonly names = new Set<string>()
  readonly #client: Redis
  readonly #events: ShardEvents
  /** Resolves when all names are subscribed on the next connection. */
  #connected = unheard()

  constructor(client: Redis, events: ShardEvents) {
    this.#client = client
    this.#events = events
    client.on('ready', () => this.#ready())
    client.on('close', () => this.#lost())
    // Redis ends the subscriptions to a slot that goes.
    client.on('moved', events.moved)
    client.on('smessageBuffer', (name: Buffer, payload: Buffer) => events.message(name.toString(), payload))
  }

  async subscribe(name: string): Promise<void> {
    this.names.add(name)
    if (this.#client.status !== 'ready') return this.#connected.promise
    try {
      await this.#client.ssubscribe(name)
    } catch (error) {
      // After a loss of the connection it is subscribed on the next one; what the node refused is not.
      if (isRefusal(error)) this.names.delete(name)
      throw error
    }
  }

  /** Subscribes everything again. What the node no longer has is then gone from `names`. */
  async renew(): Promise<void> {
    if (this.#client.status === 'ready')
      await Promise.allSettled(Array.from(this.names, (name) => this.subscribe(name)))
  }

  unsubscribe(name: string): void {
    // One that fails has lost its connection, and the subscription with it.
    if (this.names.delete(name)) this.#client.sunsubscribe(name).catch(() => {})
  }

  async ping(): Promise<void> {
    if (this.#client.status === 'ready') await this.#client.ping()
    else await this.#connected.promise
  }

  close(): void {
    this.#client.disconnect()
  }

  #ready(): void {
    const { resolve, reject } = this.#connected
    const names = [...this.names]
    Promise.all(names.map((name) => this.subscribe(name))).then(() => {
      resolve()
      if (names.length > 0) this.#events.patched()
    }, reject)
  }

  #lost(): void {
    this.#connected.reject(new Error('the connection to a node of the cluster broke'))
    this.#connected = unheard()
  }
}

/** A promise that may be rejected without anybody waiting for it. */
function unheard(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>()
  resolvers.promise.catch(() => {})
  return resolvers
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError'
}
