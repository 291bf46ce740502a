import type { EvaluationError } from './answers.ts'
import type { Job, PoolWorker } from './pool-worker.ts'
import { LATE, OUT_OF_MEMORY, UNANSWERED } from './refusals.ts'

/** Milliseconds of silence after which a process that works for those who are quick does so no more. */
const SILENT = 30
/** Milliseconds of one line, after which its process is killed. Its work is counted, so that seldom happens. */
const KILLED = 600
/** The same of several lines, which may do ten times the work together. */
const LINES_KILLED = 2500
/** Milliseconds after which it is killed even though the machine was too busy to let it compute so long. */
const STARVED_AND_KILLED = 8000
/** Milliseconds that a process may take to start: killing one on a machine that is busy makes it no faster. */
const START = 60_000
/** Processes that may be killed from outside, as when all are at once, before its lines are held to be at fault. */
const KILLED_WITH = 3

/**
 * The condition of a process: an `overdue` one is killed, a `late` one is killed for its lines, a `silent` one gets
 * no other work.
 */
export type Condition = 'well' | 'silent' | 'late' | 'overdue'

/** Looks at a process. */
export function conditionOf(worker: PoolWorker): Condition {
  if (!worker.isReady) {
    const waited = worker.process ? performance.now() - worker.process.started : 0
    return waited > START ? 'overdue' : 'well'
  }
  if (worker.given.size === 0) return 'well'
  const { busy } = worker
  const [first] = worker.given.values()
  const most = first?.lines.length === 1 ? KILLED : LINES_KILLED
  if (busy > most || worker.silence > STARVED_AND_KILLED) return 'late'
  return busy > SILENT && worker.lane === 'quick' ? 'silent' : 'well'
}

/**
 * Decides whether a process ended because of the job that ran alone in it.
 * @param reason why it ended: a signal or an exit code
 * @returns the job's answer; undefined when it deserves another try
 */
export function verdictOn(job: Job, isLate: boolean, reason: string): EvaluationError | undefined {
  if (isLate) return LATE
  job.killed += reason === 'SIGKILL' ? 1 : KILLED_WITH
  if (job.killed < KILLED_WITH) return undefined
  return /SIGABRT|134/.test(reason) ? OUT_OF_MEMORY : UNANSWERED
}
