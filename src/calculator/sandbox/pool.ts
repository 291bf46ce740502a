import { availableParallelism } from 'node:os'
import type { Tracing } from '../../channels/index.ts'
import { type EvaluationError, type LinesAnswer, POSTPONED, readAnswer } from './answers.ts'
import { buildEvaluator, type EvaluatorBundle } from './bundle.ts'
import { EvaluationQueue, type LinesRequest } from './evaluation-queue.ts'
import { type Prepared, prepareEvaluators } from './evaluator-command.ts'
import { EvaluatorProcess } from './evaluator-process.ts'
import { type EvaluatorMeter, type PoolState, unwatched } from './metrics.ts'
import { type Job, PoolWorker } from './pool-worker.ts'
import { CANCELLED, CLOSED, TOO_MUCH, UNAVAILABLE } from './refusals.ts'
import { conditionOf, verdictOn } from './verdicts.ts'

export interface PoolOptions {
  readonly log: {
    info?(details: object, message: string): void
    warn(details: object, message: string): void
    error(details: object, message: string): void
  }
  /** Processes for those who are quick, besides a spare one, and as many for the others; 1 on two cores, else 2. */
  readonly size?: number
  /** Milliseconds that a request waits for a process to take it; 10,000. */
  readonly patience?: number
  /** When processes are started: at once, so that nobody waits for one, or with the first request. `at-once` by default. */
  readonly start?: 'at-once' | 'when-needed' | undefined
  /** Told what becomes of requests and processes. */
  readonly meter?: EvaluatorMeter
  readonly tracing?: Tracing | undefined
  /** Stands in for the bundle in a test. */
  readonly build?: () => Promise<EvaluatorBundle>
}

export interface Pool {
  /**
   * Evaluates lines of a sheet, each after those that it needs, as one piece of work. Always resolves, and never rejects: after
   * at most `patience` in which they wait, and eight seconds in each of at most four processes in which they run. What waits
   * longer, or finds no room, is answered with `limit`.
   * @returns an answer to each, or why there is none; `POSTPONED` only for a brief request
   */
  evaluateLines(request: LinesRequest & { readonly isBrief: true }): Promise<LinesAnswer | typeof POSTPONED>
  evaluateLines(request: LinesRequest): Promise<LinesAnswer>
  /** The evaluators' process ids. */
  pids(): number[]
  state(): PoolState
  /** Answers what waits with `internal`, ends every process, and resolves when none is left. */
  close(): Promise<void>
}

/**
 * Units of work that lines may take in a quick process, enough for a few hundred easy ones: fifteen milliseconds. People who need
 * more have an allowance.
 */
const QUICK_WORK = 15_000
/** Processes that may be stuck at the same time, besides those that work. */
const STUCK = 1

/**
 * Opens the pool. Returns at once: the processes start behind, and requests wait for them.
 *
 * Everybody has one queue, and people are served in turn. Lines first run among those that are quick, with so little work that
 * they hold nobody up; what takes more runs again by itself in a process of lower priority, one piece of work at a time and
 * again in turn, and so does everything of people who lately used more processor time than they are allowed.
 *
 * const pool = openPool({ log })
 * await pool.evaluateLines({ lines: [{ expression: '12*7', names: {} }], person: 'ada' }) // [{ text: '84', result: 84, … }]
 */
export function openPool(options: PoolOptions): Pool {
  return new EvaluatorPool(options)
}

class EvaluatorPool implements Pool {
  readonly #log: PoolOptions['log']
  readonly #size: number
  readonly #patience: number
  readonly #build: () => Promise<EvaluatorBundle>
  readonly #meter: EvaluatorMeter
  readonly #tracing: Tracing | undefined
  /** Undefined until processes are needed. */
  #prepared: Promise<Prepared> | undefined
  readonly #workers = new Set<PoolWorker>()
  readonly #queue = new EvaluationQueue()
  #failures = 0
  #closed = false
  #scheduled = false
  #clock: NodeJS.Timeout | undefined
  #restart: NodeJS.Timeout | undefined

  constructor(options: PoolOptions) {
    const { log, size, patience = 10_000, start = 'at-once', build = buildEvaluator } = options
    this.#log = log
    this.#meter = options.meter ?? unwatched
    this.#tracing = options.tracing
    this.#patience = patience
    this.#size = size ?? Math.max(1, Math.min(2, availableParallelism() - 1))
    this.#build = build
    if (start === 'at-once') this.#prepare()
  }

  evaluateLines(request: LinesRequest & { readonly isBrief: true }): Promise<LinesAnswer | typeof POSTPONED>
  evaluateLines(request: LinesRequest): Promise<LinesAnswer>
  evaluateLines(request: LinesRequest): Promise<LinesAnswer | typeof POSTPONED> {
    if (request.lines.length === 0) return Promise.resolve([])
    if (this.#closed) return Promise.resolve(CLOSED)
    if (request.signal?.aborted) return Promise.resolve(CANCELLED)
    const answer = this.#queue.add(request)
    if (this.#queue.isEmpty) return answer
    this.#prepare()
    this.#schedule()
    this.#clock ??= setInterval(() => this.#watch(), 10)
    return this.#metered(answer)
  }

  pids(): number[] {
    return [...this.#workers].flatMap(({ process }) => process?.pid ?? [])
  }

  state(): PoolState {
    const processes = { quick: 0, slow: 0, stuck: 0 }
    for (const { isReady, lane } of this.#workers) if (isReady) processes[lane] += 1
    return { processes, unanswered: this.#queue.size }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    const gone = [...this.#workers].map(({ process }) => process?.gone)
    clearInterval(this.#clock)
    this.#queue.answerAll(CLOSED)
    for (const worker of this.#workers) {
      worker.given.clear()
      worker.process?.kill()
    }
    await Promise.all(gone)
    await this.#prepared?.then(({ bundle }) => bundle.remove()).catch(() => undefined)
  }

  async #metered(waiting: Promise<LinesAnswer | typeof POSTPONED>): Promise<LinesAnswer | typeof POSTPONED> {
    const asked = performance.now()
    const parent = this.#tracing?.current()
    const span = parent && this.#tracing?.begin('evaluate', { parent })
    const answer = await waiting
    const outcome = answer === POSTPONED ? 'postponed' : 'error' in answer ? 'error' : 'done'
    this.#meter.evaluated(outcome, performance.now() - asked)
    if (span) {
      span.set({ 'partyline.outcome': outcome })
      span.end()
    }
    return answer
  }

  /** Builds what the processes run, once, and starts them. */
  #prepare(): void {
    if (this.#prepared) return
    this.#prepared = prepareEvaluators(this.#build, this.#log)
    this.#prepared.catch((error) => this.#log.error({ err: error }, 'the evaluator cannot be built'))
    this.#fill()
  }

  /** Gives out work once for all requests of this turn of the loop. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (this.#closed) return
      this.#giveQuick()
      this.#giveSlow()
    })
  }

  /** Several people in one batch: one at a time took five times as long, and what breaks out could still lie to the next. */
  #giveQuick(): void {
    if (!this.#queue.hasQuick) return
    const workers = this.#inLane('quick').slice(0, this.#size)
    for (const worker of workers.sort((a, b) => a.given.size - b.given.size)) {
      const batch = this.#queue.takeBatch(worker.given.values())
      if (batch.length > 0) worker.give(batch, QUICK_WORK)
    }
  }

  #giveSlow(): void {
    if (!this.#queue.hasSlow) return
    while (this.#makeSlow());
    for (const worker of this.#inLane('slow')) {
      if (worker.given.size > 0) continue
      const job = this.#queue.takeSlow((person) => !this.#isRunningSlow(person))
      if (job) worker.give([job])
    }
  }

  #isRunningSlow(person: string): boolean {
    for (const { lane, given } of this.#workers)
      if (lane !== 'quick') for (const job of given.values()) if (job.person === person) return true
    return false
  }

  /** Takes a spare process for those who are slow, where they have too few. @returns whether it did */
  #makeSlow(): boolean {
    if ([...this.#workers].filter(({ lane }) => lane === 'slow').length >= this.#size) return false
    const spare = this.#inLane('quick').findLast(({ given }) => given.size === 0)
    if (!spare || this.#inLane('quick').length <= this.#size) return false
    spare.slowDown()
    this.#fill()
    return true
  }

  /** The processes of a lane that are ready, the oldest first. */
  #inLane(wanted: PoolWorker['lane']): PoolWorker[] {
    return [...this.#workers].filter(({ lane, isReady }) => lane === wanted && isReady)
  }

  #report(worker: PoolWorker, reports: readonly unknown[]): void {
    for (const report of reports) {
      const [id, found, took] = Array.isArray(report) ? report : []
      const job = worker.given.get(id)
      // One that was moved meanwhile is answered by the process that it went to.
      if (!job) continue
      const isPostponed = found === POSTPONED && worker.lane !== 'slow'
      const answer = isPostponed ? undefined : readAnswer(found, job.lines.length)
      if (!answer && !isPostponed) {
        this.#log.error({ pid: worker.process?.pid }, 'an evaluator sent something that is not an answer')
        worker.process?.kill()
        return
      }
      worker.given.delete(id)
      if (typeof took === 'number') this.#queue.spend(job, took)
      if (answer) this.#queue.answer(job, answer)
      else this.#queue.putAlone(job)
    }
    worker.hear()
    if (worker.lane === 'stuck' && worker.given.size === 0) worker.lane = 'quick'
    this.#schedule()
  }

  /** Looks at every process: silent ones give back what waits in them, those over time are killed. */
  #watch(): void {
    for (const worker of this.#workers) {
      const condition = conditionOf(worker)
      if (condition === 'silent') this.#stuck(worker)
      if (condition === 'late') worker.isLate = true
      if (condition === 'late' || condition === 'overdue') this.#kill(worker, condition)
    }
    this.#queue.expire(this.#patience, this.#inLane('quick').length > 0 ? TOO_MUCH : UNAVAILABLE)
    if (!this.#queue.isEmpty) return
    clearInterval(this.#clock)
    this.#clock = undefined
  }

  #kill(worker: PoolWorker, reason: NonNullable<PoolWorker['killedAs']>): void {
    worker.killedAs ??= reason
    worker.process?.kill()
  }

  /** A job takes longer than was counted. Its process leaves the quick lane, and the others in it go elsewhere. */
  #stuck(worker: PoolWorker): void {
    const [first, ...others] = worker.given.values()
    if (first) this.#queue.blame(first)
    for (const job of others) {
      worker.given.delete(job.id)
      this.#queue.putBack(job)
    }
    // It may come to its end, and go on as the spare one. Others are not waited for.
    const isOneTooMany = [...this.#workers].filter(({ lane }) => lane === 'stuck').length >= STUCK
    worker.lane = 'stuck'
    if (isOneTooMany) this.#kill(worker, 'stuck')
    this.#fill()
    this.#schedule()
  }

  /** Starts processes until as many work for those who are quick as should, and there is one more. */
  #fill(): void {
    if (this.#closed || this.#restart) return
    const lanes = [...this.#workers].map(({ lane }) => lane)
    const quick = lanes.filter((lane) => lane === 'quick').length
    const stuck = lanes.filter((lane) => lane === 'stuck').length
    for (let i = quick; i < this.#size || i + stuck < this.#size + 1; i++) void this.#start()
  }

  async #start(): Promise<void> {
    if (!this.#prepared) return
    const worker = new PoolWorker()
    this.#workers.add(worker)
    try {
      const { bundle, launcher } = await this.#prepared
      if (this.#closed) return
      worker.process = new EvaluatorProcess(bundle, launcher, {
        ready: () => {
          worker.isReady = true
          this.#failures = 0
          this.#schedule()
        },
        report: (reports) => this.#report(worker, reports),
        end: (reason) => this.#ended(worker, reason),
      })
    } catch (error) {
      this.#ended(worker, error instanceof Error ? error.message : String(error))
    }
  }

  #ended(worker: PoolWorker, reason: string): void {
    if (!this.#workers.delete(worker) || this.#closed) return
    const { isReady, isLate, lane } = worker
    this.#meter.ended(worker.killedAs ?? 'failed')
    const [first, ...others] = worker.given.values()
    if (first || !isReady)
      this.#log.warn(
        { reason, unanswered: others.length + (first ? 1 : 0), late: isLate },
        isReady ? 'an evaluator ended' : 'an evaluator did not start',
      )
    worker.given.clear()
    // Finished requests are reported before anything that may take long, so the others did not cause it.
    for (const job of others.reverse()) this.#queue.putBack(job)
    if (first) this.#judge(first, lane === 'quick' ? undefined : verdictOn(first, isLate, reason))
    if (isReady) this.#fill()
    else this.#later()
    this.#schedule()
  }

  /** Answers the job whose process ended, or gives it another try. */
  #judge(job: Job, verdict: EvaluationError | undefined): void {
    if (!verdict) return this.#queue.putAlone(job)
    this.#queue.blame(job)
    this.#queue.answer(job, verdict)
  }

  /** Tries again after a while that doubles with each failure, up to ten seconds. */
  #later(): void {
    this.#restart ??= setTimeout(
      () => {
        this.#restart = undefined
        this.#fill()
      },
      Math.min(10_000, 100 * 2 ** this.#failures++),
    )
  }
}
