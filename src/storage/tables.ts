import type { Generated } from 'kysely'

/** The tables as kysely sees them. Times are ISO 8601 texts in UTC, which sort as they follow; truths are 0 and 1. */
export interface Tables {
  installation: InstallationTable
  users: UsersTable
  sessions: SessionsTable
  sheets: SheetsTable
  calculations: CalculationsTable
  bindings: BindingsTable
  usage: UsageTable
  health: HealthTable
}

/** One row: what this Partyline calls itself, in all its processes. */
export interface InstallationTable {
  id: string
}

export interface UsersTable {
  id: Generated<number>
  name: string
  /** What the name looks like (`skeleton` of look-alike.ts); null where somebody before has a name that looks the same. */
  skeleton: Generated<string | null>
  password: string
  role: 'administrator' | 'member'
  created_at: string
}

export interface SessionsTable {
  /** SHA-256 of the cookie's identifier: who reads the table cannot sign in with it. */
  id: string
  user_id: number | null
  /** What the session carries, as JSON. */
  content: string
  device: string
  address: string
  created_at: string
  last_seen_at: string
  expires_at: string
  /** A session that ended stays as a tombstone until it would have expired, so that nothing under way brings it back. */
  ended_at: string | null
}

/** One person's own sheet, or a room's. */
export interface SheetsTable {
  id: Generated<number>
  user_id: number | null
  room_id: number | null
  rev: Generated<number>
}

export interface CalculationsTable {
  sheet_id: number
  seq: number
  rev: number
  sender_id: number
  client_id: string
  expression: string
  text: string
  /** A JSON number, or a JSON text where the value is no real number. */
  result: string
  /** The value whole, as the evaluator keeps it: what `ans` is for the next line. A definition has none. */
  value: string | null
  /** The name that the line gave a value to. */
  name: string | null
  created_at: string
}

/** What the names of a sheet stand for now. */
export interface BindingsTable {
  sheet_id: number
  name: string
  /** The line that said so. */
  seq: number
  stored: string
}

/** How much each person keeps, in bytes; who keeps nothing has no row. */
export interface UsageTable {
  user_id: number
  bytes: number
}

/** One row, written to find out whether the database can be. */
export interface HealthTable {
  id: number
  written_at: string
}
