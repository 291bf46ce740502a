/** The tables of hooks as kysely sees them. */
import type { Generated } from 'kysely'
import type { HookFailure } from './failures.ts'

declare module '../storage/tables.ts' {
  interface Tables {
    hooks: HooksTable
    hook_deliveries: HookDeliveriesTable
  }
}

export interface HooksTable {
  id: string
  room_id: number
  direction: 'in' | 'out'
  created_by: number
  created_at: string
  /** In: the hash of what stands in its address. Out: what deliveries are signed with. */
  secret: string
  /** In: the account under which it speaks. */
  user_id: number | null
  /** Out: where to. */
  url: string | null
  /** Out: names of events, with spaces between. */
  events: string | null
  /** Out: the room's `rev` up to which everything has been delivered. */
  position: Generated<number>
  /** Out: the `position` when nothing was left to deliver: a message that is newer was not delivered before. */
  base: Generated<number>
  /** Out: when the last edit that was delivered by then was made. */
  base_at: Generated<string>
  /** Out: how often the next delivery has failed. */
  failures: Generated<number>
  failing_since: string | null
  /** Out: when it is tried again. */
  retry_at: string | null
}

export interface HookDeliveriesTable {
  id: Generated<number>
  hook_id: string
  at: string
  event: string
  /** The message that it is about. */
  seq: number | null
  /** The status of the answer; null: there was none. */
  status: number | null
  /** In: the error that was answered. Out: the text of the error. */
  error: string | null
  /** Why it failed; null: it did not, or it was stored when only the text of the error was. */
  failure: HookFailure | null
}
