import { type Expression, type Selectable, type SqlBool, sql } from 'kysely'
import type { Database } from '../storage/index.ts'
import { ACTIONS_FROM_OUTSIDE } from './actions.ts'
import type { AuditEntriesTable } from './tables.ts'

/** An entry as somebody may read it. What is stored has all of it, for the operators of the server. */
export interface AuditEntry extends Selectable<AuditEntriesTable> {
  /** True where the reader is not told who did it, and from which address: it would say who is in a room. */
  readonly hidesActor: boolean
  /** True where the reader is not told whom it concerns. */
  readonly hidesPerson: boolean
}

/** The administrator who reads the log. */
export interface LogReader {
  readonly id: number
  /** Selects the numbers of the rooms that they are in. */
  readonly rooms: Expression<number>
}

export interface EntriesQuery {
  /** None: an operator of the server, who can read all that is stored. */
  readonly reader?: LogReader | undefined
  /** The number of the entry before which they stand; none: the newest. */
  readonly before?: number | undefined
  /** The number of an account: what it did, and what was done to it, as far as the reader is told. */
  readonly person?: number | undefined
  readonly limit: number
}

/**
 * Entries of the audit log, newest first. For a private or direct room that the reader is not in, they show that something was
 * done but not by whom or to whom, unless an administrator acted from outside.
 */
export async function auditEntries(
  database: Database,
  { before, limit, person, reader }: EntriesQuery,
): Promise<AuditEntry[]> {
  const knows = reader
    ? sql<SqlBool>`(room_id is null or room_kind = 'open' or room_id in ${reader.rooms})`
    : sql<SqlBool>`1 = 1`
  const query = database
    .selectFrom('audit_entries')
    .selectAll()
    .select(sql<number>`case when ${knows} then 1 else 0 end`.as('knows'))
    .$if(before !== undefined, (entries) => entries.where('id', '<', before ?? 0))
    .orderBy('id', 'desc')
    .limit(limit)
  if (person === undefined) return (await query.execute()).map((row) => entryFor(reader, row))
  const isOwn = person === reader?.id
  // One after the other, by an index each: of a condition on either, all that fit would be sorted.
  const done = await query
    .where('actor_id', '=', person)
    .$if(!isOwn, (entries) =>
      entries.where(({ and, eb, or }) =>
        or([knows, and([eb('by_administrator', '=', 1), eb('action', 'in', ACTIONS_FROM_OUTSIDE)])]),
      ),
    )
    .execute()
  const suffered = await query
    .where('person_id', '=', person)
    .$if(!isOwn, (entries) => entries.where(knows))
    .execute()
  const byId = new Map([...done, ...suffered].map((row) => [row.id, entryFor(reader, row)]))
  return [...byId.values()].sort((a, b) => b.id - a.id).slice(0, limit)
}

function entryFor(
  reader: LogReader | undefined,
  { knows, ...row }: Selectable<AuditEntriesTable> & { readonly knows: number },
): AuditEntry {
  const isHidden = Number(knows) === 0
  const fromOutside = row.by_administrator !== 0 && ACTIONS_FROM_OUTSIDE.includes(row.action)
  return {
    ...row,
    hidesActor: isHidden && row.actor_id !== null && row.actor_id !== reader?.id && !fromOutside,
    hidesPerson: isHidden && row.person_id !== null && row.person_id !== reader?.id,
  }
}
