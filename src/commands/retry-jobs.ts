/** `bin/partyline retry-jobs`: has the jobs that failed for good tried again, for operators of the server. */
import { migrateAudit, recordAudit, SHELL } from '../audit/index.ts'
import { migrations, retryFailedJobs } from '../jobs/index.ts'
import { migrateFeature } from '../storage/index.ts'
import { withDatabase } from './with-database.ts'

/**
 * @returns the exit code
 * @throws ConfigError when there is no server's data
 */
export function retryJobs(): Promise<number> {
  return withDatabase(async (database, { databaseUrl }) => {
    await migrateFeature(database, 'jobs', migrations, databaseUrl)
    await migrateAudit(database, databaseUrl)
    const jobs = await retryFailedJobs(database, (transaction, { length }) =>
      recordAudit(transaction, { action: 'jobs.retry', by: SHELL, detail: `${length} in all` }),
    )
    for (const { kind, key, error } of jobs) console.log(`${kind}${key ? ` ${key}` : ''}: ${error}`)
    console.log(jobs.length === 1 ? '1 job is being retried.' : `${jobs.length} jobs are being retried.`)
    return 0
  })
}
