import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { WebSocket } from 'ws'
import type { ChannelEvent, ChannelLayer } from '../layers/layer.ts'
import type { ChannelMetrics, FrameMetrics } from '../metrics.ts'
import { Budget } from '../sockets/budget.ts'
import { CloseCode } from '../sockets/close-codes.ts'
import { Connection } from '../sockets/connection.ts'
import type { ConnectionEvents } from '../sockets/connection-events.ts'
import type { ConnectionLimits } from '../sockets/connection-limits.ts'
import type { Connections } from '../sockets/connections.ts'
import { encodeJson } from '../sockets/framing.ts'
import { isLogged } from '../sockets/logged-errors.ts'
import { networkOf } from '../sockets/network.ts'
import { spenderOf } from '../sockets/spender.ts'
import { type LastError, nextNumber, presentSecond, type Tracked } from '../sockets/tracked.ts'
import type { Tracing } from '../tracing.ts'
import { type ConsumerClass, type ConsumerSetup, errorFrame } from './consumer.ts'
import { FrameError } from './errors.ts'
import { idOf, parseObject } from './frames.ts'
import { Mailbox, type MailboxEvents } from './mailbox.ts'
import type { Scope } from './scope.ts'
import { traceFrames } from './traced-frames.ts'

/** Everything that the sockets of one path share. */
export interface Service {
  readonly app: FastifyInstance
  readonly consumerClass: ConsumerClass
  /** The name of the consumer in metrics and in the log. */
  readonly label: string
  readonly layer: ChannelLayer
  readonly limits: ConnectionLimits
  /** Frames that a person may send over all their sockets. */
  readonly sending: Budget
  /** Frames that may come from one network in which nobody is signed in. */
  readonly visiting: Budget
  /** Frames beyond the limit that are still answered. */
  readonly refusals: Budget
  readonly metrics: ChannelMetrics
  /** Counts the frames of this consumer. */
  readonly frames: FrameMetrics
  readonly connections: Connections
  readonly sockets: { readonly strict: boolean }
  /** Undefined where nobody asked for traces. */
  readonly tracing: Tracing | undefined
}

/**
 * One open socket: connects its connection, its consumer and the channel layer, and counts and logs what happens.
 *
 * All of them call back to this object, rather than to a function for each callback: thousands of sockets are open at a time,
 * most of them silent, and each function would cost as much memory as a short message.
 */
export class ConsumerHost implements ConnectionEvents, MailboxEvents, ConsumerSetup, Tracked {
  readonly scope: Scope
  readonly connection: Connection
  readonly number = nextNumber()
  readonly openedAt = presentSecond()
  framesIn = 0
  framesOut = 0
  lastError: LastError | undefined
  readonly #service: Service
  readonly #request: string
  #channel = ''
  /** The budget of a connection on which nobody is signed in. */
  #own: Budget | undefined
  #log: FastifyBaseLogger | undefined
  #mailbox: Mailbox | undefined

  /** @param request the identifier of the request that was upgraded, for the log */
  constructor(service: Service, socket: WebSocket, stream: Duplex, request: string, scope: Scope) {
    this.#service = service
    this.#request = request
    this.scope = scope
    this.connection = new Connection(socket, stream, service.limits, this)
    service.metrics.connections.inc({ consumer: service.label })
  }

  get consumer(): string {
    return this.#service.label
  }

  get app(): FastifyInstance {
    return this.#service.app
  }

  get layer(): ChannelLayer {
    return this.#service.layer
  }

  get tracing(): Tracing | undefined {
    return this.#service.tracing
  }

  get channel(): string {
    return this.#channel
  }

  /** Created when something is logged: most connections have nothing to log until they end. */
  get log(): FastifyBaseLogger {
    this.#log ??= this.app.log.child({
      reqId: this.#request,
      consumer: this.#service.label,
      user: this.scope.identity?.user.name,
    })
    return this.#log
  }

  /** Makes the consumer, and connects it. */
  start(): void {
    const { connections, consumerClass, label, tracing } = this.#service
    this.#channel = this.layer.newChannel((event) => this.#mailbox?.event(event) ?? true)
    try {
      const consumer = new consumerClass(this)
      if (tracing) traceFrames(consumer, tracing, label)
      this.#mailbox = new Mailbox(consumer, this)
    } catch (error) {
      void this.#closeChannel()
      return this.failed(error)
    }
    connections.add(this.connection, this)
    this.#mailbox.start()
  }

  // What happens on the connection.

  admit(now: number): number {
    const { limits, sending, visiting } = this.#service
    const { identity, client } = this.scope
    if (identity) return sending.take(identity.user.id, now)
    const { framesPerSecond } = limits
    this.#own ??= new Budget({ perSecond: framesPerSecond, atOnce: 3 * framesPerSecond })
    return this.#own.take('this socket', now) || visiting.take(networkOf(client.address), now)
  }

  tolerate(now: number): boolean {
    const { identity, client } = this.scope
    return this.#service.refusals.take(spenderOf(identity, client.address), now) === 0
  }

  filled(): void {
    this.#service.connections.relieve(this.#service.limits.personBuffer, performance.now())
  }

  frame(text: string): void {
    this.#received()
    this.#mailbox?.frame(text)
  }

  bytes(content: Buffer): boolean {
    if (!this.#mailbox?.takesBytes) return false
    this.#received()
    this.#mailbox.frame(content)
    return true
  }

  limited(text: string, wait: number): void {
    this.#received()
    this.refused('rate_limited')
    this.connection.send(encodeJson(rateLimited(text, wait)))
  }

  sent(frames: number): void {
    this.framesOut += frames
    this.#service.frames.sent.count += frames
  }

  evicted(reason: string): void {
    this.#service.metrics.evictions.inc({ reason })
  }

  broken(error: Error): void {
    this.log.info({ reason: error.message }, 'a socket failed')
  }

  closed(code: number): void {
    const { metrics, connections, label } = this.#service
    metrics.connections.dec({ consumer: label })
    connections.delete(this.connection, code)
    this.log.info({ path: this.scope.path, code }, 'socket closed')
    this.#mailbox?.closed(code)
  }

  // What happens to the consumer.

  get open(): boolean {
    return this.connection.open
  }

  pause(): void {
    this.connection.pause()
  }

  resume(): void {
    this.connection.resume()
  }

  handled(milliseconds: number): void {
    this.#service.frames.duration.observe(milliseconds / 1000)
  }

  refused(code: string): void {
    this.lastError = { code, at: Date.now() }
    this.#service.metrics.errors.inc({ consumer: this.#service.label, code })
    this.#service.tracing?.annotate({ 'partyline.error': code })
  }

  failed(error: unknown): void {
    this.refused('internal')
    const { path, identity } = this.scope
    if (!isLogged(error))
      this.log.error(
        { err: error, path, user: identity?.user.name },
        'a consumer failed; its connection is closed with 1011',
      )
    this.connection.close(CloseCode.internalError, 'server error')
  }

  unhandled(event: ChannelEvent): void {
    const { sockets, consumerClass } = this.#service
    if (sockets.strict) throw new Error(`${consumerClass.name} has no handler for the event ${event.type}`)
    this.log.warn({ event: event.type }, 'an event came for which the consumer has no handler')
  }

  dropped(event: ChannelEvent): void {
    this.log.warn({ event: event.type }, 'a consumer is too slow for its events; one was dropped')
  }

  async ended(): Promise<void> {
    await this.#closeChannel()
    this.#service.connections.ended()
  }

  #received(): void {
    this.framesIn += 1
    this.#service.frames.received.count += 1
  }

  #closeChannel(): Promise<void> {
    return this.layer
      .closeChannel(this.#channel)
      .catch((error) => this.log.warn({ err: error }, 'the channel of a consumer was not closed'))
  }
}

function rateLimited(text: string, wait: number): object {
  const error = new FrameError('rate_limited', 'too many frames; send this one again later', {
    retry_after: wait,
  })
  return errorFrame(error, frameId(text))
}

function frameId(text: string): string | number | undefined {
  try {
    return idOf(parseObject(text))
  } catch {
    return undefined
  }
}
