import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { type Placeholder, prepared, type Tables } from '../storage/index.ts'
import { WITHDRAWN } from './notification.ts'

/** Notifications of one person that are kept, the newest. */
export const KEPT = 1_000

/** Milliseconds between two times that the others are deleted, and for which one that was withdrawn is kept. */
const SWEEP_INTERVAL = 10 * 60 * 1_000
const WITHDRAWN_FOR = 24 * 60 * 60 * 1_000

/** People whose notifications are counted in one go, and notifications that are deleted. */
const PEOPLE_AT_ONCE = 100
const DELETED_AT_ONCE = 1_000

/** Has the oldest notifications deleted of those who have too many. */
export function sweepNotifications(app: FastifyInstance): void {
  app.jobs.every('sweep-notifications', SWEEP_INTERVAL, ({ after = 0 }, job) =>
    job.transaction(async (transaction) => {
      const next = await sweepSome(transaction, after)
      return next === undefined ? undefined : { again: 0, payload: { after: next } }
    }),
  )
}

/** @returns the person after whom it goes on; undefined: everybody has been looked at */
export async function sweepSome(
  transaction: Transaction<Tables>,
  after: number,
): Promise<number | undefined> {
  const before = new Date(Date.now() - WITHDRAWN_FOR).toISOString()
  const people = await countByPerson.execute(transaction, { after, limit: PEOPLE_AT_ONCE })
  let deleted = 0
  for (const { user, count } of people) {
    await deleteWithdrawn.execute(transaction, { user, before })
    const excess = Math.min(Number(count) - KEPT, DELETED_AT_ONCE)
    if (excess > 0) await deleteOldest.execute(transaction, { user, count: excess })
    deleted += Math.max(excess, 0)
    // The same person may have more.
    if (deleted >= DELETED_AT_ONCE) return user - 1
  }
  return people.length < PEOPLE_AT_ONCE ? undefined : people.at(-1)?.user
}

const countByPerson = prepared((database, value: Placeholder<{ after: number; limit: number }>) =>
  database
    .selectFrom('notifications')
    .select(({ fn }) => ['user_id as user', fn.countAll<number>().as('count')])
    .where('user_id', '>', value('after'))
    .groupBy('user_id')
    .orderBy('user_id')
    .limit(value('limit')),
)

const deleteWithdrawn = prepared((database, value: Placeholder<{ user: number; before: string }>) =>
  database
    .deleteFrom('notifications')
    .where('user_id', '=', value('user'))
    .where('event', '=', WITHDRAWN)
    .where('created_at', '<', value('before')),
)

const deleteOldest = prepared((database, value: Placeholder<{ user: number; count: number }>) =>
  database
    .deleteFrom('notifications')
    .where('id', 'in', (where) =>
      where
        .selectFrom('notifications')
        .select('id')
        .where('user_id', '=', value('user'))
        .orderBy('id')
        .limit(value('count')),
    ),
)
