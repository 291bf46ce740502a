import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { migrations } from './migrations/index.ts'

/** Makes the table that streams and their followers need. */
export const streams = fp(async (app: FastifyInstance) => {
  await app.migrate('streams', migrations)
})
