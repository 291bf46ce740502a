import type { FastifyInstance } from 'fastify'
import { requireAdministrator, requireUser } from '../accounts/index.ts'
import { banRoutes } from './ban-routes.ts'
import { botRoutes } from './bot-routes.ts'
import { deletePersonRoutes } from './delete-person-routes.ts'
import { invitationRoutes } from './invitation-routes.ts'
import { jobRoutes } from './job-routes.ts'
import { logRoutes } from './log-routes.ts'
import { overviewRoutes } from './overview-routes.ts'
import { peopleRoutes } from './people-routes.ts'
import { personRoutes } from './person-routes.ts'
import { roomRoutes } from './room-routes.ts'
import { storageRoutes } from './storage-routes.ts'

/** `/admin`: what administrators see and do. Visitors are sent to sign in; for everyone else nothing of it is there. */
export async function admin(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', requireUser)
  app.addHook('onRequest', requireAdministrator)
  await app.register(overviewRoutes)
  await app.register(peopleRoutes)
  await app.register(personRoutes)
  await app.register(deletePersonRoutes)
  await app.register(roomRoutes)
  await app.register(invitationRoutes)
  await app.register(botRoutes)
  await app.register(banRoutes)
  await app.register(jobRoutes)
  await app.register(storageRoutes)
  await app.register(logRoutes)
}
