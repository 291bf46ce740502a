import { type Kysely, sql, type Transaction } from 'kysely'
import { type Placeholder, prepared, type Tables } from '../storage/index.ts'
import { WITHDRAWN } from './notification.ts'
import type {} from './tables.ts'

/** Changes that one look reads. */
export const CHANGES_AT_ONCE = 1_000

/** A change of somebody's notifications: one was added or withdrawn, or they have seen some. */
export type LoggedChange =
  | {
      readonly rev: number
      readonly user: number
      readonly id: number
      readonly event: string
      readonly at: string
    }
  | { readonly rev: number; readonly user: number; readonly seen: number }

/**
 * Numbers changes, in the transaction that makes them. Transactions that do follow each other from here on, so that numbers
 * become visible in their order and a reader passes none over: make it the last thing that a transaction does.
 * @returns the last of these numbers
 */
export async function numberChanges(transaction: Transaction<Tables>, count: number): Promise<number> {
  const row = await advance.executeTakeFirst(transaction, { count })
  if (!row) throw new Error('the log of notifications is missing')
  return row.rev
}

/** The number of the latest change. */
export async function latestChange(database: Kysely<Tables>): Promise<number> {
  return (await selectLatest.executeTakeFirst(database, {}))?.rev ?? 0
}

/** A notification by which it is known that the database is still the one that it was: another history has another with its `id`, or none. */
export interface Landmark {
  readonly id: number
  readonly user: number
  readonly at: string
}

/** The newest notification that was not withdrawn; undefined: there are none. */
export function newestLandmark(database: Kysely<Tables>): Promise<Landmark | undefined> {
  return selectNewest.executeTakeFirst(database, {})
}

/** The number of the latest change, and whether a landmark is unchanged. */
export async function latestSince(
  database: Kysely<Tables>,
  landmark: Landmark | undefined,
): Promise<{ readonly latest: number; readonly stands: boolean }> {
  const row = await selectSince.executeTakeFirst(database, { id: landmark?.id ?? 0 })
  const stands = !landmark || (row?.user === landmark.user && row.at === landmark.at)
  return { latest: row?.rev ?? 0, stands }
}

/** The changes after a number, in rising `rev`. If there are `CHANGES_AT_ONCE`, there may be more. */
export async function changesAfter(
  database: Kysely<Tables>,
  after: number,
  upTo: number,
): Promise<LoggedChange[]> {
  const range = { after, upTo, limit: CHANGES_AT_ONCE }
  const changes = await selectChanged.execute(database, range)
  const marks = await selectMarks.execute(database, range)
  return [...changes, ...marks].sort((a, b) => a.rev - b.rev).slice(0, CHANGES_AT_ONCE)
}

const advance = prepared((database, value: Placeholder<{ count: number }>) =>
  database
    .updateTable('notification_log')
    .set(({ eb }) => ({ rev: eb('rev', '+', value('count')) }))
    .where('id', '=', 1)
    .returning('rev'),
)

const selectLatest = prepared((database) =>
  database.selectFrom('notification_log').select('rev').where('id', '=', 1),
)

const selectNewest = prepared((database) =>
  database
    .selectFrom('notifications')
    .select(['id', 'user_id as user', 'created_at as at'])
    .where('event', '<>', sql.lit(WITHDRAWN))
    .orderBy('id', 'desc')
    .limit(1),
)

const selectSince = prepared((database, value: Placeholder<{ id: number }>) =>
  database
    .selectFrom('notification_log')
    .leftJoin('notifications', (join) => join.on('notifications.id', '=', value('id')))
    .select(['notification_log.rev', 'user_id as user', 'created_at as at'])
    .where('notification_log.id', '=', 1),
)

interface Range {
  readonly after: number
  readonly upTo: number
  readonly limit: number
}

const selectChanged = prepared((database, value: Placeholder<Range>) =>
  database
    .selectFrom('notifications')
    .select(['rev', 'user_id as user', 'id', 'event', 'created_at as at'])
    .where('rev', '>', value('after'))
    .where('rev', '<=', value('upTo'))
    .orderBy('rev')
    .limit(value('limit')),
)

const selectMarks = prepared((database, value: Placeholder<Range>) =>
  database
    .selectFrom('notification_marks')
    .select(['rev', 'user_id as user', 'seen'])
    .where('rev', '>', value('after'))
    .where('rev', '<=', value('upTo'))
    .orderBy('rev')
    .limit(value('limit')),
)
