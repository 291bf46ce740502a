import { availableParallelism } from 'node:os'
import { type Evaluation, type EvaluationError, readAnswer } from './answers.ts'
import { buildEvaluator, type EvaluatorBundle } from './bundle.ts'
import type { Bindings } from './engine/bindings.ts'
import { LENGTH } from './engine/limits.ts'
import { type Prepared, prepareEvaluators } from './evaluator-command.ts'
import { EvaluatorProcess, type Work } from './evaluator-process.ts'

export interface EvaluationRequest {
  readonly expression: string
  /** The names that the expression may need, as `bindingsFor` picks them. */
  readonly bindings?: Bindings
  /** Whose it is: one person has one slow expression at a time. */
  readonly person: string
  /** Cancels the request while it waits; a running one is left alone and its answer dropped. */
  readonly signal?: AbortSignal
}

export interface PoolOptions {
  readonly log: {
    info?(details: object, message: string): void
    warn(details: object, message: string): void
    error(details: object, message: string): void
  }
  /** Processes that share the work, besides a spare one; 1 on two cores, else 2. */
  readonly size?: number
  /** Milliseconds that a request waits for a process to take it; 10,000. */
  readonly patience?: number
  /** Stands in for the bundle in a test. */
  readonly build?: () => Promise<EvaluatorBundle>
}

export interface Pool {
  /** Always resolves, within the limits of one expression and of what waits before it; never rejects. */
  evaluate(request: EvaluationRequest): Promise<Evaluation>
  /** The evaluators' process ids. */
  pids(): number[]
  /** Answers what waits with `internal`, ends every process, and resolves when none is left. */
  close(): Promise<void>
}

/** Milliseconds of silence after which a process gets no more work, and what waits in it goes elsewhere. */
const SILENT = 20
/** Milliseconds of one expression, after which its process is killed. */
const KILLED = 250
/** Milliseconds after which it is killed even though the machine was too busy to let it compute so long. */
const STARVED_AND_KILLED = 2000
/** Milliseconds that a process may take to start. */
const START = 10_000
/** Requests that wait or run, and those of one person. */
const QUEUE = 5000
const QUEUE_OF_ONE = 500
/** Expressions given to one process at once. */
const BATCH = 32
const GIVEN = 64
/** Processes that may be slow at the same time, besides those that work. */
const SLOW = 3
/** Characters of all bindings of one request. */
const BINDINGS = 512 * 1024
/** Processes that may be killed from outside, as when all are at once, before the expression is held to be at fault. */
const KILLED_WITH = 3
/** Milliseconds for which someone whose expression was slow has theirs evaluated one at a time. */
const WATCHED = 5000

interface Job extends Work {
  readonly person: string
  readonly asked: number
  readonly answer: (evaluation: Evaluation) => void
  /** Runs in a batch of its own: an earlier process was silent or died with it. */
  alone: boolean
  /** Processes that somebody else killed while it ran alone in them. */
  killed: number
}

interface Seat {
  process: EvaluatorProcess | undefined
  state: 'starting' | 'ready' | 'slow' | 'ended'
  /** What it was given and has not reported, in its order. */
  given: Map<number, Job>
  /** When it last reported, or was given something while idle. */
  heard: number
  /** It was killed because an expression had its time. */
  late: boolean
  /** What of its processor time, and when, was used up when its silence was first noticed. */
  noticed: { heard: number; used: number | undefined }
}

/**
 * Opens the pool. Returns at once: the processes start behind, and requests wait for them.
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
  readonly #prepared: Promise<Prepared>
  readonly #seats = new Set<Seat>()
  readonly #waiting = new Set<Job>()
  readonly #countOf = new Map<string, number>()
  readonly #watched = new Map<string, number>()
  #ids = 0
  #pending = 0
  #failures = 0
  #closed = false
  #scheduled = false
  #clock: NodeJS.Timeout | undefined
  #restart: NodeJS.Timeout | undefined

  constructor({ log, size, patience = 10_000, build = buildEvaluator }: PoolOptions) {
    this.#log = log
    this.#patience = patience
    this.#size = size ?? Math.max(1, Math.min(2, availableParallelism() - 1))
    this.#prepared = prepareEvaluators(build, log)
    this.#prepared.catch((error) => log.error({ err: error }, 'the evaluator cannot be built'))
    this.#fill()
  }

  evaluate({ expression, bindings = {}, person, signal }: EvaluationRequest): Promise<Evaluation> {
    const refusal = this.#refusal(expression, bindings, person, signal)
    if (refusal) return Promise.resolve(refusal)
    return new Promise((resolve) => {
      const job: Job = {
        id: ++this.#ids,
        expression,
        bindings,
        person,
        asked: performance.now(),
        alone: this.#isWatched(person),
        killed: 0,
        answer: (evaluation) => {
          signal?.removeEventListener('abort', cancel)
          this.#pending--
          this.#leaves(person)
          if (this.#pending === 0) this.#stopClock()
          resolve(evaluation)
        },
      }
      const cancel = () => {
        if (this.#waiting.delete(job)) job.answer(CANCELLED)
      }
      signal?.addEventListener('abort', cancel)
      this.#pending++
      this.#countOf.set(person, (this.#countOf.get(person) ?? 0) + 1)
      this.#waiting.add(job)
      this.#clock ??= setInterval(() => this.#watch(), 10)
      this.#schedule()
    })
  }

  pids(): number[] {
    return [...this.#seats].flatMap(({ process }) => process?.pid ?? [])
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    const gone = [...this.#seats].map(({ process }) => process?.gone)
    for (const job of this.#waiting) this.#refuse(job)
    for (const seat of this.#seats) {
      for (const job of seat.given.values()) job.answer(CLOSED)
      seat.given.clear()
      seat.process?.kill()
    }
    this.#stopClock()
    await Promise.all(gone)
    await this.#prepared.then(({ bundle }) => bundle.remove()).catch(() => undefined)
  }

  #refusal(
    expression: string,
    bindings: Bindings,
    person: string,
    signal: AbortSignal | undefined,
  ): EvaluationError | undefined {
    if (this.#closed) return CLOSED
    if (signal?.aborted) return CANCELLED
    if (expression.length > 2 * LENGTH)
      return failed('too_long', `An expression has at most ${LENGTH} characters.`)
    if (this.#pending >= QUEUE || (this.#countOf.get(person) ?? 0) >= QUEUE_OF_ONE)
      return failed('limit', 'Too much is being calculated right now; try again in a moment.')
    let size = 0
    for (const stored of Object.values(bindings)) size += stored.length
    return size > BINDINGS ? failed('limit', 'The names in this expression hold too much.') : undefined
  }

  #refuse(job: Job): void {
    this.#waiting.delete(job)
    job.answer(CLOSED)
  }

  #leaves(person: string): void {
    const left = (this.#countOf.get(person) ?? 1) - 1
    if (left > 0) this.#countOf.set(person, left)
    else this.#countOf.delete(person)
  }

  /** Gives out work once for all requests of this turn of the loop. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#giveOut()
    })
  }

  #giveOut(): void {
    if (this.#closed || this.#waiting.size === 0) return
    const slow = this.#slowPersons()
    const workers = [...this.#seats].filter(({ state }) => state === 'ready').slice(0, this.#size)
    for (const seat of workers.sort((a, b) => a.given.size - b.given.size)) {
      if (this.#runsAlone(seat)) continue
      const batch: Job[] = []
      const persons = new Set<string>()
      for (const job of this.#waiting) {
        if (slow.has(job.person)) continue
        if (job.alone && (seat.given.size > 0 || batch.length > 0 || this.#elsewhere(job, seat))) continue
        batch.push(job)
        persons.add(job.person)
        if (job.alone || batch.length >= BATCH || batch.length + seat.given.size >= GIVEN) break
      }
      if (batch.length > 0) this.#give(seat, batch)
    }
  }

  #give(seat: Seat, batch: readonly Job[]): void {
    if (seat.given.size === 0) seat.heard = performance.now()
    for (const job of batch) {
      this.#waiting.delete(job)
      seat.given.set(job.id, job)
    }
    seat.process?.send(batch)
  }

  #runsAlone(seat: Seat): boolean {
    for (const job of seat.given.values()) return job.alone || seat.given.size >= GIVEN
    return false
  }

  /** Whether something of this person runs alone in another process already. */
  #elsewhere({ person }: Job, seat: Seat): boolean {
    for (const other of this.#seats)
      if (other !== seat)
        for (const job of other.given.values()) if (job.alone && job.person === person) return true
    return false
  }

  #slowPersons(): Set<string> {
    const persons = new Set<string>()
    for (const { state, given } of this.#seats)
      if (state === 'slow') for (const { person } of given.values()) persons.add(person)
    return persons
  }

  #report(seat: Seat, pairs: readonly unknown[]): void {
    for (const pair of pairs) {
      const [id, found] = Array.isArray(pair) ? pair : []
      const job = seat.given.get(id)
      // One that was moved meanwhile is answered by the process that it went to.
      if (!job) continue
      const answer = readAnswer(found)
      if (!answer) {
        this.#log.error({ pid: seat.process?.pid }, 'an evaluator reported what is no answer')
        seat.process?.kill()
        return
      }
      seat.given.delete(id)
      job.answer(answer)
    }
    seat.heard = performance.now()
    if (seat.state === 'slow' && seat.given.size === 0) this.#recovered(seat)
    this.#schedule()
  }

  /** A slow process that came to its end works on, unless its place was taken. */
  #recovered(seat: Seat): void {
    const ready = [...this.#seats].filter(({ state }) => state === 'ready' || state === 'starting').length
    if (ready > this.#size) seat.process?.kill()
    else seat.state = 'ready'
  }

  /** Looks at every process: silent ones give back what waits in them, those over time are killed. */
  #watch(): void {
    const now = performance.now()
    for (const seat of this.#seats) {
      if (seat.state === 'starting') {
        if (seat.process && now - seat.process.started > START) seat.process.kill()
        continue
      }
      if (seat.given.size === 0 || seat.state === 'ended') continue
      const silence = now - seat.heard
      if (silence < SILENT / 2) continue
      const busy = this.#busy(seat, silence)
      if (busy > KILLED || silence > STARVED_AND_KILLED) {
        seat.late = true
        seat.process?.kill()
      } else if (busy > SILENT && seat.state === 'ready') this.#silent(seat)
    }
    for (const job of this.#waiting) {
      if (now - job.asked < this.#patience) break
      this.#waiting.delete(job)
      job.answer(UNAVAILABLE)
    }
  }

  /**
   * Milliseconds that a process computed in its silence. On a busy machine that is less than went by, and nobody's
   * expression is at fault for what others take of the processor.
   */
  #busy(seat: Seat, silence: number): number {
    if (seat.noticed.heard !== seat.heard) seat.noticed = { heard: seat.heard, used: seat.process?.used() }
    const used = seat.process?.used()
    if (used === undefined || seat.noticed.used === undefined) return silence
    return Math.min(silence, SILENT / 2 + (used - seat.noticed.used) * 1.1)
  }

  #silent(seat: Seat): void {
    const slots = [...this.#seats].filter(({ state }) => state === 'slow').length
    if (slots >= SLOW) return
    seat.state = 'slow'
    const [first, ...others] = seat.given.values()
    if (first) this.#watchPerson(first.person)
    for (const job of others) {
      seat.given.delete(job.id)
      this.#again(job)
    }
    this.#fill()
    this.#schedule()
  }

  /** Puts a job before those that never ran. */
  #again(job: Job): void {
    job.alone = true
    const rest = [...this.#waiting]
    this.#waiting.clear()
    let placed = false
    for (const other of rest) {
      if (!placed && !other.alone) {
        this.#waiting.add(job)
        placed = true
      }
      this.#waiting.add(other)
    }
    this.#waiting.add(job)
  }

  #watchPerson(person: string): void {
    const now = performance.now()
    for (const [other, until] of this.#watched) if (until < now) this.#watched.delete(other)
    this.#watched.set(person, now + WATCHED)
  }

  #isWatched(person: string): boolean {
    return (this.#watched.get(person) ?? 0) > performance.now()
  }

  /** Starts processes until as many work as should, and one more. */
  #fill(): void {
    if (this.#closed || this.#restart) return
    const live = [...this.#seats].filter(({ state }) => state === 'ready' || state === 'starting').length
    for (let i = live; i < this.#size + 1 && this.#seats.size < this.#size + 1 + SLOW; i++) void this.#start()
  }

  async #start(): Promise<void> {
    const seat: Seat = {
      process: undefined,
      state: 'starting',
      given: new Map(),
      late: false,
      heard: performance.now(),
      noticed: NOTHING,
    }
    this.#seats.add(seat)
    try {
      const { bundle, launcher } = await this.#prepared
      if (this.#closed) return
      seat.process = new EvaluatorProcess(bundle, launcher, {
        ready: () => {
          seat.state = 'ready'
          this.#failures = 0
          this.#schedule()
        },
        report: (pairs) => this.#report(seat, pairs),
        end: (reason) => this.#ended(seat, reason),
      })
    } catch (error) {
      this.#ended(seat, error instanceof Error ? error.message : String(error))
    }
  }

  #ended(seat: Seat, reason: string): void {
    if (!this.#seats.delete(seat) || this.#closed) return
    const began = seat.state !== 'starting'
    const jobs = [...seat.given.values()]
    const { late } = seat
    seat.state = 'ended'
    seat.given.clear()
    if (jobs.length > 0 || !began)
      this.#log.warn(
        { reason, unanswered: jobs.length, late },
        began ? 'an evaluator ended' : 'an evaluator did not start',
      )
    const [first, ...others] = jobs
    for (const job of others.reverse()) this.#again(job)
    if (first && this.#isAtFault(first, seat, others.length === 0, reason)) {
      this.#watchPerson(first.person)
      first.answer(late ? LATE : /SIGABRT|134/.test(reason) ? OUT_OF_MEMORY : UNANSWERED)
    } else if (first) this.#again(first)
    if (began) this.#fill()
    else this.#later()
    this.#schedule()
  }

  /** Whether a process ended because of this expression, with which it ran `only` or first of several. */
  #isAtFault(job: Job, { late }: Seat, only: boolean, reason: string): boolean {
    if (late) return job.alone || only
    if (!job.alone) return false
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

  #stopClock(): void {
    clearInterval(this.#clock)
    this.#clock = undefined
  }
}

const failed = (code: EvaluationError['error']['code'], message: string): EvaluationError => ({
  error: { code, message },
})
const NOTHING = { heard: Number.NaN, used: undefined }
const CANCELLED = failed('cancelled', 'This was cancelled.')
const CLOSED = failed('internal', 'The calculator is closing.')
const UNAVAILABLE = failed('internal', 'The calculator is not available right now.')
const LATE = failed('timeout', 'This takes too long.')
const OUT_OF_MEMORY = failed('limit', 'This needs too much memory.')
const UNANSWERED = failed('internal', 'This could not be calculated.')
