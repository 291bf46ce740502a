import type { FastifyBaseLogger } from 'fastify'
import { MemoryTasks } from '../workers/memory-tasks.ts'
import {
  type ChannelEvent,
  type ChannelLayer,
  checkChosenName,
  checkName,
  type HandleTask,
  isMadeName,
  type Receive,
  type Work,
} from './layer.ts'
import { LocalChannels } from './local.ts'

/** The channel layer of a single process. An event is delivered after the code that sent it has finished. */
export class MemoryLayer implements ChannelLayer {
  readonly #local: LocalChannels
  readonly #tasks: MemoryTasks
  #made = 0

  constructor(log: FastifyBaseLogger) {
    this.#local = new LocalChannels(log)
    this.#tasks = new MemoryTasks(log)
  }

  newChannel(receive: Receive): string {
    this.#made += 1
    const channel = `memory.${this.#made}`
    this.#local.open(channel, receive)
    return channel
  }

  async closeChannel(channel: string): Promise<void> {
    this.#local.close(channel)
  }

  async send(channel: string, event: ChannelEvent): Promise<void> {
    checkName(channel)
    if (!isMadeName(channel)) return this.#tasks.send(channel, event)
    await this.#local.send(channel, event)
  }

  async work(channel: string, handle: HandleTask): Promise<Work> {
    checkChosenName(channel)
    return this.#tasks.work(channel, handle)
  }

  async groupAdd(group: string, channel: string): Promise<void> {
    checkName(group)
    checkName(channel)
    if (this.#local.has(channel)) this.#local.add(group, channel)
  }

  async groupDiscard(group: string, channel: string): Promise<void> {
    checkName(group)
    checkName(channel)
    this.#local.discard(group, channel)
  }

  async groupSend(group: string, event: ChannelEvent): Promise<void> {
    checkName(group)
    await this.#local.sendToGroup(group, event)
  }

  groupSendLocal(group: string, event: ChannelEvent): Promise<void> {
    return this.groupSend(group, event)
  }

  async flush(): Promise<void> {
    this.#local.forgetGroups()
  }

  async close(): Promise<void> {
    await this.flush()
    this.#local.clear()
    await this.#tasks.close()
  }

  connected(): boolean {
    return true
  }

  /** Does nothing: in memory no event is ever missed. */
  onReconnect(): void {}
}
