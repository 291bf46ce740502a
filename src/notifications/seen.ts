import { type Database, inTransaction, type Placeholder, prepared } from '../storage/index.ts'
import { latestChange, numberChanges } from './notification-log.ts'

/**
 * Records that a person has seen their notifications up to one. The mark never moves back, nor beyond the newest.
 * @returns whether it has moved
 */
export async function markSeen(database: Database, user: number, id: number): Promise<boolean> {
  const mark = await selectMark.executeTakeFirst(database, { user })
  // Most that is said is known already: all devices say it.
  if (mark && mark.seen >= id) return false
  return inTransaction(database, async (transaction) => {
    const seen = Math.min(id, await latestChange(transaction))
    const before = await selectMark.executeTakeFirst(transaction, { user })
    if (before && before.seen >= seen) return false
    const rev = await numberChanges(transaction, 1)
    await raiseMark.execute(transaction, { user, seen, rev })
    return true
  })
}

const selectMark = prepared((database, value: Placeholder<{ user: number }>) =>
  database.selectFrom('notification_marks').select('seen').where('user_id', '=', value('user')),
)

const raiseMark = prepared((database, value: Placeholder<{ user: number; seen: number; rev: number }>) =>
  database
    .insertInto('notification_marks')
    .values({ user_id: value('user'), seen: value('seen'), rev: value('rev') })
    .onConflict((conflict) =>
      conflict
        .column('user_id')
        .doUpdateSet(({ ref }) => ({ seen: ref('excluded.seen'), rev: ref('excluded.rev') }))
        .whereRef('notification_marks.seen', '<', 'excluded.seen'),
    ),
)
