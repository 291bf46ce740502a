import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Identity } from '../channels/index.ts'
import { HttpError, refuseUnauthorized } from '../web/index.ts'

/** For `onRequest`: sends a visitor to sign in, and back; a program gets 401. */
export async function requireUser(
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  if (request.identity) return undefined
  // The form is read first, so that its text can be given back: src/web/csrf.ts then refuses it.
  if (request.method === 'POST' && request.routeOptions.config.written !== undefined) return undefined
  if (request.url.startsWith('/api/')) return refuseUnauthorized(reply, 'Sign in first.')
  const back = request.method === 'GET' ? `?next=${encodeURIComponent(request.url)}` : ''
  return reply.redirect(`/sign-in${back}`, 303)
}

/** For `onRequest`, after `requireUser`: to everyone else the pages of administrators do not exist. */
export async function requireAdministrator(request: FastifyRequest): Promise<void> {
  if (request.identity?.user.administrator) return
  const advice = 'The address may be mistyped, or what was here is gone.'
  throw new HttpError(404, 'There is nothing here', advice, undefined, 'not_found')
}

/** Returns who a request comes from, on a route that `requireUser` guards. */
export function identityOf(request: FastifyRequest): Identity {
  if (!request.identity) throw new HttpError(401, 'You are not signed in', 'Sign in, then try again.')
  return request.identity
}

/** The `id` of the API key with which somebody comes; undefined: they come without one. */
export function keyOf({ scopes, session }: Identity): string | undefined {
  return scopes && session.id
}
