import rateLimiter from '@fastify/rate-limit'
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { HttpError } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly pace: Pace
  }
}

/** How often one person may do something without a socket: for a route's `onRequest`, behind what says who is there. */
export interface Pace {
  /** As often as one socket may send frames; one budget for all routes that have it. */
  readonly sending: onRequestAsyncHookHandler[]
  /** A budget of its own, so many a minute. */
  perMinute(count: number): onRequestAsyncHookHandler[]
}

/** @param perSecond frames that one socket may send; 0: no limit, here neither */
export const pace = fp(async (app: FastifyInstance, { perSecond }: { perSecond: number }) => {
  await app.register(rateLimiter, {
    global: false,
    keyGenerator: (request) => (request.identity ? `user ${request.identity.user.id}` : request.ip),
    errorResponseBuilder: (_request, { ttl }) =>
      new HttpError(429, 'That was too fast', 'Wait a moment, then send it again.', Math.ceil(ttl / 1000)),
  })
  const budget = (max: number, timeWindow: number) =>
    perSecond > 0 ? [app.rateLimit({ max, timeWindow })] : []
  const sending = budget(perSecond * 3, 3_000)
  app.decorate('pace', { sending, perMinute: (count) => budget(count, 60_000) })
})
