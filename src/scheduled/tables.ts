/** The tables of what is scheduled as kysely sees them. */
import type { Generated, Selectable } from 'kysely'

declare module '../storage/tables.ts' {
  interface Tables {
    scheduled: ScheduledTable
  }
}

/** A reminder, or a message to be sent later. It is kept for a day after it was done, so that a retry does nothing more. */
export interface ScheduledTable {
  /** Also the `id` of the message, so that it stands once. */
  id: string
  user_id: number
  /** The id of the client, which makes a retry safe. */
  client_id: string
  room_id: number
  room_slug: string
  /** `sending`: it can no longer be cancelled. */
  state: Generated<'waiting' | 'sending' | 'done' | 'failed'>
  kind: 'message' | 'reminder'
  /** Empty for a message that was said: it stands in its room only, and is deleted there. */
  text: string
  due_at: string
  created_at: string
  /** The API key that scheduled it; null: its person did so themselves. */
  key_id: string | null
  /** Why it could not be sent, for its person; null: it did not fail. */
  failure: string | null
}

export type Scheduled = Selectable<ScheduledTable>
