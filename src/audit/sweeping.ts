import type { FastifyInstance } from 'fastify'
import { inTransaction } from '../storage/index.ts'

/** Milliseconds between two times that old entries are deleted. */
const INTERVAL = 60 * 60 * 1_000

/** Entries that are kept at most, however young. */
const KEPT = 500_000

/** Entries that are deleted in one transaction. */
const AT_ONCE = 1_000

/** Deletes entries that are too old, or too many. @param days for which they are kept; 0: until there are too many */
export function sweepAudit(app: FastifyInstance, days: number): void {
  const { database } = app
  app.jobs.every('sweep-audit', INTERVAL, async () => {
    const newest = await database
      .selectFrom('audit_entries')
      .select('id')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (!newest) return
    const before =
      days === 0
        ? ''
        : Temporal.Now.instant()
            .subtract({ hours: 24 * days })
            .toString()
    // Entries have their times in the order of their numbers, so that those at the beginning are the oldest.
    const first = await database
      .selectFrom('audit_entries')
      .select(['id', 'at'])
      .orderBy('id')
      .limit(AT_ONCE)
      .execute()
    const old = first.filter(({ at, id }) => at < before || id <= newest.id - KEPT).map(({ id }) => id)
    if (old.length === 0) return
    await inTransaction(database, async (transaction) => {
      await transaction.deleteFrom('audit_entries').where('id', 'in', old).execute()
      await app.eraseDeleted(transaction)
    })
    if (old.length === AT_ONCE) return { again: 0 }
  })
}
