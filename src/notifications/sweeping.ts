import type { FastifyInstance } from 'fastify'
import { sql, type Transaction } from 'kysely'
import { type Placeholder, prepared, type Tables } from '../storage/index.ts'
import { WITHDRAWN } from './notification.ts'
import { isUnseen } from './notification-rows.ts'

/** Notifications of one person that are kept, the newest. */
export const KEPT = 1_000

/** Milliseconds between two times that the others are deleted, and for which one that was withdrawn is kept. */
const SWEEP_INTERVAL = 10 * 60 * 1_000
const WITHDRAWN_FOR = 24 * 60 * 60 * 1_000

/** People whose notifications are counted in one transaction, those who may lose some in it, and how many are deleted. */
const PEOPLE_AT_ONCE = 100
const TRIMMED_AT_ONCE = 10
const DELETED_AT_ONCE = 1_000

/** Deletes notifications of people who have too many, and those that were withdrawn long ago. */
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
  const withdrawn = await deleteWithdrawn.execute(transaction, { before, limit: DELETED_AT_ONCE })
  if (withdrawn.length === DELETED_AT_ONCE) return after
  const people = await countByPerson.execute(transaction, { after, limit: PEOPLE_AT_ONCE })
  const full = people.filter(({ count }) => Number(count) > KEPT)
  for (const { user } of full.slice(0, TRIMMED_AT_ONCE)) {
    const kept = await countKept.executeTakeFirst(transaction, { user })
    const excess = Number(kept?.count ?? 0) - KEPT
    if (excess > 0) await deleteLeast.execute(transaction, { user, count: Math.min(excess, DELETED_AT_ONCE) })
    // The same person may have more.
    if (excess >= DELETED_AT_ONCE) return user - 1
  }
  if (full.length > TRIMMED_AT_ONCE) return full[TRIMMED_AT_ONCE - 1]?.user
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

const countKept = prepared((database, value: Placeholder<{ user: number }>) =>
  database
    .selectFrom('notifications')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', value('user'))
    .where('event', '<>', sql.lit(WITHDRAWN)),
)

const deleteWithdrawn = prepared((database, value: Placeholder<{ before: string; limit: number }>) =>
  database
    .deleteFrom('notifications')
    .where('id', 'in', (where) =>
      where
        .selectFrom('notifications')
        .select('id')
        .where('event', '=', sql.lit(WITHDRAWN))
        .where('created_at', '<', value('before'))
        .limit(value('limit')),
    )
    .returning('id'),
)

/** Those that were seen go first, the oldest first; then those of the person who has caused most, so that nobody drives others out. */
const deleteLeast = prepared((database, value: Placeholder<{ user: number; count: number }>) =>
  database.deleteFrom('notifications').where('id', 'in', (where) =>
    where
      .selectFrom('notifications')
      .select('id')
      .where('user_id', '=', value('user'))
      .where('event', '<>', sql.lit(WITHDRAWN))
      .orderBy((rows) => sql`case when ${isUnseen(rows)} then 1 else 0 end`)
      .orderBy(
        sql`case when ${isUnseen(where)} then row_number() over (partition by sender_id order by id desc) else 0 end`,
        'desc',
      )
      .orderBy('id')
      .limit(value('count')),
  ),
)
