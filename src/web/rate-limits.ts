import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { addressOf, type Budget, spenderOf } from '../channels/index.ts'
import { TooManyRequests } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly rateLimits: RateLimits
  }
}

/** Throws TooManyRequests where a client asks too often. */
export type RateLimitHook = (request: FastifyRequest) => Promise<void>

/**
 * Limits how often somebody may do something without a socket. For a route's `onRequest`, after the hooks that find out who is
 * asking. A person is counted in all processes together, visitors by their network. Too many requests are answered with 429
 * and `Retry-After`.
 */
export interface RateLimits {
  /** Limits what is posted, out of the same budget as the frames of the person's sockets. */
  readonly sending: RateLimitHook[]
  /** Pages and `/api` that only read: four times as often, out of a budget of its own; for a network that of five people. */
  readonly reading: RateLimitHook[]
  /**
   * A budget of its own, of `count` requests a minute.
   * @param what the name of the budget, which no other has
   */
  perMinute(what: string, count: number): RateLimitHook[]
}

/** Pages that a person may read for each frame that they may send. */
const READS_PER_FRAME = 4

/** People whom the budget of a network is meant for: all who have not signed in yet share it. */
const VISITORS_OF_NETWORK = 5

/** @param perSecond frames that one person may send; 0: no limit, here neither */
export const rateLimits = fp(async (app: FastifyInstance, { perSecond }: { perSecond: number }) => {
  const { budgets, sending } = app.limits
  const reading = budgets.add('reading', {
    perSecond: READS_PER_FRAME * perSecond,
    atOnce: 3 * READS_PER_FRAME * perSecond,
  })
  const visiting = budgets.add('reading of visitors', {
    perSecond: VISITORS_OF_NETWORK * READS_PER_FRAME * perSecond,
    atOnce: 3 * VISITORS_OF_NETWORK * READS_PER_FRAME * perSecond,
  })

  const within = (budget: Budget, ofVisitors = budget): RateLimitHook[] => [
    async (request) => {
      const { identity } = request
      const wait = (identity ? budget : ofVisitors).take(
        spenderOf(identity, addressOf(request)),
        performance.now(),
      )
      if (wait > 0) throw tooFast(wait)
    },
  ]

  const readingLimit = within(reading, visiting)
  app.decorate('rateLimits', {
    sending: within(sending),
    reading: readingLimit,
    perMinute(what, count) {
      const size = { perSecond: perSecond > 0 ? count / 60 : 0, atOnce: count }
      return within(budgets.add(what, size))
    },
  })

  // A page that says that there is nothing is a page as well. Not before it is known who is there.
  app.addHook('preHandler', async (request) => {
    if (request.is404) for (const hook of readingLimit) await hook(request)
  })
})

function tooFast(wait: number): TooManyRequests {
  return new TooManyRequests('That was too fast', 'Wait a moment, then try again.', wait)
}
