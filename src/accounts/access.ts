import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Identity } from '../channels/index.ts'
import { HttpError, refuseUnauthorized } from '../web/index.ts'

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>

/** The guards that a request has passed. */
const passed = new WeakMap<FastifyRequest, Guard[]>()

/**
 * Makes a hook for `onRequest` that refuses some of those who send a request. Where it has a body the guard is asked again once that
 * has come, with what is known of the sender by then.
 */
export function guard(check: Guard): Guard {
  return async (request, reply) => {
    passed.set(request, [...(passed.get(request) ?? []), check])
    return check(request, reply)
  }
}

/** Asks all guards of a request again. @throws what they throw */
export async function checkGuards(
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  for (const check of passed.get(request) ?? []) {
    const refused = await check(request, reply)
    if (refused) return refused
  }
  return undefined
}

/** For `onRequest`: sends a visitor to sign in, and back; a program gets 401. */
export const requireUser = guard(async (request, reply) => {
  if (request.identity) return undefined
  // The form is read first, so that its text can be given back: src/web/csrf.ts then refuses it.
  if (request.method === 'POST' && request.routeOptions.config.written !== undefined) return undefined
  if (request.url.startsWith('/api/')) return refuseUnauthorized(reply, 'Sign in first.')
  const back = request.method === 'GET' ? `?next=${encodeURIComponent(request.url)}` : ''
  return reply.redirect(`/sign-in${back}`, 303)
})

/** For `onRequest`, after `requireUser`: to everyone else the pages of administrators do not exist. */
export const requireAdministrator = guard(async ({ identity }) => {
  if (!identity?.user.administrator) throw nothingForMembers()
  return undefined
})

/** The answer to those who are no administrators where only administrators find anything. */
export function nothingForMembers(): HttpError {
  const advice = 'Check that the address is correct. What was here may also have been deleted.'
  return new HttpError(404, 'There is nothing here', advice, undefined, 'not_found')
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
