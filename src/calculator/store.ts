import { sql, type Transaction } from 'kysely'
import { type Placeholder, preparedForRows } from '../storage/prepared.ts'
import type { BindingsTable, CalculationsTable, Tables } from '../storage/tables.ts'
import type { EvaluationError } from './answers.ts'
import type { Computed } from './engine/evaluate.ts'
import { type Line, selectLines } from './lines.ts'
import type { SheetState } from './sheet.ts'
import { lockSheets } from './sheets.ts'

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
}

/** A line that is on disk, and whether it was before; or why there is none. */
export type Calculated = { readonly line: Line; readonly repeat: boolean } | EvaluationError

/** `outdated`: what was read changed meanwhile; it is to be evaluated again. */
export type Outcome = Calculated | 'outdated'

/** Names that a sheet may hold. */
const NAMES = 500

/**
 * Gives expressions their numbers and stores them, of all sheets together. Within one transaction; the states are brought
 * up to it, and the new lines are not yet in them.
 * @returns an outcome for each attempt, in their order, and what was added to each sheet
 */
export async function storeAttempts(
  transaction: Transaction<Tables>,
  states: ReadonlyMap<number, SheetState>,
  attempts: readonly Attempt[],
): Promise<{ outcomes: Outcome[]; added: readonly Additions[] }> {
  for (const { id: sheet, rev } of await lockSheets(transaction, states.keys()))
    await states.get(sheet)?.catchUp(transaction, rev)
  const known = await storedLines(transaction, attempts)
  const at = new Date().toISOString()
  const additions = new Map([...states].map(([sheet, state]) => [sheet, new Additions(state, known, at)]))
  const outcomes = attempts.map((attempt): Outcome => {
    const sheet = additions.get(attempt.sheet)
    if (!sheet) throw new Error('an attempt came without the state of its sheet')
    return sheet.add(attempt)
  })
  const added = [...additions.values()].filter(({ fresh }) => fresh.length > 0)
  if (added.length > 0) await insert(transaction, added)
  return { outcomes, added }
}

interface Fresh {
  readonly line: Line
  readonly evaluation: Computed
}

/** What one transaction adds to one sheet. */
export class Additions {
  readonly state: SheetState
  readonly fresh: Fresh[] = []
  readonly rows: CalculationsTable[] = []
  readonly bindings = new Map<string, BindingsTable>()
  readonly #known: Map<string, Line>
  readonly #at: string
  #newNames = 0

  /** @param known lines that are stored, by `keyOf`; what is added joins them */
  constructor(state: SheetState, known: Map<string, Line>, at: string) {
    this.state = state
    this.#known = known
    this.#at = at
  }

  get rev(): number {
    return this.state.rev + this.fresh.length
  }

  add(attempt: Attempt): Outcome {
    const { evaluation, expression, id, sender, sheet } = attempt
    const key = keyOf(sheet, sender.id, id)
    const before = this.#known.get(key)
    if (before) return { line: before, repeat: true }
    if (this.#outdated(attempt)) return 'outdated'
    const { binding, text, value } = evaluation
    const isNew = binding && !this.state.has(binding.name) && !this.bindings.has(binding.name)
    if (isNew && this.state.size + this.#newNames >= NAMES) return tooManyNames()
    if (isNew) this.#newNames += 1
    const seq = this.rev + 1
    const result = JSON.stringify(evaluation.result)
    const line = { seq, rev: seq, id, sender: sender.name, expression, result, text, at: this.#at }
    this.#known.set(key, line)
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
      created_at: this.#at,
    })
    if (binding) this.bindings.set(binding.name, { sheet_id: sheet, seq, ...stored(binding) })
    return { line, repeat: false }
  }

  #outdated({ evaluation: { reads }, rev }: Attempt): boolean {
    const changedHere = reads.some((name) => name === 'ans' || this.bindings.has(name))
    return (this.fresh.length > 0 && changedHere) || this.state.changedSince(rev, reads)
  }
}

async function insert(transaction: Transaction<Tables>, added: readonly Additions[]): Promise<void> {
  await insertLines.execute(
    transaction,
    added.flatMap(({ rows }) => rows),
  )
  await setRevs.execute(
    transaction,
    added.map(({ state, rev }) => ({ id: state.sheet, rev })),
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
      (key) => sql`(cast(${key('sheet')} as bigint), cast(${key('sender')} as bigint), ${key('id')})`,
    )
    return selectLines(database)
      .select(['sheet_id', 'sender_id'])
      .where(sql<boolean>`(sheet_id, sender_id, client_id) in (values ${sql.join(wanted)})`)
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
  return { error: { code: 'limit', message: `A sheet holds at most ${NAMES} names; use one of them again.` } }
}

function keyOf(sheet: number, sender: number, id: string): string {
  return `${sheet} ${sender} ${id}`
}
