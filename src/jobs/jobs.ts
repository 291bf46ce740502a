import type { Static, TObject } from 'typebox'
import { Type } from 'typebox'
import type { ChannelLayer } from '../channels/index.ts'
import {
  defaultOptions,
  type GivenOptions,
  type JobKind,
  type JobOptions,
  type Run,
  type RunTogether,
} from './job-kind.ts'
import { JobQueue } from './job-queue.ts'
import type { JobWorker } from './job-worker.ts'
import type { WaitingJobs } from './waiting-jobs.ts'

/** The layer's group on which processes wake each other. */
export const WAKING = 'jobs'

/** Milliseconds in which the processes are woken once, however often that is asked for. */
const WAKE_INTERVAL = 50

/** The payload of repeated work: the place where the run before left off, if it did not come to the end. */
const Round = Type.Object({ after: Type.Optional(Type.Integer()) })
type Round = Static<typeof Round>

/**
 * Work that outlives a request: rows that are added in the transaction that causes them, and done by any process, at least once.
 *
 * @example
 * const farewells = app.jobs.handle('farewell', { payload: Type.Object({ room: Type.Integer() }) }, async ({ room }, job) => {
 *   await job.transaction(async (transaction) => …)
 * })
 * await inTransaction(app.database, async (transaction) => {
 *   await farewells.add(transaction, { payload: { room: 7 }, key: '7' })
 * })
 */
export class Jobs {
  readonly #worker: JobWorker
  readonly #waiting: WaitingJobs
  readonly #layer: ChannelLayer
  readonly #wakeFailed: (error: unknown) => void
  /** What jobs do, by their kind. */
  readonly #abouts = new Map<string, string>()
  #waking: NodeJS.Timeout | undefined

  constructor(
    worker: JobWorker,
    waiting: WaitingJobs,
    layer: ChannelLayer,
    wakeFailed: (error: unknown) => void,
  ) {
    this.#worker = worker
    this.#waiting = waiting
    this.#layer = layer
    this.#wakeFailed = wakeFailed
  }

  /**
   * Says how jobs of a kind are done. To be called while plugins are registered, in every process.
   * @param run does one job. If it throws, the job is tried again after a while, and given up after `options.attempts`
   * @returns where jobs of this kind are added
   */
  handle<Payload extends TObject>(
    kind: string,
    options: GivenOptions<Payload>,
    run: Run<Static<Payload>>,
  ): JobQueue<Static<Payload>> {
    return this.#add<Payload>(kind, options, { run })
  }

  /**
   * As `handle`, for jobs that are small and many: those that are due are done in one transaction, `options.atOnce` at most.
   * It is then on disk, and so is that they are done. On SQLite nobody else writes meanwhile: end within some 20 ms.
   */
  handleTogether<Payload extends TObject>(
    kind: string,
    options: GivenOptions<Payload>,
    runTogether: RunTogether<Static<Payload>>,
  ): JobQueue<Static<Payload>> {
    return this.#add<Payload>(kind, options, { runTogether })
  }

  /**
   * Has work done again and again, by one process at a time. It does not end by failing.
   * @param every milliseconds from the end of one run to the next
   * @param run may return `{ again: 0 }`, or `{ again: 0, payload: { after } }`, where more is left than it should do in one go
   */
  every(kind: string, every: number, run: Run<Round>): void {
    this.#add<typeof Round>(kind, { payload: Round }, { run, every })
  }

  /** What jobs of a kind do, for operators; empty: nobody has said so. Undefined: this version has no such kind. */
  aboutOf(kind: string): string | undefined {
    return this.#abouts.get(kind)
  }

  /** Has jobs that were added, and are committed, begin at once, in whichever process. */
  wake(): void {
    this.#waking ??= setTimeout(() => {
      this.#waking = undefined
      this.#layer.groupSend(WAKING, { type: 'jobs.added' }).catch(this.#wakeFailed)
    }, WAKE_INTERVAL).unref()
  }

  close(): void {
    clearTimeout(this.#waking)
  }

  #add<Payload extends TObject>(
    name: string,
    given: GivenOptions<Payload>,
    how: {
      run?: Run<Static<Payload>>
      runTogether?: RunTogether<Static<Payload>>
      every?: number
    },
  ): JobQueue<Static<Payload>> {
    const options: JobOptions<Payload> = { ...defaultOptions, ...given }
    this.#abouts.set(name, options.about)
    // The worker gives a handler what its own schema has let through.
    this.#worker.handle({
      name,
      options,
      run: how.run as JobKind['run'],
      runTogether: how.runTogether as JobKind['runTogether'],
      every: how.every,
    })
    return new JobQueue(name, options, this.#waiting)
  }
}
