import type { FastifyRequest } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { isLogged } from '../storage/index.ts'

/**
 * Deletes the draft from which a form was sent. What was sent is on disk by then, so that a failure here changes nothing about the
 * answer.
 * @param version of the draft, as the form has it; undefined or empty: it came from none
 */
export async function endDraft(
  request: FastifyRequest,
  room: { readonly id: number; readonly slug: string },
  version: string | undefined,
): Promise<void> {
  if (!version) return
  try {
    await request.server.drafts.sent(identityOf(request).user.id, room, version)
  } catch (error) {
    if (!isLogged(error)) request.log.warn({ err: error }, 'a draft that was sent could not be ended')
  }
}
