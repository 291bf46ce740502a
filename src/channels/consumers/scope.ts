import type { FastifyRequest } from 'fastify'
import { addressOf } from '../sockets/network.ts'
import { shareHeaders } from './shared-headers.ts'

/** The person behind a connection. An application adds what its consumers need to know (declaration merging). */
export interface ScopeUser {
  readonly id: number
  readonly name: string
}

/**
 * The permissions to which a client, such as a program with an API key, can be limited. An application declares its scopes as
 * properties (declaration merging).
 */
// biome-ignore lint/suspicious/noEmptyInterface: an application fills it in.
export interface ClientScopes {}
export type ClientScope = keyof ClientScopes

/** The scope that a limited client needs; if there are several, one is enough. */
export type RequiredScope = ClientScope | readonly ClientScope[]

/** The person behind a request or connection, and the session by which they came. */
export interface Identity {
  readonly session: { readonly id: string }
  readonly user: ScopeUser
  /** Everything that this client may do; undefined: whatever its person may. */
  readonly scopes?: ReadonlySet<ClientScope> | undefined
}

/**
 * Tells whether the limits of a client, if it has any, allow something.
 * @param required undefined: no limited client may
 */
export function permits({ scopes }: Identity, required: RequiredScope | undefined): boolean {
  if (scopes === undefined) return true
  if (required === undefined) return false
  return typeof required === 'string' ? scopes.has(required) : required.some((scope) => scopes.has(scope))
}

/**
 * The properties of a connection, fixed when it opens, except for what is known about its person: their role can change while
 * they are connected (`app.sockets.updateUser`).
 */
export interface Scope {
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: FastifyRequest['headers']
  readonly client: { readonly address: string }
  readonly identity: Identity | null
  /** Updates what is known about the person. */
  updateUser(user: ScopeUser): void
}

export function scopeOf(request: FastifyRequest, identity: Identity | null): Scope {
  return new RequestScope(request, identity)
}

/** Keeps the address as it arrived, and parses it when asked: parsed, it would take half a KiB for each connection. */
class RequestScope implements Scope {
  readonly params: Readonly<Record<string, string>>
  readonly headers: FastifyRequest['headers']
  #identity: Identity | null
  readonly #address: string
  readonly #url: string

  constructor(request: FastifyRequest, identity: Identity | null) {
    this.params = { ...(request.params as Record<string, string>) }
    shareHeaders(request.headers)
    this.headers = request.headers
    this.#identity = identity
    this.#address = addressOf(request)
    this.#url = request.url
  }

  get identity(): Identity | null {
    return this.#identity
  }

  updateUser(user: ScopeUser): void {
    if (this.#identity) this.#identity = { ...this.#identity, user }
  }

  get path(): string {
    return this.#parsed.pathname
  }

  get query(): URLSearchParams {
    return this.#parsed.searchParams
  }

  get client(): { readonly address: string } {
    return { address: this.#address }
  }

  get #parsed(): URL {
    return new URL(`ws://localhost${this.#url}`)
  }
}
