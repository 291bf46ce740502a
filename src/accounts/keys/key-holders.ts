import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { addressOf, type Identity, outOfScope, permits, type RequiredScope } from '../../channels/index.ts'
import { sentence } from '../../text/sentence.ts'
import { HttpError, refuseUnauthorized } from '../../web/index.ts'
import type { WrongKeys } from '../attempts.ts'
import { KEY_PREFIX, keyId } from './api-keys.ts'
import { effectiveScopes } from './scopes.ts'

/**
 * API keys, as `Authorization: Bearer pl_…`, for sockets and the routes whose config names a scope. A request with a key acts for
 * the key's owner or for nobody: a cookie beside it is ignored.
 */
export const keyHolders = fp(
  async (app: FastifyInstance, { wrongKeys }: { readonly wrongKeys: WrongKeys }) => {
    app.addHook('onRequest', async (request, reply) => {
      const key = presentedKey(request)
      // With a token beside it it was refused already.
      if (key === undefined || request.is404 || request.cookieless) return
      const { scope, socket } = request.routeOptions.config
      request.cookieless = true
      request.identity = null
      // A socket is let in first, so that its client can read why it is closed.
      if (scope === undefined && !socket) throw outsideScope(reply, scope)
      const identity = await identityOf(key)
      request.identity = identity
      if (!identity) {
        if (socket) await wrongKeys.count(addressOf(request)).catch(() => {})
        else {
          await wrongKeys.count(addressOf(request))
          return refuse(reply)
        }
      } else if (!socket && !permits(identity, scope)) throw outsideScope(reply, scope)
    })

    async function identityOf(key: string): Promise<Identity | null> {
      const id = keyId(key)
      const found = id === undefined ? null : await app.sessions.findKey(id)
      if (id === undefined || !found) return null
      if (found.isNew || app.sessions.isStale(found)) await app.sessions.touch([id]).catch(logUntouched)
      const { user, scopes } = found
      return { session: { id }, user, scopes: effectiveScopes(scopes, user.administrator) }
    }

    /**
     * Logs that a key could not be marked as used. On a disk that takes no more writes, reading still works, and the next request
     * tries again.
     */
    function logUntouched(error: unknown): void {
      app.log.warn({ err: error }, 'an API key could not be marked as used')
    }
  },
)

/** @returns the key in the header; undefined where there is none */
export function presentedKey({ headers }: FastifyRequest): string | undefined {
  const bearer = /^bearer\s+(.*)$/i.exec(headers.authorization ?? '')?.[1]
  return bearer?.startsWith(KEY_PREFIX) ? bearer : undefined
}

function refuse(reply: FastifyReply): FastifyReply {
  reply.header('www-authenticate', 'Bearer error="invalid_token"')
  return refuseUnauthorized(
    reply,
    'This API key is not valid, or no longer valid. Create another at /account.',
  )
}

/** The refusal of a key that may not do this (RFC 6750, section 3.1). */
export function outsideScope(reply: FastifyReply, required: RequiredScope | undefined): HttpError {
  const scope = required === undefined ? '' : `, scope="${[required].flat().join(' ')}"`
  reply.header('www-authenticate', `Bearer error="insufficient_scope"${scope}`)
  return new HttpError(
    403,
    'This key does not allow that',
    sentence(outOfScope(required)),
    undefined,
    'forbidden',
  )
}
