import type { FastifyInstance } from 'fastify'
import { requireUser } from '../accounts/index.ts'
import { creationRoutes, type RoomsOptions } from './creation-routes.ts'
import { directoryRoutes } from './directory-routes.ts'
import { membershipRoutes } from './membership-routes.ts'

export type { RoomsOptions } from './creation-routes.ts'

export async function roomRoutes(app: FastifyInstance, options: RoomsOptions): Promise<void> {
  app.addHook('onRequest', requireUser)
  await app.register(creationRoutes, options)
  await app.register(directoryRoutes)
  await app.register(membershipRoutes)
}
