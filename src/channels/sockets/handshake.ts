import type { FastifyRequest } from 'fastify'
import { forLog, type HandshakeRefusal } from './refused-handshakes.ts'

/** Why an upgrade is refused before it is accepted, and how it is answered. */
export interface HandshakeFault extends HandshakeRefusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** The handshakes that an application accepts. */
export interface Accepted {
  /** Origins, or patterns such as `*.example.com`; empty: the request's own scheme and host alone. */
  readonly origins: readonly string[]
  /** Tells whether a request names its host as it should. */
  readonly namesHost: (request: FastifyRequest) => boolean
  /** The paths of sockets. */
  readonly paths: readonly string[]
}

const VERSION = '13'

/** 16 bytes in base64, as `ws` checks it too. */
const KEY = /^[+/0-9A-Za-z]{22}==$/

/** Headers that proxies add to a request that they pass on. */
const FORWARDING = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]

/** Returns what is wrong with an upgrade, or undefined. */
export function handshakeFault(request: FastifyRequest, accepted: Accepted): HandshakeFault | undefined {
  const { httpVersion, headers } = request.raw
  if (!request.routeOptions.config.socket) {
    const error = 'there is no socket at this path'
    return { status: 404, headers: {}, reason: 'path', error, details: { accepted: accepted.paths } }
  }
  const version = String(headers['sec-websocket-version'] ?? 'none')
  if (httpVersion === '1.0' || httpVersion === '0.9') {
    const error = 'a socket takes HTTP/1.1'
    const details = { http: httpVersion, accepted: 'HTTP/1.1' }
    return { status: 400, headers: {}, reason: 'version', error, details }
  }
  if (version !== VERSION) {
    return {
      status: 426,
      headers: { 'sec-websocket-version': VERSION, upgrade: 'websocket' },
      reason: 'version',
      error: `sockets here speak version ${VERSION} of the protocol`,
      details: { version: forLog(version), accepted: VERSION },
    }
  }
  const key = headers['sec-websocket-key']
  if (key === undefined || !KEY.test(key)) {
    const error = 'the header Sec-WebSocket-Key is missing, or is not 16 bytes in base64'
    const details = {
      key: key === undefined ? 'none' : `${key.length} characters`,
      accepted: '16 bytes in base64',
    }
    return { status: 400, headers: {}, reason: 'key', error, details }
  }
  if (!accepted.namesHost(request)) {
    const error = 'the request does not name one valid host'
    const details = {
      host: forLog(hostsOf(request).join(', ')),
      accepted: 'one Host header, with a name and a port',
    }
    return { status: 400, headers: {}, reason: 'host', error, details }
  }
  if (originAllowed(request, accepted.origins)) return undefined
  return {
    status: 403,
    headers: {},
    reason: 'origin',
    error: 'pages of this origin may not open sockets here',
    details: {
      origin: forLog(headers.origin),
      host: request.host,
      accepted:
        accepted.origins.length > 0
          ? accepted.origins
          : `${schemeOf(request) ?? 'http: or https:'}//${request.host}`,
    },
  }
}

/**
 * Returns what is wrong with a request for a socket without an upgrade although its client asked for one: a proxy in between
 * has removed it. Undefined for any other request.
 */
export function lostUpgrade({ headers, routeOptions }: FastifyRequest): HandshakeRefusal | undefined {
  if (!routeOptions.config.socket || headers['sec-websocket-version'] === undefined) return undefined
  const { upgrade, connection } = headers
  if (upgrade?.toLowerCase() === 'websocket') return undefined
  return {
    reason: 'upgrade',
    error:
      'the request no longer asks for an upgrade: the proxy must pass on the headers Upgrade and Connection',
    details: {
      upgrade: forLog(upgrade ?? 'none'),
      connection: forLog(connection ?? 'none'),
      accepted: 'Upgrade: websocket, Connection: Upgrade',
    },
  }
}

/** Describes which credentials came with a request that is not signed in, or not as the expected person, without repeating them. */
export function credentialsOf({ headers, url }: FastifyRequest): string {
  const seen: string[] = []
  if (headers.authorization !== undefined) seen.push('an Authorization header')
  if (/[?&]token=/.test(url)) seen.push('a token in the address')
  const cookies = (headers.cookie ?? '').split(';').filter((pair) => pair.trim() !== '')
  const names = cookies.filter((pair) => /^\s*[^=\s]/.test(pair) && pair.includes('='))
  const shown = names.map((pair) => pair.slice(0, pair.indexOf('=')).trim())
  // A cookie without a name is nothing but its value.
  if (names.length < cookies.length) shown.push('one without a name')
  if (shown.length > 0) seen.push(forLog(`cookies: ${shown.join(', ')}`))
  return seen.length > 0 ? seen.join('; ') : 'no cookie, token or key'
}

function hostsOf({ raw: { rawHeaders } }: FastifyRequest): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host')
}

/**
 * Tells whether a page of this origin may open a socket here. A client that names no origin is not a browser and is let in:
 * its session cannot be somebody else's (RFC 6455, section 10.2).
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
 * Returns how the browser reached us: `https:` or `http:`. Undefined behind a proxy that does not say, or that is not trusted
 * (Fastify's `trustProxy`): it may have terminated TLS.
 */
function schemeOf(request: FastifyRequest): string | undefined {
  const { headers, ips, protocol, raw } = request
  // A request that was made up for a test has no socket.
  const line: object = raw.socket ?? {}
  if ('encrypted' in line && line.encrypted) return 'https:'
  if (ips !== undefined && headers['x-forwarded-proto'] !== undefined) return `${protocol}:`
  return FORWARDING.some((name) => headers[name] !== undefined) ? undefined : 'http:'
}

function parse(text: string): URL | undefined {
  const url = URL.parse(text)
  return url && /^https?:$/.test(url.protocol) ? url : undefined
}
