import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { HttpError } from './errors.ts'

/** A name, an IPv4 address or an IPv6 address in brackets, and a port (RFC 9110, section 7.2). */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])?(?::\d{1,5})?$/

/**
 * Refuses a request that does not name one host. Node shows the first of two Host headers alone, and a proxy may have gone
 * by the other (RFC 9112, section 3.2). To be registered after the sockets, so that refused upgrades are closed.
 */
export const host = fp(async (app: FastifyInstance) => {
  app.addHook('onRequest', async (request) => {
    if (!namesOneHost(request)) {
      throw new HttpError(400, 'That could not be read', 'Send one Host header, with a name and a port.')
    }
  })
})

/** Tells whether a request names exactly one valid host. */
export function namesOneHost({ raw }: FastifyRequest): boolean {
  const { headers, httpVersion, rawHeaders } = raw
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
  // Node refuses a request of HTTP/1.1 without one by itself, but no upgrade.
  const enough = hosts === 1 || (hosts === 0 && httpVersion === '1.0')
  return enough && HOST.test(headers.host ?? '')
}
