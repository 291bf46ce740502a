import { sql } from 'kysely'
import { type Database, runsSideBySide } from './database.ts'

/** The size of the whole database in bytes, without pages that SQLite has not yet moved from its log into it. */
export async function databaseBytes(database: Database): Promise<number> {
  const size = runsSideBySide(database)
    ? sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`
    : sql<{
        bytes: number
      }>`select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`
  return Number((await size.execute(database)).rows[0]?.bytes ?? 0)
}
