import type { FastifyBaseLogger } from 'fastify'
import { type ChannelEvent, ChannelFull, type HandleTask, type Work } from '../layers/layer.ts'
import { finishTask, handleTask, TASKS_LAST, type TaskQueues, WAITING_TASKS } from './task-queues.ts'

interface Channel {
  tasks: ChannelEvent[]
  readonly workers: MemoryWork[]
  /** Drops the tasks of a channel without workers. */
  forgetting: NodeJS.Timeout | undefined
}

/** Channels that hold tasks or have workers; in further ones nothing can wait. */
const CHANNELS = 10_000

/** The channels of workers in one process. */
export class MemoryTasks implements TaskQueues {
  readonly #log: FastifyBaseLogger
  readonly #channels = new Map<string, Channel>()

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  async send(name: string, task: ChannelEvent): Promise<void> {
    if (!this.#channels.has(name) && this.#channels.size >= CHANNELS) throw new ChannelFull(name)
    const channel = this.#channel(name)
    if (channel.tasks.length >= WAITING_TASKS) throw new ChannelFull(name)
    channel.tasks.push(task)
    if (channel.workers.length === 0) this.#forgetLater(name, channel)
    channel.workers.find((worker) => worker.isIdle)?.wake()
  }

  async work(name: string, handle: HandleTask): Promise<Work> {
    const channel = this.#channel(name)
    clearTimeout(channel.forgetting)
    const take = () => {
      const task = channel.tasks.shift()
      // The worker that has just taken one is asked last for the next.
      if (task) channel.workers.push(...channel.workers.splice(channel.workers.indexOf(worker), 1))
      return task
    }
    const gone = () => {
      channel.workers.splice(channel.workers.indexOf(worker), 1)
      if (channel.workers.length === 0) this.#forgetLater(name, channel)
    }
    const worker = new MemoryWork(
      take,
      (task) => handleTask(handle, task, name, this.#log),
      gone,
      (running) => finishTask(running, name, this.#log),
    )
    channel.workers.push(worker)
    worker.wake()
    return worker
  }

  async close(): Promise<void> {
    const workers = [...this.#channels.values()].flatMap(({ workers }) => workers)
    await Promise.all(workers.map((worker) => worker.stop()))
    for (const { forgetting } of this.#channels.values()) clearTimeout(forgetting)
    this.#channels.clear()
  }

  #forgetLater(name: string, channel: Channel): void {
    clearTimeout(channel.forgetting)
    channel.forgetting = setTimeout(() => this.#channels.delete(name), TASKS_LAST).unref()
  }

  #channel(name: string): Channel {
    const channel = this.#channels.get(name) ?? { tasks: [], workers: [], forgetting: undefined }
    this.#channels.set(name, channel)
    return channel
  }
}

class MemoryWork implements Work {
  readonly #take: () => ChannelEvent | undefined
  readonly #handle: (task: ChannelEvent) => Promise<void>
  readonly #gone: () => void
  readonly #finish: (running: Promise<void>) => Promise<void>
  #running: Promise<void> = Promise.resolve()
  #idle = true
  #stopped = false

  constructor(
    take: () => ChannelEvent | undefined,
    handle: (task: ChannelEvent) => Promise<void>,
    gone: () => void,
    finish: (running: Promise<void>) => Promise<void>,
  ) {
    this.#take = take
    this.#handle = handle
    this.#gone = gone
    this.#finish = finish
  }

  get isIdle(): boolean {
    return this.#idle
  }

  wake(): void {
    if (!this.#idle) return
    this.#idle = false
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    if (!this.#stopped) {
      this.#stopped = true
      this.#gone()
    }
    await this.#finish(this.#running)
  }

  async #run(): Promise<void> {
    // The code that sent it runs to its end first.
    await Promise.resolve()
    while (!this.#stopped) {
      const task = this.#take()
      if (!task) break
      await this.#handle(task)
    }
    // In the turn in which nothing was left: what is sent later wakes it again.
    this.#idle = true
  }
}
