import type { FastifyRequest } from 'fastify'

/** Why an upgrade is refused, as it is answered, counted and logged. */
export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The value of the metric's label. */
  readonly reason: 'version' | 'origin'
  readonly error: string
  /** Says what came, and what would have been accepted. */
  readonly details: Readonly<Record<string, unknown>>
}

const VERSION = '13'

/** Headers that proxies add to a request that they pass on. */
const FORWARDING = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]

/** Characters of a header that a log repeats. */
const LONGEST_IN_LOG = 200

/**
 * Returns what is wrong with an upgrade, or undefined. What `ws` refuses by itself, such as a missing key, is left to it.
 *
 * @param allowed origins, or patterns such as `*.example.com`; empty: the request's own scheme and host alone
 */
export function handshakeFault(request: FastifyRequest, allowed: readonly string[]): Refusal | undefined {
  const { httpVersion, headers } = request.raw
  const version = String(headers['sec-websocket-version'] ?? 'none')
  if (httpVersion === '1.0' || httpVersion === '0.9') {
    const error = 'a socket takes HTTP/1.1'
    return { status: 400, headers: {}, reason: 'version', error, details: { http: httpVersion } }
  }
  if (version !== VERSION) {
    return {
      status: 426,
      headers: { 'sec-websocket-version': VERSION, upgrade: 'websocket' },
      reason: 'version',
      error: `sockets here speak version ${VERSION} of the protocol`,
      details: { version: forLog(version) },
    }
  }
  if (originAllowed(request, allowed)) return undefined
  return {
    status: 403,
    headers: {},
    reason: 'origin',
    error: 'pages of this origin may not open sockets here',
    details: {
      origin: forLog(headers.origin),
      host: request.host,
      accepted: allowed.length > 0 ? allowed : `${schemeOf(request) ?? 'http: or https:'}//${request.host}`,
    },
  }
}

/** A header as it may stand in a log: anyone may write anything into it, such as a token that belongs elsewhere. */
function forLog(header: string | undefined): string | undefined {
  return header?.replace(/eyJ[\w-]+\.[\w-]+\.[\w-]*|\bpl_[\w-]+/g, '…').slice(0, LONGEST_IN_LOG)
}

/**
 * Tells whether a page of this origin may open a socket here. A client that names no origin is no browser and is let in: its
 * session cannot be somebody else's (RFC 6455, section 10.2).
 */
function originAllowed(request: FastifyRequest, allowed: readonly string[]): boolean {
  const header = request.headers.origin
  if (header === undefined) return true
  const origin = parse(header)
  if (!origin) return false
  if (allowed.length === 0) {
    const scheme = schemeOf(request) ?? origin.protocol
    return origin.origin === parse(`${scheme}//${request.host}`)?.origin
  }
  return allowed.some((pattern) =>
    pattern.startsWith('*.')
      ? origin.hostname.endsWith(pattern.slice(1))
      : origin.origin === parse(pattern)?.origin,
  )
}

/**
 * Returns how the browser reached us: `https:` or `http:`. Undefined behind a proxy that does not say, or that is not believed (Fastify's
 * `trustProxy`): it may have taken the TLS away.
 */
function schemeOf(request: FastifyRequest): string | undefined {
  const { headers, ips, protocol, raw } = request
  // It is none when the request was made up for a test.
  const line: object = raw.socket ?? {}
  if ('encrypted' in line && line.encrypted) return 'https:'
  if (ips !== undefined && headers['x-forwarded-proto'] !== undefined) return `${protocol}:`
  return FORWARDING.some((name) => headers[name] !== undefined) ? undefined : 'http:'
}

function parse(text: string): URL | undefined {
  const url = URL.parse(text)
  return url && /^https?:$/.test(url.protocol) ? url : undefined
}
