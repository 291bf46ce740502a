/** The tables of what is scheduled as kysely sees them. */
import type { Selectable } from 'kysely'

declare module '../storage/tables.ts' {
  interface Tables {
    scheduled: ScheduledTable
    time_zones: TimeZonesTable
  }
}

/** What a person wants to be reminded of, or to say later. What was done has no row. */
export interface ScheduledTable {
  /** Also the `id` of the message, so that it stands once. */
  id: string
  user_id: number
  /** What makes a retry safe. */
  client_id: string
  room_id: number
  room_slug: string
  kind: 'message' | 'reminder'
  text: string
  due_at: string
  created_at: string
  /** Why a message could not be sent, for its person; null: it waits. */
  failure: string | null
}

export type Scheduled = Selectable<ScheduledTable>

/** The zone of a person's clock, as their browser told it last. */
export interface TimeZonesTable {
  user_id: number
  zone: string
}
