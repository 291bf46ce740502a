import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import {
  type Database,
  isUpToDate,
  type Migrations,
  migrateFeature,
  migrateServer,
  openDatabase,
  openForMigrations,
  PATIENCE,
} from './database.ts'
import { DataInUse, StorageUnusable } from './errors.ts'
import { DatabaseHealth } from './health.ts'
import { reachPostgres, shownAddress } from './postgres-address.ts'
import { PostgresLock } from './postgres-lock.ts'
import { poolsTransactions } from './postgres-pooler.ts'
import { holdLock } from './sqlite.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly database: Database
    readonly databaseHealth: DatabaseHealth
    /** Brings a feature's tables up to date: `migrateFeature` of `app.database`. */
    migrate(feature: string, migrations: Migrations): Promise<void>
  }
}

export interface StorageOptions {
  /** The folder of the embedded database. */
  readonly directory: string
  /** The address of a PostgreSQL, in its place. */
  readonly url: string | undefined
  /** True if other processes work on the same data, told of changes by the channel layer. */
  readonly shared: boolean
}

/** Milliseconds for which a starting process waits for the one before it to end. */
const PREDECESSOR = 10_000

/** Milliseconds that a database that hangs may take to close. */
const GOODBYE = 500

/**
 * Opens the database: `app.database`, and `app.databaseHealth`, which knows whether it can be written to. It is closed
 * after everything that was registered later.
 */
export const storage = fp(async (app: FastifyInstance, { directory, url, shared }: StorageOptions) => {
  const onLoss = (error: Error) => app.log.warn({ err: error }, 'a connection to the database was lost')
  const release = await hold()
  const health = new DatabaseHealth(app.log)
  const database = await openDatabase(directory, url, {
    shared,
    onLoss,
    onFailure: (error) => health.failed(error),
    onNotice: (notice) => app.log.warn(notice),
  })
  health.watch(database)
  app.decorate('database', database)
  app.decorate('databaseHealth', health)
  // One connection for all features that have something to change.
  let migrating: Promise<Database> | undefined
  const closeMigrating = async () => {
    const opened = migrating
    migrating = undefined
    await (await opened)?.destroy()
  }
  app.decorate('migrate', async (feature: string, migrations: Migrations) => {
    if (url === undefined) return migrateFeature(database, feature, migrations)
    if (await isUpToDate(database, migrations, feature)) return
    migrating ??= openForMigrations(url)
    await migrateServer(await migrating, url, migrations, feature)
  })
  app.addHook('onReady', closeMigrating)
  app.addHook('onClose', async () => {
    health.close()
    await closeMigrating()
    const closed = database.destroy().then(release)
    await Promise.race([closed, delay(GOODBYE, undefined, { ref: false })])
  })

  /** @throws StorageUnusable where the lock is all that keeps this process from working beside others unheard */
  function warnOfPooler(url: string): void {
    const fault = `DATABASE_URL=${shownAddress(url)} leads to a pooler that pools transactions, under which the lock on the database is void. Let it pool sessions (PgBouncer: pool_mode=session), or give PostgreSQL's own address.`
    if (!shared) throw new StorageUnusable(fault)
    app.log.warn(fault)
  }

  /** Says that nobody works on the data who would not hear of what is done here. @throws DataInUse */
  async function hold(): Promise<() => void | Promise<void>> {
    if (url === undefined) {
      const release = await holdLock(join(directory, 'lock.sqlite'), PREDECESSOR, { shared })
      if (release) return release
      throw new DataInUse(
        `Another Partyline works on ${directory}. Stop it, set another DATA_DIR, or give both a REDIS_URL.`,
      )
    }
    await reachPostgres(url, PATIENCE)
    if (await poolsTransactions(url)) warnOfPooler(url)
    const lock = await PostgresLock.hold(url, PREDECESSOR, { shared, onLoss })
    if (lock) return () => lock.release()
    throw new DataInUse(
      `Another Partyline works on ${shownAddress(url)}. Stop it, set another DATABASE_URL, or give both a REDIS_URL.`,
    )
  }
})

export { DatabaseAway, StorageUnusable } from './errors.ts'
