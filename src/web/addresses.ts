import type { FastifyRequest } from 'fastify'

/**
 * Puts the address of a request into a form that the router can read, so that every request gets a page of ours, however odd
 * its address. Fastify answers one that it cannot read by itself: without our headers, and an upgrade then stays open for good.
 *
 * @param url as it stands in the first line of the request
 * @returns the path and query alone; a `%` that encodes nothing stands for itself
 */
export function readableAddress(url: string): string {
  return withLiteralPercents(withoutServerName(url))
}

/** A client may put the server's name before the path (RFC 9112, section 3.2.2). */
function withoutServerName(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '')
  return path === url || path.startsWith('/') ? path : `/${path}`
}

function withLiteralPercents(url: string): string {
  const [path = '', ...query] = url.split('?')
  try {
    decodeURIComponent(path)
    return url
  } catch {
    return [path.replaceAll('%', '%25'), ...query].join('?')
  }
}

/** Codes that let in anybody who has them, wherever they stand in an address: of invitations, links to set a password and hooks. */
const CODES = /((?:\/|%2F)(?:join|password|hooks(?:\/|%2F)[\w-]{1,64})(?:\/|%2F))[\w-]{16,}/gi

/**
 * Matches anything that begins as a token does, up to its last possible character. Each place in a text is looked at once, so
 * that even 16 KiB of a client's choosing are read in linear time.
 */
const TOKENS = /eyJ[\w.-]*/g
const KEYS = /pl_[\w-]{16,}/g

/**
 * Describes a request for the log, without the tokens and codes that a client may put into its address, or into another address
 * within it, such as `next`.
 */
export function requestForLog(request: FastifyRequest) {
  const url = request.url
    .replace(/([?&]token=)[^&]*/g, '$1…')
    .replace(TOKENS, (found) => (found.split('.').length > 2 ? '…' : found))
    .replace(KEYS, '…')
    .replace(CODES, '$1…')
  return { method: request.method, url, remoteAddress: request.ip }
}
