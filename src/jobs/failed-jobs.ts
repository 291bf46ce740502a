import type { Transaction } from 'kysely'
import { type Database, inTransaction, type Tables } from '../storage/index.ts'
import { type Lease, removeJob } from './job-rows.ts'
import { timeIn } from './job-times.ts'

/** Failed jobs that are kept, and milliseconds for which. */
const KEPT = 1_000
const KEPT_FOR = 30 * 24 * 60 * 60 * 1_000

/** Characters of a reason that are kept. */
const REASON = 1_000

/** Takes a job out of those that are tried again, and keeps it with its reason. @returns false if this process had lost it */
export function failForGood(database: Database, lease: Lease, reason: string): Promise<boolean> {
  return inTransaction(database, async (transaction) => {
    const job = await removeJob.executeTakeFirst(transaction, lease)
    if (!job) return false
    const { id } = await transaction
      .insertInto('failed_jobs')
      .values({ ...job, failed_at: timeIn(0), error: reason })
      .returning('id')
      .executeTakeFirstOrThrow()
    await transaction
      .deleteFrom('failed_jobs')
      .where((where) => where.or([where('id', '<=', id - KEPT), where('failed_at', '<', timeIn(-KEPT_FOR))]))
      .execute()
    return true
  })
}

/**
 * Has all jobs that failed for good tried again, from their first attempt.
 * @param withRetry what else is stored where there are any
 * @returns them, with why they failed
 */
export function retryFailedJobs(
  database: Database,
  withRetry?: (transaction: Transaction<Tables>, jobs: readonly FailedJob[]) => Promise<void>,
): Promise<FailedJob[]> {
  return inTransaction(database, async (transaction) => {
    const jobs = await transaction.deleteFrom('failed_jobs').returningAll().execute()
    if (jobs.length > 0) await withRetry?.(transaction, jobs)
    for (const { kind, key, payload, created_at } of jobs) {
      await transaction
        .insertInto('jobs')
        .values({ kind, key, payload, created_at, run_at: timeIn(0) })
        // It was added again meanwhile.
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
    return jobs.map(({ kind, key, error }) => ({ kind, key, error }))
  })
}

export interface FailedJob {
  readonly kind: string
  readonly key: string | null
  readonly error: string
}

/** What is kept of an error. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.slice(0, REASON).toWellFormed()
}
