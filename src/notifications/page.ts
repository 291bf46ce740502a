import { type Static, Type } from 'typebox'
import type { Database } from '../storage/index.ts'
import { composeNotifications } from './compose.ts'
import { isOfMessage, NotificationFrame } from './notification.ts'
import { notificationsBefore, unseenNotifications, unseenOf } from './notification-rows.ts'

/** Notifications on one page. */
const PAGE = 50

const { type: _type, ...notification } = NotificationFrame.properties

/** A notification in the list of its person. */
export const ListedNotification = Type.Object({ ...notification, seen: Type.Boolean() })
export type ListedNotification = Static<typeof ListedNotification>

export const NotificationsPage = Type.Object({
  notifications: Type.Immutable(Type.Array(ListedNotification)),
  more: Type.Boolean({ description: 'there are earlier ones' }),
  unseen: Type.Integer({ description: 'how many of all are unseen, counted up to a bound' }),
})
export type NotificationsPage = Static<typeof NotificationsPage>

export interface NotificationsFrom extends NotificationsPage {
  /** The `id` before which the next page begins; null: it is empty. */
  readonly last: number | null
  /** The slugs of rooms in which one can choose what one is notified of, by the `id` of the notification. */
  readonly rooms: ReadonlyMap<number, string>
}

/** A page of a person's notifications: the newest, or the newest before an `id`. */
export async function notificationsPage(
  database: Database,
  user: number,
  before: number | undefined,
): Promise<NotificationsFrom> {
  const stored = await notificationsBefore(database, user, before, PAGE + 1)
  const composed = await composeNotifications(database, stored.slice(0, PAGE))
  const seen = new Map(stored.map((row) => [row.id, row.seen]))
  const { count: unseen } = await unseenOf(database, user)
  return {
    notifications: composed.map(({ frame: { type, ...frame } }) => ({
      ...frame,
      seen: seen.get(frame.id) === true,
    })),
    more: stored.length > PAGE,
    unseen,
    last: stored.at(PAGE - 1)?.id ?? null,
    rooms: new Map(
      composed.flatMap(({ frame, room }) =>
        room && room.kind !== 'direct' && isOfMessage(String(frame.payload.event))
          ? [[frame.id, room.slug] as const]
          : [],
      ),
    ),
  }
}

/** Unseen notifications that are looked at together. */
const UNSEEN = 50

/** The unseen notifications of a person after an `id`, with their present text, in rising `id`. */
export async function unseenAfter(
  database: Database,
  user: number,
  after: number,
): Promise<readonly NotificationFrame[]> {
  const stored = await unseenNotifications(database, user, UNSEEN)
  const later = stored.filter(({ id }) => id > after).toReversed()
  return (await composeNotifications(database, later)).map(({ frame }) => frame)
}
