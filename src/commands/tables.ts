import { buildApp } from '../app.ts'
import type { Config } from '../config.ts'

/**
 * Brings the tables of all features up to date, as a start of the server does.
 * @throws DataInUse while a server works on the data
 */
export async function prepareTables(config: Config): Promise<void> {
  const quiet: Config = { ...config, logLevel: 'silent', redisUrl: undefined, examples: false }
  const app = await buildApp(quiet, { startEvaluators: 'when-needed' })
  await app.close()
}
