import { sql } from 'kysely'
import { type Database, runsSideBySide } from './database.ts'

/**
 * Empties SQLite's write-ahead log, which still contains overwritten and deleted data: its new pages are moved into the
 * database, whose file keeps no deleted data (`secure_delete`). This blocks the process until the disk is done, some 20 to 40 ms
 * for a full log. Nothing is done on PostgreSQL, which does this by itself.
 * @returns false when somebody was reading; then it has to be tried again
 */
export async function emptyLog(database: Database): Promise<boolean> {
  if (runsSideBySide(database)) return true
  const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(database)
  return rows[0]?.busy === 0
}
