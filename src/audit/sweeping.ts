import type { FastifyInstance } from 'fastify'
import { inTransaction } from '../storage/index.ts'
import { ACTIONS_IN_ROOMS } from './actions.ts'

/** Milliseconds between two times that old entries are deleted. */
const INTERVAL = 60 * 60 * 1_000

/** Entries that are kept at most, however young, of those that tell of what was done in rooms. */
const KEPT = 500_000

/** The others are kept longer than these are, and bounded by themselves: nobody pushes them out from a room of their own. */
const KEPT_LONGER = 100_000

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
    const oldest = database.selectFrom('audit_entries').select(['id', 'at']).orderBy('id').limit(AT_ONCE)
    const surplus = oldest.where('id', '<=', newest.id - KEPT)
    const tooOld = (await oldest.execute()).filter(({ at }) => at < before)
    const inRooms = await surplus.where('action', 'in', ACTIONS_IN_ROOMS).execute()
    const isFull = await surplus.clearLimit().offset(KEPT_LONGER).limit(1).executeTakeFirst()
    const others = isFull ? await surplus.execute() : []
    const old = [...new Set([...tooOld, ...inRooms, ...others].map(({ id }) => id))].slice(0, AT_ONCE)
    if (old.length === 0) return
    await inTransaction(database, async (transaction) => {
      await transaction.deleteFrom('audit_entries').where('id', 'in', old).execute()
      await app.eraseDeleted(transaction)
    })
    if (old.length === AT_ONCE) return { again: 0 }
  })
}
