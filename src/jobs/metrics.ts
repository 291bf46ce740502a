import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { JobOutcome, JobWorker } from './job-worker.ts'

/**
 * Adds the metrics of jobs to `/metrics`. All but the running jobs are counts of the database, the same in each process, and as
 * they were counted last: metrics are answered while the database is away.
 */
export function jobMetrics(registry: Registry, worker: JobWorker): void {
  const registers = [registry]
  const labelNames = ['kind'] as const
  new Gauge({
    name: 'partyline_jobs_waiting',
    help: 'Jobs that are not done',
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const { kind, count } of worker.counts.waiting) this.set({ kind }, count)
    },
  })
  new Gauge({
    name: 'partyline_jobs_seconds_behind',
    help: 'How long the first job that waits has been due, when it was counted; 0: none is',
    labelNames,
    registers,
    collect() {
      this.reset()
      const { waiting, at } = worker.counts
      for (const { kind, firstDue } of waiting)
        this.set({ kind }, Math.max(0, (at - Date.parse(firstDue)) / 1000))
    },
  })
  new Gauge({
    name: 'partyline_jobs_running',
    help: 'Jobs that this process runs',
    labelNames,
    registers,
    collect() {
      for (const kind of worker.kinds) this.set({ kind }, worker.running(kind))
    },
  })
  new Gauge({
    name: 'partyline_jobs_failed',
    help: 'Jobs that failed for good and are kept',
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const { kind, count } of worker.counts.failed) this.set({ kind }, count)
    },
  })
}

/**
 * Counts the jobs that end in this process, by outcome.
 * @param kinds tells which kinds there are: their failures are counted from 0, so that the first one shows as an increase
 * @returns what is told of each
 */
export function jobEnds(
  registry: Registry,
  kinds: () => readonly string[],
): (kind: string, outcome: JobOutcome, milliseconds: number) => void {
  const registers = [registry]
  const ended = new Counter({
    name: 'partyline_jobs_ended_total',
    help: 'Runs of jobs in this process: done, repeated (to run again), retried (after a failure), failed (for good) or returned (not finished)',
    labelNames: ['kind', 'outcome'],
    registers,
    collect() {
      for (const kind of kinds()) this.inc({ kind, outcome: 'failed' }, 0)
    },
  })
  const duration = new Histogram({
    name: 'partyline_job_duration_seconds',
    help: 'Time that a job ran in this process, however it ended',
    labelNames: ['kind'],
    buckets: [0.005, 0.025, 0.1, 0.25, 1, 2.5, 10, 30, 60, 300],
    registers,
  })
  return (kind, outcome, milliseconds) => {
    ended.inc({ kind, outcome })
    duration.observe({ kind }, milliseconds / 1000)
  }
}
