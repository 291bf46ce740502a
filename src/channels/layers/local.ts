import type { FastifyBaseLogger } from 'fastify'
import { type ChannelEvent, ChannelFull, type Receive } from './layer.ts'

interface Channel {
  readonly receive: Receive
  /** The groups that it is in: an array, since a small set takes five times the memory. */
  groups: readonly string[]
}

/** The channels of this process, and which groups they are in. */
export class LocalChannels {
  readonly #channels = new Map<string, Channel>()
  /** The channels of each group. */
  readonly #members = new Map<string, Set<string>>()
  readonly #log: FastifyBaseLogger
  /** Counts the times that everything was dropped. */
  #epoch = 0

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  open(channel: string, receive: Receive): void {
    this.#channels.set(channel, { receive, groups: [] })
  }

  /** Removes a channel. @returns the groups that are now empty */
  close(channel: string): string[] {
    const groups = this.#channels.get(channel)?.groups ?? []
    this.#channels.delete(channel)
    return groups.filter((group) => this.#leave(group, channel))
  }

  has(channel: string): boolean {
    return this.#channels.has(channel)
  }

  /** Puts a channel that is open into a group. */
  add(group: string, channel: string): void {
    const known = this.#channels.get(channel)
    const members = this.#members.get(group) ?? new Set()
    if (!known || members.has(channel)) return
    this.#members.set(group, members.add(channel))
    known.groups = [...known.groups, group]
  }

  /** @returns whether the group is now empty, and had this member */
  discard(group: string, channel: string): boolean {
    const known = this.#channels.get(channel)
    if (known) known.groups = known.groups.filter((other) => other !== group)
    return this.#leave(group, channel)
  }

  /** Empties all groups, and drops what was sent and not delivered. @returns their names */
  forgetGroups(): string[] {
    this.#epoch += 1
    const groups = [...this.#members.keys()]
    this.#members.clear()
    for (const channel of this.#channels.values()) channel.groups = []
    return groups
  }

  clear(): void {
    this.#epoch += 1
    this.#members.clear()
    this.#channels.clear()
  }

  /** Delivers an event after the code that sends it has finished. @throws ChannelFull */
  async send(channel: string, event: ChannelEvent): Promise<void> {
    const epoch = this.#epoch
    await Promise.resolve()
    if (epoch === this.#epoch && !this.deliver(channel, event)) throw new ChannelFull(channel)
  }

  /** Delivers an event to all members of a group, after the code that sends it has finished. */
  async sendToGroup(group: string, event: ChannelEvent): Promise<void> {
    const epoch = this.#epoch
    await Promise.resolve()
    if (epoch === this.#epoch) this.deliverToGroup(group, event)
  }

  /** @returns false if the channel's queue is full. A receiver that throws affects only itself. */
  deliver(channel: string, event: ChannelEvent): boolean {
    try {
      return this.#channels.get(channel)?.receive(event) ?? true
    } catch (error) {
      this.#log.error({ err: error, channel, event: event.type }, 'a receiver threw')
      return true
    }
  }

  deliverToGroup(group: string, event: ChannelEvent): void {
    for (const channel of this.#members.get(group) ?? []) this.deliver(channel, event)
  }

  #leave(group: string, channel: string): boolean {
    const members = this.#members.get(group)
    if (!members?.delete(channel) || members.size > 0) return false
    return this.#members.delete(group)
  }
}
