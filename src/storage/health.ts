import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Database } from './database.ts'
import { DatabaseAway, type Outage } from './errors.ts'
import { type Placeholder, prepared } from './prepared.ts'
import { withoutDeadline } from './waiting.ts'

/** Milliseconds for which an answer is given to everybody who asks, without another look. */
const FRESH = 2_000

/** Milliseconds that somebody who asks waits for the answer. */
const ANSWER_WITHIN = 2_000

/** Milliseconds between two checks whether an outage is over. */
const AGAIN = 1_000

/** Milliseconds between two lines in the log about failures that were over at once. */
const WARNING_INTERVAL = 2_000

/** Outages that are certain at the first failure. Others may concern only one connection or one large row. */
const CERTAIN: ReadonlySet<Outage> = new Set(['held', 'moved', 'damaged', 'disk', 'read-only'])

/**
 * Watches whether the database can be written to. An outage is logged once when it begins and once when it ends, however many
 * requests fail meanwhile.
 */
export class DatabaseHealth {
  readonly #log: FastifyBaseLogger
  #database: Database | undefined
  #outage: Outage | undefined
  #looking: Promise<boolean> | undefined
  #answer: boolean | undefined
  #warnedAt = Number.NEGATIVE_INFINITY
  #answeredAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  watch(database: Database): void {
    this.#database = database
  }

  /** True if something could be stored at the last look; undefined: nobody has asked yet. */
  get answer(): boolean | undefined {
    return this.#answer
  }

  /** Tells whether something can be stored: tried at most every two seconds, however often it is asked. */
  async isWritable(): Promise<boolean> {
    if (performance.now() - this.#answeredAt < FRESH) return this.#answer === true
    return Promise.race([this.#look(), delay(ANSWER_WITHIN, false, { ref: false })])
  }

  /** To be called with each failure that is the database's own. */
  failed(error: DatabaseAway): void {
    // The failed work had a deadline; the checks that follow have their own.
    withoutDeadline(() => this.#failed(error))
  }

  close(): void {
    clearInterval(this.#timer)
    this.#database = undefined
  }

  #failed(error: DatabaseAway): void {
    if (error.kind === this.#outage) return
    if (CERTAIN.has(error.kind)) return this.#begin(error)
    if (this.#looking || this.#outage !== undefined) return
    this.#look().then((isWritable) => {
      const now = performance.now()
      if (!isWritable || now - this.#warnedAt < WARNING_INTERVAL) return
      this.#warnedAt = now
      this.#log.warn(error.message)
    })
  }

  #look(): Promise<boolean> {
    this.#looking ??= this.#write().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #write(): Promise<boolean> {
    if (!this.#database) return false
    try {
      await writeRow.execute(this.#database, { now: new Date().toISOString() })
      this.#found(true)
      this.#end()
    } catch (error) {
      this.#found(false)
      if (error instanceof DatabaseAway) this.#begin(error)
      else this.#log.error({ err: error }, 'the database could not be checked for writes')
    }
    return this.#answer === true
  }

  #found(answer: boolean): void {
    this.#answer = answer
    this.#answeredAt = performance.now()
  }

  #begin(error: DatabaseAway): void {
    this.#found(false)
    if (this.#outage === error.kind || !this.#database) return
    this.#outage = error.kind
    this.#log.error(error.message)
    this.#timer ??= setInterval(() => void this.#look(), AGAIN).unref()
  }

  #end(): void {
    if (this.#outage === undefined) return
    this.#outage = undefined
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#log.warn('the database is back: it can be written to again')
  }
}

const writeRow = prepared((database, value: Placeholder<{ now: string }>) =>
  database.updateTable('health').set({ written_at: value('now') }),
)
