import { join } from 'node:path'
import { Kysely, sql, type Transaction } from 'kysely'
import { Migrator } from 'kysely/migration'
import pRetry from 'p-retry'
import * as accounts from './migrations/001-accounts.ts'
import * as chat from './migrations/002-chat.ts'
import * as calculator from './migrations/003-calculator.ts'
import { isBusy, openSqlite } from './sqlite.ts'
import type { Tables } from './tables.ts'

export type Database = Kysely<Tables>

/** In the order in which they run; a migration that was released is never changed. */
const migrations = { '001-accounts': accounts, '002-chat': chat, '003-calculator': calculator }

/** Where the database of a folder is. */
export function databasePath(directory: string): string {
  return join(directory, 'partyline.sqlite')
}

/**
 * Opens the database in a folder and brings its tables up to date. Processes may open it at the same time.
 * @throws when the file is not a database or a migration fails; nothing of a failed migration stays.
 */
export async function openDatabase(directory: string): Promise<Database> {
  const database: Database = new Kysely<Tables>({
    dialect: await openSqlite(databasePath(directory)),
  })
  try {
    await migrate(database)
  } catch (error) {
    await database.destroy()
    throw error
  }
  return database
}

/**
 * Does `work` in one transaction, which holds the write lock from its first moment; all of it is on disk when this
 * returns, or none is. A busy database is tried again for some seconds.
 * Inside `work` only `transaction` may be used: another query would wait for this one to end.
 */
export function inTransaction<Result>(
  database: Database,
  work: (transaction: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  return retryBusy(() => database.transaction().execute(work))
}

/** Whether the database answers. */
export async function answers(database: Database): Promise<boolean> {
  try {
    await sql`select 1`.execute(database)
    return true
  } catch {
    return false
  }
}

async function migrate(database: Database): Promise<void> {
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } })
  await retryBusy(async () => {
    const { error } = await migrator.migrateToLatest()
    if (error) throw error
  })
}

function retryBusy<Result>(work: () => Promise<Result>): Promise<Result> {
  return pRetry(work, {
    retries: 12,
    minTimeout: 20,
    maxTimeout: 1000,
    randomize: true,
    shouldRetry: ({ error }) => isBusy(error),
  })
}
