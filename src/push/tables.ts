/** The tables of Web Push as kysely sees them. */
import type { Generated, Selectable } from 'kysely'

declare module '../storage/tables.ts' {
  interface Tables {
    push_subscriptions: PushSubscriptionsTable
  }
}

export interface PushSubscriptionsTable {
  id: Generated<number>
  user_id: number
  /** The session in which it was made: when that has ended, nothing is pushed any more. */
  session_id: string
  /** The address of the browser's push service. */
  endpoint: string
  /** The browser's keys, with which what is pushed is encrypted. */
  p256dh: string
  auth: string
  /** The `id` of the last notification that was pushed, or need not be. */
  pushed: number
  created_at: string
}

export type Subscription = Selectable<PushSubscriptionsTable>
