import type { FastifyRequest } from 'fastify'

/** The person behind a connection. An application adds what its consumers need to know (declaration merging). */
export interface ScopeUser {
  readonly id: number
  readonly name: string
}

/**
 * What a client can be limited to, such as a program with an API key. An application names the scopes that it has (declaration
 * merging), each as a property.
 */
// biome-ignore lint/suspicious/noEmptyInterface: an application fills it in.
export interface ClientScopes {}
export type ClientScope = keyof ClientScopes

/** The scope that something takes of a limited client; of several, one is enough. */
export type RequiredScope = ClientScope | readonly ClientScope[]

/** Who is there, and through which session. */
export interface Identity {
  readonly session: { readonly id: string }
  readonly user: ScopeUser
  /** All that this client may do; undefined: whatever its person may. */
  readonly scopes?: ReadonlySet<ClientScope> | undefined
}

/**
 * Tells whether a client may do something, as far as it is a limited one.
 * @param required undefined: no limited client may
 */
export function permits({ scopes }: Identity, required: RequiredScope | undefined): boolean {
  if (scopes === undefined) return true
  if (required === undefined) return false
  return typeof required === 'string' ? scopes.has(required) : required.some((scope) => scopes.has(scope))
}

/**
 * What a connection knows of itself, fixed when it was opened, but for what is known of its person: their role may change while
 * they are connected (`app.sockets.updateUser`).
 */
export interface Scope {
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: FastifyRequest['headers']
  readonly client: { readonly address: string }
  readonly identity: Identity | null
  /** Takes over what is known of the person now. */
  updateUser(user: ScopeUser): void
}

export function scopeOf(request: FastifyRequest, identity: Identity | null): Scope {
  return new RequestScope(request, identity)
}

/** Keeps the address as it came, and takes it to pieces when asked: kept in pieces, it is half a KiB for each connection. */
class RequestScope implements Scope {
  readonly params: Readonly<Record<string, string>>
  readonly headers: FastifyRequest['headers']
  #identity: Identity | null
  readonly #address: string
  readonly #url: string

  constructor(request: FastifyRequest, identity: Identity | null) {
    this.params = { ...(request.params as Record<string, string>) }
    this.headers = request.headers
    this.#identity = identity
    this.#address = request.ip
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
