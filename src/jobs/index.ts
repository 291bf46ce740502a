import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import { type EraseDeleted, erasing } from './erasing.ts'
import { type JobTimes, jobTimes } from './job-times.ts'
import { JobWorker } from './job-worker.ts'
import { Jobs, WAKING } from './jobs.ts'
import { jobEnds, jobMetrics } from './metrics.ts'
import { migrations } from './migrations/index.ts'
import type {} from './tables.ts'
import { WaitingJobs } from './waiting-jobs.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly jobs: Jobs
    /**
     * To be called in a transaction that deletes or overwrites what somebody wrote: within some seconds it stands in no file of the
     * database any more. (On PostgreSQL that is up to its vacuum.)
     */
    readonly eraseDeleted: EraseDeleted
  }
}

export interface JobsOptions {
  readonly registry: Registry
  readonly times?: Partial<JobTimes> | undefined
  /** True where jobs are added alone, and left to other processes. */
  readonly isBeside?: boolean | undefined
}

/** Adds `app.jobs`: work that outlives a request, in a table of the database. It begins when the application is ready. */
export const jobs = fp(async (app: FastifyInstance, { registry, times, isBeside = false }: JobsOptions) => {
  const { channelLayer: layer, database, log } = app
  await app.migrate('jobs', migrations)
  const waiting = new WaitingJobs()
  const worker = new JobWorker({
    database,
    log,
    times: { ...jobTimes, ...times },
    waiting,
    process: randomBytes(9).toString('base64url'),
    onEnd: jobEnds(registry, () => worker.kinds),
    tracing: app.tracing,
  })
  const jobs = new Jobs(worker, waiting, layer, (error) =>
    log.warn({ err: error }, 'other processes were not told of a job; they will find it themselves'),
  )
  app.decorate('jobs', jobs)
  app.decorate('eraseDeleted', erasing(jobs, database))
  jobMetrics(registry, worker)

  const channel = layer.newChannel(() => {
    worker.wake()
    return true
  })
  await layer.groupAdd(WAKING, channel)
  if (!isBeside) app.addHook('onReady', async () => worker.start())
  // Running jobs are told to stop before what they use is closed.
  app.addHook('preClose', async () => worker.stop())
  app.addHook('onClose', async () => {
    jobs.close()
    await worker.close()
  })
})

export { countFailedJobs, failedJobs, retryFailedJob, retryFailedJobs } from './failed-jobs.ts'
export type { Job } from './job.ts'
export type { Repeat } from './job-kind.ts'
export type { JobQueue } from './job-queue.ts'
export type { JobTimes } from './job-times.ts'
export type { Jobs } from './jobs.ts'
export { migrations } from './migrations/index.ts'
