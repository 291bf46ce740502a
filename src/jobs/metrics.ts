import { Gauge, type Registry } from 'prom-client'
import type { JobWorker } from './job-worker.ts'

/**
 * What `/metrics` says of jobs. All but those that run are of the database, the same in each process, and as they were counted
 * last: metrics are answered while the database is away.
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
