import { setPriority } from 'node:os'
import type { EvaluatorProcess, Work } from './evaluator-process.ts'
import type { Queued } from './fair-queue.ts'

/** Lines of a sheet on their way through the pool. */
export interface Job extends Work, Queued {
  readonly isPreview: boolean
  /** It is not tried again where it takes more than those who are quick may. */
  readonly isBrief: boolean
  /** Others who are charged for it beside its person. */
  readonly others: readonly string[]
  readonly asked: number
  /** Ran in a process that was silent or died with it, or takes more than those who are quick may: it runs alone. */
  alone: boolean
  /** Processes that somebody else killed while it ran alone in them. */
  killed: number
}

/** `quick`: for quick requests; `slow`: for one request at a time, at a lower priority; `stuck`: was quick. */
export type Lane = 'quick' | 'slow' | 'stuck'

/** The measurements of a process when its silence was first noticed. */
interface Noticed {
  readonly heard: number
  readonly used: number | undefined
}

const NOTHING: Noticed = { heard: Number.NaN, used: undefined }

/** Silence in milliseconds before the processor time is looked at: that is a file to read. */
const NOTICED = 5

/** The nice value of a slow process, added to the server's. */
const NICE = 10

/** A slot for an evaluator process, with the requests that it was given and has not answered. */
export class PoolWorker {
  readonly given = new Map<number, Job>()
  lane: Lane = 'quick'
  isReady = false
  /** It was killed because a job had its time. */
  isLate = false
  /** The condition for which it was killed, if it was. */
  killedAs: 'late' | 'overdue' | 'stuck' | undefined
  process: EvaluatorProcess | undefined
  #heard = performance.now()
  #noticed = NOTHING

  /** @param budget units of work that each may take; by default as much as lines may take together */
  give(jobs: readonly Job[], budget?: number): void {
    if (this.given.size === 0) this.#heard = performance.now()
    for (const job of jobs) this.given.set(job.id, job)
    this.process?.send(jobs, budget)
  }

  hear(): void {
    this.#heard = performance.now()
  }

  slowDown(): void {
    this.lane = 'slow'
    const { pid } = this.process ?? {}
    if (pid === undefined) return
    try {
      setPriority(pid, NICE)
    } catch {
      // It has ended, or the system does not allow it.
    }
  }

  /** Milliseconds since it reported something, or was given something while idle. */
  get silence(): number {
    return performance.now() - this.#heard
  }

  /**
   * Milliseconds that the process computed in its silence. On a busy machine that is less than went by, and nobody's
   * lines are at fault for what others take of the processor.
   */
  get busy(): number {
    const { silence } = this
    if (silence < NOTICED) return silence
    if (this.#noticed.heard !== this.#heard)
      this.#noticed = { heard: this.#heard, used: this.process?.used() }
    const used = this.process?.used()
    if (used === undefined || this.#noticed.used === undefined) return silence
    return Math.min(silence, NOTICED + (used - this.#noticed.used) * 1.1)
  }
}
