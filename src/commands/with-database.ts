import { existsSync } from 'node:fs'
import { type Config, ConfigError, readConfig } from '../config.ts'
import { type Database, databasePath, openDatabase } from '../storage/index.ts'

/**
 * Opens the database of a server, which may run or not, for one command.
 * @returns what `work` resolves to
 * @throws ConfigError when there is no server's data
 */
export async function withDatabase<Result>(
  work: (database: Database, config: Config) => Promise<Result>,
): Promise<Result> {
  const config = readConfig(process.env)
  const { databaseUrl, dataDirectory } = config
  if (databaseUrl === undefined && !existsSync(databasePath(dataDirectory))) {
    throw new ConfigError(
      `DATA_DIR=${dataDirectory} holds no server data. Set it to the same value as for the server.`,
    )
  }
  const database = await openDatabase(dataDirectory, databaseUrl)
  try {
    return await work(database, config)
  } finally {
    await database.destroy()
  }
}
