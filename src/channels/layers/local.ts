import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent, Receive } from './layer.ts'

/** The channels of this process, and which groups they are in. */
export class LocalChannels {
  readonly #channels = new Map<string, Receive>()
  /** Of each group its channels, and of each channel its groups. */
  readonly #members = new Map<string, Set<string>>()
  readonly #groups = new Map<string, Set<string>>()
  readonly #log: FastifyBaseLogger

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  open(channel: string, receive: Receive): void {
    this.#channels.set(channel, receive)
  }

  /** Forgets a channel. @returns the groups that have nobody left */
  close(channel: string): string[] {
    const groups = [...(this.#groups.get(channel) ?? [])]
    this.#channels.delete(channel)
    return groups.filter((group) => this.discard(group, channel))
  }

  has(channel: string): boolean {
    return this.#channels.has(channel)
  }

  /** Puts a channel that is open into a group. */
  add(group: string, channel: string): void {
    addTo(this.#members, group, channel)
    addTo(this.#groups, channel, group)
  }

  /** @returns whether the group has nobody left now, and had this one */
  discard(group: string, channel: string): boolean {
    deleteFrom(this.#groups, channel, group)
    return deleteFrom(this.#members, group, channel) && !this.#members.has(group)
  }

  /** Empties all groups. @returns their names */
  forgetGroups(): string[] {
    const groups = [...this.#members.keys()]
    this.#members.clear()
    this.#groups.clear()
    return groups
  }

  clear(): void {
    this.forgetGroups()
    this.#channels.clear()
  }

  /** @returns false when the channel's queue is full. A receiver that throws harms nobody but itself. */
  deliver(channel: string, event: ChannelEvent): boolean {
    try {
      return this.#channels.get(channel)?.(event) ?? true
    } catch (error) {
      this.#log.error({ err: error, channel, event: event.type }, 'a receiver threw')
      return true
    }
  }

  deliverToGroup(group: string, event: ChannelEvent): void {
    for (const channel of this.#members.get(group) ?? []) this.deliver(channel, event)
  }
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  if (set) set.add(value)
  else sets.set(key, new Set([value]))
}

/** @returns whether it was there */
function deleteFrom(sets: Map<string, Set<string>>, key: string, value: string): boolean {
  const set = sets.get(key)
  const was = set?.delete(value) ?? false
  if (set?.size === 0) sets.delete(key)
  return was
}
