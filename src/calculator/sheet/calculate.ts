import { randomUUIDv7 } from 'node:crypto'
import { rowSize, type Usage } from '../../accounts/index.ts'
import { wellFormed } from '../../channels/index.ts'
import { type Database, GroupCommit, inTransaction } from '../../storage/index.ts'
import type { Bindings } from '../engine/bindings.ts'
import { CalculationError } from '../engine/errors.ts'
import type { Evaluation, EvaluationError } from '../sandbox/answers.ts'
import type { Pool } from '../sandbox/pool.ts'
import { type Line, selectLines } from './lines.ts'
import { SheetStates } from './sheet-states.ts'
import { changedNames, latestValue, sheetRevs } from './sheets.ts'
import { type Attempt, type Calculated, type Outcome, type Sender, storeAttempts } from './store.ts'

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
  readonly #states: SheetStates
  readonly #usage: Usage
  readonly #commits: GroupCommit<Attempt, Outcome>
  readonly #queues = new Map<number, Promise<unknown>>()

  /** @param publish called with new lines, in rising `rev`, once they are on disk */
  constructor(
    database: Database,
    pool: Pool,
    publish: (sheet: number, lines: readonly Line[]) => void,
    usage: Usage,
  ) {
    this.#database = database
    this.#usage = usage
    this.#pool = pool
    this.#publish = publish
    this.#states = new SheetStates(database)
    this.#commits = new GroupCommit(database, (attempts, asked) => this.#store(attempts, asked))
  }

  /**
   * Adds a line to a sheet. When this resolves with a line it is on disk.
   * @param id makes a retry safe: the same sender, sheet and id is stored once
   * @throws when the database fails; nothing is stored then
   */
  async add(sheet: number, sender: Sender, text: string, id: string = randomUUIDv7()): Promise<Calculated> {
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
    const { bindings, error } = await this.#read(sheet, expression, rev)
    return error
      ? { error }
      : this.#pool.evaluate({ expression, bindings, person: String(sender.id), isPreview: true, signal })
  }

  async #attempt(sheet: number, sender: Sender, expression: string, id: string): Promise<Outcome> {
    const { rev, bindings, error } = await this.#read(sheet, expression)
    const evaluation = error
      ? { error }
      : await this.#pool.evaluate({ expression, bindings, person: String(sender.id) })
    if (!('error' in evaluation)) return this.#keep({ sheet, sender, expression, id, evaluation, rev })
    const repeated = await this.#repeated(sheet, sender, id)
    if (repeated) return repeated
    return (await this.#changedElsewhere(sheet, rev, expression)) ? 'outdated' : evaluation
  }

  /**
   * What an expression may read on a sheet as it stands, at least at `rev`; or why that is too much.
   * @returns with the `rev` at which all of it held, unless it was said later
   */
  async #read(
    sheet: number,
    expression: string,
    atLeast = 0,
  ): Promise<{ rev: number; bindings: Bindings; error?: EvaluationError['error'] }> {
    const state = await this.#states.of(sheet, atLeast)
    const { rev } = state
    try {
      return { rev, bindings: await state.bindingsFor(this.#database, expression) }
    } catch (error) {
      if (!(error instanceof CalculationError)) throw error
      return { rev, bindings: {}, error: { code: error.code, message: error.message } }
    } finally {
      this.#states.keep(state)
    }
  }

  /** Stores what was evaluated, if its sender may keep it. */
  async #keep(attempt: Omit<Attempt, 'refusal'>): Promise<Outcome> {
    const { evaluation, expression, id, sender, sheet } = attempt
    const { binding, result, text, value } = evaluation
    const size =
      rowSize(expression, id, text, JSON.stringify(result), value) + (binding ? rowSize(binding.stored) : 0)
    const refusal = (await this.#usage.spend(sender.id, size)) ? undefined : this.#usage.refusal
    let isNew = false
    try {
      const outcome = await this.#commits.add(sheet, { ...attempt, refusal })
      isNew = outcome !== 'outdated' && 'line' in outcome && !outcome.repeat
      return outcome
    } finally {
      if (refusal === undefined && !isNew) this.#usage.refund(sender.id, size)
    }
  }

  /** Whether a name got its meaning from another process, so that what failed may do now. */
  async #changedElsewhere(sheet: number, rev: number, expression: string): Promise<boolean> {
    const latest = (await sheetRevs(this.#database, [sheet])).get(sheet) ?? 0
    if (latest === rev) return false
    const { bindings } = await this.#read(sheet, expression, latest)
    const changed = await changedNames(this.#database, sheet, rev)
    if (changed.some(({ name }) => Object.hasOwn(bindings, name))) return true
    return Object.hasOwn(bindings, 'ans') && ((await latestValue(this.#database, sheet))?.seq ?? 0) > rev
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

  async #store(attempts: readonly Attempt[], asked: number): Promise<Outcome[]> {
    const { outcomes, additions } = await inTransaction(
      this.#database,
      (transaction) => storeAttempts(transaction, attempts),
      asked,
    )
    for (const { sheet, rev, fresh } of additions) {
      const state = this.#states.peek(sheet)
      for (const { line, evaluation } of fresh) state?.advance(line.rev, evaluation.value, evaluation.binding)
      // What was outdated is evaluated on what is stored now.
      state?.expect(rev)
      if (state) this.#states.keep(state)
      if (fresh.length === 0) continue
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
