import { sql, type Transaction } from 'kysely'
import { type Placeholder, preparedForRows, type Tables } from '../../storage/index.ts'
import type { Item, StreamRow } from '../../streams/index.ts'
import type { Revision } from './commands.ts'
import type { Line } from './line.ts'
import { type AddedLine, isAmong } from './line-rows.ts'
import type { KnownEdit } from './made-edits.ts'

/** A line as an edit leaves it: the part that everyone sees, and columns that are only stored. */
export interface ChangedLine {
  readonly line: Omit<Line, 'rev' | 'until'>
  readonly senderId: number
  readonly changedById: number | null
  readonly value: string | null
}

/** An edit that is remembered, so that it is known when it is sent again, and can be taken back. */
export interface MadeEdit {
  readonly senderId: number
  readonly id: string
  readonly revisions: readonly Revision[]
  /** The edit that it takes back. */
  readonly takesBack: KnownEdit | undefined
  /** The number of changed lines up to and including its last one. */
  readonly ends: number
  /** It only added a line, which is by itself what is known of it. */
  readonly isKnownByLine: boolean
}

/** The changes that edits which were made together bring to a sheet as it stood at `base`. */
export interface SheetChange {
  readonly base: number
  /** In the order of their revs. */
  readonly lines: readonly ChangedLine[]
  readonly edits: readonly MadeEdit[]
  /** Lines that are new unless they were added before, which nobody has looked up yet. */
  readonly appended?: readonly { readonly sender: number; readonly id: string }[]
  /** New positions for lines of an earlier release, which had none of their own. */
  readonly placed?: readonly { readonly seq: number; readonly position: string }[]
  /** Values that look as before, and are written down otherwise than an earlier release did. */
  readonly rewritten?: readonly { readonly seq: number; readonly value: string | null }[]
}

/**
 * `outdated`: the sheet changed meanwhile, in another process; `repeated`: a line of the change was added before, under the
 * same id. Nothing is stored then.
 */
export type Stored =
  | { readonly outcome: 'outdated' | 'repeated' }
  | { readonly outcome: 'stored'; readonly lines: readonly Line[] }

type ChangeItem = Item<StreamRow, SheetChange, Line>

/** Edits are remembered for this many further changes of the sheet. */
export const REMEMBERED = 10_000

/** Stores the results of edits, within one transaction. */
export async function storeChanges(
  transaction: Transaction<Tables>,
  items: readonly ChangeItem[],
): Promise<readonly Stored[]> {
  const rows: LineRow[] = []
  const edits: EditRow[] = []
  const repeated = await streamsWithRepeats(transaction, items)
  const outcomes = items.map(({ stream, command }): Stored => {
    if (stream.rev !== command.base) return { outcome: 'outdated' }
    if (repeated.has(stream.id)) return { outcome: 'repeated' }
    const ends = command.edits.map((edit) => edit.ends)
    const lines = command.lines.map((changed, index) => {
      const until = command.base + (ends.find((end) => end > index) ?? command.lines.length)
      const line = stream.change((rev): Line => ({ ...changed.line, rev, until }))
      rows.push(rowOf(stream.id, line, changed))
      return line
    })
    for (const { senderId, id, revisions, takesBack, ends, isKnownByLine } of command.edits) {
      if (isKnownByLine) continue
      const until = command.base + ends
      const made = { sheet_id: stream.id, sender_id: senderId }
      edits.push({ ...made, until, client_id: id, revisions: JSON.stringify(revisions), taken_back_by: null })
      // One that only added a line has no row so far.
      if (takesBack)
        edits.push({
          ...made,
          until: takesBack.until,
          client_id: takesBack.id,
          revisions: JSON.stringify(takesBack.revisions),
          taken_back_by: until,
        })
    }
    return { outcome: 'stored', lines }
  })
  const made = items.filter((_, index) => outcomes[index]?.outcome === 'stored')
  const placed = made.flatMap(({ stream, command }) =>
    (command.placed ?? []).map((line) => ({ ...line, sheet: stream.id })),
  )
  const rewritten = made.flatMap(({ stream, command }) =>
    (command.rewritten ?? []).map((line) => ({ ...line, sheet: stream.id })),
  )
  await inParts(placed, (part) => setPositions.execute(transaction, part))
  await inParts(rewritten, (part) => setValues.execute(transaction, part))
  await inParts(rows, (part) => upsertLines.execute(transaction, part))
  if (edits.length > 0) {
    await upsertEdits.execute(transaction, edits)
    await forgetEdits.execute(
      transaction,
      edits.map(({ sheet_id, until }) => ({ sheet: sheet_id, until: until - REMEMBERED })),
    )
  }
  return outcomes
}

/** The sheets to which a line is to be appended that stands there already. */
async function streamsWithRepeats(
  transaction: Transaction<Tables>,
  items: readonly ChangeItem[],
): Promise<ReadonlySet<number>> {
  const appended = items.flatMap(({ stream, command }) =>
    (command.appended ?? []).map((line) => ({ ...line, sheet: stream.id })),
  )
  const repeated = new Set<number>()
  await inParts(appended, async (part) => {
    for (const { sheet } of await selectRepeated.execute(transaction, part)) repeated.add(sheet)
  })
  return repeated
}

const selectRepeated = preparedForRows(
  (database, added: readonly Placeholder<AddedLine>[]) =>
    database.selectFrom('calculations').select('sheet_id as sheet').where(isAmong(added)),
  { repeatable: true },
)

interface LineRow {
  readonly sheet_id: number
  readonly seq: number
  readonly rev: number
  readonly until: number
  readonly written: number
  readonly sender_id: number
  readonly client_id: string
  readonly changed_by: number | null
  readonly expression: string
  readonly kind: string
  readonly label: string | null
  readonly position: string
  readonly text: string
  readonly result: string
  readonly value: string | null
  readonly rounded: number | null
  readonly notes: string | null
  readonly error: string | null
  readonly removed_at: string | null
  readonly created_at: string
}

function rowOf(sheet: number, line: Line, { senderId, changedById, value }: ChangedLine): LineRow {
  return {
    sheet_id: sheet,
    seq: line.seq,
    rev: line.rev,
    until: line.until,
    written: line.written,
    sender_id: senderId,
    client_id: line.id,
    changed_by: changedById,
    expression: line.expression,
    kind: line.kind,
    label: line.label,
    position: line.position,
    text: line.text,
    result: line.result,
    value,
    rounded: line.rounded ? 1 : null,
    notes: line.notes,
    error: line.error,
    removed_at: line.removed ? new Date().toISOString() : null,
    created_at: line.at,
  }
}

/** Rows of one statement: PostgreSQL takes 65,535 parameters. */
const AT_ONCE = 1_000

async function inParts<Row>(
  rows: readonly Row[],
  store: (part: readonly Row[]) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < rows.length; from += AT_ONCE) await store(rows.slice(from, from + AT_ONCE))
}

const setPositions = preparedForRows(
  (database, lines: readonly Placeholder<{ sheet: number; seq: number; position: string }>[]) => {
    const values = lines.map(
      (line) =>
        sql`(cast(${line('sheet')} as bigint), cast(${line('seq')} as bigint), cast(${line('position')} as text))`,
    )
    return database
      .updateTable('calculations')
      .from(
        sql<{ column1: number; column2: number; column3: string }>`(values ${sql.join(values)})`.as('placed'),
      )
      .set(({ ref }) => ({ position: ref('placed.column3') }))
      .whereRef('sheet_id', '=', 'placed.column1')
      .whereRef('seq', '=', 'placed.column2')
  },
)

const setValues = preparedForRows(
  (database, lines: readonly Placeholder<{ sheet: number; seq: number; value: string | null }>[]) => {
    const values = lines.map(
      (line) =>
        sql`(cast(${line('sheet')} as bigint), cast(${line('seq')} as bigint), cast(${line('value')} as text))`,
    )
    return database
      .updateTable('calculations')
      .from(
        sql<{ column1: number; column2: number; column3: string | null }>`(values ${sql.join(values)})`.as(
          'written',
        ),
      )
      .set(({ ref }) => ({ value: ref('written.column3') }))
      .whereRef('sheet_id', '=', 'written.column1')
      .whereRef('seq', '=', 'written.column2')
  },
)

const CHANGING = [
  'rev',
  'until',
  'written',
  'changed_by',
  'expression',
  'kind',
  'label',
  'position',
  'text',
  'result',
  'value',
  'rounded',
  'notes',
  'error',
  'removed_at',
  'created_at',
] as const

const upsertLines = preparedForRows((database, lines: readonly Placeholder<LineRow>[]) =>
  database
    .insertInto('calculations')
    .values(
      lines.map((line) => ({
        sheet_id: line('sheet_id'),
        seq: line('seq'),
        rev: line('rev'),
        until: line('until'),
        written: line('written'),
        sender_id: line('sender_id'),
        client_id: line('client_id'),
        changed_by: line('changed_by'),
        expression: line('expression'),
        kind: line('kind'),
        label: line('label'),
        position: line('position'),
        text: line('text'),
        result: line('result'),
        value: line('value'),
        rounded: line('rounded'),
        notes: line('notes'),
        error: line('error'),
        removed_at: line('removed_at'),
        created_at: line('created_at'),
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['sheet_id', 'seq'])
        .doUpdateSet(({ ref }) =>
          Object.fromEntries(CHANGING.map((column) => [column, ref(`excluded.${column}`)])),
        ),
    ),
)

interface EditRow {
  readonly sheet_id: number
  readonly until: number
  readonly sender_id: number
  readonly client_id: string
  readonly revisions: string
  readonly taken_back_by: number | null
}

const upsertEdits = preparedForRows((database, edits: readonly Placeholder<EditRow>[]) =>
  database
    .insertInto('sheet_edits')
    .values(
      edits.map((edit) => ({
        sheet_id: edit('sheet_id'),
        until: edit('until'),
        sender_id: edit('sender_id'),
        client_id: edit('client_id'),
        revisions: edit('revisions'),
        taken_back_by: edit('taken_back_by'),
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['sheet_id', 'until', 'sender_id'])
        .doUpdateSet(({ ref }) => ({ taken_back_by: ref('excluded.taken_back_by') })),
    ),
)

const forgetEdits = preparedForRows(
  (database, sheets: readonly Placeholder<{ sheet: number; until: number }>[]) =>
    database
      .deleteFrom('sheet_edits')
      .where(({ and, eb, or }) =>
        or(
          sheets.map((sheet) =>
            and([eb('sheet_id', '=', sheet('sheet')), eb('until', '<=', sheet('until'))]),
          ),
        ),
      ),
)
