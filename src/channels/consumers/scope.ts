import type { FastifyRequest } from 'fastify'

/** The person behind a connection. An application adds what its consumers need to know (declaration merging). */
export interface ScopeUser {
  readonly id: number
  readonly name: string
}

/** Who is there, and through which session. */
export interface Identity {
  readonly session: { readonly id: string }
  readonly user: ScopeUser
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
    if (this.#identity) this.#identity = { session: this.#identity.session, user }
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
