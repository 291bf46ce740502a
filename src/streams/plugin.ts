import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { HistoryChanges } from './history-changes.ts'
import { migrations } from './migrations/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly historyChanges: HistoryChanges
  }
}

/** Makes the table that streams and their followers need. */
export const streams = fp(async (app: FastifyInstance) => {
  app.decorate('historyChanges', new HistoryChanges())
  await app.migrate('streams', migrations)
})
