import type { FastifyBaseLogger } from 'fastify'
import type { Transaction } from 'kysely'
import { type Database, inTransaction, type Tables } from '../storage/index.ts'
import { type Lease, lockJobs } from './job-rows.ts'

/** Thrown if another process has the job now, because this one was held up for longer than its lease. */
export class LeaseLost extends Error {
  constructor() {
    super('another process has taken this job')
  }
}

/** A job that is being done, as its handler sees it. */
export interface Job {
  /** Aborted when it takes too long, when this process stops, and when another process has taken the job. */
  readonly signal: AbortSignal
  /** The number of attempts, including this one. */
  readonly attempts: number
  readonly log: FastifyBaseLogger
  /**
   * Does `work` in one transaction, if this process still has the job; so that one that was held up writes nothing beside the
   * process that has taken its place. Keep it short: on SQLite nobody else writes meanwhile. It may run more than once.
   * @param lock locks what those hold who add this very job, before the job itself is locked: otherwise each would wait for the
   *   other
   * @throws LeaseLost
   */
  transaction<Result>(work: Work<Result>, lock?: Work<void>): Promise<Result>
}

type Work<Result> = (transaction: Transaction<Tables>) => Promise<Result>

/** A job that this process runs. */
export class RunningJob implements Job {
  readonly lease: Lease
  readonly log: FastifyBaseLogger
  /** By `performance.now()`. */
  readonly begun = performance.now()
  readonly #database: Database
  readonly #ended = new AbortController()

  constructor(database: Database, lease: Lease, log: FastifyBaseLogger) {
    this.#database = database
    this.lease = lease
    this.log = log
  }

  get signal(): AbortSignal {
    return this.#ended.signal
  }

  get attempts(): number {
    return this.lease.attempts
  }

  /** @param reason what the handler is told */
  abort(reason: Error): void {
    this.#ended.abort(reason)
  }

  transaction<Result>(work: Work<Result>, lock?: Work<void>): Promise<Result> {
    return inTransaction(this.#database, async (transaction) => {
      await lock?.(transaction)
      const held = await lockJobs.execute(transaction, [this.lease])
      if (held.length === 0) throw new LeaseLost()
      return work(transaction)
    })
  }
}
