import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'
import { hasBlocked, usernameOf } from '../accounts/index.ts'
import { hasRead, mayRead } from '../rooms/index.ts'
import { type Database, type Placeholder, prepared, preparedForRows, type Tables } from '../storage/index.ts'
import { inBatches } from './in-batches.ts'
import { WITHDRAWN } from './notification.ts'

/** A notification as it is stored, with its person. */
export interface StoredNotification {
  readonly id: number
  readonly user: number
  readonly username: string
  readonly event: string
  readonly room: number | null
  readonly seq: number | null
  readonly payload: string | null
  readonly at: string
}

/** Unseen notifications of a person that are counted. */
const UNSEEN_COUNTED = 100

/** No `id` is larger. */
const ALL = Number.MAX_SAFE_INTEGER

/** The newest notifications of a person, or the newest before one; in falling `id`. */
export async function notificationsBefore(
  database: Database,
  user: number,
  before: number | undefined,
  limit: number,
): Promise<(StoredNotification & { readonly seen: boolean })[]> {
  const rows = await selectBefore.execute(database, { user, before: before ?? ALL, limit })
  return rows.map(({ unseen, ...row }) => ({ ...row, seen: !unseen }))
}

/** The newest that a person has not seen, in falling `id`. */
export function unseenNotifications(
  database: Database,
  user: number,
  limit: number,
): Promise<StoredNotification[]> {
  return selectUnseen.execute(database, { user, limit })
}

/** Finds notifications by their ids, of any person. */
export function notificationsOf(database: Database, ids: readonly number[]): Promise<StoredNotification[]> {
  return selectByIds.execute(
    database,
    ids.map((id) => ({ id })),
  )
}

/** The unseen notifications of a person. */
export interface Unseen {
  /** Counted up to `UNSEEN_COUNTED`. */
  readonly count: number
  /** The `id` of the last before which all have been seen or read, where that is further than their mark; else undefined. */
  readonly seenUpTo: number | undefined
}

/** The unseen notifications of a person, without looking at those before their mark. */
export async function unseenOf(database: Database, user: number): Promise<Unseen> {
  const row = await countUnseen.executeTakeFirst(database, { user })
  if (!row) throw new Error('what was counted has no count')
  const { count, mark, seen } = row
  return { count: Number(count), seenUpTo: seen !== null && seen > mark ? seen : undefined }
}

/** The `id` of the newest notification of a person, whether it is shown or not; undefined: there is none. */
export async function newestNotification(database: Database, user: number): Promise<number | undefined> {
  return (await selectNewest.executeTakeFirst(database, { user }))?.id
}

/** Those of these people who have a notification that is newer than an `id`. */
export async function peopleWithNewer(
  database: Database,
  people: readonly { readonly user: number; readonly id: number }[],
): Promise<ReadonlySet<number>> {
  return new Set((await selectWithNewer.execute(database, people)).map(({ user }) => user))
}

/** Counts people's unread messages that mention them, by person and room. */
export type UnreadMentions = ReadonlyMap<number, ReadonlyMap<number, number>>

/** Counts the messages that mention these people, and that they have not read. */
export async function unreadMentions(database: Database, users: readonly number[]): Promise<UnreadMentions> {
  const counts = new Map<number, Map<number, number>>()
  await inBatches(users, async (few) => {
    const rows = await countMentions.execute(
      database,
      few.map((user) => ({ user })),
    )
    for (const { mentions, room, user } of rows) {
      const theirs = counts.get(user) ?? new Map<number, number>()
      if (room !== null) theirs.set(room, Number(mentions))
      counts.set(user, theirs)
    }
  })
  return counts
}

type Rows = ExpressionBuilder<Tables, 'notifications'>

/** Only what is still there, and may be read. A reminder is a person's own, wherever they typed it. */
function isThere({ ref }: Pick<Rows, 'ref'>): RawBuilder<boolean> {
  const room = ref('notifications.room_id')
  return sql<boolean>`(${ref('notifications.event')} <> ${sql.lit(WITHDRAWN)}
    and (${ref('notifications.event')} = 'reminder' or ${room} is null
      or ${mayRead(room, ref('notifications.user_id'))}))`
}

/** Only what is there, and was caused by nobody whom the person has blocked. */
export function isShown(rows: Pick<Rows, 'ref'>): RawBuilder<boolean> {
  const { ref } = rows
  return sql<boolean>`(not ${hasBlocked(ref('notifications.user_id'), ref('notifications.sender_id'))}
    and ${isThere(rows)})`
}

/** Neither seen by itself, nor read in its room. */
export function isUnseen({ ref }: Pick<Rows, 'ref'>): RawBuilder<boolean> {
  const room = ref('notifications.room_id')
  const user = ref('notifications.user_id')
  return sql<boolean>`(${ref('notifications.id')} > coalesce(
      (select seen from notification_marks where notification_marks.user_id = ${user}), 0)
    and not (${ref('notifications.event')} in ('mention', 'reply', 'direct', 'everything')
      and ${hasRead(room, user, ref('notifications.seq'))}))`
}

const selectWithNewer = preparedForRows(
  (database, people: readonly Placeholder<{ user: number; id: number }>[]) => {
    const wanted = people.map(
      (person) => sql`(cast(${person('user')} as bigint), cast(${person('id')} as bigint))`,
    )
    return database
      .selectFrom(sql<{ column1: number; column2: number }>`(values ${sql.join(wanted)})`.as('wanted'))
      .select('wanted.column1 as user')
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('notifications')
            .select('id')
            .whereRef('user_id', '=', 'wanted.column1')
            .whereRef('id', '>', 'wanted.column2')
            .where('event', '<>', sql.lit(WITHDRAWN)),
        ),
      )
  },
)

const selectBefore = prepared(
  (database, value: Placeholder<{ user: number; before: number; limit: number }>) =>
    selectRows(database)
      .select((rows) => isUnseen(rows).as('unseen'))
      .where('notifications.user_id', '=', value('user'))
      .where('notifications.id', '<', value('before'))
      .where(isShown)
      .orderBy('notifications.id', 'desc')
      .limit(value('limit')),
)

const selectUnseen = prepared((database, value: Placeholder<{ user: number; limit: number }>) =>
  selectRows(database)
    .where('notifications.user_id', '=', value('user'))
    .where(isShown)
    .where(isUnseen)
    .orderBy('notifications.id', 'desc')
    .limit(value('limit')),
)

const selectByIds = preparedForRows((database, ids: readonly Placeholder<{ id: number }>[]) =>
  selectRows(database)
    .where(
      'notifications.id',
      'in',
      ids.map((value) => value('id')),
    )
    .where(isShown),
)

const countUnseen = prepared((database, value: Placeholder<{ user: number }>) => {
  const mark = sql<number>`coalesce((select seen from notification_marks where user_id = ${value('user')}), 0)`
  return (
    database
      .with('unseen', (query) =>
        query
          .selectFrom('notifications')
          .select('notifications.id')
          .where('notifications.user_id', '=', value('user'))
          // As in `isUnseen`, but once for all rows: those before the mark are not looked at.
          .where('notifications.id', '>', mark)
          .where(isShown)
          .where(isUnseen)
          .orderBy('notifications.id')
          .limit(sql.lit(UNSEEN_COUNTED)),
      )
      // Those that are hidden because they are of blocked people have not been seen either.
      .with('waiting', (query) =>
        query
          .selectFrom('notifications')
          .select('notifications.id')
          .where('notifications.user_id', '=', value('user'))
          .where('notifications.id', '>', mark)
          .where(isThere)
          .where(isUnseen)
          .orderBy('notifications.id')
          .limit(sql.lit(1)),
      )
      .selectFrom('unseen')
      .select(({ fn, selectFrom }) => [
        fn.countAll<number>().as('count'),
        mark.as('mark'),
        selectFrom('notifications')
          .select(({ fn }) => fn.max<number | null>('notifications.id').as('id'))
          .where('notifications.user_id', '=', value('user'))
          .where('notifications.id', '<', sql<number>`coalesce((select id from waiting), ${sql.lit(ALL)})`)
          .as('seen'),
      ])
  )
})

const selectNewest = prepared((database, value: Placeholder<{ user: number }>) =>
  database
    .selectFrom('notifications')
    .select('id')
    .where('user_id', '=', value('user'))
    .orderBy('id', 'desc')
    .limit(1),
)

const countMentions = preparedForRows((database, users: readonly Placeholder<{ user: number }>[]) =>
  database
    .selectFrom('notifications')
    .select(({ fn }) => ['user_id as user', 'room_id as room', fn.countAll<number>().as('mentions')])
    .where(
      'user_id',
      'in',
      users.map((value) => value('user')),
    )
    .where('event', '=', sql.lit('mention'))
    .where(({ not, ref }) => not(hasBlocked(ref('notifications.user_id'), ref('notifications.sender_id'))))
    .where(
      ({ ref }) =>
        sql<boolean>`not ${hasRead(ref('notifications.room_id'), ref('notifications.user_id'), ref('notifications.seq'))}`,
    )
    .groupBy(['user_id', 'room_id']),
)

function selectRows(database: Database) {
  return database
    .selectFrom('notifications')
    .select(({ ref }) => [
      'notifications.id',
      'notifications.user_id as user',
      usernameOf(ref('notifications.user_id')).as('username'),
      'notifications.event',
      'notifications.room_id as room',
      'notifications.seq',
      'notifications.payload',
      'notifications.created_at as at',
    ])
}
