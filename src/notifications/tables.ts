/** The tables of notifications as kysely sees them. */

declare module '../storage/tables.ts' {
  interface Tables {
    notification_log: NotificationLogTable
    notifications: NotificationsTable
    notification_marks: NotificationMarksTable
    quiet_hours: QuietHoursTable
  }
}

/** A single row, with the number of the latest change of anybody's notifications. */
export interface NotificationLogTable {
  id: number
  rev: number
}

export interface NotificationsTable {
  /** The number of the change that added it: ids become visible in their order. */
  id: number
  /** The number of its latest change. */
  rev: number
  user_id: number
  /** Its event (`NotificationEvent`), or `withdrawn`: then it is kept for a while, without its payload. */
  event: string
  room_id: number | null
  /** The message that it is about. */
  seq: number | null
  /** The person who caused it. */
  sender_id: number | null
  /** JSON; null where it is composed from the message. */
  payload: string | null
  created_at: string
}

/** The position up to which each person has seen their notifications. */
export interface NotificationMarksTable {
  user_id: number
  /** The `id` up to which they have. */
  seen: number
  rev: number
}

/** When a person is not to be disturbed: minutes of the day in their zone. */
export interface QuietHoursTable {
  user_id: number
  starts_at: number
  ends_at: number
}
