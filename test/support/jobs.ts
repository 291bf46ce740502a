import Fastify, { type FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { channels } from '../../src/channels/index.ts'
import { type JobTimes, jobs } from '../../src/jobs/index.ts'
import { storage } from '../../src/storage/index.ts'
import type { LogLine } from './channels.ts'

export interface JobsApp<Registered> {
  readonly app: FastifyInstance
  /** The result of `register`, such as a function that adds jobs. */
  readonly registered: Registered
  /** Warnings and errors that were logged. */
  readonly logged: LogLine[]
  metrics(): Promise<string>
}

export interface JobsPlace {
  readonly directory: string
  /** Of a PostgreSQL. */
  readonly url: string | undefined
}

/** The parts that jobs need, without the rest of the product: one of the processes that share a database. */
export async function jobsApp<Registered>(
  { directory, url }: JobsPlace,
  register: (app: FastifyInstance) => Registered,
  times: Partial<JobTimes> = { look: 20 },
): Promise<JobsApp<Registered>> {
  const logged: LogLine[] = []
  const stream = { write: (line: string) => void logged.push(JSON.parse(line)) }
  const registry = new Registry()
  const app = Fastify({ logger: { level: 'warn', stream }, pluginTimeout: 120_000 })
  await app.register(storage, { registry, directory, url, shared: true })
  await app.register(channels, { registry })
  await app.register(jobs, { registry, times })
  // Nothing of this keeps a process up, and a test may wait for it alone.
  const life = setInterval(() => {}, 1_000)
  app.addHook('onClose', async () => clearInterval(life))
  const registered = register(app)
  await app.ready()
  return { app, registered, logged, metrics: () => registry.metrics() }
}
