import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import { hookBelongings } from './belongings.ts'
import { type IncomingOptions, incomingRoutes } from './incoming-routes.ts'
import { hookMetrics } from './metrics.ts'
import { migrations } from './migrations/index.ts'
import { deliverOutgoing } from './outgoing.ts'
import { hooksEraser } from './room-contents.ts'
import { roomRoutes } from './room-routes.ts'

export interface HooksOptions extends IncomingOptions {
  readonly registry: Registry
}

/** Hooks: other systems post in rooms, and receive the messages there. */
export const hooks = fp(async (app: FastifyInstance, { registry, ...options }: HooksOptions) => {
  await app.migrate('hooks', migrations)
  deliverOutgoing(app, hookMetrics(registry))
  app.belongings.add(...hookBelongings(app))
  app.rooms.deletion.onDelete(hooksEraser(app))
  await app.register(incomingRoutes, options)
  await app.register(roomRoutes)
})
