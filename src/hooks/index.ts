import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type IncomingOptions, incomingRoutes } from './incoming-routes.ts'
import { migrations } from './migrations/index.ts'
import { deliverOutgoing } from './outgoing.ts'
import { roomRoutes } from './room-routes.ts'

/** Hooks: other systems say something in rooms, and hear what is said there. */
export const hooks = fp(async (app: FastifyInstance, options: IncomingOptions) => {
  await app.migrate('hooks', migrations)
  deliverOutgoing(app)
  await app.register(incomingRoutes, options)
  await app.register(roomRoutes)
})
