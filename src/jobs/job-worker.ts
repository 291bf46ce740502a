import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Tracing } from '../channels/index.ts'
import { type Database, DatabaseAway, inTransaction, isLogged, withoutDeadline } from '../storage/index.ts'
import { failForGood, reasonOf } from './failed-jobs.ts'
import { LeaseLost, RunningJob } from './job.ts'
import { type JobKind, payloadReader, type Repeat, UnreadablePayload } from './job-kind.ts'
import {
  countFailed,
  countWaiting,
  deleteJobs,
  insertJobs,
  lockJobs,
  renewLeases,
  repeatJob,
  returnJob,
  selectFirstDue,
  type TakenJob,
  takeJobs,
} from './job-rows.ts'
import { type JobTimes, timeIn, waitAfter } from './job-times.ts'
import type { WaitingJobs } from './waiting-jobs.ts'

/** Milliseconds between two times that the jobs that wait are counted. */
const COUNT_INTERVAL = 5_000

/** The process stops: a job that ends because of it is given back, and this was no failure. */
class Stopping extends Error {
  constructor() {
    super('the server stops')
  }
}

interface RegisteredKind extends JobKind {
  readonly read: (stored: string) => unknown
  readonly running: Set<RunningJob>
  /** Runs under way: a run of jobs that share a transaction is one. */
  runs: number
}

/** The jobs in the database, by kind, as they were counted last. */
export interface JobCounts {
  /** When, by `Date.now()`. */
  readonly at: number
  readonly waiting: readonly { readonly kind: string; readonly count: number; readonly firstDue: string }[]
  readonly failed: readonly { readonly kind: string; readonly count: number }[]
}

/** The end of a run: `repeated` and `retried` jobs are run again, `returned` ones by another process or a little later. */
export type JobOutcome = 'done' | 'repeated' | 'retried' | 'failed' | 'returned'

export interface JobWorkerOptions {
  readonly database: Database
  readonly log: FastifyBaseLogger
  readonly times: JobTimes
  readonly waiting: WaitingJobs
  /** The name of this process among those that share the database. */
  readonly process: string
  readonly tracing?: Tracing | undefined
  /** Told of each job that ended, and how many milliseconds it ran. */
  readonly onEnd?: (kind: string, outcome: JobOutcome, milliseconds: number) => void
}

/** Milliseconds that a look for jobs may take when the server stops. */
const LOOK_ENDS = 2_000

/**
 * Runs jobs in this process: looks once a second for those that are due, takes them, and holds them until they are done, have
 * failed, or the process ends.
 */
export class JobWorker {
  readonly #options: JobWorkerOptions
  readonly #kinds = new Map<string, RegisteredKind>()
  readonly #underWay = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #wanted = false
  #stopped = false
  /** True if the jobs of which there is always one have been added. */
  #hasStanding = false
  #renewedAt = performance.now()
  #counts: JobCounts = { at: 0, waiting: [], failed: [] }

  constructor(options: JobWorkerOptions) {
    this.#options = options
  }

  /** @throws Error when the kind has a handler already */
  handle(kind: JobKind): void {
    if (this.#kinds.has(kind.name)) throw new Error(`jobs of the kind ${kind.name} have a handler already`)
    const read = payloadReader(kind.name, kind.options.payload)
    this.#kinds.set(kind.name, { ...kind, read, running: new Set(), runs: 0 })
  }

  start(): void {
    this.#timer = setInterval(() => this.wake(), this.#options.times.look).unref()
    this.wake()
  }

  /** Looks for jobs that are due, now and not in a second. */
  wake(): void {
    this.#wanted = true
    if (this.#looking || this.#stopped) return
    // The caller may have a deadline of their own.
    this.#looking = withoutDeadline(() => this.#look())
  }

  /** Jobs that run in this process. */
  running(kind: string): number {
    return this.#kinds.get(kind)?.running.size ?? 0
  }

  get counts(): JobCounts {
    return this.#counts
  }

  get kinds(): string[] {
    return [...this.#kinds.keys()]
  }

  /** Takes no more jobs, and asks those that run to end. */
  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
    for (const { running } of this.#kinds.values()) for (const job of running) job.abort(new Stopping())
  }

  /** Resolves when nothing runs any more, or that takes too long: then others take it when its lease is over. */
  async close(): Promise<void> {
    this.stop()
    // A database that hangs is not waited for.
    await Promise.race([this.#looking, delay(LOOK_ENDS, undefined, { ref: false })])
    const late = delay(this.#options.times.stop, undefined, { ref: false })
    await Promise.race([Promise.all(this.#underWay), late])
  }

  async #look(): Promise<void> {
    while (this.#wanted && !this.#stopped) {
      this.#wanted = false
      try {
        await this.#addStanding()
        // Before anything is taken, so that this process does not take what it still runs.
        await this.#renew()
        await this.#count()
        await this.#takeDue()
      } catch (error) {
        if (!isLogged(error)) this.#options.log.error({ err: error }, 'due jobs could not be looked up')
        break
      }
    }
    this.#looking = undefined
  }

  async #addStanding(): Promise<void> {
    if (this.#hasStanding) return
    const now = timeIn(0)
    const standing = [...this.#kinds.values()]
      .filter(({ every }) => every !== undefined)
      .map(({ name }) => ({ kind: name, key: '', person: null, payload: '{}', now, runAt: now }))
    await insertJobs.execute(this.#options.database, standing)
    this.#hasStanding = true
  }

  async #renew(): Promise<void> {
    const { database, process, times } = this.#options
    if (performance.now() - this.#renewedAt < times.renewal) return
    const running = [...this.#kinds.values()].flatMap((kind) => [...kind.running])
    this.#renewedAt = performance.now()
    if (running.length === 0) return
    const runAt = timeIn(times.lease)
    const rows = running.map(({ lease }) => ({ ...lease, process, runAt }))
    const held = new Set(
      (await renewLeases.execute(database, rows)).map(({ id, attempts }) => `${id} ${attempts}`),
    )
    for (const job of running) {
      // One that has just ended has no row either, and hears nothing.
      if (!held.has(`${job.lease.id} ${job.lease.attempts}`)) job.abort(new LeaseLost())
    }
  }

  async #count(): Promise<void> {
    const { database, waiting } = this.#options
    if (Math.abs(Date.now() - this.#counts.at) < COUNT_INTERVAL) return
    waiting.countBegins()
    const rows = await countWaiting(database)
    this.#counts = { at: Date.now(), waiting: rows, failed: await countFailed(database) }
    waiting.counted(rows.filter(({ kind }) => Number.isFinite(this.#kinds.get(kind)?.options.waiting)))
  }

  async #takeDue(): Promise<void> {
    const free = [...this.#kinds.values()].filter((kind) => placesOf(kind) > 0)
    const first = await selectFirstDue.execute(
      this.#options.database,
      free.map(({ name }) => ({ kind: name })),
    )
    const now = timeIn(0)
    const later = first.filter(({ runAt }) => runAt > now)
    this.#lookIn(Math.min(...later.map(({ runAt }) => Date.parse(runAt) - Date.parse(now))))
    for (const { kind: name, runAt } of first) {
      const kind = this.#kinds.get(name)
      if (kind && runAt <= now && !this.#stopped) await this.#take(kind)
    }
  }

  async #take(kind: RegisteredKind): Promise<void> {
    const { database, process, times } = this.#options
    const limit = placesOf(kind)
    const lease = timeIn(times.lease)
    const taken = await takeJobs.execute(database, { kind: kind.name, now: timeIn(0), limit, process, lease })
    if (taken.length === limit) this.#wanted = true
    if (kind.runTogether) this.#begin(kind, taken)
    else for (const job of taken) this.#begin(kind, [job])
  }

  /** Looks for due jobs early, where one is due before the next look. */
  #lookIn(milliseconds: number): void {
    if (milliseconds >= this.#options.times.look || this.#stopped) return
    clearTimeout(this.#soon)
    this.#soon = setTimeout(() => this.wake(), milliseconds).unref()
  }

  #begin(kind: RegisteredKind, taken: readonly TakenJob[]): void {
    if (taken.length === 0) return
    const { database, log, process } = this.#options
    const jobs = taken.map((job) => {
      const lease = { id: job.id, process, attempts: job.attempts }
      const child = log.child({ job: kind.name, ...(job.key ? { key: job.key } : {}) })
      return { taken: job, running: new RunningJob(database, lease, child) }
    })
    for (const { running } of jobs) kind.running.add(running)
    kind.runs += 1
    const done = this.#run(kind, jobs).finally(() => {
      for (const { running } of jobs) kind.running.delete(running)
      kind.runs -= 1
      this.#underWay.delete(done)
      this.wake()
    })
    this.#underWay.add(done)
  }

  async #run(kind: RegisteredKind, jobs: readonly Begun[]): Promise<void> {
    const timer = setTimeout(() => {
      for (const { running } of jobs) running.abort(new TooLong(kind.options.timeout))
    }, kind.options.timeout).unref()
    try {
      const isTired = ({ taken }: Begun) => kind.every === undefined && taken.attempts > kind.options.attempts
      const tired = jobs.filter(isTired)
      for (const job of tired) await this.#failed(kind, job, new LeftBehind())
      const fresh = jobs.filter((job) => !isTired(job))
      if (kind.runTogether) await this.#runTogether(kind, kind.runTogether, fresh)
      else for (const job of fresh) await this.#runTraced(kind, job)
    } catch (error) {
      // Its outcome could not be stored, so it runs again when its lease expires.
      if (!isLogged(error))
        this.#options.log.error({ err: error, job: kind.name }, 'the end of a job could not be stored')
    } finally {
      clearTimeout(timer)
    }
  }

  #runTraced(kind: RegisteredKind, job: Begun): Promise<void> {
    const { tracing } = this.#options
    if (!tracing) return this.#runAlone(kind, job)
    return tracing.run(`job ${kind.name}`, { attributes: { 'partyline.attempts': job.taken.attempts } }, () =>
      this.#runAlone(kind, job),
    )
  }

  async #runAlone(kind: RegisteredKind, job: Begun): Promise<void> {
    const { running, taken } = job
    try {
      const repeat = (await kind.run?.(kind.read(taken.payload), running)) ?? standing(kind)
      await this.#done(running, repeat)
      this.#ended(kind, running, repeat ? 'repeated' : 'done')
    } catch (error) {
      await this.#failed(kind, job, running.signal.reason ?? error)
    }
  }

  /** All in one transaction. If it fails each is done by itself, so that one that cannot be done holds up nobody else. */
  async #runTogether(
    kind: RegisteredKind,
    run: NonNullable<JobKind['runTogether']>,
    jobs: readonly Begun[],
  ): Promise<void> {
    const [first] = jobs
    if (!first) return
    try {
      const ended = await inTransaction(this.#options.database, async (transaction) => {
        const held = await lockJobs.execute(
          transaction,
          jobs.map(({ running }) => running.lease),
        )
        const own = jobs.filter(({ running: { lease } }) => held.some(({ id }) => id === lease.id))
        const repeats = await run(
          transaction,
          own.map(({ taken }) => kind.read(taken.payload)),
        )
        const done = own
          .filter((_, index) => repeats[index] === undefined)
          .map(({ running }) => running.lease)
        const deleted = new Set((await deleteJobs.execute(transaction, done)).map(({ id }) => id))
        for (const [index, { running }] of own.entries()) {
          if (deleted.has(running.lease.id)) continue
          await repeatJob.execute(transaction, repeated(running, repeats[index] ?? { again: 0 }))
        }
        return { own, deleted }
      })
      for (const { running } of ended.own)
        this.#ended(kind, running, ended.deleted.has(running.lease.id) ? 'done' : 'repeated')
    } catch (error) {
      if (jobs.length === 1 || error instanceof DatabaseAway)
        for (const job of jobs) await this.#failed(kind, job, error)
      else for (const job of jobs) await this.#runTogether(kind, run, [job])
    }
  }

  #ended({ name }: RegisteredKind, { begun }: RunningJob, outcome: JobOutcome): void {
    this.#options.onEnd?.(name, outcome, performance.now() - begun)
  }

  async #done(running: RunningJob, repeat: Repeat | undefined): Promise<void> {
    const { database } = this.#options
    if (repeat === undefined && (await deleteJobs.execute(database, [running.lease])).length > 0) return
    const kept = await repeatJob.execute(database, repeated(running, repeat ?? { again: 0 }))
    if (kept.length === 0)
      running.log.warn('a job finished after another process had taken it, so it may run twice')
  }

  async #failed(kind: RegisteredKind, { running, taken }: Begun, error: unknown): Promise<void> {
    const { database } = this.#options
    const { lease, log } = running
    this.#options.tracing?.annotate({ 'partyline.failed': true })
    if (error instanceof LeaseLost) return log.warn('another process took over a job that took too long here')
    const isOurs = error instanceof Stopping || error instanceof DatabaseAway
    if (isOurs) {
      const runAt = timeIn(error instanceof Stopping ? 0 : kind.options.waits.firstWait)
      await returnJob.execute(database, { ...lease, begun: taken.attempts - 1, runAt, error: null })
      return this.#ended(kind, running, 'returned')
    }
    const reason = reasonOf(error)
    const isLast = taken.attempts >= kind.options.attempts || error instanceof UnreadablePayload
    if (isLast && kind.every === undefined) {
      if (await failForGood(database, lease, reason)) {
        this.#ended(kind, running, 'failed')
        log.error(
          { err: error, attempts: taken.attempts },
          'a job failed for good. It is kept in the table failed_jobs: fix what the error names, then retry it at /admin/jobs or with bin/partyline retry-jobs',
        )
      }
      return
    }
    const wait = waitAfter(taken.attempts, kind.options.waits)
    await returnJob.execute(database, { ...lease, begun: taken.attempts, runAt: timeIn(wait), error: reason })
    this.#ended(kind, running, 'retried')
    log.warn(
      { err: error, attempts: taken.attempts },
      `a job failed, and will be retried in ${Math.ceil(wait / 1000)} s; if it keeps failing, fix what the error names`,
    )
  }
}

interface Begun {
  readonly taken: TakenJob
  readonly running: RunningJob
}

class TooLong extends Error {
  constructor(timeout: number) {
    super(`it took longer than ${timeout / 1000} s`)
  }
}

/** A job was begun again and again, and the process ended each time before the job did. */
class LeftBehind extends Error {
  constructor() {
    super('the processes that ran it ended before it did, as many times as it may fail')
  }
}

function placesOf({ options, runs, running, runTogether }: RegisteredKind): number {
  if (runTogether) return runs === 0 ? options.atOnce : 0
  return options.atOnce - running.size
}

/** A job of which there is always one is run again when its time comes. */
function standing({ every }: RegisteredKind): Repeat | undefined {
  return every === undefined ? undefined : { again: every, payload: {} }
}

function repeated({ lease }: RunningJob, { again, payload }: Repeat) {
  return {
    ...lease,
    now: timeIn(0),
    runAt: timeIn(again),
    payload: payload === undefined ? null : JSON.stringify(payload),
  }
}
