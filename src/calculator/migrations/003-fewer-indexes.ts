import type { Kysely } from 'kysely'

/**
 * Nothing looks for the lines that have a value any more, since a sheet is read whole. A row that is inserted touches a page of
 * each index, and those of fifty sheets are fifty pages: without this one a line costs SQLite a quarter less.
 */
export async function up(database: Kysely<never>): Promise<void> {
  await database.schema.dropIndex('calculations_with_value').ifExists().execute()
}
