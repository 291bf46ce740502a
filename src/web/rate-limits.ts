import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { Budget } from '../channels/index.ts'
import { spenderOf } from '../channels/index.ts'
import { HttpError } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly pace: Pace
  }
}

/**
 * How often somebody may do something without a socket: for a route's `onRequest`, which comes after the hooks that say who
 * is there. A person counts wherever they are, in all processes together; visitors count by their network. Too often is 429
 * with `Retry-After`.
 */
export interface Pace {
  /** What is posted, out of the same budget as the frames of the person's sockets. */
  readonly sending: onRequestAsyncHookHandler[]
  /** Pages and `/api` that only read: four times as often, out of a budget of its own; for a network that of five people. */
  readonly reading: onRequestAsyncHookHandler[]
  /** A budget of its own, so many a minute. */
  perMinute(count: number): onRequestAsyncHookHandler[]
}

/** Pages that a person may read for each frame that they may send. */
const READS_PER_FRAME = 4

/** People whom the budget of a network is meant for: all who have not signed in yet share it. */
const VISITORS_OF_NETWORK = 5

/** @param perSecond frames that one person may send; 0: no limit, here neither */
export const pace = fp(async (app: FastifyInstance, { perSecond }: { perSecond: number }) => {
  const { budgets, sending } = app.limits
  const reading = budgets.add('reading', {
    perSecond: READS_PER_FRAME * perSecond,
    atOnce: 3 * READS_PER_FRAME * perSecond,
  })
  const visiting = budgets.add('reading of visitors', {
    perSecond: VISITORS_OF_NETWORK * READS_PER_FRAME * perSecond,
    atOnce: 3 * VISITORS_OF_NETWORK * READS_PER_FRAME * perSecond,
  })
  let minutely = 0

  const within = (budget: Budget, ofVisitors = budget) => [
    async (request: FastifyRequest) => {
      const { identity, ip } = request
      const wait = (identity ? budget : ofVisitors).take(spenderOf(identity, ip), performance.now())
      if (wait > 0) throw tooFast(wait)
    },
  ]

  app.decorate('pace', {
    sending: within(sending),
    reading: within(reading, visiting),
    perMinute(count) {
      minutely += 1
      const size = { perSecond: perSecond > 0 ? count / 60 : 0, atOnce: count }
      return within(budgets.add(`a minute, ${minutely}`, size))
    },
  })
})

function tooFast(wait: number): HttpError {
  return new HttpError(429, 'That was too fast', 'Wait a moment, then send it again.', Math.ceil(wait / 1000))
}
