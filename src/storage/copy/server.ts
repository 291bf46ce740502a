import type { Transaction } from 'kysely'
import { type Database, openForMigrations } from '../database.ts'
import { StorageUnusable } from '../errors.ts'
import { shownAddress } from '../postgres-address.ts'
import type { Tables } from '../tables.ts'
import { type CopiedTable, copyTables } from './copy-tables.ts'

/**
 * Copies a database into a PostgreSQL whose tables have the structure of this version, in one transaction: if it is interrupted,
 * nothing has changed there.
 * @param complete adds what is kept beside the database, in the same transaction
 * @throws StorageUnusable when people have accounts there already, or what arrived is not what was read
 */
export async function copyToServer(
  source: Database,
  url: string,
  onProgress: (table: string, rows: number) => void,
  complete: (transaction: Transaction<Tables>) => Promise<void> = async () => {},
): Promise<CopiedTable[]> {
  const target = await openForMigrations(url)
  try {
    return await target.transaction().execute(async (transaction) => {
      const { people } = await transaction
        .selectFrom('users')
        .select(({ fn }) => fn.countAll<number>().as('people'))
        .executeTakeFirstOrThrow()
      if (people > 0)
        throw new StorageUnusable(
          `${shownAddress(url)} already holds the accounts of ${people} people. Give an empty database: nothing is overwritten.`,
        )
      const copied = await copyTables(source, transaction, onProgress)
      await complete(transaction)
      return copied
    })
  } finally {
    await target.destroy()
  }
}

/** Copies all that a PostgreSQL holds at this moment, while others write to it, into an empty database. */
export async function copyFromServer(
  url: string,
  target: Database,
  onProgress: (table: string, rows: number) => void,
): Promise<CopiedTable[]> {
  const source = await openForMigrations(url)
  try {
    return await source
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute((reading) =>
        target.transaction().execute((transaction) => copyTables(reading, transaction, onProgress)),
      )
  } finally {
    await source.destroy()
  }
}
