import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, type Registry } from 'prom-client'
import { HttpError } from '../web/index.ts'

/** What the server is doing: `/metrics` for Prometheus, from this machine alone. */
export async function dashboard(app: FastifyInstance, { registry }: { registry: Registry }): Promise<void> {
  collectDefaultMetrics({ register: registry })

  app.get('/metrics', { logLevel: 'warn', config: { always: true } }, async (request, reply) => {
    if (!isLocal(request)) throw new HttpError(403, 'Not for you', 'Metrics are told to this machine alone.')
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}

/** From loopback, and not on behalf of somebody else: a proxy on this machine says whom it asks for. */
function isLocal(request: FastifyRequest): boolean {
  const address = request.raw.socket.remoteAddress ?? ''
  const forwarded = Object.keys(request.headers).some(
    (name) => name === 'forwarded' || name.startsWith('x-forwarded-'),
  )
  return /^(::ffff:)?127\.|^::1$/.test(address) && !forwarded
}
