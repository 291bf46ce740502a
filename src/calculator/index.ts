import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import type { Feeds, LiveState, ScopeUser } from '../channels/index.ts'
import { openStreams } from '../streams/index.ts'
import { sheetBelongings } from './belongings.ts'
import { CalculatorConsumer } from './consumer.ts'
import { DRAFT_GATHER, DRAFT_LASTS, DRAFT_LENGTH, DRAFTS } from './drafts.ts'
import { migrations } from './migrations/index.ts'
import { calculatorRoutes } from './routes.ts'
import type { EvaluationError } from './sandbox/answers.ts'
import { type EvaluatorMeter, evaluatorMetrics } from './sandbox/metrics.ts'
import { openPool, type Pool, type PoolOptions } from './sandbox/pool.ts'
import { type AskedValue, type AskOptions, lineNeededBy, valuesOn } from './sheet/asked-expressions.ts'
import { SheetEditor } from './sheet/editor.ts'
import { inputsOver } from './sheet/inputs.ts'
import type { Line } from './sheet/line.ts'
import { liveInputsOf } from './sheet/line-rows.ts'
import { LiveValues } from './sheet/live-values.ts'
import { type Draft, type Previewed, previewDraft } from './sheet/preview.ts'
import { readLine } from './sheet/read-line.ts'
import { sheetEraser } from './sheet/room-contents.ts'
import { SheetClock } from './sheet/sheet-clock.ts'
import { sheets } from './sheet/sheet-stream.ts'
import { roomSheet, sheetOf } from './sheet/sheets.ts'
import type {} from './tables.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly calculator: Calculator
  }
}

export interface Calculator {
  /** The changes of sheets, for followers in this process. */
  readonly feeds: Feeds<Line>
  /** The only way to change a sheet. */
  readonly editor: SheetEditor
  /** The drafts that people are writing. */
  readonly drafts: LiveState
  /** Sets the live values of sheets. */
  readonly liveValues: LiveValues
  /** Calculates a line that uses nothing of any sheet. @returns what is wrong with it, if anything is */
  evaluateAlone(expression: string, person: ScopeUser): Promise<EvaluationError | undefined>
  /** Keeps `now` going on the sheets that somebody looks at. */
  readonly clock: SheetClock
  /** Calculates a draft, and the lines that it would change. */
  preview(
    sheet: number,
    draft: Draft,
    person: string,
    signal: AbortSignal,
  ): Promise<Previewed | EvaluationError>
  /**
   * Calculates expressions on the sheet of a room, of which they can define nothing. Nothing is stored.
   * @returns the value of each, or what is wrong with it; undefined where they could not be calculated now
   */
  evaluateIn(
    room: number,
    expressions: readonly string[],
    options: AskOptions,
  ): Promise<readonly AskedValue[] | undefined>
  /** The `seq` of the line on a room's sheet that an expression comes from; undefined: there is none. */
  findLine(room: number, expression: string): Promise<number | undefined>
}

export interface CalculatorOptions {
  /** When evaluator processes are started; `at-once` by default. Tests that calculate nothing do without them. */
  readonly startEvaluators?: PoolOptions['start'] | undefined
  /** The zone of `today` and `now`; that of the machine by default. */
  readonly timeZone?: string | undefined
  /** No other process edits sheets of this database. */
  readonly isAlone?: boolean
  /** The time, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined
}

/** The live calculator: one's own sheet, and a room's that everyone in it sees. */
export const calculator = fp(
  async (
    app: FastifyInstance,
    {
      registry,
      startEvaluators,
      timeZone,
      now = Date.now,
      isAlone = false,
    }: CalculatorOptions & { readonly registry: Registry },
  ) => {
    const { database, log } = app
    await app.migrate('calculator', migrations)
    const meter: EvaluatorMeter = evaluatorMetrics(registry, () => pool.state())
    const pool: Pool = openPool({ log, meter, tracing: app.tracing, start: startEvaluators })
    const { feeds, writer } = openStreams(app, sheets)
    const zone = timeZone ?? Temporal.Now.timeZoneId()
    const inputs = inputsOver(now, zone)
    const editor = new SheetEditor({
      database,
      pool,
      writer,
      usage: app.usage,
      read: readLine,
      inputs,
      isAlone,
    })
    const clock = new SheetClock(
      (sheet) =>
        editor
          .ready(sheet)
          .catch((error) => log.error({ err: error, sheet }, 'the inputs of a sheet were not updated')),
      now,
    )
    const liveValues = new LiveValues({
      store: (sheet, settings, isDue) => editor.setInputs(sheet, settings, isDue),
      newest: async (sheet) =>
        Math.max(0, ...(await liveInputsOf(database, sheet)).map(({ at }) => Date.parse(at))),
    })
    const drafts = app.liveState({
      name: 'drafts',
      gather: DRAFT_GATHER,
      lasts: DRAFT_LASTS,
      keys: DRAFTS,
      valueLength: DRAFT_LENGTH,
    })
    app.decorate('calculator', {
      feeds,
      editor,
      drafts,
      clock,
      liveValues,
      evaluateAlone: async (expression: string, { id }: ScopeUser) => {
        const answers = await pool.evaluateLines({ lines: [{ expression, names: {} }], person: String(id) })
        const answer = 'error' in answers ? answers : answers[0]
        return answer && 'error' in answer ? answer : undefined
      },
      preview: (sheet: number, draft: Draft, person: string, signal: AbortSignal) =>
        previewDraft({ database, pool, editor, inputs, read: readLine }, sheet, draft, person, signal),
      evaluateIn: async (room: number, expressions: readonly string[], options: AskOptions) => {
        const { id } = await sheetOf(database, roomSheet(room))
        return valuesOn({ database, pool, editor, inputs, read: readLine }, id, expressions, options)
      },
      findLine: async (room: number, expression: string) => {
        const { id } = await sheetOf(database, roomSheet(room))
        return lineNeededBy(editor, id, expression, readLine)
      },
    })
    app.addHook('onClose', () => {
      clock.stop()
      return pool.close()
    })

    app.historyChanges.listen(() => editor.forgetAll())
    app.changedPeople.listen(({ deleted }) => {
      // Lines that are kept to be sent name who wrote them.
      if (deleted) feeds.forget()
    })
    app.belongings.add(...sheetBelongings(app))
    app.consumer('/ws/calculator', CalculatorConsumer)
    app.consumer('/ws/calculator/:room', CalculatorConsumer)
    app.rooms.deletion.onDelete(sheetEraser(app))
    await app.register(calculatorRoutes)
  },
)
