import { randomUUIDv7 } from 'node:crypto'
import { rowSize, type Usage } from '../../accounts/index.ts'
import { wellFormed } from '../../channels/index.ts'
import { type Database, WAIT_WITHIN } from '../../storage/index.ts'
import type { StreamKind, StreamRow, StreamWriter } from '../../streams/index.ts'
import type { Bindings, Computed } from '../language/index.ts'
import { CalculationError } from '../language/index.ts'
import type { Evaluation, EvaluationError } from '../sandbox/answers.ts'
import type { Pool } from '../sandbox/pool.ts'
import { type Line, linesAfter, resultFrame, selectLines, standingAt } from './lines.ts'
import { SheetQueues } from './sheet-queues.ts'
import { SheetStates } from './sheet-states.ts'
import { changedNames, latestValue, sheetTable } from './sheets.ts'
import { type Attempt, type Calculated, type Outcome, type Sender, storeAttempts } from './store.ts'

/** Times that an expression is evaluated beside others; then the sheet waits for it. */
const BESIDE = 2

/** Sheets as streams: each line is a change. */
export const sheets: StreamKind<StreamRow, Attempt, Outcome, Line> = {
  name: 'calculator',
  table: sheetTable,
  group: (sheet) => `sheet.${sheet}`,
  apply: storeAttempts,
  changes: linesAfter,
  standing: standingAt,
  /** Without the sender's name, which changes by itself. */
  fingerprint: ({ id, at, expression, result, text }) => JSON.stringify([id, at, expression, result, text]),
  frame: resultFrame,
}

/**
 * Evaluates, then stores: an expression is evaluated on what this process knows of the sheet, and one transaction takes the
 * number, unless a name that was read, or `ans`, changed meanwhile; then it is evaluated again.
 */
export class Calculations {
  readonly #database: Database
  readonly #pool: Pool
  readonly #states: SheetStates
  readonly #usage: Usage
  readonly #writer: StreamWriter<StreamRow, Attempt, Outcome, Line>
  readonly #queues = new SheetQueues()

  constructor(
    database: Database,
    pool: Pool,
    writer: StreamWriter<StreamRow, Attempt, Outcome, Line>,
    usage: Usage,
  ) {
    this.#database = database
    this.#pool = pool
    this.#writer = writer
    this.#usage = usage
    this.#states = new SheetStates(database)
  }

  /**
   * Adds a line to a sheet. When this resolves with a line it is on disk.
   * @param id makes a retry safe: the same sender, sheet and id is stored once
   * @throws when the database fails; nothing is stored then
   * @throws SheetBusy when others keep changing what it reads, and too much waits for the sheet
   */
  async add(sheet: number, sender: Sender, text: string, id: string = randomUUIDv7()): Promise<Calculated> {
    const expression = wellFormed(text)
    const deadline = performance.now() + WAIT_WITHIN
    for (let tries = 1; ; tries += 1) {
      const attempt = () => this.#attempt(sheet, sender, expression, id)
      const beside = tries <= BESIDE && !this.#queues.has(sheet)
      const outcome = await (beside ? attempt() : this.#queues.alone(sheet, deadline, attempt))
      if (!('outdated' in outcome)) return outcome
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
    if (!('error' in evaluation)) return this.#keep(sheet, { sender, expression, id, evaluation, rev })
    const repeated = await this.#repeated(sheet, sender, id)
    if (repeated) return repeated
    return (await this.#changedElsewhere(sheet, rev, expression)) ? { outdated: true, rev } : evaluation
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
  async #keep(sheet: number, attempt: Omit<Attempt, 'refusal'>): Promise<Outcome> {
    const { evaluation, expression, id, sender } = attempt
    const { binding, label = null, notes, result, text, value } = evaluation
    const size =
      rowSize(
        expression,
        id,
        text,
        JSON.stringify(result),
        value,
        label,
        notes ? JSON.stringify(notes) : null,
      ) + (binding ? rowSize(binding.stored) : 0)
    const refusal = (await this.#usage.spend(sender.id, size)) ? undefined : this.#usage.refusal
    let isNew = false
    try {
      const outcome = await this.#writer.run(sheet, { ...attempt, refusal }, size)
      isNew = 'line' in outcome && !outcome.repeat
      this.#learn(sheet, outcome, evaluation)
      return outcome
    } finally {
      if (refusal === undefined && !isNew) this.#usage.refund(sender.id, size)
    }
  }

  /** Whether a name got its meaning from another process, so that what failed may do now. */
  async #changedElsewhere(sheet: number, rev: number, expression: string): Promise<boolean> {
    const latest = (await sheetTable.revs(this.#database, [sheet])).get(sheet) ?? 0
    if (latest === rev) return false
    const { bindings } = await this.#read(sheet, expression, latest)
    const changed = await changedNames(this.#database, sheet, rev)
    if (changed.some(({ name }) => Object.hasOwn(bindings, name))) return true
    return Object.hasOwn(bindings, 'ans') && ((await latestValue(this.#database, sheet))?.seq ?? 0) > rev
  }

  /** Takes what was stored, or what is to be read again, into what this process knows of the sheet. */
  #learn(sheet: number, outcome: Outcome, { value, binding }: Computed): void {
    const state = this.#states.peek(sheet)
    if (!state) return
    if ('line' in outcome && !outcome.repeat) state.advance(outcome.line.rev, value, binding)
    if ('outdated' in outcome) state.expect(outcome.rev)
    this.#states.keep(state)
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
