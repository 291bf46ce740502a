import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'
import { hasRead, mayRead } from '../rooms/index.ts'
import { type Database, type Placeholder, prepared, preparedForRows, type Tables } from '../storage/index.ts'
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

/** Those of these ids that are still there, whoever's they are. */
export function notificationsOf(database: Database, ids: readonly number[]): Promise<StoredNotification[]> {
  return selectByIds.execute(
    database,
    ids.map((id) => ({ id })),
  )
}

/** How many notifications these people have not seen. @returns by person; those who have seen all are left out */
export async function unseenCounts(
  database: Database,
  users: readonly number[],
): Promise<Map<number, number>> {
  const rows = await countUnseen.execute(
    database,
    users.map((user) => ({ user })),
  )
  return new Map(rows.map(({ user, unseen }) => [user, Number(unseen)]))
}

/** How many messages that people have not read mention them, by person and room. */
export type UnreadMentions = ReadonlyMap<number, ReadonlyMap<number, number>>

/** Counts the messages that mention these people, and that they have not read. */
export async function unreadMentions(database: Database, users: readonly number[]): Promise<UnreadMentions> {
  const rows = await countMentions.execute(
    database,
    users.map((user) => ({ user })),
  )
  const counts = new Map<number, Map<number, number>>()
  for (const { mentions, room, user } of rows) {
    const theirs = counts.get(user) ?? new Map<number, number>()
    if (room !== null) theirs.set(room, Number(mentions))
    counts.set(user, theirs)
  }
  return counts
}

type Rows = ExpressionBuilder<Tables, 'notifications'>

/** Only what may be read, and is still there. A reminder is a person's own, wherever they typed it. */
function isShown({ ref }: Pick<Rows, 'ref'>): RawBuilder<boolean> {
  const room = ref('notifications.room_id')
  return sql<boolean>`(${ref('notifications.event')} <> ${sql.lit(WITHDRAWN)}
    and (${ref('notifications.event')} not in ('mention', 'reply', 'direct', 'everything') or ${room} is null
      or ${mayRead(room, ref('notifications.user_id'))}))`
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

const countUnseen = preparedForRows((database, users: readonly Placeholder<{ user: number }>[]) =>
  database
    .selectFrom('notifications')
    .select(({ fn }) => ['notifications.user_id as user', fn.countAll<number>().as('unseen')])
    .where(
      'notifications.user_id',
      'in',
      users.map((value) => value('user')),
    )
    .where(isShown)
    .where(isUnseen)
    .groupBy('notifications.user_id'),
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
    .where(
      ({ ref }) =>
        sql<boolean>`not ${hasRead(ref('notifications.room_id'), ref('notifications.user_id'), ref('notifications.seq'))}`,
    )
    .groupBy(['user_id', 'room_id']),
)

function selectRows(database: Database) {
  return database
    .selectFrom('notifications')
    .innerJoin('users', 'users.id', 'notifications.user_id')
    .select([
      'notifications.id',
      'notifications.user_id as user',
      'users.name as username',
      'notifications.event',
      'notifications.room_id as room',
      'notifications.seq',
      'notifications.payload',
      'notifications.created_at as at',
    ])
}
