import { randomUUID } from 'node:crypto'
import { wellFormed } from '../channels/frames.ts'
import { type Database, inTransaction } from '../storage/database.ts'
import { Turns } from '../storage/turns.ts'
import type { Evaluation } from './answers.ts'
import { type Line, selectLines } from './lines.ts'
import type { Pool } from './pool.ts'
import { SheetState } from './sheet.ts'
import { sheetRevs } from './sheets.ts'
import { type Attempt, type Calculated, type Outcome, type Sender, storeAttempts } from './store.ts'

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
  readonly #turns: Turns<Attempt, Outcome>
  readonly #queues = new Map<number, Promise<unknown>>()

  /** @param publish called with new lines, in rising `rev`, once they are on disk */
  constructor(database: Database, pool: Pool, publish: (sheet: number, lines: readonly Line[]) => void) {
    this.#database = database
    this.#pool = pool
    this.#publish = publish
    this.#turns = new Turns(database, (attempts) => this.#store(attempts))
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

  /** The value of an expression on a sheet as it stands, at least at `rev`; nothing is stored. */
  async preview(
    { sheet, rev }: { readonly sheet: number; readonly rev: number },
    sender: Sender,
    text: string,
    signal: AbortSignal,
  ): Promise<Evaluation> {
    const expression = wellFormed(text)
    const state = await this.#state(sheet)
    if (state.rev < rev) await state.catchUp(this.#database, rev)
    const bindings = state.bindingsFor(expression)
    return this.#pool.evaluate({ expression, bindings, person: `preview ${sender.id}`, signal })
  }

  async #attempt(sheet: number, sender: Sender, expression: string, id: string): Promise<Outcome> {
    const state = await this.#state(sheet)
    const { rev } = state
    const bindings = state.bindingsFor(expression)
    const evaluation = await this.#pool.evaluate({ expression, bindings, person: String(sender.id) })
    if (!('error' in evaluation))
      return this.#turns.add(sheet, { sheet, sender, expression, id, evaluation, rev })
    const repeated = await this.#repeated(sheet, sender, id)
    if (repeated) return repeated
    return (await this.#changedElsewhere(state, rev, expression)) ? 'outdated' : evaluation
  }

  /** Whether a name got its meaning from another process, so that what failed may do now. */
  async #changedElsewhere(state: SheetState, rev: number, expression: string): Promise<boolean> {
    const latest = (await sheetRevs(this.#database, [state.sheet])).get(state.sheet) ?? 0
    if (latest === rev) return false
    await state.catchUp(this.#database, latest)
    return state.changedSince(rev, Object.keys(state.bindingsFor(expression)))
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
    const rev = (await sheetRevs(this.#database, [sheet])).get(sheet) ?? 0
    await state.catchUp(this.#database, rev)
    const meanwhile = this.#states.get(sheet)
    if (meanwhile) return meanwhile
    const [oldest] = this.#states.keys()
    if (oldest !== undefined && this.#states.size >= STATES) this.#states.delete(oldest)
    this.#states.set(sheet, state)
    return state
  }

  async #store(attempts: readonly Attempt[]): Promise<Outcome[]> {
    const states = new Map<number, SheetState>()
    for (const { sheet } of attempts) if (!states.has(sheet)) states.set(sheet, await this.#state(sheet))
    const { outcomes, added } = await inTransaction(this.#database, (transaction) =>
      storeAttempts(transaction, states, attempts),
    )
    for (const { state, fresh } of added) {
      for (const { line, evaluation } of fresh) state.advance(line.rev, evaluation.value, evaluation.binding)
      this.#publish(
        state.sheet,
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
