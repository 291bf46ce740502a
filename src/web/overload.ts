import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { HttpError } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Tells whether this process has more to do than it can: newcomers are turned away, so that who is there is served. */
    overloaded(): boolean
  }
  interface FastifyContextConfig {
    /** Answered however much there is to do, and to everybody: bans and other bounds do not count here. */
    always?: boolean
    /** Answered however much there is to do, and otherwise as any other route: what is needed to see the reason. */
    whenOverloaded?: boolean
  }
}

/** The length at which a turn of the event loop is too long, and how long that is put up with, in milliseconds. */
export interface LoopLimits {
  /** The longest that a turn may be. A request that comes during one waits until its end. */
  readonly turn: number
  readonly window: number
  /** How many in a row must have a turn over the limit: a single long garbage collection, which may fall into two, is not an overload. */
  readonly windows: number
}

/** A machine that others keep busy does not get there: with ten times as much to do as it could, turns took 0.25 s. */
const defaultLimits: LoopLimits = { turn: 1_000, window: 1_000, windows: 5 }

/** Seconds. */
const RETRY_AFTER = 10

const RESOLUTION = 20

export interface OverloadOptions {
  /** For tests: in place of what the event loop says. */
  readonly overloaded?: (() => boolean) | undefined
}

/**
 * Answers pages and `/api` with 503 while there is too much to do; sockets are the core's, which asks `app.overloaded()`.
 * Plugins that were registered before, and routes with `always` or `whenOverloaded`, go on.
 */
export const overload = fp(async (app: FastifyInstance, options: OverloadOptions) => {
  const loop = watchEventLoop(defaultLimits, (overloaded) => {
    if (overloaded) app.log.warn('this process is overloaded; pages and new sockets are turned away')
    else app.log.warn('this process is no longer overloaded')
  })
  // Not before: what a start needs of the event loop harms nobody.
  app.addHook('onListen', async () => loop.start())
  app.addHook('onClose', async () => loop.stop())
  app.decorate('overloaded', options.overloaded ?? (() => loop.overloaded()))

  app.addHook('onRequest', async (request) => {
    const { always, whenOverloaded } = request.routeOptions.config
    if (request.ws || always || whenOverloaded || !app.overloaded()) return
    throw new HttpError(
      503,
      'The server is busy',
      'The server is overloaded. Wait a little, then try again.',
      RETRY_AFTER,
    )
  })
})

export interface EventLoopWatch {
  start(): void
  stop(): void
  overloaded(): boolean
}

/**
 * Watches the length of the event loop's turns. It uses the longest of each window, and not the mean as
 * `@fastify/under-pressure` does: fifty short turns a second would hide the long one in which everybody waits, and if that was
 * the only one, a single pause would be the mean.
 */
export function watchEventLoop(
  limits: LoopLimits,
  changed: (overloaded: boolean) => void = () => {},
): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  let timer: NodeJS.Timeout | undefined
  let inARow = 0

  function look(): void {
    // Timers that are late can follow each other within one turn, which has then not ended since the last look.
    const longest = histogram.count > 0 ? histogram.max / 1e6 - RESOLUTION : Number.POSITIVE_INFINITY
    histogram.reset()
    const before = inARow
    inARow = longest > limits.turn ? inARow + 1 : 0
    if (inARow === limits.windows) changed(true)
    else if (inARow === 0 && before >= limits.windows) changed(false)
  }

  return {
    start() {
      histogram.enable()
      timer = setInterval(look, limits.window).unref()
    },
    stop() {
      histogram.disable()
      clearInterval(timer)
    },
    overloaded: () => inARow >= limits.windows,
  }
}
