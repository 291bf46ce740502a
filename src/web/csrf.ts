import Csrf from '@fastify/csrf'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { HttpError } from './errors.ts'

declare module 'fastify' {
  interface Session {
    /** The secret behind the `_csrf` fields of this session's forms. */
    csrf?: string
  }
  interface FastifyRequest {
    /** Whether cookies have no say in this request, so that no page of another site can have made it. */
    cookieless: boolean
  }
  interface FastifyReply {
    /** A token for the forms of a page: any of a session's tokens is good for all its forms. */
    csrfToken(): string
  }
}

const COOKIE = '_csrf'
const tokens = Csrf()

/** @returns a secret for the forms of a new session */
export function csrfSecret(): string {
  return tokens.secretSync()
}

/**
 * Refuses a request that changes something, and may stand on a cookie, unless it carries a token of one of our own pages.
 * The secret behind the token is in the session, or, for a visitor, in a cookie of its own: a form that is only looked at
 * makes no session. (`@fastify/csrf-protection` keeps it in one of the two; this is the library below it.)
 */
export const csrf = fp(async (app: FastifyInstance) => {
  app.decorateRequest('cookieless', false)
  app.decorateReply('csrfToken', function (this: FastifyReply) {
    return tokens.create(secretOf(this.request) ?? visitorSecret(this))
  })
  app.addHook('preHandler', async (request) => {
    if (request.is404 || request.cookieless || ['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return
    const secret = secretOf(request)
    const token = tokenOf(request)
    if (!secret || !token || !tokens.verify(secret, token)) throw outdated()
  })
})

function outdated(): HttpError {
  return new HttpError(403, 'This form is out of date', 'Go back, reload the page and send it again.')
}

function secretOf(request: FastifyRequest): string | undefined {
  if (request.identity) return request.session.csrf
  const cookie = request.cookies[COOKIE]
  return cookie === undefined ? undefined : (request.unsignCookie(cookie).value ?? undefined)
}

function visitorSecret(reply: FastifyReply): string {
  const secret = csrfSecret()
  reply.setCookie(COOKIE, secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: 'auto',
    signed: true,
  })
  return secret
}

function tokenOf(request: FastifyRequest): string | undefined {
  const body: unknown = request.body
  const field = typeof body === 'object' && body !== null && '_csrf' in body ? body._csrf : undefined
  const token = field ?? request.headers['x-csrf-token']
  return typeof token === 'string' ? token : undefined
}
