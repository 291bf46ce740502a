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

/**
 * A line that was only appended leaves no edit beside it: the line itself, and the first edit that went on from there, are what is
 * known of that.
 */
async function addedAt(
  database: Database,
  sheet: number,
  sender: number,
  seq: number,
): Promise<KnownEdit | undefined> {
  const known = (await linesAt(database, sheet, [seq])).get(seq)
  if (!known || known.senderId !== sender) return undefined
  const { expression, position, rev } = known.line
  const next = await selectNext.executeTakeFirst(database, { sheet, sender, seq })
  if (revisionOf(next, seq)?.from === null) return undefined
  const first =
    rev === seq
      ? undefined
      : await selectFirst.executeTakeFirst(database, { sheet, seq, text: `%"seq":${seq},%` })
  const to = revisionOf(first, seq)?.from ?? { expression, position }
  // Its own id is that of the line.
  return { until: seq, id: randomUUIDv7(), revisions: [{ seq, from: undefined, to }], takenBackBy: null }
}

/** A line before and after an edit; `from` is null where the edit added the line. */
function revisionOf(edit: { readonly revisions: string } | undefined, seq: number) {
  if (!edit) return undefined
  const revisions: readonly Revision[] = JSON.parse(edit.revisions)
  const found = revisions.find((revision) => revision.seq === seq)
  return found && { from: found.from ?? null }
}

/** The edits of a person that were taken back, each with the `until` of the edit that did it. */
export async function takenBack(
  database: Database,
  sheet: number,
  sender: number,
): Promise<ReadonlyMap<number, number>> {
  const rows = await selectTakenBack.execute(database, { sheet, sender })
  return new Map(rows.flatMap(({ until, by }) => (by === null ? [] : [[until, by] as const])))
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

/** The first edit of a person after a `rev`, which is the one that made the change of that `rev` unless that ended there. */
const selectNext = prepared((database, value: Placeholder<{ sheet: number; sender: number; seq: number }>) =>
  database
    .selectFrom('sheet_edits')
    .select('revisions')
    .where('sheet_id', '=', value('sheet'))
    .where('sender_id', '=', value('sender'))
    .where('until', '>', value('seq'))
    .orderBy('until')
    .limit(1),
)

/** The first edit of anybody that changed a line. */
const selectFirst = prepared((database, value: Placeholder<{ sheet: number; seq: number; text: string }>) =>
  database
    .selectFrom('sheet_edits')
    .select('revisions')
    .where('sheet_id', '=', value('sheet'))
    .where('until', '>', value('seq'))
    .where('revisions', 'like', value('text'))
    .orderBy('until')
    .limit(1),
)

const selectTakenBack = prepared((database, value: Placeholder<{ sheet: number; sender: number }>) =>
  database
    .selectFrom('sheet_edits')
    .select(['until', 'taken_back_by as by'])
    .where('sheet_id', '=', value('sheet'))
    .where('sender_id', '=', value('sender'))
    .where('taken_back_by', 'is not', null),
)
