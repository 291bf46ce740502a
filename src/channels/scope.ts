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

/** What a connection knows of itself, fixed when it was opened. */
export interface Scope {
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: FastifyRequest['headers']
  readonly client: { readonly address: string }
  readonly identity: Identity | null
}

export function scopeOf(request: FastifyRequest, identity: Identity | null): Scope {
  const { pathname, searchParams } = new URL(request.url, 'ws://localhost')
  return {
    path: pathname,
    params: { ...(request.params as Record<string, string>) },
    query: searchParams,
    headers: request.headers,
    client: { address: request.ip },
    identity,
  }
}
