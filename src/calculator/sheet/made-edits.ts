import { randomUUIDv7 } from 'node:crypto'
import type { Database } from '../../storage/index.ts'
import { type Placeholder, prepared } from '../../storage/index.ts'
import type { Revision } from './commands.ts'
import { linesAt } from './line-rows.ts'

/** An edit that was made before. */
export interface KnownEdit {
  readonly until: number
  readonly id: string
  readonly revisions: readonly Revision[]
  /** The `until` of the edit that took it back. */
  readonly takenBackBy: number | null
}

/** The edit that somebody made under an id. */
export async function editWithId(
  database: Database,
  sheet: number,
  sender: number,
  id: string,
): Promise<{ readonly until: number } | undefined> {
  return selectWithId.executeTakeFirst(database, { sheet, sender, id })
}

/** Somebody's edit that ended at a `rev`. */
export async function editUntil(
  database: Database,
  sheet: number,
  sender: number,
  until: number,
): Promise<KnownEdit | undefined> {
  const row = await selectUntil.executeTakeFirst(database, { sheet, sender, until })
  if (row) {
    const revisions: readonly Revision[] = JSON.parse(row.revisions)
    return { until, id: row.id, revisions, takenBackBy: row.takenBackBy }
  }
  return addedAt(database, sheet, sender, until)
}

/** A line that was only added leaves no edit beside it: the line itself is what is known of that. */
async function addedAt(
  database: Database,
  sheet: number,
  sender: number,
  seq: number,
): Promise<KnownEdit | undefined> {
  const known = (await linesAt(database, sheet, [seq])).get(seq)
  if (!known || known.senderId !== sender) return undefined
  const { expression, position, written } = known.line
  // One that was written anew since is not as it was added.
  const to = written === seq ? { expression, position } : { expression: '', position: '' }
  // Its own id is that of the line.
  return { until: seq, id: randomUUIDv7(), revisions: [{ seq, from: undefined, to }], takenBackBy: null }
}

const selectWithId = prepared((database, value: Placeholder<{ sheet: number; sender: number; id: string }>) =>
  database
    .selectFrom('sheet_edits')
    .select('until')
    .where('client_id', '=', value('id'))
    .where('sheet_id', '=', value('sheet'))
    .where('sender_id', '=', value('sender')),
)

const selectUntil = prepared(
  (database, value: Placeholder<{ sheet: number; sender: number; until: number }>) =>
    database
      .selectFrom('sheet_edits')
      .select(['client_id as id', 'revisions', 'taken_back_by as takenBackBy'])
      .where('sheet_id', '=', value('sheet'))
      .where('until', '=', value('until'))
      .where('sender_id', '=', value('sender')),
)
