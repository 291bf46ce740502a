import type { FastifyInstance } from 'fastify'

export interface HealthOptions {
  /** Checks, by name, that must pass before a load balancer sends anybody here. */
  readonly checks: Readonly<Record<string, () => boolean | Promise<boolean>>>
}

/** `/healthz`: the process is alive. `/readyz`: the services that it needs answer, or which of them does not. */
export async function health(app: FastifyInstance, { checks }: HealthOptions): Promise<void> {
  app.get('/healthz', { logLevel: 'warn', config: { always: true } }, async () => ({ status: 'ok' }))

  app.get('/readyz', { logLevel: 'warn', config: { always: true } }, async (_request, reply) => {
    const entries = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, (await check()) ? 'ok' : 'away'] as const),
    )
    const ready = entries.every(([, state]) => state === 'ok')
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ok' : 'unavailable', ...Object.fromEntries(entries) })
  })
}
