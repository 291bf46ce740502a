import { randomBytes } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { DEFAULT_PREFIX, readRedisAddress } from '../redis/address.ts'
import { RedisBus } from '../redis/bus.ts'
import { RedisTasks } from '../workers/redis-tasks.ts'
import {
  type ChannelEvent,
  type ChannelLayer,
  checkChosenName,
  checkName,
  type HandleTask,
  isMadeName,
  type Receive,
  readEvent,
  type Work,
} from './layer.ts'
import { LocalChannels } from './local.ts'

export interface RedisNaming {
  /** The prefix of all names on Redis, which tells applications that share one apart. */
  readonly prefix?: string | undefined
  /** Tells the layer apart from other layers of the same processes. */
  readonly name?: string | undefined
}

/** Milliseconds between two warnings about messages that cannot be read. */
const COMPLAINTS = 60_000

/**
 * The channel layer for many processes, over Redis's publish and subscribe. Redis stores nothing for it.
 *
 * An event goes to the members in this process directly, as in memory, whether or not Redis is there, and over Redis to the
 * others; its own events that come back are ignored. So the events of one publisher keep their order everywhere, and losing
 * Redis neither duplicates nor reorders any. A process subscribes once to a group, for as long as the group has a member in
 * it.
 *
 * Applications that share a Redis are told apart by their prefix, and by the number of the database in their addresses.
 */
export class RedisLayer implements ChannelLayer {
  /** Identifies this process. Each message begins with the id of its sender. */
  readonly #id = randomBytes(12).toString('base64url')
  readonly #prefix: string
  readonly #local: LocalChannels
  readonly #log: FastifyBaseLogger
  readonly #bus: RedisBus
  readonly #tasks: RedisTasks
  readonly #listeners: (() => void)[] = []
  #made = 0
  #complained = Number.NEGATIVE_INFINITY

  /**
   * Resolves once Redis is connected, or was found to be away: then the log says so, and the layer works within this process.
   * @param url as for `readRedisAddress`
   * @throws TypeError if it is not a Redis address
   */
  static async open(url: string, log: FastifyBaseLogger, naming: RedisNaming = {}): Promise<RedisLayer> {
    const layer = new RedisLayer(url, log, naming)
    await layer.#bus.open()
    return layer
  }

  private constructor(
    url: string,
    log: FastifyBaseLogger,
    { prefix = DEFAULT_PREFIX, name = '' }: RedisNaming,
  ) {
    const address = readRedisAddress(url)
    this.#prefix = `${prefix}:${address.database}:${name && `layer:${name}:`}`
    this.#local = new LocalChannels(log)
    this.#log = log
    this.#tasks = new RedisTasks(address, this.#prefix, log)
    this.#bus = new RedisBus({
      address,
      log,
      name: this.#processName(this.#id),
      message: (name, payload) => this.#receive(name, payload),
      back: () => {
        for (const listener of this.#listeners) listener()
      },
    })
  }

  newChannel(receive: Receive): string {
    this.#made += 1
    const channel = `${this.#id}.${this.#made}`
    this.#local.open(channel, receive)
    return channel
  }

  async closeChannel(channel: string): Promise<void> {
    for (const group of this.#local.close(channel)) this.#bus.unsubscribe(this.#groupName(group))
  }

  async send(channel: string, event: ChannelEvent): Promise<void> {
    checkName(channel)
    if (!isMadeName(channel)) return this.#tasks.send(channel, event)
    const process = channel.slice(0, this.#id.length)
    if (process !== this.#id)
      return this.#publish(this.#processName(process), `${channel}\n${JSON.stringify(event)}`)
    await this.#local.send(channel, event)
  }

  async work(channel: string, handle: HandleTask): Promise<Work> {
    checkChosenName(channel)
    return this.#tasks.work(channel, handle)
  }

  async groupAdd(group: string, channel: string): Promise<void> {
    checkName(group)
    checkName(channel)
    if (!this.#local.has(channel)) return
    this.#local.add(group, channel)
    await this.#bus.subscribe(this.#groupName(group))
  }

  async groupDiscard(group: string, channel: string): Promise<void> {
    checkName(group)
    checkName(channel)
    if (this.#local.discard(group, channel)) this.#bus.unsubscribe(this.#groupName(group))
  }

  async groupSend(group: string, event: ChannelEvent): Promise<void> {
    checkName(group)
    this.#publish(this.#groupName(group), JSON.stringify(event))
    await this.groupSendLocal(group, event)
  }

  async groupSendLocal(group: string, event: ChannelEvent): Promise<void> {
    checkName(group)
    await this.#local.sendToGroup(group, event)
  }

  async flush(): Promise<void> {
    this.#bus.clear()
    for (const group of this.#local.forgetGroups()) this.#bus.unsubscribe(this.#groupName(group))
  }

  async close(): Promise<void> {
    this.#local.clear()
    await Promise.all([this.#bus.close(), this.#tasks.close()])
  }

  connected(): boolean {
    return this.#bus.up
  }

  onReconnect(listener: () => void): void {
    this.#listeners.push(listener)
  }

  #publish(name: string, text: string): void {
    this.#bus.publish(name, this.#id + text)
  }

  #receive(name: string, payload: Buffer): void {
    const sender = payload.toString('latin1', 0, this.#id.length)
    // From this process itself, and from a check.
    if (sender === this.#id || sender === '') return
    try {
      const text = payload.toString('utf8', this.#id.length)
      if (name === this.#processName(this.#id)) this.#receiveForChannel(text)
      else this.#local.deliverToGroup(name.slice(this.#groupName('').length), readEvent(text))
    } catch {
      this.#complain(name)
    }
  }

  #receiveForChannel(text: string): void {
    const end = text.indexOf('\n')
    const channel = text.slice(0, end)
    const event = readEvent(text.slice(end + 1))
    if (!this.#local.deliver(channel, event))
      this.#log.warn({ channel, event: event.type }, 'an event from another process found a full queue')
  }

  #complain(name: string): void {
    const now = performance.now()
    if (now - this.#complained < COMPLAINTS) return
    this.#complained = now
    this.#log.warn({ name }, 'a message on Redis under our prefix is not an event')
  }

  #groupName(group: string): string {
    return `${this.#prefix}group:${group}`
  }

  #processName(process: string): string {
    return `${this.#prefix}process:${process}`
  }
}
