import Fastify, { type FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import type { Test } from 'tap'
import type { ChannelsOptions } from '../../src/channels/channels-options.ts'
import type { ConsumerClass } from '../../src/channels/consumers/consumer.ts'
import type { ConsumerFunction } from '../../src/channels/consumers/define-consumer.ts'
import type { Identity } from '../../src/channels/consumers/scope.ts'
import { channels } from '../../src/channels/plugin.ts'

export interface ChannelsApp {
  readonly app: FastifyInstance
  /** Warnings and errors that were logged, as objects. */
  readonly logged: LogLine[]
  /** Listens on a free port. @returns `ws://127.0.0.1:PORT` */
  listen(): Promise<string>
  /** The value of a metric whose labels are just these; 0 when nothing was counted. */
  metric(name: string, labels: Record<string, string>): Promise<number>
}

export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

export const ERROR = 50
export const WARNING = 40

/** The identity of a person who is signed in. */
export function person(name: string): Identity {
  const id = [...name].reduce((sum, letter) => sum * 31 + (letter.codePointAt(0) ?? 0), 7)
  return { session: { id: `session of ${name}` }, user: { id, name, administrator: false } }
}

/** The real-time core alone, until the test ends: over a port, somebody is who the header `x-user` says. */
export async function channelsApp(
  t: Test,
  consumers: Record<string, ConsumerClass | ConsumerFunction>,
  options: Partial<ChannelsOptions> = {},
  fastify: { trustProxy?: boolean } = {},
): Promise<ChannelsApp> {
  const logged: LogLine[] = []
  const stream = { write: (line: string) => void logged.push(JSON.parse(line)) }
  const registry = new Registry()
  const app = Fastify({
    ...fastify,
    logger: { level: 'warn', stream },
    pluginTimeout: 120_000,
    routerOptions: { ignoreTrailingSlash: true },
  })
  await app.register(channels, {
    registry,
    metricsPrefix: 'partyline_',
    identify(request) {
      const user = request.headers['x-user']
      return typeof user === 'string' && user !== '' ? person(user) : null
    },
    ...options,
  })
  for (const [path, consumer] of Object.entries(consumers)) app.consumer(path, consumer)
  t.teardown(() => app.close())
  return {
    app,
    logged,
    async listen() {
      const address = await app.listen({ host: '127.0.0.1', port: 0 })
      return address.replace('http', 'ws')
    },
    async metric(name, labels) {
      const metric = await registry.getSingleMetric(name)?.get()
      const value = metric?.values.find(
        (item) =>
          (!('metricName' in item) || item.metricName === `${name}_count`) &&
          Object.entries(labels).every(([label, expected]) => Reflect.get(item.labels, label) === expected),
      )
      return value?.value ?? 0
    },
  }
}
