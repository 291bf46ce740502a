import type { Selectable, Transaction } from 'kysely'
import { type Database, inTransaction, type Tables } from '../storage/index.ts'
import { type Lease, removeJob } from './job-rows.ts'
import { timeIn } from './job-times.ts'
import type { FailedJobsTable } from './tables.ts'

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
 * Retries all jobs that failed for good, from their first attempt.
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
    for (const job of jobs) await tryAgain(transaction, job)
    return jobs.map(({ kind, key, error }) => ({ kind, key, error }))
  })
}

/** Retries a job that failed for good, from its first attempt. @returns it; undefined: there is no such job any more */
export function retryFailedJob(
  database: Database,
  id: number,
  withRetry?: (transaction: Transaction<Tables>, job: FailedJob) => Promise<void>,
): Promise<FailedJob | undefined> {
  return inTransaction(database, async (transaction) => {
    const job = await transaction
      .deleteFrom('failed_jobs')
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
    if (!job) return undefined
    await tryAgain(transaction, job)
    await withRetry?.(transaction, job)
    return job
  })
}

/** Counts the jobs that failed for good and are kept. */
export async function countFailedJobs(database: Database): Promise<number> {
  const { count } = await database
    .selectFrom('failed_jobs')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** The latest jobs that failed for good, newest first. */
export async function failedJobs(database: Database, limit: number): Promise<KeptJob[]> {
  const rows = await database
    .selectFrom('failed_jobs')
    .select(['id', 'kind', 'key', 'payload', 'created_at', 'failed_at', 'attempts', 'error'])
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ created_at, failed_at, payload, ...job }) => ({
    ...job,
    payload: shownPayload(payload),
    createdAt: created_at,
    failedAt: failed_at,
  }))
}

async function tryAgain(
  transaction: Transaction<Tables>,
  { kind, key, payload, created_at }: Selectable<FailedJobsTable>,
): Promise<void> {
  await transaction
    .insertInto('jobs')
    .values({ kind, key, payload, created_at, run_at: timeIn(0) })
    // It was added again meanwhile.
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** What a job was given, as JSON, without the texts in it: only numbers, identifiers and times say what it is about. */
function shownPayload(stored: string): string {
  try {
    return JSON.stringify(JSON.parse(stored), (_key, value: unknown) =>
      typeof value === 'string' && !NAMES_THING.test(value) ? '…' : value,
    )
  } catch {
    return '…'
  }
}

const NAMES_THING = /^(?:[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z)$/

/** A job that failed for good, as operators of the server see it. */
export interface KeptJob extends FailedJob {
  readonly id: number
  /** What it was given, as JSON, without the texts in it. */
  readonly payload: string
  readonly createdAt: string
  readonly failedAt: string
  readonly attempts: number
}

export interface FailedJob {
  readonly kind: string
  readonly key: string | null
  readonly error: string
}

/** Returns the part of an error that is stored. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.slice(0, REASON).toWellFormed()
}
