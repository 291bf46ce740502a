import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { LookUp } from './bounded-look-ups.ts'
import { Outbound } from './outbound.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly outbound: Outbound
  }
}

export interface OutboundOptions {
  /** Hosts that may be called whatever they are: `host` or `host:port`, as written in an address. */
  readonly allowedHosts: readonly string[]
  /** Used in place of the system's, for tests. */
  readonly lookUp?: LookUp | undefined
}

/** Adds `app.outbound`: every address that a person gives is called through it. */
export const outbound = fp(async (app: FastifyInstance, { allowedHosts, lookUp }: OutboundOptions) => {
  app.decorate('outbound', new Outbound(allowedHosts, lookUp))
})

export type { LookUp } from './bounded-look-ups.ts'
export { AddressRefused, Outbound } from './outbound.ts'
export { REQUEST_FAILURES, RequestFailed, type RequestFailure } from './request-failed.ts'
