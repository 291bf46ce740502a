import { hkdfSync } from 'node:crypto'
import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Identity } from '../channels/index.ts'
import { refuseUnauthorized } from '../web/index.ts'
import { presentedKey } from './keys/key-holders.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * @param since when its person last proved who they are, in seconds since 1970
     * @returns a token for the session of somebody, good for `TOKEN_LIFE`
     */
    issueToken(identity: Identity, since: number): string
  }
  interface FastifyRequest {
    /** The time at which the person of the presented token last proved who they are, in seconds since 1970. */
    tokenSince: number | undefined
  }
}

/**
 * Claims of a token, as OpenID Connect calls them: the session's public name, the person's name, and when they proved who
 * they are, which a token that is got with another one takes over. Tokens of earlier releases do not say it.
 */
interface Claims {
  readonly sid: string
  readonly sub: string
  readonly auth_time?: number
}

/** Seconds for which a token is good. */
export const TOKEN_LIFE = 5 * 60

/** For how long tokens are renewed by each other after a sign-in, in seconds. */
export const RENEWED_FOR = 24 * 60 * 60

const ALGORITHM = 'HS256'
/** Issuer and audience: a Partyline makes tokens for itself. */
const PARTYLINE = 'partyline'

/**
 * Tokens, for clients without cookies: `?token=` or `Authorization: Bearer`, on sockets, below `/api/` and for files. A token
 * names a session and is worth what the session is: nothing, once that has ended.
 *
 * A request with a token belongs to the token's person, or to nobody: a cookie beside it is not looked at. So a program finds out
 * that its token is no good, and nobody acts as somebody else than they think.
 */
export const tokens = fp(async (app: FastifyInstance, { secrets }: { secrets: readonly string[] }) => {
  const [first = '', ...older] = secrets
  const signing = signingKey(first)
  const keys = [signing, ...older.map(signingKey)]
  await app.register(jwt, {
    secret: signing,
    sign: { algorithm: ALGORITHM, iss: PARTYLINE, aud: PARTYLINE, expiresIn: TOKEN_LIFE },
    verify: {
      algorithms: [ALGORITHM],
      allowedIss: PARTYLINE,
      allowedAud: PARTYLINE,
      requiredClaims: ['iss', 'aud', 'exp', 'sid'],
    },
  })

  app.decorateRequest('tokenSince', undefined)
  app.decorate('issueToken', ({ session, user }: Identity, since: number) => {
    const claims: Claims = { sid: session.id, sub: user.name, auth_time: since }
    return app.jwt.sign(claims)
  })

  app.addHook('onRequest', async (request, reply) => {
    if (!request.ws && !isForPrograms(request)) return
    const presented = takeTokens(request)
    // By itself it is looked at next, by `keyHolders`.
    if (presented.length === 1 && presentedKey(request) !== undefined) return
    if (presented.length === 0) return
    request.cookieless = true
    const [token] = presented
    const claims = token && presented.length === 1 ? claimsOf(token) : undefined
    request.identity = claims ? await identityOf(claims.sid) : null
    request.tokenSince = claims?.auth_time ?? claims?.iat
    // A socket is let in first, so that a browser can read why it is closed.
    if (!request.identity && !request.ws) return refuse(reply)
  })

  async function identityOf(id: string): Promise<Identity | null> {
    const session = await app.sessions.find(id)
    if (!session) return null
    if (app.sessions.isStale(session)) await app.sessions.touch([id]).catch(logUntouched)
    return { session: { id }, user: session.user }
  }

  /**
   * Logs that a session could not be marked as used. On a disk that takes no more writes, reading still works, and the next
   * request tries again.
   */
  function logUntouched(error: unknown): void {
    app.log.warn({ err: error }, 'a session could not be marked as used')
  }

  /** @returns undefined for a token that is not ours or no longer good; the session of another may have ended */
  function claimsOf(token: string): (Claims & { iat: number }) | undefined {
    for (const key of keys) {
      try {
        const claims = app.jwt.verify<Claims & { iat: number }>(token, { key })
        return typeof claims.sid === 'string' ? claims : undefined
      } catch {
        // Whatever is wrong with it, another key may be the one that it was signed with.
      }
    }
    return undefined
  }
})

/** Tells whether a route is for programs: those below `/api/`, and files, which pages show as well. */
function isForPrograms({ routeOptions: { config, url } }: FastifyRequest): boolean {
  return url?.startsWith('/api/') === true || config.scope === 'read'
}

/** Derives the key for tokens (RFC 5869), so that nothing else that a secret signs, such as a cookie, can be a token. */
function signingKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'partyline token', 32))
}

/**
 * All that a request presents as a token, however wrong; more than one is one too many (RFC 6750, section 2). One in the
 * address is taken out of the query, where a route would take it for a field that it does not know.
 */
function takeTokens({ headers, query }: FastifyRequest): string[] {
  const bearer = /^bearer(?:\s+(.*))?$/i.exec(headers.authorization ?? '')
  const tokens = bearer ? [bearer[1] ?? ''] : []
  if (typeof query !== 'object' || query === null || !('token' in query)) return tokens
  const inAddress = [query.token].flat().map(String)
  delete query.token
  return [...tokens, ...inAddress]
}

function refuse(reply: FastifyReply): FastifyReply {
  reply.header('www-authenticate', 'Bearer error="invalid_token"')
  return refuseUnauthorized(
    reply,
    'This token is not valid, or no longer valid. Get another from POST /api/token.',
  )
}
