import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Span, Tracing } from '../channels/index.ts'

/**
 * Handles each request over HTTP in a span of its own, which begins a trace: a `traceparent` that comes along is not believed,
 * since anybody could send one. Sockets have a span for each frame; assets, health checks and routes that wait have none.
 */
export const traceRequests = fp(async (app: FastifyInstance, { tracing }: { tracing: Tracing }) => {
  const spans = new WeakMap<FastifyRequest, Span>()

  app.addHook('onRequest', (request, _reply, done) => {
    const { config, url } = request.routeOptions
    if (config.socket || config.always || config.waits) return done()
    const attributes = {
      'http.request.method': request.method,
      // As it stands in the program: the address itself may hold a token.
      ...(url === undefined ? {} : { 'http.route': url }),
    }
    const span = tracing.begin(`${request.method} ${url ?? 'no route'}`, { kind: 'server', attributes })
    spans.set(request, span)
    tracing.within(span, done)
  })

  app.addHook('onError', async (request, _reply, error) => {
    spans.get(request)?.set({ 'error.type': error.code })
  })

  app.addHook('onResponse', async (request, { statusCode }) => {
    const span = spans.get(request)
    span?.set({ 'http.response.status_code': statusCode })
    span?.end(statusCode >= 500 ? new ServerFailed() : undefined)
  })
})

class ServerFailed extends Error {
  readonly code = '5xx'
}
