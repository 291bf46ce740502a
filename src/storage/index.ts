import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Database, openDatabase } from './database.ts'
import { holdLock } from './sqlite.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly database: Database
  }
}

export interface StorageOptions {
  /** The folder of the embedded database. */
  readonly directory: string
  /** Whether other processes work on the same data, told of changes by the channel layer. */
  readonly shared: boolean
}

/** Another process holds the data, and did not end in time. */
export class DataInUse extends Error {}

/** How long a starting process waits for the one before it to end, in milliseconds. */
const PATIENCE = 10_000

/** Opens the database: `app.database`. It is closed after everything that was registered later. */
export const storage = fp(async (app: FastifyInstance, { directory, shared }: StorageOptions) => {
  const release = shared ? undefined : await holdLock(join(directory, 'lock.sqlite'), PATIENCE)
  if (!shared && !release) {
    throw new DataInUse(
      `Another Partyline works on ${directory}. Stop it, set another DATA_DIR, or give both a REDIS_URL.`,
    )
  }
  const database = await openDatabase(directory)
  app.decorate('database', database)
  app.addHook('onClose', async () => {
    await database.destroy()
    release?.()
  })
})
