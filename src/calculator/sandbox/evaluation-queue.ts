import type { SheetLine } from '../language/index.ts'
import { Admission, ONE_BYTES } from './admission.ts'
import { Allowances } from './allowance.ts'
import { type EvaluationError, type LinesAnswer, POSTPONED } from './answers.ts'
import { FairQueue } from './fair-queue.ts'
import { bytesOfLines, packLines } from './packed-lines.ts'
import type { Job } from './pool-worker.ts'
import { CANCELLED, REPLACED, TOO_LARGE, TOO_MUCH } from './refusals.ts'

/** Lines of a sheet that are evaluated together, each after those that it needs. */
export interface LinesRequest {
  readonly lines: readonly SheetLine[]
  /** The person who asks: people are served in turn. */
  readonly person: string
  /** Others whose work it is too: all of them are charged equally for the time it takes. */
  readonly others?: readonly string[]
  /** The answer is `POSTPONED` in place of a second, longer try. */
  readonly isBrief?: boolean
  /** A newer preview of this person takes its place while it waits. */
  readonly isPreview?: boolean
  /** Cancels the request while it waits; a running one is left alone and its answer dropped. */
  readonly signal?: AbortSignal
}

const NOBODY: readonly string[] = []

/** Sums that one process is given at once, and how many of them any other job counts for. */
const WEIGHT = 64
const WEIGHT_OF_OTHERS = 8
/** Sums that cannot take long. */
const SUM = /^(?!.*\*\*)[\d\s.()+\-*/]{1,60}$/
/** Milliseconds that somebody is held to have used whose process had to be given up. */
const FAULT = 1000

type Answer = LinesAnswer | typeof POSTPONED

interface Waiting {
  readonly resolve: (answer: Answer) => void
  /** Takes the listener off the request's signal. */
  readonly unlisten: (() => void) | undefined
}

/**
 * The requests that wait for a process or run in one, until they are answered. They wait in two lanes, in each of which people
 * are served in turn: one for people who are quick, and one for requests that took longer and for people who have recently used
 * more processor time than they are allowed.
 */
export class EvaluationQueue {
  readonly #admission = new Admission()
  readonly #allowances = new Allowances()
  readonly #quick = new FairQueue<Job>()
  readonly #slow = new FairQueue<Job>()
  readonly #unanswered = new Map<Job, Waiting>()
  readonly #previews = new Map<string, Job>()
  #ids = 0

  /** Requests that are not answered yet. */
  get size(): number {
    return this.#unanswered.size
  }

  /** Tells whether everything is answered. */
  get isEmpty(): boolean {
    return this.#unanswered.size === 0
  }

  get hasQuick(): boolean {
    return this.#quick.size > 0
  }

  get hasSlow(): boolean {
    return this.#slow.size > 0
  }

  /** Tells whether somebody still waits for the answer to a job. */
  isWanted(job: Job): boolean {
    return this.#unanswered.has(job)
  }

  /** Takes a request in, unless there is no room for it. @returns its answer, once there is one */
  add({
    lines,
    person,
    others = NOBODY,
    isBrief = false,
    isPreview = false,
    signal,
  }: LinesRequest): Promise<Answer> {
    const packed = packLines(lines)
    const job: Job = {
      id: ++this.#ids,
      lines: packed.lines,
      texts: packed.texts,
      person,
      others,
      isPreview,
      isBrief,
      bytes: bytesOfLines(packed),
      asked: performance.now(),
      alone: false,
      killed: 0,
    }
    if (job.bytes > ONE_BYTES) return Promise.resolve(TOO_LARGE)
    if (isPreview) this.#replacePreview(person)
    if (!this.#admission.enter(job)) return Promise.resolve(TOO_MUCH)
    return new Promise((resolve) => {
      this.#unanswered.set(job, { resolve, unlisten: signal && this.#cancelOn(signal, job) })
      if (isPreview) this.#previews.set(person, job)
      if (this.#allowances.isLeft(person)) this.#quick.add(job)
      else this.#postpone(job)
    })
  }

  /** Answers a job, unless it was answered before. */
  answer(job: Job, answer: Answer): void {
    const waiting = this.#unanswered.get(job)
    if (!waiting) return
    this.#unanswered.delete(job)
    waiting.unlisten?.()
    if (this.#previews.get(job.person) === job) this.#previews.delete(job.person)
    this.#admission.leave(job)
    waiting.resolve(answer)
  }

  answerAll(error: EvaluationError): void {
    for (const job of [...this.#unanswered.keys()]) this.answer(job, error)
  }

  /** Answers what has waited for a process for longer than `patience`, in milliseconds. */
  expire(patience: number, error: EvaluationError): void {
    const now = performance.now()
    for (const queue of [this.#quick, this.#slow])
      for (const job of [...queue])
        if (now - job.asked > patience && queue.remove(job)) this.answer(job, error)
  }

  /** Takes the next jobs for a quick process. @param given what it has already */
  takeBatch(given: Iterable<Job>): Job[] {
    const batch: Job[] = []
    let room = WEIGHT - weightOf(given)
    while (room > 0) {
      const job = this.#quick.take((next) => weight(next) <= room)
      if (!job) break
      if (this.#allowances.isLeft(job.person)) {
        batch.push(job)
        room -= weight(job)
      } else this.#postpone(job)
    }
    return batch
  }

  /** Takes the next job for a slow process, of somebody for whom `may` gives true. */
  takeSlow(may: (person: string) => boolean): Job | undefined {
    return this.#slow.take(({ person }) => may(person))
  }

  /** Has a job wait for the slow processes. */
  #postpone(job: Job): void {
    if (job.isBrief) this.answer(job, POSTPONED)
    else this.#slow.add(job)
  }

  /** Puts back a job that its process did not get to, as the next of its person. */
  putBack(job: Job): void {
    if (this.isWanted(job)) this.#quick.addAgain(job)
  }

  /** Has a job run by itself, before what else its person has. */
  putAlone(job: Job): void {
    if (!this.isWanted(job)) return
    if (job.isBrief) return this.answer(job, POSTPONED)
    job.alone = true
    this.#slow.addAgain(job)
  }

  /** Counts the milliseconds of processor time that a job took against its person. */
  spend({ person, others }: Job, milliseconds: number): void {
    const share = milliseconds / (1 + others.length)
    this.#allowances.spend(person, share)
    for (const other of others) this.#allowances.spend(other, share)
  }

  /** Counts against a person that a process had to be given up for their job. */
  blame({ person }: Job): void {
    this.#allowances.spend(person, FAULT)
  }

  /** At most one preview of a person waits: what was typed since is what they want to see. */
  #replacePreview(person: string): void {
    const before = this.#previews.get(person)
    if (before && this.#remove(before)) this.answer(before, REPLACED)
  }

  #cancelOn(signal: AbortSignal, job: Job): () => void {
    const cancel = () => {
      if (this.#remove(job)) this.answer(job, CANCELLED)
    }
    signal.addEventListener('abort', cancel)
    return () => signal.removeEventListener('abort', cancel)
  }

  #remove(job: Job): boolean {
    return this.#quick.remove(job) || this.#slow.remove(job)
  }
}

function weight({ lines: [first, ...others] }: Job): number {
  return others.length === 0 && SUM.test(first?.expression ?? '') ? 1 : WEIGHT_OF_OTHERS
}

function weightOf(jobs: Iterable<Job>): number {
  let sum = 0
  for (const job of jobs) sum += weight(job)
  return sum
}
