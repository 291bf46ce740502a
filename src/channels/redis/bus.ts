import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { type Writer, writeScheduler } from '../sockets/write-scheduler.ts'
import { describeRedis, type RedisAddress } from './address.ts'
import { openPubSub, type Publication, type PubSub } from './pubsub.ts'

/** The most characters that can wait to be published. Beyond that the oldest messages are dropped. */
const WAITING = 8 * 1024 * 1024

/** Characters that can be on their way to Redis before further ones wait. */
const UNDER_WAY = 1024 * 1024

/** Characters that each message counts for besides its own. */
const OVERHEAD = 100

/** Names in one command. */
const NAMES = 1_000

/** Milliseconds between checks that Redis answers, and within which it must answer. */
const CHECK_INTERVAL = 1_000
const CHECK_PATIENCE = 2_000

/** Milliseconds that starting waits for Redis, and stopping for what is in progress. */
const START_PATIENCE = 3_000
const END_PATIENCE = 1_000

export interface RedisBusOptions {
  readonly address: RedisAddress
  readonly log: FastifyBaseLogger
  /** The name under which only this process receives messages. */
  readonly name: string
  readonly message: (name: string, payload: Buffer) => void
  /** Messages may have been missed, but will not be from now on. */
  readonly back: () => void
}

/**
 * The connections of this process to Redis, for publishing and subscribing. It survives every loss of Redis: subscriptions
 * are restored, unpublished messages wait in a bounded queue, and the log says once that Redis is away and once that it is
 * back.
 */
export class RedisBus implements Writer {
  readonly #options: RedisBusOptions
  readonly #wanted = new Set<string>()
  /**
   * The subscriptions on the present connections. The promise of one that is being made resolves with the answer, or when the
   * connection is lost.
   */
  readonly #subscribed = new Map<string, Promise<void>>()
  /** Each resolves the promise of a subscription that is being made. */
  readonly #unanswered = new Set<() => void>()
  /** Names of which the two above may differ. */
  readonly #changed = new Set<string>()
  #pubsub: PubSub | undefined
  #timer: NodeJS.Timeout | undefined
  #ready = false
  #up = false
  #rising = false
  #losses = 0
  #checking = false
  #closed = false
  #flushDue = false
  /** Resolves when the changes of this turn have been sent. */
  #turn = Promise.withResolvers<void>()
  #waiting: Publication[] = []
  #waitingSize = 0
  #underWay = 0
  /** Resolves when nothing is in progress any more. */
  #arrived = Promise.withResolvers<void>()
  #dropped = 0
  #fault: unknown
  #toldAway = false

  constructor(options: RedisBusOptions) {
    this.#options = options
    this.#wanted.add(options.name)
  }

  /** Resolves once Redis is connected, or was found to be away. */
  async open(): Promise<void> {
    const known = Promise.withResolvers<void>()
    this.#pubsub = await openPubSub(this.#options.address, {
      message: this.#options.message,
      ready: () => {
        this.#ready = true
        void this.#rise().then(known.resolve)
      },
      lost: () => {
        this.#ready = false
        this.#subscribed.clear()
        this.#fall(this.#fault ?? new Error('the connection broke'))
        known.resolve()
      },
      patched: this.#options.back,
      failed: (error) => {
        this.#fault = error
        if (!this.#up) this.#tellAway(error)
      },
    })
    this.#timer = setInterval(() => void this.#check(), CHECK_INTERVAL).unref()
    const late = delay(START_PATIENCE, true, { ref: false })
    if (await Promise.race([known.promise, late])) this.#tellAway(new Error('no answer'))
  }

  /** True while what is published reaches the other processes, and what they publish reaches this one. */
  get up(): boolean {
    return this.#up
  }

  /** Resolves when it is subscribed; while Redis is away it resolves at once, and the subscription is made when Redis is back. */
  async subscribe(name: string): Promise<void> {
    this.#wanted.add(name)
    if (!this.#subscribed.has(name)) this.#change(name)
    if (!this.#up && !this.#rising) return
    if (!this.#subscribed.has(name)) await this.#turn.promise
    await this.#subscribed.get(name)
  }

  unsubscribe(name: string): void {
    this.#wanted.delete(name)
    if (this.#subscribed.has(name)) this.#change(name)
    else this.#changed.delete(name)
  }

  /** Publishes in the order of the calls, with everything from one turn together. */
  publish(name: string, payload: string): void {
    if (this.#closed) return
    this.#waiting.push({ name, payload })
    this.#waitingSize += payload.length + OVERHEAD
    while (this.#waitingSize > WAITING && this.#waiting.length > 1) this.#drop()
    this.#flushLater()
  }

  /** Drops what is waiting to be published. */
  clear(): void {
    this.#waiting = []
    this.#waitingSize = 0
  }

  flush(): void {
    this.#flushDue = false
    if (this.#ready) this.#subscribeChanged()
    const turn = this.#turn
    this.#turn = Promise.withResolvers()
    turn.resolve()
    this.#publishWaiting()
  }

  /** Closes the connections, after a moment for what is in progress. */
  async close(): Promise<void> {
    if (this.#closed) return
    clearInterval(this.#timer)
    this.flush()
    this.#closed = true
    if (this.#up && this.#underWay > 0)
      await Promise.race([this.#arrived.promise, delay(END_PATIENCE, undefined, { ref: false })])
    this.#pubsub?.close()
    this.#fall(undefined)
  }

  /**
   * Once Redis takes what is written and all that is wanted is subscribed, publishes what waits and says that Redis is
   * back.
   */
  async #rise(): Promise<void> {
    if (this.#rising || this.#up || this.#closed) return
    this.#rising = true
    const losses = this.#losses
    try {
      // Before anything is subscribed: to a Redis that takes no writes, this may connect again each second.
      await Promise.race([this.#pubsub?.check(this.#options.name), silence()])
    } catch (error) {
      this.#rising = false
      if (losses === this.#losses) this.#fall(error)
      return
    }
    for (const name of this.#wanted) this.#changed.add(name)
    this.#subscribeChanged()
    await Promise.all(this.#subscribed.values())
    this.#rising = false
    if (losses !== this.#losses || this.#closed) return
    this.#up = true
    this.#tellBack()
    this.#publishWaiting()
    this.#options.back()
  }

  #fall(reason: unknown): void {
    this.#up = false
    this.#losses += 1
    for (const resolve of this.#unanswered) resolve()
    this.#tellAway(reason)
  }

  /** A connection may be open and dead: only an answer shows that Redis is there. */
  async #check(): Promise<void> {
    if (!this.#ready || this.#checking || this.#closed || !this.#pubsub) return
    this.#checking = true
    const check = this.#pubsub.check(this.#options.name)
    try {
      await Promise.race([check, silence()])
      this.#fault = undefined
      await this.#rise()
      if (this.#waiting.length === 0) this.#tellDropped()
    } catch (error) {
      if (this.#ready) this.#fall(error)
      // The next check begins when this one has its answer, or its connection has been given up.
      await check.catch(() => {})
    } finally {
      this.#checking = false
    }
  }

  #change(name: string): void {
    this.#changed.add(name)
    this.#flushLater()
  }

  #flushLater(): void {
    if (this.#flushDue) return
    this.#flushDue = true
    writeScheduler.flushAtEnd(this)
  }

  /** Redis carries out commands in order, so a name that was changed back and forth ends up as it is wanted. */
  #subscribeChanged(): void {
    const begun: string[] = []
    const ended: string[] = []
    for (const name of this.#changed) {
      if (this.#wanted.has(name) && !this.#subscribed.has(name)) begun.push(name)
      if (!this.#wanted.has(name) && this.#subscribed.delete(name)) ended.push(name)
    }
    this.#changed.clear()
    if (ended.length > 0) this.#pubsub?.unsubscribe(ended)
    for (let first = 0; first < begun.length; first += NAMES)
      this.#subscribe(begun.slice(first, first + NAMES))
  }

  #subscribe(names: readonly string[]): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#unanswered.add(resolve)
    for (const name of names) this.#subscribed.set(name, promise)
    this.#pubsub
      ?.subscribe(names)
      .catch((error) => {
        for (const name of names) if (this.#subscribed.get(name) === promise) this.#subscribed.delete(name)
        this.#fall(error)
      })
      .finally(() => {
        this.#unanswered.delete(resolve)
        resolve()
      })
  }

  #publishWaiting(): void {
    while (this.#up && this.#waiting.length > 0 && this.#underWay < UNDER_WAY) {
      const { batch, size } = this.#takeWaiting()
      this.#underWay += size
      this.#pubsub
        ?.publish(batch)
        .catch((error) => {
          this.#fault = error
          return this.#check()
        })
        .finally(() => {
          this.#underWay -= size
          this.#publishWaiting()
          if (this.#underWay > 0) return
          this.#arrived.resolve()
          this.#arrived = Promise.withResolvers()
        })
    }
  }

  #takeWaiting(): { batch: Publication[]; size: number } {
    let size = 0
    let count = 0
    for (const { payload } of this.#waiting) {
      count += 1
      size += payload.length + OVERHEAD
      if (size >= UNDER_WAY) break
    }
    this.#waitingSize -= size
    return { batch: this.#waiting.splice(0, count), size }
  }

  #drop(): void {
    const oldest = this.#waiting.shift()
    if (oldest) this.#waitingSize -= oldest.payload.length + OVERHEAD
    this.#dropped += 1
    if (this.#dropped === 1)
      this.#options.log.warn('too many events are waiting for Redis; the oldest are dropped, and counted')
  }

  /** Only the reason is logged: the error itself contains what was sent, including a password. */
  #tellAway(reason: unknown): void {
    if (this.#toldAway || this.#closed) return
    this.#toldAway = true
    const redis = describeRedis(this.#options.address)
    this.#options.log.warn(
      `REDIS_URL: Redis at ${redis} ${isRefusal(reason) ? 'refuses' : 'does not answer'} (${textOf(reason)}). Events stay within this process until it can connect again.`,
    )
  }

  #tellBack(): void {
    if (this.#toldAway) this.#options.log.warn(`Redis at ${describeRedis(this.#options.address)} is back`)
    this.#toldAway = false
    this.#fault = undefined
    this.#tellDropped()
  }

  #tellDropped(): void {
    if (this.#dropped > 0)
      this.#options.log.warn({ dropped: this.#dropped }, 'these events did not reach the other processes')
    this.#dropped = 0
  }
}

async function silence(): Promise<never> {
  await delay(CHECK_PATIENCE, undefined, { ref: false })
  // Where it was this process that was held up, the answer is there and only has to be read.
  await nextTurn()
  await nextTurn()
  throw new Error('no answer')
}

/** Tells whether Redis answered, and refused. */
function isRefusal(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'ReplyError'
}

/**
 * Describes an error. Where it holds several, of a cluster's nodes or of the addresses of a name, it describes the first.
 */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('lastNodeError' in error && error.lastNodeError) return textOf(error.lastNodeError)
  if (error instanceof AggregateError && error.errors.length > 0) return textOf(error.errors[0])
  return error.message || error.name
}
