import type { IncomingMessage, Server } from 'node:http'
import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance, type FastifyPluginAsync, LogController } from 'fastify'
import { Registry } from 'prom-client'
import { examples } from '../examples/index.ts'
import { accounts, usage } from './accounts/index.ts'
import { admin } from './admin/index.ts'
import { apiDocs, apiDocsPages } from './api-docs/index.ts'
import { audit } from './audit/index.ts'
import { bans } from './bans/index.ts'
import { type CalculatorOptions, calculator } from './calculator/index.ts'
import {
  type ChannelsOptions,
  channels,
  openRedis,
  readRedisAddress,
  type Tracing,
} from './channels/index.ts'
import { chat } from './chat/index.ts'
import { type Config, loadSecrets } from './config.ts'
import { dashboard } from './dashboard/index.ts'
import { drafts } from './drafts/index.ts'
import { exports } from './exports/index.ts'
import { files } from './files/index.ts'
import { hooks } from './hooks/index.ts'
import { imaging } from './imaging/index.ts'
import { type JobTimes, jobs } from './jobs/index.ts'
import { notifications } from './notifications/index.ts'
import { type LookUp, outbound } from './outbound/index.ts'
import { push } from './push/index.ts'
import { rooms } from './rooms/index.ts'
import { scheduled } from './scheduled/index.ts'
import { search } from './search/index.ts'
import { storage } from './storage/index.ts'
import { streams } from './streams/index.ts'
import {
  bodies,
  CookieSigner,
  errors,
  forwarded,
  health,
  host,
  httpMetrics,
  loadAssets,
  methods,
  namesOneHost,
  noOtherCompilers,
  overload,
  pages,
  rateLimits,
  readableAddress,
  requestForLog,
  security,
  serveAssets,
  slowReaders,
  slowSenders,
  validator,
  wellKnown,
} from './web/index.ts'

/** Node takes no longer head of a request, in bytes. */
const LONGEST_ADDRESS = 16 * 1024

export type Tuning = Partial<ChannelsOptions> &
  CalculatorOptions & {
    readonly jobs?: Partial<JobTimes>
    readonly lookUp?: LookUp
    /** For a command beside a server, which may run. */
    readonly isBeside?: boolean
  }

/**
 * The floor plan: everything that the server is, in the order in which a request meets it. What is registered sees only
 * what stands above it.
 *
 * @param tuning of the real-time core, jobs and the calculator, for tests
 * @param guest registered as the last feature, for tests: routes and consumers that misbehave on purpose
 * @throws ConfigError or StorageUnusable with one line for the person who starts the server
 */
export async function buildApp(
  given: Config,
  { startEvaluators, now, jobs: jobTimes, lookUp, isBeside, ...tuning }: Tuning = {},
  guest?: FastifyPluginAsync,
): Promise<FastifyInstance> {
  const config = loadSecrets(given)

  const app = Fastify({
    trustProxy: proxies(config.trustProxy),
    schemaController: noOtherCompilers,
    // Addresses that the router would refuse by itself, without a page, are looked up like all others.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: LONGEST_ADDRESS },
    rewriteUrl: ({ url = '/' }) => readableAddress(url),
    bodyLimit: 256 * 1024,
    // Bounded for each route by itself: src/web/slow-senders.ts.
    requestTimeout: 0,
    keepAliveTimeout: 72_000,
    http: { headersTimeout: 15_000, shouldUpgradeCallback: wantsSocket },
    pluginTimeout: 30_000,
    logController: new LogController({ disableRequestLogging: true }),
    logger: {
      level: config.logLevel,
      serializers: { req: requestForLog },
      // The packet is what came of a request that cannot be read, its cookies included.
      redact: ['*.headers.cookie', '*.headers.authorization', 'err.rawPacket'],
    },
  })
  if (config.trustProxy === true) {
    app.log.warn(
      'TRUST_PROXY=true believes whatever a client writes in X-Forwarded-For: a client that reaches this port can choose its ' +
        'address, and so get around every limit by address. Name the proxies instead, such as TRUST_PROXY=loopback.',
    )
  }
  app.setValidatorCompiler(validator)
  app.setSerializerCompiler(() => JSON.stringify)
  const assets = await loadAssets()
  const registry = new Registry()
  const tracing = config.traces && isBeside !== true ? await trace(app, config.traces) : undefined

  // For everyone, signed in or not.
  app.register(httpMetrics, { registry })
  app.register(slowSenders)
  app.register(methods, { maxParamLength: LONGEST_ADDRESS })
  app.register(forwarded)
  app.register(security)
  app.register(serveAssets, { assets })
  app.register(wellKnown, {
    securityContacts: config.securityContacts,
    publicUrl: config.publicUrl,
    changePassword: '/account#password-heading',
  })
  app.register(cookie, { secret: new CookieSigner(config.secrets) })
  app.register(bodies)
  app.register(pages, { assets })
  app.register(errors)
  app.register(slowReaders)

  app.register(apiDocs, { publicUrl: config.publicUrl })

  // The features build on these.
  app.register(storage, {
    registry,
    directory: config.dataDirectory,
    url: config.databaseUrl,
    shared: config.redisUrl !== undefined || isBeside === true,
    isBeside,
  })
  app.register(channels, {
    registry,
    metricsPrefix: 'partyline_',
    redisUrl: config.redisUrl,
    identify: (request) => request.identity,
    describePeople: (usernames) => app.personBook.describe(usernames),
    allowedOrigins: config.allowedOrigins,
    namesHost: namesOneHost,
    limits: { framesPerSecond: config.rateLimit, idleTimeout: config.idleTimeout * 1000 },
    connectionsPerUser: config.connectionsPerUser,
    connectionsPerAddress: config.connectionsPerAddress,
    overloaded: () => app.overloaded(),
    tracing,
    ...tuning,
  })
  app.register(host)
  app.register(overload, { overloaded: tuning.overloaded })
  app.register(health, {
    checks: { database: () => app.databaseHealth.isWritable(), channels: () => app.channelLayer.connected() },
  })
  app.register(jobs, { registry, times: jobTimes, isBeside })
  app.register(audit, { days: config.auditDays })
  app.register(streams)
  app.register(outbound, { allowedHosts: config.webhookHosts, lookUp })
  app.register(bans)
  app.register(rateLimits, { perSecond: config.rateLimit })
  app.register(imaging)
  app.register(accounts, {
    secrets: config.secrets,
    directory: config.dataDirectory,
    signUp: config.signUp,
    signUpsPerAddress: config.signUpsPerAddress,
    timeZone: config.timeZone,
    openCounts: config.redisUrl === undefined ? undefined : redisFor(config.redisUrl),
  })
  app.register(dashboard, { registry, config })
  app.register(usage, { limit: config.diskPerUser })

  // The features.
  app.register(rooms, {
    roomsPerUser: config.roomsPerUser,
    invitations: config.invitations,
    retentionDays: config.retentionDays,
  })
  app.register(drafts)
  app.register(files, {
    directory: config.dataDirectory,
    inDatabase: config.databaseUrl !== undefined,
    largest: config.maxFileSize,
  })
  app.register(chat, {
    evaluate: (room, expressions, options) => app.calculator.evaluateIn(room, expressions, options),
    retentionDays: config.retentionDays,
  })
  app.register(search, { directory: config.dataDirectory, secrets: config.secrets })
  app.register(calculator, {
    registry,
    startEvaluators,
    now,
    timeZone: config.timeZone,
    // Without Redis a process holds its database for itself.
    isAlone: config.redisUrl === undefined && isBeside !== true,
  })
  app.register(exports, { directory: config.dataDirectory, inDatabase: config.databaseUrl !== undefined })
  app.register(notifications, { registry })
  app.register(push, {
    registry,
    directory: config.dataDirectory,
    keys: config.pushKeys,
    publicUrl: config.publicUrl,
  })
  app.register(scheduled)
  app.register(hooks, { registry, limited: config.rateLimit > 0 })
  app.register(admin)
  if (config.examples) app.register(examples)
  app.register(apiDocsPages)
  if (guest) app.register(guest)

  app.addHook('onResponse', async (request, reply) => {
    request.log.info({ req: request, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request')
  })
  await app.ready()
  return app
}

/** Some clients offer HTTP/2 with each request they make, Java's for one: taken for an upgrade it would be refused. */
function wantsSocket(this: Server, { headers }: IncomingMessage): boolean {
  // A server that stops has no listener, and answers this as it does all else.
  return headers.upgrade?.toLowerCase() === 'websocket' && this.listenerCount('upgrade') > 0
}

/** Loads what traces need, which nobody else pays for, and has requests traced. */
async function trace(app: FastifyInstance, traces: NonNullable<Config['traces']>): Promise<Tracing> {
  const { openTracing, traceRequests } = await import('./tracing/index.ts')
  const tracing = openTracing(traces, (reason) =>
    app.log.warn({ reason }, 'traces could not be sent to the collector; they are dropped'),
  )
  app.register(traceRequests, { tracing })
  // Registered first, it runs last, when all that is traced has ended.
  app.addHook('onClose', () => tracing.close())
  return tracing
}

/** A connection beside the channel layer's, which tells when Redis is away. */
function redisFor(url: string) {
  return () => openRedis(readRedisAddress(url), { failed: () => {} })
}

/** A number of proxies is how many addresses, counted from ours, are believed. */
function proxies(trusted: Config['trustProxy']) {
  return typeof trusted === 'number' ? (_address: string, hop: number) => hop < trusted : trusted
}
