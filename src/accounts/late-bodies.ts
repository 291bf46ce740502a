import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Identity, permits } from '../channels/index.ts'
import { checkGuards } from './access.ts'
import { outsideScope } from './keys/key-holders.ts'
import { effectiveScopes } from './keys/scopes.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Looks up who somebody is now; null: nobody, since their session has ended or their key was revoked. */
    presentIdentity(identity: Identity): Promise<Identity | null>
  }
}

/**
 * Looks up once more who sends a request when its body has come. The body may be sent half a minute after the head, by which the
 * sender was known, and a session that has ended since, or a role that was taken away, must not count.
 */
export const lateBodies = fp(async (app: FastifyInstance) => {
  app.decorate('presentIdentity', presentIdentity)
  app.addHook('preHandler', async (request, reply) => {
    const { identity } = request
    if (!identity || !hasBody(request)) return
    request.identity = await presentIdentity(identity)
    const { scope } = request.routeOptions.config
    if (request.identity?.scopes && !permits(request.identity, scope)) throw outsideScope(reply, scope)
    return checkGuards(request, reply)
  })

  async function presentIdentity({ scopes, session }: Identity): Promise<Identity | null> {
    if (!scopes) {
      const found = await app.sessions.find(session.id)
      return found && { session, user: found.user }
    }
    const found = await app.sessions.findKey(session.id)
    if (!found) return null
    return { session, user: found.user, scopes: effectiveScopes(found.scopes, found.user.administrator) }
  }
})

function hasBody({ headers }: FastifyRequest): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers
  return length !== '0' || encoding !== undefined
}
