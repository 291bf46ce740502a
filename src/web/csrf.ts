import Csrf from '@fastify/csrf'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { USERNAME } from '../text/username.ts'
import type { OwnCookie } from './cookies.ts'
import { HttpError } from './errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The secret behind the `_csrf` fields of a session's forms; none for a visitor. */
    csrfSecret: string | undefined
    /** True if cookies have no say in this request, so that no page of another site can have made it. */
    cookieless: boolean
    /** Tells whether a token was made for pages of the client that sends this request: for a form whose files come before it is whole. */
    holdsToken(token: string): boolean
  }
  interface FastifyReply {
    /** A token for the forms of a page: any of a session's tokens is good for all its forms. */
    csrfToken(): string
  }
}

const tokens = Csrf()

/** @returns a secret for the forms of a new session */
export function csrfSecret(): string {
  return tokens.secretSync()
}

/**
 * Refuses a request that changes something, and may be authenticated by a cookie, unless it has a token of one of our own pages.
 * The secret behind the token is in the session, or, for a visitor, in a cookie of its own, so that looking at a form creates no
 * session. (`@fastify/csrf-protection` keeps it in one of the two; this uses the library below it.)
 */
export const csrf = fp(async (app: FastifyInstance, { cookie }: { cookie: OwnCookie }) => {
  app.decorateRequest('cookieless', false)
  app.decorateRequest('csrfSecret', undefined)
  app.decorateRequest('holdsToken', function (token) {
    return secretsOf(this).some((secret) => tokens.verify(secret, token))
  })
  app.decorateReply('csrfToken', function (this: FastifyReply) {
    return tokens.create(this.request.csrfSecret ?? visitorSecret(this))
  })
  app.addHook('preHandler', async (request, reply) => {
    const madeFor = madeForOf(request)
    const user = request.identity?.user.name
    if (user !== undefined && madeFor !== undefined && madeFor !== user) throw otherUser(madeFor, user)
    if (user === undefined && request.routeOptions.config.written !== undefined) {
      if (madeFor !== undefined) throw signedOut()
      return reply.redirect('/sign-in', 303)
    }
    if (request.is404 || request.cookieless || ['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return
    const token = tokenOf(request)
    if (!token || !secretsOf(request).some((secret) => tokens.verify(secret, token))) throw outdated()
  })

  function secretsOf(request: FastifyRequest): string[] {
    if (request.csrfSecret !== undefined) return [request.csrfSecret]
    return request.identity ? [] : cookie.read(request).map(({ value }) => value)
  }

  function visitorSecret(reply: FastifyReply): string {
    const [found] = cookie.read(reply.request)
    if (found && !found.outdated) return found.value
    const secret = found?.value ?? csrfSecret()
    cookie.give(reply, secret)
    return secret
  }
})

function outdated(): HttpError {
  return new HttpError(
    403,
    'This form is out of date',
    'Nothing was changed. Reload the page, then send the form again.',
  )
}

function signedOut(): HttpError {
  return new HttpError(403, 'You are signed out', 'Nothing was changed. Sign in, then send the form again.')
}

function otherUser(madeFor: string, user: string): HttpError {
  // Only a valid username is repeated on the page.
  const name = USERNAME.test(madeFor) ? madeFor : 'somebody else'
  return new HttpError(
    403,
    `You are now signed in as ${user}`,
    `This page belongs to ${name}, so nothing was changed.`,
  )
}

function tokenOf(request: FastifyRequest): string | undefined {
  return fieldOf(request, '_csrf') ?? headerOf(request, 'x-csrf-token')
}

/**
 * The username that the page behind this request was rendered for, if it says so: somebody else may have signed in since,
 * in another tab. Programs need not say it.
 */
function madeForOf(request: FastifyRequest): string | undefined {
  return fieldOf(request, '_for') ?? headerOf(request, 'x-partyline-user')
}

function fieldOf({ body }: FastifyRequest, name: string): string | undefined {
  const value = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
  return typeof value === 'string' ? value : undefined
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}
