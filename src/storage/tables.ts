/**
 * The tables as kysely sees them; each feature adds its own. Times are ISO 8601 texts in UTC, which sort chronologically;
 * booleans are 0 and 1.
 */
export interface Tables {
  health: HealthTable
}

/** A single row, written to find out whether the database takes writes. */
export interface HealthTable {
  id: number
  written_at: string
}
