import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { ChannelLayer } from '../layers/layer.ts'
import type { Recipient } from './mailbox.ts'
import type { RequiredScope, Scope } from './scope.ts'

/** The things that the core hands to a consumer of a request. */
export interface HttpConsumerSetup {
  readonly app: FastifyInstance
  readonly scope: Scope
  readonly channel: string
  readonly layer: ChannelLayer
  readonly log: FastifyBaseLogger
  /** The body of the request, as Fastify has parsed it. */
  readonly body: unknown
  head(status: number, headers: OutgoingHttpHeaders): void
  write(chunk: string | Uint8Array, more: boolean): void
}

/** A class of such consumers, as far as the core looks at it. */
export interface HttpConsumerClass {
  new (setup: HttpConsumerSetup): HttpConsumer
  /** True if somebody who is not signed in is answered, too; others get 401. */
  readonly anonymous: boolean
  /** The scope that a limited client needs. */
  readonly keyScope: RequiredScope | undefined
  readonly name: string
}

/**
 * A consumer for a plain request, which may take its time over the answer: an instance lives until the answer is complete or the
 * client has gone. It can be in groups, and what comes for it goes to the method of exactly the event's type, as in a `Consumer`.
 *
 * @example
 * class News extends HttpConsumer {
 *   async handle() {
 *     await this.groupAdd('news')
 *     this.sendHead(200, { 'content-type': 'text/plain; charset=utf-8' })
 *     this.sendBody('waiting\n', true)
 *   }
 *   'news.arrived'({ text }) {
 *     this.sendBody(`${text}\n`)
 *   }
 * }
 * app.httpConsumer('GET', '/news', News)
 */
export abstract class HttpConsumer implements Recipient {
  static readonly anonymous: boolean = false
  static readonly keyScope: RequiredScope | undefined = undefined

  readonly #setup: HttpConsumerSetup

  constructor(setup: HttpConsumerSetup) {
    this.#setup = setup
  }

  get app(): FastifyInstance {
    return this.#setup.app
  }

  get scope(): Scope {
    return this.#setup.scope
  }

  /** This consumer's own address in the channel layer. */
  get channel(): string {
    return this.#setup.channel
  }

  get log(): FastifyBaseLogger {
    return this.#setup.log
  }

  /** Takes the request. What it throws is logged, and ends the answer: with 500 where nothing was sent. */
  abstract handle(body: unknown): void | Promise<void>

  /** Runs when the answer is complete, or the client has gone. */
  disconnect(_code: number): void | Promise<void> {}

  /** Begins the answer. Without it `sendBody` begins one of status 200. @throws when it has begun */
  sendHead(status: number, headers: OutgoingHttpHeaders = {}): void {
    this.#setup.head(status, headers)
  }

  /** @param more true: the answer goes on */
  sendBody(chunk: string | Uint8Array, more = false): void {
    this.#setup.write(chunk, more)
  }

  groupAdd(group: string): Promise<void> {
    return this.#setup.layer.groupAdd(group, this.channel)
  }

  groupDiscard(group: string): Promise<void> {
    return this.#setup.layer.groupDiscard(group, this.channel)
  }

  /** Is called by the core. */
  connect(): void | Promise<void> {
    return this.handle(this.#setup.body)
  }

  /** Nothing is received. */
  receive(): void {}
}
