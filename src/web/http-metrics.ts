import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Gauge, Histogram, type Registry } from 'prom-client'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True if an answer may wait for something to happen: how long it takes says nothing of the server. */
    waits?: boolean
  }
}

/** Seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * Adds the HTTP metrics to `/metrics`: the durations of requests, by kind of route and kind of status. There is no label for
 * individual routes or addresses, so that nobody can make the server keep new series.
 */
export const httpMetrics = fp(async (app: FastifyInstance, { registry }: { registry: Registry }) => {
  const registers = [registry]
  const duration = new Histogram({
    name: 'partyline_http_request_duration_seconds',
    help: 'From a request over HTTP until its answer was sent; routes that wait for something to happen are left out',
    labelNames: ['route', 'status'],
    buckets: BUCKETS,
    registers,
  })
  new Gauge({
    name: 'partyline_overloaded',
    help: '1 while this process turns newcomers away because it has too much to do',
    registers,
    collect() {
      this.set(app.overloaded() ? 1 : 0)
    },
  })
  app.addHook('onResponse', async (request, reply) => {
    if (request.routeOptions.config.waits) return
    const status = `${Math.floor(reply.statusCode / 100)}xx`
    duration.observe({ route: routeClass(request), status }, reply.elapsedTime / 1000)
  })
})

/** Tells what kind of route a request was for: one of six words, whatever was asked for. */
function routeClass({ routeOptions }: FastifyRequest): string {
  const { url, config } = routeOptions
  if (url === undefined) return 'none'
  if (config.socket) return 'socket'
  if (/^\/(assets\/|service-worker\.js|manifest\.webmanifest)/.test(url)) return 'asset'
  if (/^\/(healthz|readyz|metrics)$/.test(url)) return 'operation'
  return /^\/(api|hooks)\//.test(url) ? 'api' : 'page'
}
