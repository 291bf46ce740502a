/** The table of the audit log as kysely sees it. */
import type { Generated } from 'kysely'

declare module '../storage/tables.ts' {
  interface Tables {
    audit_entries: AuditEntriesTable
  }
}

export type RoomKind = 'open' | 'private' | 'direct'

/** An action. Rows are added and deleted, and never changed. */
export interface AuditEntriesTable {
  id: Generated<number>
  at: string
  /** A key of `ACTIONS`, or one that only a later version knows. */
  action: string
  /** The number of the account that did it, which may be gone; null: somebody at a shell of the server. */
  actor_id: number | null
  /** The network address that it came from, or `shell`. */
  address: string
  /** Whom it concerns; null: nobody. */
  person_id: number | null
  /** The room that it concerns, which may be gone; null: none. */
  room_id: number | null
  /** The name of the room at the time: the entry of its deletion would name nothing else. */
  room_name: string | null
  /** The kind of the room; null: it was not noted, as in old entries, and counts as private. */
  room_kind: RoomKind | null
  /** Not 0: who did it was an administrator. */
  by_administrator: Generated<number>
  /** Further details, in words; often empty. */
  detail: string
}
