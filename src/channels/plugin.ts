import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest, HTTPMethods, RouteShorthandOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import type { WebSocket } from 'ws'
import type { ChannelsOptions } from './channels-options.ts'
import type { ConsumerClass } from './consumers/consumer.ts'
import { ConsumerHost, type Service } from './consumers/consumer-host.ts'
import { type ConsumerFunction, defineConsumer, isConsumerClass } from './consumers/define-consumer.ts'
import type { HttpConsumerClass } from './consumers/http-consumer.ts'
import type { Describe } from './consumers/presence-consumer.ts'
import { type Identity, type RequiredScope, scopeOf } from './consumers/scope.ts'
import { serveRequest } from './event-streams/http-consumer-host.ts'
import { HttpFeeds } from './event-streams/http-feeds.ts'
import type { Refusal } from './event-streams/refusal.ts'
import type { ChannelLayer } from './layers/layer.ts'
import { openLayer } from './layers/open-layer.ts'
import type { LiveState } from './live/live-state.ts'
import { type LiveOptions, openLiveState } from './live/open-live-state.ts'
import { Presence } from './live/presence.ts'
import { RedisLive } from './live/redis-live.ts'
import { noMetrics, type Tally } from './metrics.ts'
import { Admission, type NoRoom } from './sockets/admission.ts'
import type { Budget } from './sockets/budget.ts'
import { Budgets } from './sockets/budgets.ts'
import { CloseCode } from './sockets/close-codes.ts'
import { MAXIMUM_FRAME, MOST_PIECES, REFUSALS } from './sockets/connection.ts'
import { defaultLimits } from './sockets/connection-limits.ts'
import { Connections } from './sockets/connections.ts'
import { type Accepted, handshakeFault, lostUpgrade } from './sockets/handshake.ts'
import { RefusedHandshakes } from './sockets/refused-handshakes.ts'
import { type Sockets, socketsOf } from './sockets/sockets.ts'
import { closeInWaves, restartHint } from './sockets/stop.ts'
import { strangerOf } from './sockets/strangers.ts'
import { Upgrades } from './sockets/upgrades.ts'
import type { Tracing } from './tracing.ts'
import { startWorker, type WorkerClass, type WorkerFunction } from './workers/worker.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Serves a path, with or without a trailing slash, with a consumer.
     * @param path written like Fastify's routes, below `/ws/`: `/ws/chat/:room`
     */
    consumer(path: string, consumer: ConsumerClass | ConsumerFunction): void
    /**
     * Runs a worker for a channel with a chosen name, from when the application is ready until it stops.
     * @param worker a class, or a function that returns handlers
     */
    worker(channel: string, worker: WorkerClass | WorkerFunction): void
    /**
     * Answers a route with a consumer, which may stream its answer.
     * @param options further options of the route, such as a schema
     */
    httpConsumer(
      method: HTTPMethods,
      path: string,
      consumer: HttpConsumerClass,
      options?: RouteShorthandOptions,
    ): void
    readonly channelLayer: ChannelLayer
    /** Counts how often feeds read what the layer had not delivered; pass it to each feed. */
    readonly gapsHealed: Tally
    /** All layers by their names: `default`, and those of the options. */
    readonly channelLayers: ReadonlyMap<string, ChannelLayer>
    readonly presence: Presence
    /** Opens a kind of live state, such as who is typing; it ends with the application. */
    liveState(options: LiveOptions): LiveState
    /** Answers requests with the changes of a feed: Server-Sent Events and long polling. */
    readonly httpFeeds: HttpFeeds
    /** Finds what clients are told about people besides their usernames: `describePeople` from the options. */
    readonly describePeople: Describe
    readonly sockets: Sockets
    readonly limits: Limits
    /** Traces work through the parts of the server; undefined if traces are not enabled. */
    readonly tracing: Tracing | undefined
  }
  interface FastifyContextConfig {
    /** Set on the routes that take an upgrade. */
    socket?: boolean
    /** Set on routes whose answers take as long as they need: their duration says nothing about the server. */
    waits?: boolean
    /** The consumer that serves the socket. */
    consumer?: ConsumerClass
    /** The scope that a limited client needs for this route; without one, no limited client may use it. */
    scope?: RequiredScope | undefined
  }
}

/** The limits on what a person may do, over all their sockets and in all processes. */
export interface Limits {
  /** The budget for what one person may send: frames, and whatever else the application counts. */
  readonly sending: Budget
  /** For the application's own budgets. */
  readonly budgets: Budgets
}

/** Visitors of one network, not signed in, who may send at a time. */
const SOCKETS_OF_NETWORK = 10

/** Sockets that one person may open per second, and at once, for each socket that they may have open. */
const OPENED_PER_SECOND = 0.05
const OPENED_AT_ONCE = 2

/** Milliseconds that closing the sockets may take. */
const STOP_WITHIN = 8_500

/** Set by `communicate` on its requests: who is connecting, without a session. */
export const testIdentity = Symbol('the identity of a communicator')

/**
 * Adds the real-time core to a Fastify application: `app.consumer`, `app.channelLayer`, `app.presence`.
 *
 * @example
 * await app.register(channels)
 * app.consumer('/ws/chat/:room', ChatConsumer)
 */
export const channels = fp(registerChannels, { name: 'channels', fastify: '5.x' })

async function registerChannels(app: FastifyInstance, options: ChannelsOptions): Promise<void> {
  const { redisPrefix } = options
  const [layer, stores] = await Promise.all([
    options.layer ?? openLayer({ redisUrl: options.redisUrl, redisPrefix, log: app.log }),
    options.redisUrl === undefined ? undefined : RedisLive.open(options.redisUrl, redisPrefix),
  ])
  const layers = new Map([['default', layer]])
  for (const [name, given] of Object.entries(options.layers ?? {}))
    layers.set(
      name,
      given.layer ?? (await openLayer({ redisUrl: given.redisUrl, redisPrefix, name, log: app.log })),
    )
  const presenceStore = options.presenceStore ?? stores?.store('presence')
  const presence = new Presence(layer, app.log, options.presence, presenceStore)
  const liveStates: LiveState[] = []
  const metrics = options.registry ? await openMetrics(options.registry, options, layer) : noMetrics()
  const limits = { ...defaultLimits, ...options.limits }
  const connections = new Connections()
  const budgets = new Budgets(layer, app.log)
  const sending = budgets.add('sending', {
    perSecond: limits.framesPerSecond,
    atOnce: 3 * limits.framesPerSecond,
  })
  const visiting = budgets.add('visiting', {
    perSecond: SOCKETS_OF_NETWORK * limits.framesPerSecond,
    atOnce: 3 * SOCKETS_OF_NETWORK * limits.framesPerSecond,
  })
  const opening = budgets.add('opening', {
    perSecond: limits.framesPerSecond > 0 ? OPENED_PER_SECOND * (options.connectionsPerUser ?? 0) : 0,
    atOnce: OPENED_AT_ONCE * (options.connectionsPerUser ?? 0),
  })
  const admission = new Admission({
    connections,
    perUser: options.connectionsPerUser ?? 0,
    perAddress: options.connectionsPerAddress ?? 0,
    opening,
    overloaded: options.overloaded ?? (() => false),
  })
  const refusals = budgets.add('refusals', { perSecond: 0.3 * REFUSALS, atOnce: 3 * REFUSALS })
  const refusedHandshakes = new RefusedHandshakes(metrics.handshakesRefused)
  const paths: string[] = []
  const accepted: Accepted = {
    origins: options.allowedOrigins ?? [],
    namesHost: options.namesHost ?? (() => true),
    paths,
  }
  const upgrades = new Upgrades(app.server, limits.upgradeTimeout)
  /** Sessions that a communicator made up, which are in no store. */
  const assumed = new Set<string>()
  const state = { stopping: false }
  const sockets = socketsOf(connections, refusedHandshakes, assumed)

  await app.register(websocket, {
    options: {
      maxPayload: MAXIMUM_FRAME,
      maxBufferedChunks: MOST_PIECES,
      maxFragments: MOST_PIECES,
      perMessageDeflate: false,
      // No consumer speaks a protocol of its own; ws would agree to the first one that is offered.
      handleProtocols: () => false,
      // Where frames are counted, pings are too.
      autoPong: limits.framesPerSecond === 0,
    },
    errorHandler: acceptFailed,
    preClose: stop,
  })
  app.decorate('channelLayer', layer)
  app.decorate('gapsHealed', metrics.gapsHealed)
  app.decorate('channelLayers', layers)
  app.decorate('presence', presence)
  app.decorate('liveState', (options: LiveOptions) => {
    const state = openLiveState(layer, app.log, options, stores?.store(options.name))
    liveStates.push(state)
    return state
  })
  app.decorate('describePeople', options.describePeople ?? (() => ({})))
  const httpFeeds = new HttpFeeds({
    connections,
    limits,
    metrics,
    identify,
    refusal: (identity, address, isBrief) => {
      const refusal = refusalOf(identity, address, isBrief)
      if (!refusal?.counted) return refusal
      metrics.evictions.inc({ reason: refusal.counted })
      if (refusal.counted === 'overload') return refusal
      return { ...refusal, reason: 'you have too many connections: close some, or wait a moment' }
    },
  })
  app.decorate('httpFeeds', httpFeeds)
  app.decorate('sockets', sockets)
  app.decorate('tracing', options.tracing)
  app.decorate('limits', { sending, budgets })
  app.decorate('consumer', addConsumer)
  app.decorate(
    'httpConsumer',
    (
      method: HTTPMethods,
      path: string,
      consumerClass: HttpConsumerClass,
      routeOptions: RouteShorthandOptions = {},
    ) => {
      const label = labelOf(consumerClass)
      const tellsApart = options.identify !== undefined
      const service = { app, consumerClass, label, layer, limits, metrics, httpFeeds, tellsApart, identify }
      const config = { ...routeOptions.config, scope: consumerClass.keyScope, waits: true }
      app.route({
        ...routeOptions,
        method,
        url: path,
        config,
        handler: (request, reply) => serveRequest(service, request, reply),
      })
    },
  )
  app.decorate('worker', (channel: string, worker: WorkerClass | WorkerFunction) => {
    const log = app.log.child({ channel })
    const handle = startWorker(worker, { app, log, channelLayer: layer })
    app.addHook('onReady', async () => {
      await layer.work(channel, handle)
    })
  })

  app.addHook('onRequest', async (request, reply) => {
    if (!request.ws) {
      const lost = lostUpgrade(request)
      if (lost) refusedHandshakes.note(request, lost)
      return
    }
    upgrades.keepResponse(request, reply.raw)
    const fault = handshakeFault(request, accepted)
    if (!fault) return
    refusedHandshakes.note(request, fault)
    return reply.code(fault.status).headers(fault.headers).send({ error: fault.error })
  })

  const heartbeat = setInterval(
    () => {
      const now = performance.now()
      for (const connection of connections.all()) connection.tick(now)
      connections.relieve(limits.personBuffer, now)
    },
    Math.min(1_000, limits.pingInterval / 4, (limits.idleTimeout || 4_000) / 4),
  ).unref()

  app.addHook('onClose', async () => {
    clearInterval(heartbeat)
    await Promise.all([presence.close(), ...liveStates.map((state) => state.close())])
    await budgets.close()
    await Promise.all([...layers.values()].map((layer) => layer.close()))
  })

  function addConsumer(path: string, consumer: ConsumerClass | ConsumerFunction): void {
    const consumerClass = isConsumerClass(consumer) ? consumer : defineConsumer(consumer)
    const label = labelOf(consumerClass)
    const frames = metrics.frames(label)
    const { layer: layerName = 'default' } = consumerClass
    const layer = layers.get(layerName)
    if (!layer)
      throw new Error(`${consumerClass.name} uses the layer ${layerName}, which is not in the options`)
    const service: Service = {
      app,
      consumerClass,
      label,
      layer,
      limits,
      sending,
      visiting,
      refusals,
      metrics,
      frames,
      connections,
      sockets,
      tracing: options.tracing,
    }
    paths.push(path)
    app.get(
      path,
      { websocket: true, config: { socket: true, scope: consumerClass.keyScope, consumer: consumerClass } },
      (socket, request) => {
        accept(socket, request, service)
      },
    )
  }

  /** Does everything in the turn of the upgrade, so that nothing is missed that the client sends at once. */
  function accept(socket: WebSocket, request: FastifyRequest, service: Service): void {
    const stream = upgrades.streamOf(request)
    const identity = identify(request)
    upgrades.release(socket, stream, request)
    const host = new ConsumerHost(service, socket, stream, request.id, scopeOf(request, identity))
    const { connection, scope } = host

    if (state.stopping) return connection.close(CloseCode.restarting, restartHint(1))
    // An application that tells nobody apart has no strangers.
    const stranger = options.identify && strangerOf(request, service.consumerClass, scope)
    if (stranger) {
      refusedHandshakes.note(request, stranger)
      return connection.close(stranger.code, stranger.error)
    }
    const refusal = refusalOf(identity, scope.client.address)
    if (refusal) {
      if (refusal.counted) {
        metrics.evictions.inc({ reason: refusal.counted })
        const { reason: error, counted: reason } = refusal
        refusedHandshakes.note(request, { reason, error, details: refusal.details ?? {} })
      }
      return connection.close(refusal.code, refusal.reason)
    }
    host.start()
  }

  /** @param isBrief whether the connection ends with its first answer */
  function refusalOf(
    identity: Identity | null,
    address: string,
    isBrief = false,
  ): (Refusal & Partial<Pick<NoRoom, 'counted' | 'details'>>) | undefined {
    if (state.stopping) return { code: CloseCode.restarting, reason: restartHint(1) }
    return admission.refusal(identity, address, isBrief)
  }

  function identify(request: FastifyRequest): Identity | null {
    const given = Reflect.get(request.raw, testIdentity) as Identity | undefined
    if (given) assumed.add(given.session.id)
    return given ?? options.identify?.(request) ?? null
  }

  async function stop(): Promise<void> {
    state.stopping = true
    app.server.close()
    // From now on an upgrade is a request like any other, and refused: as an upgrade its connection would stay open.
    app.server.removeAllListeners('upgrade')
    const within = options.stopWithin ?? STOP_WITHIN
    // What is not a socket has the same time: a request that comes in too slowly would hold the process for longer.
    setTimeout(() => app.server.closeAllConnections(), within).unref()
    const cut = () => {
      for (const client of app.websocketServer.clients) client.terminate()
      httpFeeds.cutOff()
      upgrades.cutOff()
    }
    if (!(await closeInWaves(connections, within, cut)))
      app.log.error('consumers are still busy; they are abandoned')
  }
}

/** The library is loaded only if metrics are kept. */
async function openMetrics(
  registry: Registry,
  { metricsPrefix = 'channels_' }: ChannelsOptions,
  layer: ChannelLayer,
) {
  const { prometheusMetrics } = await import('./prometheus.ts')
  return prometheusMetrics(registry, metricsPrefix, () => layer.connected())
}

/** The name of a consumer in metrics and in the log. */
function labelOf({ name }: { readonly name: string }): string {
  return name.replace(/Consumer$/, '').toLowerCase()
}

/** Handles what `accept` throws. The errors of a socket are handled by its connection. */
function acceptFailed(error: Error, socket: WebSocket, request: FastifyRequest): void {
  request.log.error({ err: error }, 'a socket could not be served')
  if (socket.readyState === socket.OPEN) socket.close(CloseCode.internalError, 'server error')
}
