import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { ChannelLayer } from '../layers/layer.ts'
import type { Scope } from './scope.ts'

/** Passed by the core to every consumer, of sockets and of requests alike. */
export interface MemberSetup {
  readonly app: FastifyInstance
  readonly scope: Scope
  readonly layer: ChannelLayer
  readonly channel: string
  readonly log: FastifyBaseLogger
}

/** The base of consumers of sockets and of requests: a channel of its own, which can join groups of the layer. */
export abstract class LayerMember {
  readonly #setup: MemberSetup

  constructor(setup: MemberSetup) {
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

  /** Names the consumer and who is there. */
  get log(): FastifyBaseLogger {
    return this.#setup.log
  }

  groupAdd(group: string): Promise<void> {
    return this.#setup.layer.groupAdd(group, this.channel)
  }

  groupDiscard(group: string): Promise<void> {
    return this.#setup.layer.groupDiscard(group, this.channel)
  }
}
