import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import { DatabaseAway, DataInUse } from './errors.ts'
import { connectionTo, reasonOf } from './postgres-address.ts'

/** Milliseconds between attempts to take the lock again after its connection broke. */
const AGAIN = 1_000

/** The key of the advisory lock, one for each database. No other program there would take it by chance. */
const KEY = `hashtextextended('partyline works on this', 0)`
const ALONE = `pg_advisory_lock(${KEY})`
const SHARED = `pg_advisory_lock_shared(${KEY})`

/** Seconds in which the server notices that our machine has vanished: 10 + 3 × 5. */
const KEEPALIVE =
  'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3'

/** The answer to somebody who waited for a lock in vain. */
const LOCK_NOT_AVAILABLE = '55P03'

export interface PostgresLockOptions {
  /** With others who share it; otherwise alone. */
  readonly shared: boolean
  /** Called when the lock's connection breaks, and when somebody is then in the way. */
  readonly onLoss: (error: Error) => void
}

/**
 * Marks a database as used by a process: an advisory lock, on a connection of its own, which the server releases when the
 * process ends, however it ends. If that connection breaks, the lock is taken again as soon as possible. Work continues
 * meanwhile, because a second process does no harm to the data: people on the two only receive each other's changes late.
 */
export class PostgresLock {
  readonly #url: string
  readonly #options: PostgresLockOptions
  #client: Client | undefined
  #released = false

  private constructor(url: string, options: PostgresLockOptions) {
    this.#url = url
    this.#options = options
  }

  /**
   * @param patience milliseconds that another process is waited for
   * @returns undefined when another process still held the lock after that
   */
  static async hold(
    url: string,
    patience: number,
    options: PostgresLockOptions,
  ): Promise<PostgresLock | undefined> {
    const lock = new PostgresLock(url, options)
    return (await lock.#take(patience)) ? lock : undefined
  }

  async release(): Promise<void> {
    this.#released = true
    await this.#client?.end().catch(() => {})
  }

  async #take(patience: number): Promise<boolean> {
    const { Client } = await import('pg')
    const client = new Client({ ...(await connectionTo(this.#url)), connectionTimeoutMillis: 3_000 })
    let reason: unknown
    client.on('error', (error) => {
      reason = error
    })
    try {
      await client.connect()
      await client.query(`${KEEPALIVE}; set lock_timeout = ${patience}`)
      await client.query(`select ${this.#options.shared ? SHARED : ALONE}`)
    } catch (error) {
      void client.end().catch(() => {})
      if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE) return false
      throw error
    }
    this.#client = client
    client.once('end', () => {
      if (this.#released) return
      this.#options.onLoss(new DatabaseAway(reasonOf(reason ?? 'the connection was closed')))
      void this.#takeAgain()
    })
    return true
  }

  async #takeAgain(): Promise<void> {
    let told = false
    while (!this.#released) {
      await delay(AGAIN, undefined, { ref: false })
      const taken = await this.#take(AGAIN).catch(() => undefined)
      if (taken) break
      if (taken === false && !told) {
        told = true
        this.#options.onLoss(
          new DataInUse('another Partyline is now using the database, and they do not both have a REDIS_URL'),
        )
      }
    }
    if (this.#released) await this.#client?.end().catch(() => {})
  }
}
