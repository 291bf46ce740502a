/** `bin/partyline retry-jobs`: has the jobs that failed for good tried again, by whoever runs the server. */
import { existsSync } from 'node:fs'
import { ConfigError, readConfig } from '../config.ts'
import { migrations, retryFailedJobs } from '../jobs/index.ts'
import { databasePath, migrateFeature, openDatabase } from '../storage/index.ts'

/**
 * @returns the exit code
 * @throws ConfigError when there is no server's data
 */
export async function retryJobs(): Promise<number> {
  const { databaseUrl, dataDirectory } = readConfig(process.env)
  if (databaseUrl === undefined && !existsSync(databasePath(dataDirectory))) {
    throw new ConfigError(`DATA_DIR=${dataDirectory} holds no data of a server: set it as it is set there.`)
  }
  const database = await openDatabase(dataDirectory, databaseUrl)
  try {
    await migrateFeature(database, 'jobs', migrations, databaseUrl)
    const jobs = await retryFailedJobs(database)
    for (const { kind, key, error } of jobs) console.log(`${kind}${key ? ` ${key}` : ''}: ${error}`)
    console.log(jobs.length === 1 ? '1 job is tried again.' : `${jobs.length} jobs are tried again.`)
    return 0
  } finally {
    await database.destroy()
  }
}
