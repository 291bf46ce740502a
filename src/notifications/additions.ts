import type { Transaction } from 'kysely'
import {
  type Database,
  inTransaction,
  type Placeholder,
  preparedForRows,
  type Tables,
} from '../storage/index.ts'
import type { NewNotification, Payload } from './notification.ts'
import { PUSHED } from './notification.ts'
import { numberChanges } from './notification-log.ts'

/**
 * Adds notifications in the transaction that causes them. It needs no server: one that runs finds them within about a second, and
 * at once where `app.notifications.wake()` is called after the transaction. Make it the last thing that the transaction does:
 * from here on no other adds any until it ends.
 * @returns their ids, in the order in which they were given
 */
export async function addNotifications(
  transaction: Transaction<Tables>,
  notifications: readonly NewNotification[],
): Promise<number[]> {
  if (notifications.length === 0) return []
  const last = await numberChanges(transaction, notifications.length)
  const first = last - notifications.length + 1
  const at = new Date().toISOString()
  const rows = notifications.map((notification, index) => rowOf(notification, first + index, at))
  await insertNotifications.execute(transaction, rows)
  return rows.map(({ id }) => id)
}

/**
 * Stores a notification that another system sends to a person.
 * @param payload without a fault (`payloadFault`) @returns its id
 */
export async function pushNotification(database: Database, user: number, payload: Payload): Promise<number> {
  const [id] = await inTransaction(database, (transaction) =>
    addNotifications(transaction, [{ user, payload }]),
  )
  if (id === undefined) throw new Error('a notification was added without an id')
  return id
}

interface NotificationRow {
  readonly id: number
  readonly user: number
  readonly event: string
  readonly room: number | null
  readonly seq: number | null
  readonly sender: number | null
  readonly payload: string | null
  readonly at: string
}

function rowOf(
  { user, event = PUSHED, room = null, seq = null, sender = null, payload }: NotificationLike,
  id: number,
  at: string,
): NotificationRow {
  return { id, user, event, room, seq, sender, payload: payload ? JSON.stringify(payload) : null, at }
}

interface NotificationLike extends Omit<NewNotification, 'event' | 'room' | 'seq' | 'sender'> {
  readonly event?: string | undefined
  readonly room?: number | null | undefined
  readonly seq?: number | null | undefined
  readonly sender?: number | null | undefined
}

const insertNotifications = preparedForRows((database, rows: readonly Placeholder<NotificationRow>[]) =>
  database.insertInto('notifications').values(
    rows.map((row) => ({
      id: row('id'),
      rev: row('id'),
      user_id: row('user'),
      event: row('event'),
      room_id: row('room'),
      seq: row('seq'),
      sender_id: row('sender'),
      payload: row('payload'),
      created_at: row('at'),
    })),
  ),
)
