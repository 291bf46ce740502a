import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import {
  type Database,
  isUpToDate,
  type Migrations,
  migrateFeature,
  migrateServer,
  openDatabase,
  openForMigrations,
} from './database.ts'
import { DatabaseHealth } from './health.ts'
import { holdData } from './hold-data.ts'
import { storageMetrics } from './metrics.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly database: Database
    readonly databaseHealth: DatabaseHealth
    /** Brings a feature's tables up to date: `migrateFeature` of `app.database`. */
    migrate(feature: string, migrations: Migrations): Promise<void>
  }
}

export interface StorageOptions {
  readonly registry: Registry
  /** The folder of the embedded database. */
  readonly directory: string
  /** The address of a PostgreSQL, in its place. */
  readonly url: string | undefined
  /** True if other processes work on the same data, told of changes by the channel layer. */
  readonly shared: boolean
  /** True for a command that may run beside the server: it does not hold the data, and does only what the server notices. */
  readonly isBeside?: boolean | undefined
}

/** Milliseconds that a database that hangs may take to close. */
const GOODBYE = 500

/**
 * Opens the database: `app.database`, and `app.databaseHealth`, which knows whether it can be written to. It is closed
 * after everything that was registered later.
 */
export const storage = fp(
  async (app: FastifyInstance, { registry, directory, url, shared, isBeside = false }: StorageOptions) => {
    const onLoss = (error: Error) => app.log.warn({ err: error }, 'a connection to the database was lost')
    const warn = (notice: string) => app.log.warn(notice)
    const release = isBeside ? () => {} : await holdData({ directory, url, shared, onLoss, onNotice: warn })
    const health = new DatabaseHealth(app.log)
    const metrics = storageMetrics(registry, directory, () => health.answer)
    const database = await openDatabase(directory, url, {
      shared,
      onLoss,
      onFailure: (error) => {
        metrics.failed(error)
        health.failed(error)
      },
      onNotice: warn,
      meter: metrics,
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
  },
)
