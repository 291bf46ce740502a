import { sql, type Transaction } from 'kysely'
import type { BindingsTable, CalculationsTable, Tables } from '../../storage/index.ts'
import { type Placeholder, preparedForRows } from '../../storage/index.ts'
import type { Item, OpenStream, StreamRow } from '../../streams/index.ts'
import type { Computed } from '../language/index.ts'
import type { EvaluationError } from '../sandbox/answers.ts'
import { type Line, selectLines } from './lines.ts'
import { changedNames, latestValue } from './sheets.ts'

export interface Sender {
  /** What the person is called; null: their username. */
  readonly displayName?: string | null
  readonly id: number
  readonly name: string
}

/** An expression that was evaluated on a sheet as it stood at `rev`. */
export interface Attempt {
  readonly sender: Sender
  readonly expression: string
  readonly id: string
  readonly evaluation: Computed
  readonly rev: number
  /** Why its sender may not keep it, where that is so; a retry of what is stored is answered all the same. */
  readonly refusal: string | undefined
}

/** A line that is on disk, and whether it was before; or why there is none. */
export type Calculated = { readonly line: Line; readonly repeat: boolean } | EvaluationError

/** What was read changed meanwhile: the expression is to be evaluated again, on the sheet as it stands at `rev`. */
export interface Outdated {
  readonly outdated: true
  readonly rev: number
}

export type Outcome = Calculated | Outdated

type Sheet = OpenStream<StreamRow, Line>
type AttemptItem = Item<StreamRow, Attempt, Line>

/** Names that a sheet may hold. */
const NAMES = 500

/**
 * Gives expressions their numbers and stores them, of all sheets together. Within one transaction.
 * @returns an outcome for each attempt, in their order
 */
export async function storeAttempts(
  transaction: Transaction<Tables>,
  items: readonly AttemptItem[],
): Promise<readonly Outcome[]> {
  const known = await storedLines(transaction, items)
  const at = new Date().toISOString()
  const additions = new Map<number, Additions>()
  const names = await storedNames(transaction, items)
  for (const sheet of new Set(items.map(({ stream }) => stream))) {
    const attempts = items.filter(({ stream }) => stream === sheet).map(({ command }) => command)
    const changed = await changesSince(transaction, sheet, attempts)
    additions.set(
      sheet.id,
      new Additions(sheet, { known, changed, at, names: names.get(sheet.id) ?? NO_NAMES }),
    )
  }
  const outcomes = items.map(({ stream, command }) => {
    const sheet = additions.get(stream.id)
    if (!sheet) throw new Error('an attempt came for a sheet that is not there')
    return sheet.add(command)
  })
  const added = [...additions.values()].filter(({ rows }) => rows.length > 0)
  if (added.length > 0) await insert(transaction, added)
  return outcomes
}

/**
 * The line that last changed each name, and `ans`, since the earliest of these attempts was evaluated. Only what some of
 * them may have read is asked for, and only when somebody else wrote meanwhile.
 */
async function changesSince(
  transaction: Transaction<Tables>,
  { id: sheet, rev }: Sheet,
  attempts: readonly Attempt[],
): Promise<Map<string, number>> {
  const late = attempts.filter((attempt) => attempt.rev < rev && attempt.evaluation.reads.length > 0)
  if (late.length === 0) return new Map()
  const earliest = Math.min(...late.map((attempt) => attempt.rev))
  const names = await changedNames(transaction, sheet, earliest)
  const changed = new Map(names.map(({ name, seq }) => [name, seq]))
  if (late.some(({ evaluation }) => evaluation.reads.includes('ans')))
    changed.set('ans', (await latestValue(transaction, sheet))?.seq ?? 0)
  return changed
}

/** The names of a sheet that matter here: which of those that are to be bound it has, and how many there are in all. */
interface Names {
  readonly bound: ReadonlySet<string>
  readonly count: number
}

const NO_NAMES: Names = { bound: new Set(), count: 0 }

/** The names of the sheets on which one is bound. */
async function storedNames(
  transaction: Transaction<Tables>,
  items: readonly AttemptItem[],
): Promise<Map<number, Names>> {
  const wanted = items.flatMap(({ stream, command: { evaluation } }) =>
    evaluation.binding ? [{ sheet: stream.id, name: evaluation.binding.name }] : [],
  )
  if (wanted.length === 0) return new Map()
  const found = await selectBound.execute(transaction, wanted)
  const bound = new Map<number, Set<string>>(wanted.map(({ sheet }) => [sheet, new Set()]))
  for (const { sheet_id, name } of found) bound.get(sheet_id)?.add(name)
  const growing = new Set(
    wanted.filter(({ sheet, name }) => !bound.get(sheet)?.has(name)).map(({ sheet }) => sheet),
  )
  const counts = await countNames.execute(
    transaction,
    [...growing].map((sheet) => ({ sheet })),
  )
  const count = new Map(counts.map(({ sheet_id, names }) => [sheet_id, Number(names)]))
  return new Map([...bound].map(([sheet, names]) => [sheet, { bound: names, count: count.get(sheet) ?? 0 }]))
}

const selectBound = preparedForRows(
  (database, names: readonly Placeholder<{ sheet: number; name: string }>[]) => {
    const wanted = names.map((name) => sql`(cast(${name('sheet')} as bigint), ${name('name')})`)
    return database
      .selectFrom('bindings')
      .select(['sheet_id', 'name'])
      .where(sql<boolean>`(sheet_id, name) in (values ${sql.join(wanted)})`)
  },
)

const countNames = preparedForRows((database, sheets: readonly Placeholder<{ sheet: number }>[]) =>
  database
    .selectFrom('bindings')
    .select(({ fn }) => ['sheet_id', fn.countAll().as('names')])
    .where(
      'sheet_id',
      'in',
      sheets.map((sheet) => sheet('sheet')),
    )
    .groupBy('sheet_id'),
)

interface Before {
  /** Lines that are stored, by `keyOf`; what is added joins them. */
  readonly known: Map<string, Line>
  /** The line that last changed a name, or `ans`, where it may be one that an attempt did not see. */
  readonly changed: ReadonlyMap<string, number>
  readonly names: Names
  readonly at: string
}

/** What one transaction adds to one sheet. */
class Additions {
  readonly rows: CalculationsTable[] = []
  readonly bindings = new Map<string, BindingsTable>()
  readonly #sheet: Sheet
  readonly #before: Before
  #newNames = 0

  constructor(sheet: Sheet, before: Before) {
    this.#sheet = sheet
    this.#before = before
  }

  add(attempt: Attempt): Outcome {
    const { evaluation, expression, id, refusal, sender } = attempt
    const key = keyOf(this.#sheet.id, sender.id, id)
    const { known, names, at } = this.#before
    const repeated = known.get(key)
    if (repeated) return { line: repeated, repeat: true }
    if (refusal !== undefined) return { error: { code: 'limit', message: refusal } }
    if (this.#isOutdated(attempt)) return { outdated: true, rev: this.#sheet.rev }
    const { binding, text, value } = evaluation
    const isNew = binding && !names.bound.has(binding.name) && !this.bindings.has(binding.name)
    if (isNew && names.count + this.#newNames >= NAMES) return tooManyNames()
    if (isNew) this.#newNames += 1
    const result = JSON.stringify(evaluation.result)
    const about = aboutOf(evaluation)
    const line = this.#sheet.change(
      (rev): Line => ({
        seq: rev,
        rev,
        id,
        sender: sender.name,
        senderName: sender.displayName ?? null,
        expression,
        result,
        text,
        name: binding?.name ?? null,
        ...about,
        at,
      }),
    )
    known.set(key, line)
    this.rows.push({
      sheet_id: this.#sheet.id,
      seq: line.seq,
      rev: line.rev,
      sender_id: sender.id,
      client_id: id,
      expression,
      text,
      result,
      value,
      name: binding?.name ?? null,
      ...about,
      created_at: at,
    })
    if (binding)
      this.bindings.set(binding.name, {
        sheet_id: this.#sheet.id,
        seq: line.seq,
        name: binding.name,
        stored: binding.stored,
      })
    return { line, repeat: false }
  }

  #isOutdated({ evaluation: { reads }, rev }: Attempt): boolean {
    const changedHere = reads.some((name) => name === 'ans' || this.bindings.has(name))
    if (this.rows.length > 0 && changedHere) return true
    return reads.some((name) => (this.#before.changed.get(name) ?? 0) > rev)
  }
}

function aboutOf({
  kind,
  label,
  notes,
  rounded,
}: Computed): Pick<Line, 'kind' | 'label' | 'notes' | 'rounded'> {
  return {
    kind,
    label: label ?? null,
    rounded: rounded ? 1 : null,
    notes: notes === undefined ? null : JSON.stringify(notes),
  }
}

async function insert(transaction: Transaction<Tables>, added: readonly Additions[]): Promise<void> {
  await insertLines.execute(
    transaction,
    added.flatMap(({ rows }) => rows),
  )
  const bindings = added.flatMap((sheet) => [...sheet.bindings.values()])
  if (bindings.length > 0) await setBindings.execute(transaction, bindings)
}

const insertLines = preparedForRows((database, lines: readonly Placeholder<CalculationsTable>[]) =>
  database.insertInto('calculations').values(
    lines.map((line) => ({
      sheet_id: line('sheet_id'),
      seq: line('seq'),
      rev: line('rev'),
      sender_id: line('sender_id'),
      client_id: line('client_id'),
      expression: line('expression'),
      text: line('text'),
      result: line('result'),
      value: line('value'),
      name: line('name'),
      kind: line('kind'),
      label: line('label'),
      rounded: line('rounded'),
      notes: line('notes'),
      created_at: line('created_at'),
    })),
  ),
)

const setBindings = preparedForRows((database, bindings: readonly Placeholder<BindingsTable>[]) =>
  database
    .insertInto('bindings')
    .values(
      bindings.map((binding) => ({
        sheet_id: binding('sheet_id'),
        name: binding('name'),
        seq: binding('seq'),
        stored: binding('stored'),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['sheet_id', 'name']).doUpdateSet((excluded) => ({
        seq: excluded.ref('excluded.seq'),
        stored: excluded.ref('excluded.stored'),
      })),
    ),
)

/** Looked up one by one in the index: three lists would be every sheet with every sender with every id. */
const selectKnown = preparedForRows(
  (database, keys: readonly Placeholder<{ sheet: number; sender: number; id: string }>[]) => {
    const wanted = keys.map(
      (key) => sql`(${key('id')}, cast(${key('sheet')} as bigint), cast(${key('sender')} as bigint))`,
    )
    return selectLines(database)
      .select(['sheet_id', 'sender_id'])
      .where(sql<boolean>`(client_id, sheet_id, sender_id) in (values ${sql.join(wanted)})`)
  },
)

async function storedLines(
  transaction: Transaction<Tables>,
  items: readonly AttemptItem[],
): Promise<Map<string, Line>> {
  const keys = items.map(({ stream, command: { sender, id } }) => ({
    sheet: stream.id,
    sender: sender.id,
    id,
  }))
  const rows = await selectKnown.execute(transaction, keys)
  return new Map(rows.map(({ sheet_id, sender_id, ...line }) => [keyOf(sheet_id, sender_id, line.id), line]))
}

function tooManyNames(): EvaluationError {
  return {
    error: {
      code: 'limit',
      message: `A sheet holds at most ${NAMES.toLocaleString('en')} names; use one of them again.`,
    },
  }
}

function keyOf(sheet: number, sender: number, id: string): string {
  return `${sheet} ${sender} ${id}`
}
