import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import { answer } from './answering.ts'
import { type CheckedConfig, checkRoutes } from './check-routes.ts'
import { connectionRoutes } from './connection-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { Meter } from './measure.ts'
import { metricsRoutes } from './metrics-routes.ts'
import { pageRoutes } from './page-routes.ts'
import { Processes } from './processes.ts'
import { Questions } from './questions.ts'

export interface DashboardOptions {
  readonly registry: Registry
  /** The settings that the checklist looks at. */
  readonly config: CheckedConfig
}

/** Shows what the server is doing: `/metrics` for Prometheus, and `/dashboard` for its administrators. */
export async function dashboard(app: FastifyInstance, { registry, config }: DashboardOptions): Promise<void> {
  collectDefaultMetrics({ register: registry })
  // They are gauges whose names are those of counters, and the sums of the ones with a type.
  for (const name of ['handles', 'requests', 'resources'])
    registry.removeSingleMetric(`nodejs_active_${name}_total`)
  const withRedis = new Gauge({
    name: 'partyline_with_redis',
    help: '1 if REDIS_URL is set: this process is one of several',
    registers: [registry],
  })
  withRedis.set(config.redisUrl === undefined ? 0 : 1)
  await app.register(metricsRoutes, { registry })

  const self = {
    process: randomBytes(9).toString('base64url'),
    name: hostname().slice(0, 50) || 'this machine',
    started: new Date().toISOString(),
  }
  const processes = new Processes({
    layer: app.channelLayer,
    log: app.log,
    meter: new Meter(registry),
    self,
  })
  const questions = new Questions({
    layer: app.channelLayer,
    log: app.log,
    self: self.process,
    answer: (question) => answer(app.sockets, self.process, question),
    processes: () => processes.latest.processes,
  })
  app.addHook('onListen', async () => {
    const address = app.server.address()
    if (typeof address === 'object' && address) self.name += `:${address.port}`
    await processes.start()
  })
  app.addHook('onClose', async () => {
    await Promise.all([processes.close(), questions.close()])
  })
  await app.register(eventRoutes, { processes })
  await app.register(pageRoutes, { processes })
  await app.register(connectionRoutes, { questions })
  await app.register(checkRoutes, { config })
}

export { type Finding, runChecklist } from './checklist/index.ts'
