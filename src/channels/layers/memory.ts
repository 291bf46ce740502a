import type { FastifyBaseLogger } from 'fastify'
import { type ChannelEvent, ChannelFull, type ChannelLayer, checkName, type Receive } from './layer.ts'

/** The channel layer of a single process. An event is delivered after the code that sent it has run to its end. */
export class MemoryLayer implements ChannelLayer {
  readonly #channels = new Map<string, Receive>()
  /** Of each group its channels, and of each channel its groups. */
  readonly #members = new Map<string, Set<string>>()
  readonly #groups = new Map<string, Set<string>>()
  readonly #log: FastifyBaseLogger
  #made = 0
  #epoch = 0

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  newChannel(receive: Receive): string {
    this.#made += 1
    const channel = `memory.${this.#made}`
    this.#channels.set(channel, receive)
    return channel
  }

  async closeChannel(channel: string): Promise<void> {
    this.#channels.delete(channel)
    for (const group of this.#groups.get(channel) ?? []) discard(this.#members, group, channel)
    this.#groups.delete(channel)
  }

  async send(channel: string, event: ChannelEvent): Promise<void> {
    checkName(channel)
    const epoch = this.#epoch
    await Promise.resolve()
    if (epoch === this.#epoch && !this.#deliver(channel, event)) throw new ChannelFull(channel)
  }

  async groupAdd(group: string, channel: string): Promise<void> {
    checkName(group)
    checkName(channel)
    if (!this.#channels.has(channel)) return
    add(this.#members, group, channel)
    add(this.#groups, channel, group)
  }

  async groupDiscard(group: string, channel: string): Promise<void> {
    checkName(group)
    checkName(channel)
    discard(this.#members, group, channel)
    discard(this.#groups, channel, group)
  }

  async groupSend(group: string, event: ChannelEvent): Promise<void> {
    checkName(group)
    const epoch = this.#epoch
    await Promise.resolve()
    if (epoch !== this.#epoch) return
    for (const channel of this.#members.get(group) ?? []) this.#deliver(channel, event)
  }

  groupSendLocal(group: string, event: ChannelEvent): Promise<void> {
    return this.groupSend(group, event)
  }

  async flush(): Promise<void> {
    this.#epoch += 1
    this.#members.clear()
    this.#groups.clear()
  }

  async close(): Promise<void> {
    await this.flush()
    this.#channels.clear()
  }

  connected(): boolean {
    return true
  }

  /** Nothing is ever missed here. */
  onReconnect(): void {}

  /** @returns false when the channel's queue is full. A receiver that throws harms nobody but itself. */
  #deliver(channel: string, event: ChannelEvent): boolean {
    try {
      return this.#channels.get(channel)?.(event) ?? true
    } catch (error) {
      this.#log.error({ err: error, channel, event: event.type }, 'a receiver threw')
      return true
    }
  }
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  if (set) set.add(value)
  else sets.set(key, new Set([value]))
}

function discard(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  set?.delete(value)
  if (set?.size === 0) sets.delete(key)
}
