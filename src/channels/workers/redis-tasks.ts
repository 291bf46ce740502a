import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Result } from 'ioredis'
import { type ChannelEvent, ChannelFull, type HandleTask, readEvent, type Work } from '../layers/layer.ts'
import type { RedisAddress } from '../redis/address.ts'
import { connectRedis, type RedisClient } from '../redis/client.ts'
import { finishTask, handleTask, TASKS_LAST, type TaskQueues, WAITING_TASKS } from './task-queues.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    addTask(key: string, task: string, capacity: number, lasts: number): Result<0 | 1, Context>
  }
}

/** KEYS: the tasks of a channel. ARGV: a new task, how many there may be, and how many milliseconds they last. */
const ADD = `
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`

/** Milliseconds after which a worker keeps the tasks that wait for it from expiring again, even while it is busy. */
const KEEP_INTERVAL = TASKS_LAST / 4

/** Milliseconds between two warnings about a Redis that refuses. */
const COMPLAINTS = 60_000

/** Seconds that a worker waits for a task before it asks again. */
const ASK = 2

/** Milliseconds that a worker waits before it tries again. */
const PAUSE = 500

/**
 * The channels of workers in many processes: lists in Redis. A task is in Redis until a worker takes it; if the worker dies
 * while handling it, the task is lost.
 */
export class RedisTasks implements TaskQueues {
  readonly #address: RedisAddress
  readonly #prefix: string
  readonly #log: FastifyBaseLogger
  readonly #works = new Set<Work>()
  #sender: Promise<RedisClient> | undefined
  #complained = Number.NEGATIVE_INFINITY

  constructor(address: RedisAddress, prefix: string, log: FastifyBaseLogger) {
    this.#address = address
    this.#prefix = prefix
    this.#log = log
  }

  async send(channel: string, task: ChannelEvent): Promise<void> {
    this.#sender ??= this.#connect()
    const client = await this.#sender
    const taken = await client.addTask(this.#key(channel), JSON.stringify(task), WAITING_TASKS, TASKS_LAST)
    if (taken === 0) throw new ChannelFull(channel)
  }

  /** Has a connection of its own, on which it waits. */
  async work(channel: string, handle: HandleTask): Promise<Work> {
    const client = await this.#connect()
    let stopped = false
    const run = async () => {
      while (!stopped) {
        const task = await this.#next(client, channel)
        if (task) await handleTask(handle, task, channel, this.#log)
      }
    }
    const running = run()
    const keeping = setInterval(() => {
      client.pexpire(this.#key(channel), TASKS_LAST).catch(() => {
        // The next task that it asks for fails likewise.
      })
    }, KEEP_INTERVAL).unref()
    const work = {
      stop: async () => {
        stopped = true
        clearInterval(keeping)
        // Cuts what it waits on. A task that Redis hands out at this very moment is lost, as with a process that dies.
        client.disconnect()
        this.#works.delete(work)
        await finishTask(running, channel, this.#log)
      },
    }
    this.#works.add(work)
    return work
  }

  async close(): Promise<void> {
    await Promise.all([...this.#works].map((work) => work.stop()))
    const client = await this.#sender
    client?.disconnect()
  }

  async #next(client: RedisClient, channel: string): Promise<ChannelEvent | undefined> {
    let text: string | undefined
    try {
      const answer = await client.blpop(this.#key(channel), ASK)
      text = answer?.[1]
    } catch (error) {
      // The layer logs that Redis is away, and the client connects again by itself.
      if (error instanceof Error && error.name === 'ReplyError') this.#complain(channel, error)
      await delay(PAUSE, undefined, { ref: false })
    }
    if (text === undefined) return undefined
    try {
      return readEvent(text)
    } catch {
      this.#log.warn({ channel }, 'a task in a worker’s channel is not an event')
      return undefined
    }
  }

  #complain(channel: string, { message }: Error): void {
    const now = performance.now()
    if (now - this.#complained < COMPLAINTS) return
    this.#complained = now
    this.#log.error({ channel, reason: message }, 'Redis refused a worker’s command')
  }

  async #connect(): Promise<RedisClient> {
    const client = await connectRedis(this.#address)
    client.defineCommand('addTask', { lua: ADD, numberOfKeys: 1 })
    return client
  }

  #key(channel: string): string {
    return `${this.#prefix}tasks:${channel}`
  }
}
