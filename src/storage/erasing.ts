import { sql } from 'kysely'
import { type Database, runsSideBySide } from './database.ts'

/**
 * Empties SQLite's write-ahead log, in which what was overwritten and deleted still stands: brings what is new in it into the
 * database, whose file keeps nothing that was deleted (`secure_delete`). This process waits for the disk meanwhile, some 20 to 40
 * ms for a full log. PostgreSQL does its own tidying, and nothing is done here.
 * @returns false when somebody was reading; then it has to be tried again
 */
export async function emptyLog(database: Database): Promise<boolean> {
  if (runsSideBySide(database)) return true
  const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(database)
  return rows[0]?.busy === 0
}
