import type { FastifyRequest } from 'fastify'
import { csrfSecret } from '../web/index.ts'
import { placeOf } from './device.ts'
import { type Authenticated, isCurrent, type User } from './users.ts'

/**
 * Begins a session of its own for somebody who signs up or in: one that was planted before is worth nothing (session
 * fixation).
 *
 * @param known by which password, where it was one: if that was changed meanwhile, or the account deactivated, the sessions
 * that were found then have ended, and this one may have come too late for it
 * @returns whether it began
 */
export async function beginSession(
  request: FastifyRequest,
  user: User,
  known?: Authenticated,
): Promise<boolean> {
  if (request.identity) await request.session.regenerate()
  Object.assign(request.session, { user, csrf: csrfSecret(), ...placeOf(request) })
  await request.session.save()
  if (!known || (await isCurrent(request.server.database, known))) return true
  await request.session.destroy()
  return false
}
