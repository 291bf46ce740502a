import type { FastifyInstance } from 'fastify'
import { requireUser } from '../accounts/index.ts'
import { conversationRoutes } from './conversation-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { helpRoutes } from './help-routes.ts'
import { historyRoutes } from './history-routes.ts'
import { homeRoutes } from './home-routes.ts'
import { messageRoutes } from './message-routes.ts'
import { pinRoutes } from './pin-routes.ts'
import { roomRoutes } from './room-routes.ts'

export async function chatRoutes(app: FastifyInstance): Promise<void> {
  await app.register(homeRoutes)
  await app.register(memberRoutes)
}

/** The routes for people who are signed in. */
async function memberRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', requireUser)
  await app.register(roomRoutes)
  await app.register(historyRoutes)
  await app.register(eventRoutes)
  await app.register(messageRoutes)
  await app.register(helpRoutes)
  await app.register(conversationRoutes)
  await app.register(pinRoutes)
}
