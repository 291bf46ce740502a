import type { Selectable } from 'kysely'
import type { Database } from '../storage/index.ts'
import type { AuditEntriesTable } from './tables.ts'

export type AuditEntry = Selectable<AuditEntriesTable>

export interface EntriesQuery {
  /** The number of the entry before which they stand; none: the newest. */
  readonly before?: number | undefined
  /** The number of an account: what it did, and what was done to it. */
  readonly person?: number | undefined
  readonly limit: number
}

/** Entries of the audit log, the newest first. */
export async function auditEntries(
  database: Database,
  { before, limit, person }: EntriesQuery,
): Promise<AuditEntry[]> {
  const query = database
    .selectFrom('audit_entries')
    .selectAll()
    .$if(before !== undefined, (entries) => entries.where('id', '<', before ?? 0))
    .orderBy('id', 'desc')
    .limit(limit)
  if (person === undefined) return query.execute()
  // One after the other, by an index each: of a condition on either, all that fit would be sorted.
  const done = await query.where('actor_id', '=', person).execute()
  const suffered = await query.where('person_id', '=', person).execute()
  const byId = new Map([...done, ...suffered].map((entry) => [entry.id, entry]))
  return [...byId.values()].sort((a, b) => b.id - a.id).slice(0, limit)
}
