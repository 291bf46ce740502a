import type { OutgoingHttpHeaders } from 'node:http'
import { LayerMember, type MemberSetup } from './layer-member.ts'
import type { Recipient } from './mailbox.ts'
import type { RequiredScope } from './scope.ts'

/** Passed by the core to a consumer of a request. */
export interface HttpConsumerSetup extends MemberSetup {
  /** The body of the request, as Fastify has parsed it. */
  readonly body: unknown
  head(status: number, headers: OutgoingHttpHeaders): void
  write(chunk: string | Uint8Array, more: boolean): void
}

/** The part of such a consumer's class that the core uses. */
export interface HttpConsumerClass {
  new (setup: HttpConsumerSetup): HttpConsumer
  /** True if people who are not signed in are answered too; otherwise they get 401. */
  readonly anonymous: boolean
  /** The scope that a limited client needs. */
  readonly keyScope: RequiredScope | undefined
  readonly name: string
}

/**
 * A consumer for a plain request, which can take its time over the answer: an instance lives until the answer is complete or
 * the client has gone. It can join groups, and an event calls the method named exactly like its type, as in a `Consumer`.
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
export abstract class HttpConsumer extends LayerMember implements Recipient {
  static readonly anonymous: boolean = false
  static readonly keyScope: RequiredScope | undefined = undefined

  readonly #setup: HttpConsumerSetup

  constructor(setup: HttpConsumerSetup) {
    super(setup)
    this.#setup = setup
  }

  /** Takes the request. An error that it throws is logged, and ends the answer: with 500 if nothing has been sent. */
  abstract handle(body: unknown): void | Promise<void>

  /** Runs when the answer is complete or the client has gone. */
  disconnect(_code: number): void | Promise<void> {}

  /** Starts the answer. Without it, `sendBody` starts one with status 200. @throws if it has already started */
  sendHead(status: number, headers: OutgoingHttpHeaders = {}): void {
    this.#setup.head(status, headers)
  }

  /** @param more true if the answer goes on */
  sendBody(chunk: string | Uint8Array, more = false): void {
    this.#setup.write(chunk, more)
  }

  /** Called by the core. */
  connect(): void | Promise<void> {
    return this.handle(this.#setup.body)
  }

  /** Does nothing: a request brings no frames. */
  receive(): void {}
}
