import type { FastifyRequest } from 'fastify'

/**
 * Whether a page of this origin may open a socket here. A client that names no origin is no browser and is let in: its
 * session cannot be somebody else's (RFC 6455, section 10.2).
 *
 * @param allowed origins, or patterns such as `*.example.com`; empty: the request's own host alone
 */
export function originAllowed(request: FastifyRequest, allowed: readonly string[]): boolean {
  const header = request.headers.origin
  if (header === undefined) return true
  const origin = parse(header)
  if (!origin) return false
  if (allowed.length === 0) return origin.host === parse(`${origin.protocol}//${request.host}`)?.host
  return allowed.some((pattern) =>
    pattern.startsWith('*.')
      ? origin.hostname.endsWith(pattern.slice(1))
      : origin.origin === parse(pattern)?.origin,
  )
}

function parse(text: string): URL | undefined {
  const url = URL.parse(text)
  return url && /^https?:$/.test(url.protocol) ? url : undefined
}
