import { type AuditAction, migrateAudit, recordAudit, SHELL } from '../audit/index.ts'
import { openDatabase } from '../storage/index.ts'

/**
 * Writes into the audit log of a server's data what was done with all of it. That was done by then: where it cannot be written, as
 * on a disk that is full, it is said and no error.
 * @param url of the PostgreSQL, where it is one
 */
export async function recordDone(
  {
    dataDirectory,
    databaseUrl,
  }: { readonly dataDirectory: string; readonly databaseUrl: string | undefined },
  action: AuditAction,
  detail: string,
): Promise<void> {
  try {
    const database = await openDatabase(dataDirectory, databaseUrl)
    try {
      await migrateAudit(database, databaseUrl)
      await recordAudit(database, { action, by: SHELL, detail })
    } finally {
      await database.destroy()
    }
  } catch (error) {
    console.error(
      `This could not be written to the audit log: ${error instanceof Error ? error.message : error}`,
    )
  }
}
