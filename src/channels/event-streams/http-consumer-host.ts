import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { outOfScope } from '../consumers/consumer.ts'
import type { HttpConsumerClass, HttpConsumerSetup } from '../consumers/http-consumer.ts'
import { Mailbox, type MailboxEvents } from '../consumers/mailbox.ts'
import { type Identity, permits, type Scope, scopeOf } from '../consumers/scope.ts'
import type { ChannelEvent, ChannelLayer } from '../layers/layer.ts'
import type { ChannelMetrics } from '../metrics.ts'
import { CloseCode } from '../sockets/close-codes.ts'
import type { ConnectionLimits } from '../sockets/connection-limits.ts'
import { isLogged } from '../sockets/logged-errors.ts'
import { type HttpFeeds, hijack } from './http-feeds.ts'
import { refuse } from './refusal.ts'
import { StreamedAnswer } from './streamed-answer.ts'

export interface HttpService {
  readonly app: FastifyInstance
  readonly consumerClass: HttpConsumerClass
  readonly label: string
  readonly layer: ChannelLayer
  readonly limits: ConnectionLimits
  readonly metrics: ChannelMetrics
  readonly httpFeeds: HttpFeeds
  /** True if the application identifies people. */
  readonly tellsApart: boolean
  readonly identify: (request: FastifyRequest) => Identity | null
}

/** Answers a request with a consumer. */
export function serveRequest(
  service: HttpService,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { consumerClass, httpFeeds, limits, metrics, label, tellsApart } = service
  const identity = service.identify(request)
  if (identity && !permits(identity, consumerClass.keyScope))
    return refuse(reply, { code: CloseCode.forbidden, reason: outOfScope(consumerClass.keyScope) })
  let host: HttpConsumerHost | undefined
  const { sent } = metrics.frames(label)
  const answer = httpFeeds.admit(
    request,
    reply,
    label,
    () =>
      new StreamedAnswer(hijack(reply), limits, {
        sent: () => {
          sent.count += 1
        },
        evicted: (reason) => metrics.evictions.inc({ reason }),
        filled: () => {},
      }),
    () => host?.closed(),
    consumerClass.anonymous || !tellsApart,
  )
  if (!answer) return reply
  host = new HttpConsumerHost(service, answer, scopeOf(request, identity), request)
  host.start()
  return reply
}

/** One request that is answered by a consumer: connects the answer, the consumer and the channel layer. */
class HttpConsumerHost implements MailboxEvents, HttpConsumerSetup {
  readonly scope: Scope
  readonly log: FastifyBaseLogger
  readonly body: unknown
  readonly #service: HttpService
  readonly #answer: StreamedAnswer
  #channel = ''
  #mailbox: Mailbox | undefined

  constructor(service: HttpService, answer: StreamedAnswer, scope: Scope, { body, log }: FastifyRequest) {
    this.#service = service
    this.#answer = answer
    this.scope = scope
    this.body = body
    this.log = log.child({ consumer: service.label, user: scope.identity?.user.name })
  }

  get app(): FastifyInstance {
    return this.#service.app
  }

  get layer(): ChannelLayer {
    return this.#service.layer
  }

  get channel(): string {
    return this.#channel
  }

  start(): void {
    this.#channel = this.layer.newChannel((event) => this.#mailbox?.event(event) ?? true)
    try {
      this.#mailbox = new Mailbox(new this.#service.consumerClass(this), this)
    } catch (error) {
      this.failed(error)
      return this.ended()
    }
    this.#mailbox.start()
  }

  closed(): void {
    this.#mailbox?.closed(this.#answer.closeCode ?? 1000)
  }

  head(status: number, headers: OutgoingHttpHeaders): void {
    this.#answer.head(status, headers)
  }

  write(chunk: string | Uint8Array, more: boolean): void {
    this.#answer.write(chunk, more)
  }

  get open(): boolean {
    return this.#answer.open
  }

  failed(error: unknown): void {
    this.#service.metrics.errors.inc({ consumer: this.#service.label, code: 'internal' })
    if (!isLogged(error))
      this.log.error({ err: error, path: this.scope.path }, 'a consumer failed; its answer ends')
    this.#answer.close(CloseCode.internalError)
  }

  unhandled(event: ChannelEvent): void {
    const { app, consumerClass } = this.#service
    if (app.sockets.strict)
      throw new Error(`${consumerClass.name} has no handler for the event ${event.type}`)
    this.log.warn({ event: event.type }, 'an event came for which the consumer has no handler')
  }

  dropped(event: ChannelEvent): void {
    this.log.warn({ event: event.type }, 'a consumer is too slow for its events; one was dropped')
  }

  ended(): void {
    this.layer
      .closeChannel(this.#channel)
      .catch((error) => this.log.warn({ err: error }, 'the channel of a consumer was not closed'))
  }

  /** There are no frames. */
  handled(): void {}
  pause(): void {}
  resume(): void {}
}
