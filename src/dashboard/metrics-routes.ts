import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { HttpError } from '../web/index.ts'

/** `/metrics` for Prometheus, from this machine or with an API key. */
export async function metricsRoutes(
  app: FastifyInstance,
  { registry }: { registry: Registry },
): Promise<void> {
  const docs = { summary: 'Read metrics, in Prometheus format', media: ['text/plain'] }
  app.get(
    '/metrics',
    { logLevel: 'warn', config: { always: true, scope: 'metrics', docs } },
    async (request, reply) => {
      if (!request.identity?.scopes?.has('metrics') && !isLocal(request)) throw notTold()
      return reply.type(registry.contentType).send(await registry.metrics())
    },
  )
}

function notTold(): HttpError {
  const message =
    'Metrics are available on this machine, and with an administrator’s API key that has the scope metrics.'
  return new HttpError(403, 'You do not have access', message)
}

/** From loopback, and not on behalf of somebody else: a proxy on this machine says whom it asks for. */
function isLocal(request: FastifyRequest): boolean {
  const address = request.raw.socket.remoteAddress ?? ''
  const forwarded = Object.keys(request.headers).some(
    (name) => name === 'forwarded' || name.startsWith('x-forwarded-'),
  )
  return /^(::ffff:)?127\.|^::1$/.test(address) && !forwarded
}
