import { existsSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../app.ts'
import { ConfigError, readConfig } from '../config.ts'
import { databasePath } from '../storage/index.ts'

/**
 * Opens the application beside a server, which may run or not, for one command: what the command changes has all that comes
 * with it, such as notifications. Jobs are left to the server.
 * @throws ConfigError when there is no server's data
 */
export async function withApplication(work: (app: FastifyInstance) => Promise<void>): Promise<void> {
  const config = readConfig(process.env)
  const { databaseUrl, dataDirectory } = config
  if (databaseUrl === undefined && !existsSync(databasePath(dataDirectory)))
    throw new ConfigError(
      `DATA_DIR=${dataDirectory} holds no server data. Set it to the same value as for the server.`,
    )
  const app = await buildApp(
    { ...config, logLevel: 'silent' },
    { startEvaluators: 'when-needed', isBeside: true },
  )
  try {
    await work(app)
  } finally {
    await app.close()
  }
}
