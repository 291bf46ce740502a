import { randomUUID } from 'node:crypto'
import type { Insertable, Transaction } from 'kysely'
import { wellFormed } from '../channels/frames.ts'
import { type Database, inTransaction } from '../storage/database.ts'
import type { BindingsTable, CalculationsTable, Tables } from '../storage/tables.ts'
import { Turns } from '../storage/turns.ts'
import type { Computed } from './engine/evaluate.ts'
import { type Line, selectLines } from './lines.ts'
import type { Evaluation, EvaluationError, Pool } from './pool.ts'
import { SheetState } from './sheet.ts'

export interface Sender {
  readonly id: number
  readonly name: string
}

/** A line that is on disk, and whether it was before; or why there is none. */
export type Calculated = { readonly line: Line; readonly repeat: boolean } | EvaluationError

/** An expression that was evaluated on a sheet as it stood at `rev`. */
interface Attempt {
  readonly sender: Sender
  readonly expression: string
  readonly id: string
  readonly evaluation: Computed
  readonly rev: number
}

type Outcome = Calculated | 'outdated'

/** Names that a sheet may hold. */
const NAMES = 500

/** Sheets whose names are kept in memory; of others they are read again. */
const STATES = 1_000

/** Times that an expression is evaluated beside others; then the sheet waits for it. */
const BESIDE = 2

/**
 * Evaluates, then stores: an expression is evaluated on what this process knows of the sheet, and one transaction takes the
 * number, unless a name that was read, or `ans`, changed meanwhile; then it is evaluated again.
 */
export class Calculations {
  readonly #database: Database
  readonly #pool: Pool
  readonly #publish: (sheet: number, lines: readonly Line[]) => void
  readonly #states = new Map<number, SheetState>()
  readonly #turns = new Turns<Attempt, Outcome>((sheet, attempts) => this.#store(sheet, attempts))
  readonly #queues = new Map<number, Promise<unknown>>()

  /** @param publish called with new lines, in rising `rev`, once they are on disk */
  constructor(database: Database, pool: Pool, publish: (sheet: number, lines: readonly Line[]) => void) {
    this.#database = database
    this.#pool = pool
    this.#publish = publish
  }

  /**
   * Adds a line to a sheet. When this resolves with a line it is on disk.
   * @param id makes a retry safe: the same sender, sheet and id is stored once
   * @throws when the database fails; nothing is stored then
   */
  async add(sheet: number, sender: Sender, text: string, id: string = randomUUID()): Promise<Calculated> {
    const expression = wellFormed(text)
    for (let tries = 1; ; tries += 1) {
      const attempt = () => this.#attempt(sheet, sender, expression, id)
      const beside = tries <= BESIDE && !this.#queues.has(sheet)
      const outcome = await (beside ? attempt() : this.#alone(sheet, attempt))
      if (outcome !== 'outdated') return outcome
    }
  }

  /** The value of an expression on a sheet as it stands; nothing is stored. */
  async preview(sheet: number, sender: Sender, text: string, signal: AbortSignal): Promise<Evaluation> {
    const expression = wellFormed(text)
    const bindings = (await this.#state(sheet)).bindingsFor(expression)
    return this.#pool.evaluate({ expression, bindings, person: `preview ${sender.id}`, signal })
  }

  async #attempt(sheet: number, sender: Sender, expression: string, id: string): Promise<Outcome> {
    const state = await this.#state(sheet)
    const { rev } = state
    const bindings = state.bindingsFor(expression)
    const evaluation = await this.#pool.evaluate({ expression, bindings, person: String(sender.id) })
    if ('error' in evaluation) return (await this.#repeated(sheet, sender, id)) ?? evaluation
    return this.#turns.add(sheet, { sender, expression, id, evaluation, rev })
  }

  /** One after the other, for expressions whose names keep changing under them; newcomers queue up behind. */
  #alone(sheet: number, work: () => Promise<Outcome>): Promise<Outcome> {
    const before = this.#queues.get(sheet) ?? Promise.resolve()
    const mine = before.then(work, work)
    this.#queues.set(sheet, mine)
    const forget = () => {
      if (this.#queues.get(sheet) === mine) this.#queues.delete(sheet)
    }
    mine.then(forget, forget)
    return mine
  }

  async #state(sheet: number): Promise<SheetState> {
    const known = this.#states.get(sheet)
    if (known) return known
    const state = new SheetState(sheet)
    await state.refresh(this.#database)
    const meanwhile = this.#states.get(sheet)
    if (meanwhile) return meanwhile
    const [oldest] = this.#states.keys()
    if (oldest !== undefined && this.#states.size >= STATES) this.#states.delete(oldest)
    this.#states.set(sheet, state)
    return state
  }

  async #store(sheet: number, attempts: readonly Attempt[]): Promise<Outcome[]> {
    const state = await this.#state(sheet)
    const { outcomes, fresh } = await inTransaction(this.#database, (transaction) =>
      storeAttempts(transaction, state, attempts),
    )
    for (const { line, evaluation } of fresh) state.advance(line.rev, evaluation.value, evaluation.binding)
    if (fresh.length > 0) {
      this.#publish(
        sheet,
        fresh.map(({ line }) => line),
      )
    }
    return outcomes
  }

  /** A retry of what was stored is answered with it, also when it could not be evaluated now. */
  async #repeated(sheet: number, sender: Sender, id: string): Promise<Calculated | undefined> {
    const line = await selectLines(this.#database)
      .where('sheet_id', '=', sheet)
      .where('sender_id', '=', sender.id)
      .where('client_id', '=', id)
      .executeTakeFirst()
    return line && { line, repeat: true }
  }
}

interface Fresh {
  readonly line: Line
  readonly evaluation: Computed
}

async function storeAttempts(
  transaction: Transaction<Tables>,
  state: SheetState,
  attempts: readonly Attempt[],
): Promise<{ outcomes: Outcome[]; fresh: Fresh[] }> {
  await state.refresh(transaction)
  const known = await storedLines(transaction, state.sheet, attempts)
  const fresh: Fresh[] = []
  const rows: Insertable<CalculationsTable>[] = []
  const bindings = new Map<string, Insertable<BindingsTable>>()
  const at = new Date().toISOString()
  const outcomes = attempts.map((attempt): Outcome => {
    const { sender, expression, id, evaluation } = attempt
    const key = keyOf(sender.id, id)
    const before = known.get(key)
    if (before) return { line: before, repeat: true }
    const changedHere =
      fresh.length > 0 && evaluation.reads.some((name) => name === 'ans' || bindings.has(name))
    if (changedHere || state.changedSince(attempt.rev, evaluation.reads)) return 'outdated'
    const { binding } = evaluation
    const names = state.size + [...bindings.keys()].filter((name) => !state.has(name)).length
    const isNew = binding && !state.has(binding.name) && !bindings.has(binding.name)
    if (isNew && names >= NAMES) return tooManyNames()
    const seq = state.rev + fresh.length + 1
    const result = JSON.stringify(evaluation.result)
    const line = { seq, rev: seq, id, sender: sender.name, expression, result, text: evaluation.text, at }
    known.set(key, line)
    fresh.push({ line, evaluation })
    rows.push({
      sheet_id: state.sheet,
      seq,
      rev: seq,
      sender_id: sender.id,
      client_id: id,
      expression,
      text: evaluation.text,
      result,
      value: evaluation.value,
      name: binding?.name ?? null,
      created_at: at,
    })
    if (binding)
      bindings.set(binding.name, { sheet_id: state.sheet, seq, name: binding.name, stored: binding.stored })
    return { line, repeat: false }
  })
  if (rows.length > 0) {
    await transaction.insertInto('calculations').values(rows).execute()
    await transaction
      .updateTable('sheets')
      .set({ rev: state.rev + rows.length })
      .where('id', '=', state.sheet)
      .execute()
  }
  if (bindings.size > 0) {
    await transaction
      .insertInto('bindings')
      .values([...bindings.values()])
      .onConflict((conflict) =>
        conflict.columns(['sheet_id', 'name']).doUpdateSet((excluded) => ({
          seq: excluded.ref('excluded.seq'),
          stored: excluded.ref('excluded.stored'),
        })),
      )
      .execute()
  }
  return { outcomes, fresh }
}

async function storedLines(
  transaction: Transaction<Tables>,
  sheet: number,
  attempts: readonly Attempt[],
): Promise<Map<string, Line>> {
  const rows = await selectLines(transaction)
    .select('sender_id')
    .where('sheet_id', '=', sheet)
    .where('sender_id', 'in', [...new Set(attempts.map(({ sender }) => sender.id))])
    .where('client_id', 'in', [...new Set(attempts.map(({ id }) => id))])
    .execute()
  return new Map(rows.map(({ sender_id, ...line }) => [keyOf(sender_id, line.id), line]))
}

function tooManyNames(): EvaluationError {
  return { error: { code: 'limit', message: `A sheet holds at most ${NAMES} names; use one of them again.` } }
}

function keyOf(sender: number, id: string): string {
  return `${sender} ${id}`
}
