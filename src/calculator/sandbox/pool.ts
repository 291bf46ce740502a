import { availableParallelism } from 'node:os'
import type { Bindings } from '../engine/bindings.ts'
import { LENGTH } from '../engine/limits.ts'
import { Admission } from './admission.ts'
import { Allowances } from './allowance.ts'
import { type Evaluation, type EvaluationError, POSTPONED, readAnswer } from './answers.ts'
import { buildEvaluator, type EvaluatorBundle } from './bundle.ts'
import { type Prepared, prepareEvaluators } from './evaluator-command.ts'
import { EvaluatorProcess } from './evaluator-process.ts'
import { FairQueue } from './fair-queue.ts'
import { type Job, Seat } from './seat.ts'

export interface EvaluationRequest {
  readonly expression: string
  /** The names that the expression may need, as `Reach` finds them. */
  readonly bindings?: Bindings
  /** The person who asks: people are served in turn. */
  readonly person: string
  /** A newer preview of this person takes its place while it waits. */
  readonly isPreview?: boolean
  /** Cancels the request while it waits; a running one is left alone and its answer dropped. */
  readonly signal?: AbortSignal
}

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
  /** Stands in for the bundle in a test. */
  readonly build?: () => Promise<EvaluatorBundle>
}

export interface Pool {
  /**
   * Always resolves, and never rejects: after at most `patience` in which it waits, and three seconds in each of at most four
   * processes in which it runs. What waits longer, or finds no room, is answered with `limit`.
   */
  evaluate(request: EvaluationRequest): Promise<Evaluation>
  /** The evaluators' process ids. */
  pids(): number[]
  /** Answers what waits with `internal`, ends every process, and resolves when none is left. */
  close(): Promise<void>
}

/** Units of work that an expression may take among those who are quick: three milliseconds. */
const QUICK_WORK = 3000
/** Milliseconds of silence after which a process that works for those who are quick does so no more. */
const SILENT = 30
/** Milliseconds of one expression, after which its process is killed. Its work is counted, so that seldom happens. */
const KILLED = 600
/** Milliseconds after which it is killed even though the machine was too busy to let it compute so long. */
const STARVED_AND_KILLED = 3000
/** Milliseconds that a process may take to start: killing one on a machine that is busy makes it no faster. */
const START = 60_000
/** What one process is given at once: sums, and others, of which each weighs as much as so many sums. */
const WEIGHT = 64
const WEIGHT_OF_OTHERS = 8
/** Sums that cannot take long. */
const SUM = /^(?!.*\*\*)[\d\s.()+\-*/]{1,60}$/
/** Processes that may be stuck at the same time, besides those that work. */
const STUCK = 1
/** Processes that may be killed from outside, as when all are at once, before the expression is held to be at fault. */
const KILLED_WITH = 3
/** Milliseconds that somebody is held to have used whose process had to be given up. */
const FAULT = 1000

interface Waiting {
  readonly resolve: (evaluation: Evaluation) => void
  readonly cancel: () => void
  readonly signal: AbortSignal | undefined
}

/**
 * Opens the pool. Returns at once: the processes start behind, and requests wait for them.
 *
 * Everybody has one queue, and people are served in turn. An expression first runs among those that are quick, with so
 * little work that it holds nobody up; one that takes more runs again by itself in a process of lower priority, one at a
 * time and again in turn, and so does everything of people who lately used more processor time than they are allowed.
 *
 * const pool = openPool({ log })
 * await pool.evaluate({ expression: '12*7', person: 'ada' }) // { text: '84', result: 84, … }
 */
export function openPool(options: PoolOptions): Pool {
  return new EvaluatorPool(options)
}

class EvaluatorPool implements Pool {
  readonly #log: PoolOptions['log']
  readonly #size: number
  readonly #patience: number
  readonly #build: () => Promise<EvaluatorBundle>
  /** Undefined until processes are needed. */
  #prepared: Promise<Prepared> | undefined
  readonly #seats = new Set<Seat>()
  readonly #admission = new Admission()
  readonly #allowances = new Allowances()
  readonly #quick = new FairQueue<Job>()
  readonly #slow = new FairQueue<Job>()
  readonly #waiting = new Map<Job, Waiting>()
  readonly #previews = new Map<string, Job>()
  #ids = 0
  #failures = 0
  #closed = false
  #scheduled = false
  #clock: NodeJS.Timeout | undefined
  #restart: NodeJS.Timeout | undefined

  constructor({ log, size, patience = 10_000, start = 'at-once', build = buildEvaluator }: PoolOptions) {
    this.#log = log
    this.#patience = patience
    this.#size = size ?? Math.max(1, Math.min(2, availableParallelism() - 1))
    this.#build = build
    if (start === 'at-once') this.#prepare()
  }

  evaluate(request: EvaluationRequest): Promise<Evaluation> {
    const { expression, bindings = {}, person, isPreview = false, signal } = request
    if (this.#closed) return Promise.resolve(CLOSED)
    if (signal?.aborted) return Promise.resolve(CANCELLED)
    if (expression.length > 2 * LENGTH)
      return Promise.resolve(
        failed('too_long', `An expression has at most ${LENGTH.toLocaleString('en')} characters.`),
      )
    const job: Job = {
      id: ++this.#ids,
      expression,
      bindings,
      person,
      isPreview,
      bytes: bytesOf(expression, bindings),
      asked: performance.now(),
      alone: false,
      killed: 0,
    }
    if (isPreview) this.#replacePreview(person)
    if (!this.#admission.enter(job)) return Promise.resolve(TOO_MUCH)
    this.#prepare()
    return new Promise((resolve) => {
      const cancel = () => {
        if (this.#quick.remove(job) || this.#slow.remove(job)) this.#answer(job, CANCELLED)
      }
      signal?.addEventListener('abort', cancel)
      this.#waiting.set(job, { resolve, cancel, signal })
      if (isPreview) this.#previews.set(person, job)
      this.#queue(job)
      this.#clock ??= setInterval(() => this.#watch(), 10)
    })
  }

  pids(): number[] {
    return [...this.#seats].flatMap(({ process }) => process?.pid ?? [])
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    const gone = [...this.#seats].map(({ process }) => process?.gone)
    for (const job of [...this.#waiting.keys()]) this.#answer(job, CLOSED)
    for (const seat of this.#seats) {
      seat.given.clear()
      seat.process?.kill()
    }
    await Promise.all(gone)
    await this.#prepared?.then(({ bundle }) => bundle.remove()).catch(() => undefined)
  }

  /** Builds what the processes run, once, and starts them. */
  #prepare(): void {
    if (this.#prepared) return
    this.#prepared = prepareEvaluators(this.#build, this.#log)
    this.#prepared.catch((error) => this.#log.error({ err: error }, 'the evaluator cannot be built'))
    this.#fill()
  }

  /** At most one preview of a person waits: what was typed since is what they want to see. */
  #replacePreview(person: string): void {
    const before = this.#previews.get(person)
    if (before && (this.#quick.remove(before) || this.#slow.remove(before))) this.#answer(before, REPLACED)
  }

  #answer(job: Job, evaluation: Evaluation): void {
    const waiting = this.#waiting.get(job)
    if (!waiting) return
    this.#waiting.delete(job)
    waiting.signal?.removeEventListener('abort', waiting.cancel)
    if (this.#previews.get(job.person) === job) this.#previews.delete(job.person)
    this.#admission.leave(job)
    if (this.#waiting.size === 0) {
      clearInterval(this.#clock)
      this.#clock = undefined
    }
    waiting.resolve(evaluation)
  }

  #queue(job: Job): void {
    if (job.alone || !this.#allowances.isLeft(job.person)) this.#slow.add(job)
    else this.#quick.add(job)
    this.#schedule()
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
    if (this.#quick.size === 0) return
    const seats = this.#inLane('quick').slice(0, this.#size)
    for (const seat of seats.sort((a, b) => a.given.size - b.given.size)) {
      const batch: Job[] = []
      let room = WEIGHT - weightOf(seat.given.values())
      while (room > 0) {
        const job = this.#quick.take((next) => weight(next) <= room)
        if (!job) break
        if (this.#allowances.isLeft(job.person)) {
          batch.push(job)
          room -= weight(job)
        } else this.#slow.add(job)
      }
      if (batch.length > 0) seat.give(batch, QUICK_WORK)
    }
  }

  #giveSlow(): void {
    if (this.#slow.size === 0) return
    while (this.#makeSlow());
    for (const seat of this.#inLane('slow')) {
      if (seat.given.size > 0) continue
      const job = this.#slow.take(({ person }) => !this.#isRunningSlow(person))
      if (job) seat.give([job])
    }
  }

  #isRunningSlow(person: string): boolean {
    for (const { lane, given } of this.#seats)
      if (lane !== 'quick') for (const job of given.values()) if (job.person === person) return true
    return false
  }

  /** Takes a spare process for those who are slow, where they have too few. @returns whether it did */
  #makeSlow(): boolean {
    if ([...this.#seats].filter(({ lane }) => lane === 'slow').length >= this.#size) return false
    const spare = this.#inLane('quick').findLast(({ given }) => given.size === 0)
    if (!spare || this.#inLane('quick').length <= this.#size) return false
    spare.slowDown()
    this.#fill()
    return true
  }

  /** The processes of a lane that are ready, the oldest first. */
  #inLane(wanted: Seat['lane']): Seat[] {
    return [...this.#seats].filter(({ lane, isReady }) => lane === wanted && isReady)
  }

  #report(seat: Seat, reports: readonly unknown[]): void {
    for (const report of reports) {
      const [id, found, took] = Array.isArray(report) ? report : []
      const job = seat.given.get(id)
      // One that was moved meanwhile is answered by the process that it went to.
      if (!job) continue
      const isPostponed = found === POSTPONED && seat.lane !== 'slow'
      const answer = isPostponed ? undefined : readAnswer(found)
      if (!answer && !isPostponed) {
        this.#log.error({ pid: seat.process?.pid }, 'an evaluator reported what is no answer')
        seat.process?.kill()
        return
      }
      seat.given.delete(id)
      if (typeof took === 'number') this.#allowances.spend(job.person, took)
      if (answer) this.#answer(job, answer)
      else this.#again(job)
    }
    seat.hear()
    if (seat.lane === 'stuck' && seat.given.size === 0) seat.lane = 'quick'
    this.#schedule()
  }

  /** Has a job run by itself, before what else its person has. */
  #again(job: Job): void {
    if (!this.#waiting.has(job)) return
    job.alone = true
    this.#slow.addAgain(job)
  }

  /** Looks at every process: silent ones give back what waits in them, those over time are killed. */
  #watch(): void {
    for (const seat of this.#seats) {
      if (!seat.isReady) {
        if (seat.process && performance.now() - seat.process.started > START) seat.process.kill()
        continue
      }
      if (seat.given.size === 0) continue
      const { busy } = seat
      if (busy > KILLED || seat.silence > STARVED_AND_KILLED) {
        seat.isLate = true
        seat.process?.kill()
      } else if (busy > SILENT && seat.lane === 'quick') this.#stuck(seat)
    }
    const now = performance.now()
    for (const queue of [this.#quick, this.#slow])
      for (const job of [...queue])
        if (now - job.asked > this.#patience && queue.remove(job))
          this.#answer(job, this.#inLane('quick').length > 0 ? TOO_MUCH : UNAVAILABLE)
  }

  /** An expression takes longer than was counted. Its process leaves the quick lane, and the others in it go elsewhere. */
  #stuck(seat: Seat): void {
    const [first, ...others] = seat.given.values()
    if (first) this.#allowances.spend(first.person, FAULT)
    for (const job of others) {
      seat.given.delete(job.id)
      if (this.#waiting.has(job)) this.#quick.addAgain(job)
    }
    // It may come to its end, and go on as the spare one. Others are not waited for.
    const isOneTooMany = [...this.#seats].filter(({ lane }) => lane === 'stuck').length >= STUCK
    seat.lane = 'stuck'
    if (isOneTooMany) seat.process?.kill()
    this.#fill()
    this.#schedule()
  }

  /** Starts processes until as many work for those who are quick as should, and there is one more. */
  #fill(): void {
    if (this.#closed || this.#restart) return
    const lanes = [...this.#seats].map(({ lane }) => lane)
    const quick = lanes.filter((lane) => lane === 'quick').length
    const stuck = lanes.filter((lane) => lane === 'stuck').length
    for (let i = quick; i < this.#size || i + stuck < this.#size + 1; i++) void this.#start()
  }

  async #start(): Promise<void> {
    if (!this.#prepared) return
    const seat = new Seat()
    this.#seats.add(seat)
    try {
      const { bundle, launcher } = await this.#prepared
      if (this.#closed) return
      seat.process = new EvaluatorProcess(bundle, launcher, {
        ready: () => {
          seat.isReady = true
          this.#failures = 0
          this.#schedule()
        },
        report: (reports) => this.#report(seat, reports),
        end: (reason) => this.#ended(seat, reason),
      })
    } catch (error) {
      this.#ended(seat, error instanceof Error ? error.message : String(error))
    }
  }

  #ended(seat: Seat, reason: string): void {
    if (!this.#seats.delete(seat) || this.#closed) return
    const { isReady, isLate, lane } = seat
    const [first, ...others] = seat.given.values()
    if (first || !isReady)
      this.#log.warn(
        { reason, unanswered: others.length + (first ? 1 : 0), late: isLate },
        isReady ? 'an evaluator ended' : 'an evaluator did not start',
      )
    seat.given.clear()
    // What is finished is reported before anything that may take long, so it was not the others.
    for (const job of others.reverse()) if (this.#waiting.has(job)) this.#quick.addAgain(job)
    if (first && lane !== 'quick' && this.#isAtFault(first, isLate, reason)) {
      this.#allowances.spend(first.person, FAULT)
      this.#answer(first, isLate ? LATE : /SIGABRT|134/.test(reason) ? OUT_OF_MEMORY : UNANSWERED)
    } else if (first) this.#again(first)
    if (isReady) this.#fill()
    else this.#later()
    this.#schedule()
  }

  /** Whether a process ended because of this expression, which ran alone in it. */
  #isAtFault(job: Job, isLate: boolean, reason: string): boolean {
    if (isLate) return true
    job.killed += reason === 'SIGKILL' ? 1 : KILLED_WITH
    return job.killed >= KILLED_WITH
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

/** Two bytes a character: what is not Latin takes so many. */
function bytesOf(expression: string, bindings: Bindings): number {
  let characters = expression.length
  for (const [name, stored] of Object.entries(bindings)) characters += name.length + stored.length
  return 2 * characters
}

const weight = ({ expression }: Job): number => (SUM.test(expression) ? 1 : WEIGHT_OF_OTHERS)

function weightOf(jobs: Iterable<Job>): number {
  let sum = 0
  for (const job of jobs) sum += weight(job)
  return sum
}

const failed = (code: EvaluationError['error']['code'], message: string): EvaluationError => ({
  error: { code, message },
})
const CANCELLED = failed('cancelled', 'This was cancelled.')
const REPLACED = failed('cancelled', 'You typed something else since.')
const CLOSED = failed('internal', 'The calculator is closing.')
const UNAVAILABLE = failed('internal', 'The calculator is not available right now.')
const TOO_MUCH = failed('limit', 'Too much is being calculated right now. Try again in a moment.')
const LATE = failed('timeout', 'This takes too long.')
const OUT_OF_MEMORY = failed('limit', 'This needs too much memory.')
const UNANSWERED = failed('internal', 'This could not be calculated.')
