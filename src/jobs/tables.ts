import type { Generated } from 'kysely'

/** The tables of jobs as kysely sees them. */

declare module '../storage/tables.ts' {
  interface Tables {
    jobs: JobsTable
    failed_jobs: FailedJobsTable
  }
}

/** Work that waits or is being done. A job that is done has no row. */
export interface JobsTable {
  id: Generated<number>
  kind: string
  /** There is one job of a kind for each key; null: any number. */
  key: string | null
  /** The person who caused it, if their jobs are counted. */
  user_id: number | null
  /** JSON. */
  payload: string
  created_at: string
  /** When it is due: for the first time, after a failure, or, while it runs, when the process that runs it lost it. */
  run_at: string
  /** The number of attempts so far. */
  attempts: Generated<number>
  /** The process that runs it. */
  leased_by: string | null
  /** 1 if it was added again while it ran, so that it has to run once more. */
  again: Generated<number>
  last_error: string | null
}

/** Jobs that failed too often: they are kept for the operators of the server. */
export interface FailedJobsTable {
  id: Generated<number>
  kind: string
  key: string | null
  payload: string
  created_at: string
  failed_at: string
  attempts: number
  error: string
}
