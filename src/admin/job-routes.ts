import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { actorOf, recordAudit } from '../audit/index.ts'
import { failedJobs, retryFailedJob, retryFailedJobs } from '../jobs/index.ts'
import { adminPage } from './pages.ts'
import { EmptyForm, NumberParams } from './protocol.ts'

/** Jobs that the page shows; where there are more, all of them can be tried again. */
const SHOWN = 100

/** `/admin/jobs`: work that failed too often, why, and a button that has it tried again. */
export async function jobRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits } = app
  const path = '/admin/jobs'

  app.get(path, { onRequest: rateLimits.reading }, async (_request, reply) => {
    const failed = await failedJobs(database, SHOWN + 1)
    return adminPage(reply, path, 'jobs', {
      title: 'Failed jobs',
      jobs: failed.slice(0, SHOWN).map((job) => {
        const about = app.jobs.aboutOf(job.kind)
        return { ...job, about: about || job.kind, isKnown: about !== undefined }
      }),
      more: failed.length > SHOWN,
    })
  })

  app.post(
    `${path}/retry`,
    { schema: { body: EmptyForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      await retryFailedJobs(database, (transaction, { length }) =>
        recordAudit(transaction, { action: 'jobs.retry', by: actorOf(request), detail: `${length} in all` }),
      )
      app.jobs.wake()
      return reply.redirect(path, 303)
    },
  )

  app.post(
    `${path}/:id/retry`,
    { schema: { params: NumberParams, body: EmptyForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      // One that is gone was tried again by somebody else.
      await retryFailedJob(database, Number(request.params.id), (transaction, { kind }) =>
        recordAudit(transaction, { action: 'jobs.retry', by: actorOf(request), detail: kind }),
      )
      app.jobs.wake()
      return reply.redirect(path, 303)
    },
  )
}
