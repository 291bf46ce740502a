import { sql, type Transaction } from 'kysely'
import type { BindingsTable, CalculationsTable, Tables } from '../../storage/index.ts'
import { type Placeholder, preparedForRows } from '../../storage/index.ts'
import type { Computed } from '../engine/evaluate.ts'
import type { EvaluationError } from '../sandbox/answers.ts'
import { type Line, selectLines } from './lines.ts'
import { changedNames, latestValue, lockSheets } from './sheets.ts'

export interface Sender {
  readonly id: number
  readonly name: string
}

/** An expression that was evaluated on a sheet as it stood at `rev`. */
export interface Attempt {
  readonly sheet: number
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

/** `outdated`: what was read changed meanwhile; it is to be evaluated again. */
export type Outcome = Calculated | 'outdated'

/** Names that a sheet may hold. */
const NAMES = 500

/**
 * Gives expressions their numbers and stores them, of all sheets together. Within one transaction.
 * @returns an outcome for each attempt, in their order, and what was added to each sheet
 */
export async function storeAttempts(
  transaction: Transaction<Tables>,
  attempts: readonly Attempt[],
): Promise<{ outcomes: Outcome[]; additions: readonly Additions[] }> {
  const sheets = new Set(attempts.map(({ sheet }) => sheet))
  const locked = await lockSheets(transaction, sheets)
  const known = await storedLines(transaction, attempts)
  const at = new Date().toISOString()
  const additions = new Map<number, Additions>()
  const names = await storedNames(transaction, attempts)
  for (const { id, rev } of locked) {
    const ofSheet = attempts.filter(({ sheet }) => sheet === id)
    const changed = await changesSince(transaction, id, rev, ofSheet)
    additions.set(id, new Additions({ sheet: id, rev, known, changed, at, names: names.get(id) ?? NO_NAMES }))
  }
  const outcomes = attempts.map((attempt): Outcome => {
    const sheet = additions.get(attempt.sheet)
    if (!sheet) throw new Error('an attempt came for a sheet that is not there')
    return sheet.add(attempt)
  })
  const added = [...additions.values()].filter(({ fresh }) => fresh.length > 0)
  if (added.length > 0) await insert(transaction, added)
  return { outcomes, additions: [...additions.values()] }
}

/**
 * The line that last changed each name, and `ans`, since the earliest of these attempts was evaluated. Only what some of
 * them may have read is asked for, and only when somebody else wrote meanwhile.
 */
async function changesSince(
  transaction: Transaction<Tables>,
  sheet: number,
  rev: number,
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
  attempts: readonly Attempt[],
): Promise<Map<number, Names>> {
  const wanted = attempts.flatMap(({ sheet, evaluation: { binding } }) =>
    binding ? [{ sheet, name: binding.name }] : [],
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

interface Fresh {
  readonly line: Line
  readonly evaluation: Computed
}

interface Before {
  readonly sheet: number
  readonly rev: number
  /** Lines that are stored, by `keyOf`; what is added joins them. */
  readonly known: Map<string, Line>
  /** The line that last changed a name, or `ans`, where it may be one that an attempt did not see. */
  readonly changed: ReadonlyMap<string, number>
  readonly names: Names
  readonly at: string
}

/** What one transaction adds to one sheet. */
export class Additions {
  readonly sheet: number
  readonly fresh: Fresh[] = []
  readonly rows: CalculationsTable[] = []
  readonly bindings = new Map<string, BindingsTable>()
  readonly #before: Before
  #newNames = 0

  constructor(before: Before) {
    this.sheet = before.sheet
    this.#before = before
  }

  get rev(): number {
    return this.#before.rev + this.fresh.length
  }

  add(attempt: Attempt): Outcome {
    const { evaluation, expression, id, refusal, sender, sheet } = attempt
    const key = keyOf(sheet, sender.id, id)
    const { known, names, at } = this.#before
    const repeated = known.get(key)
    if (repeated) return { line: repeated, repeat: true }
    if (refusal !== undefined) return { error: { code: 'limit', message: refusal } }
    if (this.#outdated(attempt)) return 'outdated'
    const { binding, text, value } = evaluation
    const isNew = binding && !names.bound.has(binding.name) && !this.bindings.has(binding.name)
    if (isNew && names.count + this.#newNames >= NAMES) return tooManyNames()
    if (isNew) this.#newNames += 1
    const seq = this.rev + 1
    const result = JSON.stringify(evaluation.result)
    const line = { seq, rev: seq, id, sender: sender.name, expression, result, text, at }
    known.set(key, line)
    this.fresh.push({ line, evaluation })
    this.rows.push({
      sheet_id: sheet,
      seq,
      rev: seq,
      sender_id: sender.id,
      client_id: id,
      expression,
      text,
      result,
      value,
      name: binding?.name ?? null,
      created_at: at,
    })
    if (binding) this.bindings.set(binding.name, { sheet_id: sheet, seq, ...stored(binding) })
    return { line, repeat: false }
  }

  #outdated({ evaluation: { reads }, rev }: Attempt): boolean {
    const changedHere = reads.some((name) => name === 'ans' || this.bindings.has(name))
    if (this.fresh.length > 0 && changedHere) return true
    return reads.some((name) => (this.#before.changed.get(name) ?? 0) > rev)
  }
}

async function insert(transaction: Transaction<Tables>, added: readonly Additions[]): Promise<void> {
  await insertLines.execute(
    transaction,
    added.flatMap(({ rows }) => rows),
  )
  await setRevs.execute(
    transaction,
    added.map(({ sheet, rev }) => ({ id: sheet, rev })),
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
      created_at: line('created_at'),
    })),
  ),
)

const setRevs = preparedForRows((database, sheets: readonly Placeholder<{ id: number; rev: number }>[]) =>
  database
    .insertInto('sheets')
    .values(sheets.map((sheet) => ({ id: sheet('id'), rev: sheet('rev') })))
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ rev: sql.ref('excluded.rev') })),
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
  attempts: readonly Attempt[],
): Promise<Map<string, Line>> {
  const keys = attempts.map(({ sheet, sender, id }) => ({ sheet, sender: sender.id, id }))
  const rows = await selectKnown.execute(transaction, keys)
  return new Map(rows.map(({ sheet_id, sender_id, ...line }) => [keyOf(sheet_id, sender_id, line.id), line]))
}

function stored({ name, stored }: NonNullable<Computed['binding']>): { name: string; stored: string } {
  return { name, stored }
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
