import { join } from 'node:path'
import { Kysely, PostgresAdapter, sql, type Transaction } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import pRetry from 'p-retry'
import { DatabaseAway } from './errors.ts'
import type { DatabaseMeter } from './meter.ts'
import * as accounts from './migrations/001-accounts.ts'
import * as chat from './migrations/002-chat.ts'
import * as calculator from './migrations/003-calculator.ts'
import * as indexes from './migrations/004-indexes.ts'
import * as names from './migrations/005-names.ts'
import * as usage from './migrations/006-usage.ts'
import * as roomNames from './migrations/007-room-names.ts'
import * as sheetNames from './migrations/008-sheet-names.ts'
import * as health from './migrations/009-health.ts'
import * as retries from './migrations/010-retries.ts'
import { isConflict, openPostgres } from './postgres.ts'
import { reachPostgres, unusable } from './postgres-address.ts'
import { openSqlite } from './sqlite.ts'
import { unusableFile } from './sqlite-errors.ts'
import type { Tables } from './tables.ts'
import { deadline, WAIT_WITHIN, withDeadline } from './waiting.ts'

export type Database = Kysely<Tables>

/** Migrations from before features had their own, in the order in which they run. One that was released is never changed. */
const released: Migrations = {
  '001-accounts': accounts,
  '002-chat': chat,
  '003-calculator': calculator,
  '004-indexes': indexes,
  '005-names': names,
  '006-usage': usage,
  '007-room-names': roomNames,
  '008-sheet-names': sheetNames,
  '009-health': health,
  '010-retries': retries,
}

/** Returns the path of a folder's database. */
export function databasePath(directory: string): string {
  return join(directory, 'partyline.sqlite')
}

/** Milliseconds for which a start waits for a PostgreSQL that does not answer. */
export const PATIENCE = 10_000

export interface DatabaseOptions {
  /** True if other processes change the same data, and this one passes their changes on to people. */
  readonly shared?: boolean
  /** Called with connections to a PostgreSQL that broke while nobody used them. */
  readonly onLoss?: (error: Error) => void
  /** Called with each failure that is the database's own, and not one of what it was asked for. */
  readonly onFailure?: (error: DatabaseAway) => void
  /** Called with sentences for the log that operators of the server may want to read. */
  readonly onNotice?: (notice: string) => void
  /** Is told how long the database takes. */
  readonly meter?: DatabaseMeter
}

/**
 * Opens the database in a folder, or the PostgreSQL at an address, and brings its tables up to date. Processes may open it
 * at the same time.
 * @throws when it is not a database or a migration fails; nothing of a failed migration stays. If the operator can fix the
 * cause, the error is `StorageUnusable`.
 */
export async function openDatabase(
  directory: string,
  url?: string,
  { shared = false, ...options }: DatabaseOptions = {},
): Promise<Database> {
  if (url !== undefined) return openServer(url, options)
  const path = databasePath(directory)
  const dialect = await openSqlite(path, { shared, ...options })
  const database: Database = new Kysely<Tables>({ dialect })
  try {
    await migrate(database, released)
  } catch (error) {
    await database.destroy()
    throw unusableFile(path, error)
  }
  return database
}

/**
 * Does `work` in one transaction; all of it is on disk when this returns, or none is. On SQLite it holds the write lock from
 * its first moment. On PostgreSQL transactions run side by side, and each statement sees what was committed before it: what
 * must not change between reading and writing is read with `forNoKeyUpdate`, or behind `lockTable`.
 *
 * A conflict and a connection that broke before the commit are tried again, so `work` may run more than once. It all ends
 * `WAIT_WITHIN` milliseconds after it was asked for. A commit that was not answered may or may not have happened: that is an
 * error, and making a retry safe is up to the caller.
 * Inside `work` only `transaction` may be used: another query would wait for this one to end.
 * @param asked when it was, on the clock of `performance.now()`, if that is a while ago
 * @throws DatabaseAway
 */
export function inTransaction<Result>(
  database: Database,
  work: (transaction: Transaction<Tables>) => Promise<Result>,
  asked = performance.now(),
): Promise<Result> {
  return withDeadline(asked + WAIT_WITHIN, () => retried(() => database.transaction().execute(work)))
}

/** Tells whether transactions run side by side, as on PostgreSQL, and not one after the other. */
export function runsSideBySide(database: Database | Transaction<Tables>): boolean {
  return database.getExecutor().adapter instanceof PostgresAdapter
}

/** Keeps others from writing to a table until the transaction ends; on SQLite it does already. */
export async function lockTable(transaction: Transaction<Tables>, table: keyof Tables): Promise<void> {
  if (!runsSideBySide(transaction)) return
  await sql`lock table ${sql.table(table)} in share row exclusive mode`.execute(transaction)
}

async function openServer(
  url: string,
  options: Pick<DatabaseOptions, 'onLoss' | 'onFailure' | 'meter'>,
): Promise<Database> {
  await reachPostgres(url, PATIENCE)
  const database: Database = new Kysely<Tables>({ dialect: await openPostgres(url, options) })
  try {
    await migrateOnServer(database, url, released)
  } catch (error) {
    await database.destroy()
    throw error
  }
  return database
}

/** The number that kysely's migrator locks, so that a process of an earlier release waits as well. */
const MIGRATION_LOCK = sql.lit(3853314791062309107n)

/** Changes of tables, in the order of their names. */
export type Migrations = Readonly<Record<string, Migration>>

/**
 * Brings the tables of one feature up to date. Each feature has a list of its own of what was done. Processes may do so at
 * the same time.
 * @param name of the feature, in the names of two tables: letters and underscores
 * @param url of the PostgreSQL, if it is one: a migration may take longer than other statements on its connections
 * @throws StorageUnusable when the database cannot be changed; nothing of a failed migration stays
 */
export async function migrateFeature(
  database: Database,
  name: string,
  migrations: Migrations,
  url?: string,
): Promise<void> {
  if (url === undefined) return migrate(database, migrations, name)
  return migrateOnServer(database, url, migrations, name)
}

async function migrateOnServer(
  database: Database,
  url: string,
  migrations: Migrations,
  feature?: string,
): Promise<void> {
  try {
    if (await retried(() => isUpToDate(database, migrations, feature))) return
  } catch (error) {
    throw unusable(url, error)
  }
  const migrating = await openForMigrations(url)
  try {
    await migrateServer(migrating, url, migrations, feature)
  } finally {
    await migrating.destroy()
  }
}

/** Opens a connection to a PostgreSQL on which a statement may take as long as it needs. */
export async function openForMigrations(url: string): Promise<Database> {
  return new Kysely<Tables>({ dialect: await openPostgres(url, { patient: true }) })
}

/**
 * Does what `migrateFeature` does, on a connection that is open.
 * @param migrating of `openForMigrations`
 * @throws StorageUnusable
 */
export async function migrateServer(
  migrating: Database,
  url: string,
  migrations: Migrations,
  feature?: string,
): Promise<void> {
  try {
    await migrate(migrating, migrations, feature)
  } catch (error) {
    throw unusable(url, error)
  }
}

async function migrate(database: Database, migrations: Migrations, feature?: string): Promise<void> {
  const migrationTableName = migrationTable(feature)
  const migrationLockTableName = `${migrationTableName}_lock`
  await retried(async () => {
    if (await isUpToDate(database, migrations, feature)) return
    await database.transaction().execute(async (transaction) => {
      await lockMigrations(transaction)
      await makeMigrationTables(transaction, migrationTableName, migrationLockTableName)
      const migrator = new Migrator({
        db: transaction,
        provider: { getMigrations: async () => ({ ...migrations }) },
        migrationTableName,
        migrationLockTableName,
      })
      const { error } = await migrator.migrateToLatest()
      if (error) throw error
    })
  })
}

/**
 * Waits for other processes that migrate, and keeps them waiting until the transaction ends. kysely's own lock belongs to the
 * session, which a pooler may have lent to somebody else by the time it is released.
 */
async function lockMigrations(transaction: Transaction<Tables>): Promise<void> {
  if (runsSideBySide(transaction))
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(transaction)
}

/**
 * Creates the two tables of kysely's migrator as it would. If that is not allowed, PostgreSQL's error says why; the migrator
 * would go on to look for its table, and fail only because the transaction is over.
 */
async function makeMigrationTables(
  { schema }: Transaction<Tables>,
  list: string,
  lock: string,
): Promise<void> {
  await schema
    .createTable(list)
    .ifNotExists()
    .addColumn('name', 'varchar(255)', (column) => column.notNull().primaryKey())
    .addColumn('timestamp', 'varchar(255)', (column) => column.notNull())
    .execute()
  await schema
    .createTable(lock)
    .ifNotExists()
    .addColumn('id', 'varchar(255)', (column) => column.notNull().primaryKey())
    .addColumn('is_locked', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
}

/**
 * Tells whether exactly these migrations have run. The migrator would find that out too, but reads the definitions of all
 * tables several times for it, once for each feature: a third of a start on PostgreSQL.
 */
export async function isUpToDate(
  database: Database,
  migrations: Migrations,
  feature?: string,
): Promise<boolean> {
  const table = migrationTable(feature)
  const found = runsSideBySide(database)
    ? sql<{ found: string | null }>`select to_regclass(${table})::text as found`
    : sql<{ found: string | null }>`select max(name) as found from sqlite_schema where name = ${table}`
  if ((await found.execute(database)).rows[0]?.found == null) return false
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(table)}`.execute(database)
  const done = new Set(rows.map(({ name }) => name))
  const names = Object.keys(migrations)
  return names.length === done.size && names.every((name) => done.has(name))
}

/** Returns the table that lists which migrations have run. @param feature left out: those from before features had their own */
function migrationTable(feature?: string): string {
  return feature === undefined ? 'kysely_migration' : `${feature}_migrations`
}

function retried<Result>(work: () => Promise<Result>): Promise<Result> {
  return pRetry(work, {
    retries: 12,
    minTimeout: 20,
    maxTimeout: 1000,
    maxRetryTime: Math.max(0, deadline() - performance.now()),
    randomize: true,
    shouldRetry: ({ error }) => isConflict(error) || (error instanceof DatabaseAway && error.undone),
  })
}
