import { type Kysely, type RawBuilder, sql } from 'kysely'
import {
  type Database,
  type Placeholder,
  prepared,
  preparedForRows,
  type Tables,
} from '../../storage/index.ts'
import { inRisingRev } from '../../streams/index.ts'
import { LINE_KINDS } from '../language/index.ts'
import { isOfClock } from '../live-value-presentation.ts'
import { limit } from '../numbers/index.ts'
import { inputName, type Line } from './line.ts'

const ALL = Number.MAX_SAFE_INTEGER

/** Returns the lines that changed after a `rev`, in rising `rev`. */
export async function linesAfter(
  database: Kysely<Tables>,
  sheet: number,
  after: number,
  upTo: number | undefined,
  limit: number,
): Promise<Line[]> {
  return (await selectChanged.execute(database, { sheet, after, upTo: upTo ?? ALL, limit })).map(lineOf)
}

/** Counts the lines that changed after a `rev`, up to `limit`. */
export async function countChanged(
  database: Kysely<Tables>,
  sheet: number,
  after: number,
  limit: number,
): Promise<number> {
  return (await selectChangedSeqs.execute(database, { sheet, after, limit })).length
}

/** The lines of a sheet in their order, after a position. */
export async function linesInOrder(
  database: Database,
  sheet: number,
  after: string,
  limit: number,
): Promise<Line[]> {
  return (await selectInOrder.execute(database, { sheet, after, limit })).map(lineOf)
}

/** The inputs of a sheet, as they are stored. */
export async function inputsOf(database: Database, sheet: number): Promise<Line[]> {
  return (await selectInputs.execute(database, { sheet })).map(lineOf)
}

/** The live values of a sheet: its inputs other than those of the clock, by name. */
export async function liveInputsOf(database: Database, sheet: number): Promise<Line[]> {
  const inputs = await inputsOf(database, sheet)
  return inputs
    .filter((input) => !isOfClock(inputName(input)))
    .sort((a, b) => (a.position < b.position ? -1 : 1))
}

/** Returns the line with a `seq`, even if it was removed. */
export function standingAt(
  database: Kysely<Tables>,
  sheet: number,
  seq: number,
): Promise<{ rev: number; id: string } | undefined> {
  return selectStanding.executeTakeFirst(database, { sheet, seq })
}

/** The value of a line whole, as the evaluator keeps it; a line that has an error has none. */
export interface StoredValue {
  readonly value: string | null
  /** Its error, as it is stored. */
  readonly error: string | null
}

/** A line with the further columns that an edit needs. */
export interface KnownLine extends StoredValue {
  readonly line: Line
  readonly senderId: number
  readonly changedById: number | null
}

/** Lines that are asked for at once. */
const AT_ONCE = 500

/** Lines by their `seq`, those that were removed too; those that there are not are left out. */
export async function linesAt(
  database: Kysely<Tables>,
  sheet: number,
  seqs: Iterable<number>,
): Promise<Map<number, KnownLine>> {
  const wanted = [...seqs].map((seq) => ({ sheet, seq }))
  const found = new Map<number, KnownLine>()
  for (let from = 0; from < wanted.length; from += AT_ONCE)
    for (const row of await selectAt.execute(database, wanted.slice(from, from + AT_ONCE)))
      found.set(row.seq, knownOf(row))
  return found
}

/** A line's value, and the text by which it is shown. */
export interface ShownValue extends StoredValue {
  readonly text: string
}

/** Bytes of the values that are read for one request. */
const VALUES_BYTES = 8 * 1024 * 1024

/**
 * The values of lines by their `seq`.
 * @throws CalculationError `limit` where they are too large together
 */
export async function valuesAt(
  database: Kysely<Tables>,
  sheet: number,
  seqs: Iterable<number>,
): Promise<Map<number, ShownValue>> {
  const wanted = [...seqs].map((seq) => ({ sheet, seq }))
  const found = new Map<number, ShownValue>()
  let bytes = 0
  for (let from = 0; from < wanted.length; from += AT_ONCE)
    for (const { seq, value, text, error } of await selectValues.execute(
      database,
      wanted.slice(from, from + AT_ONCE),
    )) {
      bytes += 2 * ((value?.length ?? 0) + (error?.length ?? 0) + text.length)
      if (bytes > VALUES_BYTES) throw limit('This needs too many large values from the sheet. Use fewer.')
      found.set(seq, { value, text, error })
    }
  return found
}

const selectValues = preparedForRows(
  (database, lines: readonly Placeholder<{ sheet: number; seq: number }>[]) =>
    database
      .selectFrom('calculations')
      .select(['seq', 'value', 'text', 'error'])
      .where('sheet_id', '=', lines[0]?.('sheet') ?? 0)
      .where(
        'seq',
        'in',
        lines.map((line) => line('seq')),
      ),
)

/** The key by which a line that somebody added is found again, in any process. */
export interface AddedLine {
  readonly sheet: number
  readonly sender: number
  readonly id: string
}

/** The lines that were added so, in this order; undefined where none was. */
export async function linesWithIds(
  database: Database,
  added: readonly AddedLine[],
): Promise<readonly (Line | undefined)[]> {
  const rows = await selectAdded.execute(database, added)
  const found = new Map(rows.map((row) => [keyOf(row.sheet, row.senderId, row.id), lineOf(row)]))
  return added.map(({ sheet, sender, id }) => found.get(keyOf(sheet, sender, id)))
}

const keyOf = (sheet: number, sender: number, id: string): string => `${sheet} ${sender} ${id}`

/** The ids among these by which the sender added lines already. */
export async function idsInUse(
  database: Database,
  sheet: number,
  sender: number,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await selectIds.execute(
    database,
    ids.map((id) => ({ sheet, sender, id })),
  )
  return new Set(rows.map(({ id }) => id))
}

const selectIds = preparedForRows(
  (database, lines: readonly Placeholder<{ sheet: number; sender: number; id: string }>[]) =>
    database
      .selectFrom('calculations')
      .select('client_id as id')
      .where('sheet_id', '=', lines[0]?.('sheet') ?? 0)
      .where('sender_id', '=', lines[0]?.('sender') ?? 0)
      .where(
        'client_id',
        'in',
        lines.map((line) => line('id')),
      ),
)

function selectLines(database: Kysely<Tables>) {
  return database
    .selectFrom('calculations as line')
    .innerJoin('users as author', 'author.id', 'line.sender_id')
    .leftJoin('users as changer', 'changer.id', 'line.changed_by')
    .select([
      'line.seq',
      'line.rev',
      'line.until',
      'line.written',
      'line.client_id as id',
      'line.sender_id as senderId',
      'author.name as sender',
      'author.display_name as senderName',
      'author.picture as senderPicture',
      'line.changed_by as changedById',
      'changer.name as changedBy',
      'changer.display_name as changedByName',
      'changer.picture as changedByPicture',
      'line.expression',
      'line.kind',
      'line.name',
      'line.label',
      'line.position',
      'line.result',
      'line.text',
      'line.value',
      'line.rounded',
      'line.notes',
      'line.error',
      'line.removed_at as removedAt',
      'line.created_at as at',
    ])
}

type Row = Awaited<ReturnType<ReturnType<typeof selectLines>['execute']>>[number]

function lineOf(row: Row): Line {
  const { seq, rev, until, id, sender, senderName, senderPicture, expression, label } = row
  const { changedBy, changedByName, changedByPicture } = row
  const { position, result, text, rounded, notes, error, removedAt, at } = row
  return {
    seq,
    rev,
    until: until ?? rev,
    id,
    sender,
    senderName,
    senderPicture,
    changedBy,
    changedByName,
    changedByPicture,
    expression,
    kind: kindOf(row),
    label,
    position: position ?? '',
    result,
    text,
    rounded: rounded === 1,
    notes,
    error,
    removed: removedAt !== null,
    at,
    written: row.written ?? seq,
  }
}

function knownOf(row: Row): KnownLine {
  const { senderId, changedById, value } = row
  const line = lineOf(row)
  return { line, senderId, changedById, value, error: line.error }
}

function kindOf({ kind, name }: Row): Line['kind'] {
  if (kind === 'input') return kind
  return LINE_KINDS.find((known) => known === kind) ?? (name === null ? 'value' : 'definition')
}

const selectChanged = prepared(
  (database, value: Placeholder<{ sheet: number; after: number; upTo: number; limit: number }>) => {
    const all = selectLines(database)
      .where('line.sheet_id', '=', value('sheet'))
      .where('line.rev', '>', value('after'))
      .where('line.rev', '<=', value('upTo'))
      .limit(value('limit'))
    const added = all
      .whereRef('line.rev', '=', 'line.seq')
      .where('line.seq', '>', value('after'))
      .where('line.seq', '<=', value('upTo'))
      .orderBy('line.seq')
    const changed = all.whereRef('line.rev', '<>', 'line.seq').orderBy('line.rev')
    return inRisingRev(added, changed, value('limit'))
  },
)

const selectChangedSeqs = prepared(
  (database, value: Placeholder<{ sheet: number; after: number; limit: number }>) => {
    const all = database
      .selectFrom('calculations')
      .select('seq')
      .where('sheet_id', '=', value('sheet'))
      .where('rev', '>', value('after'))
      .limit(value('limit'))
    const added = all.whereRef('rev', '=', 'seq').where('seq', '>', value('after'))
    const changed = all.whereRef('rev', '<>', 'seq')
    return database
      .selectFrom(added.as('added'))
      .selectAll()
      .unionAll(database.selectFrom(changed.as('changed')).selectAll())
      .limit(value('limit'))
  },
)

const selectInOrder = prepared(
  (database, value: Placeholder<{ sheet: number; after: string; limit: number }>) =>
    selectLines(database)
      .where('line.sheet_id', '=', value('sheet'))
      .where('line.removed_at', 'is', null)
      .where('line.position', '>', value('after'))
      // Inputs stand above all lines.
      .where('line.position', '>=', 'A')
      .orderBy('line.position')
      .limit(value('limit')),
)

const selectInputs = prepared((database, value: Placeholder<{ sheet: number }>) =>
  selectLines(database)
    .where('line.sheet_id', '=', value('sheet'))
    .where('line.removed_at', 'is', null)
    .where('line.position', '<', 'A'),
)

const selectStanding = prepared((database, value: Placeholder<{ sheet: number; seq: number }>) =>
  database
    .selectFrom('calculations')
    .select(['rev', 'client_id as id'])
    .where('sheet_id', '=', value('sheet'))
    .where('seq', '=', value('seq')),
)

const selectAt = preparedForRows((database, lines: readonly Placeholder<{ sheet: number; seq: number }>[]) =>
  selectLines(database)
    .where('line.sheet_id', '=', lines[0]?.('sheet') ?? 0)
    .where(
      'line.seq',
      'in',
      lines.map((line) => line('seq')),
    ),
)

const selectAdded = preparedForRows((database, added: readonly Placeholder<AddedLine>[]) =>
  selectLines(database).select('line.sheet_id as sheet').where(isAmong(added)),
)

/**
 * A condition for the lines that were added so. They are looked up one by one in the index: three lists would be every sheet
 * with every sender with every id.
 */
export function isAmong(added: readonly Placeholder<AddedLine>[]): RawBuilder<boolean> {
  const wanted = added.map(
    (line) => sql`(${line('id')}, cast(${line('sheet')} as bigint), cast(${line('sender')} as bigint))`,
  )
  return sql<boolean>`(client_id, sheet_id, sender_id) in (values ${sql.join(wanted)})`
}

/** The columns of a line that a document is built from. */
export interface LineText {
  readonly seq: number
  readonly rev: number
  readonly position: string | null
  readonly expression: string
  readonly written: number | null
  readonly removedAt: string | null
}

/** All lines of a sheet, by `seq`, at most `limit` after one. */
export function textsAfter(
  database: Kysely<Tables>,
  sheet: number,
  after: number,
  limit: number,
): Promise<LineText[]> {
  return selectTexts.execute(database, { sheet, after, limit })
}

const selectTexts = prepared(
  (database, value: Placeholder<{ sheet: number; after: number; limit: number }>) =>
    database
      .selectFrom('calculations')
      .select(['seq', 'rev', 'position', 'expression', 'written', 'removed_at as removedAt'])
      .where('sheet_id', '=', value('sheet'))
      .where('seq', '>', value('after'))
      .orderBy('seq')
      .limit(value('limit')),
)
