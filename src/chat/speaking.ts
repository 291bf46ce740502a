import type { FastifyRequest } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { type FoundRoom, may, notAllowed, openRoom } from '../rooms/index.ts'

/**
 * Opens the room in which a request says something.
 * @param id of the message. One that is stored may be sent again, also where the room was archived meanwhile
 * @throws HttpError 404, or 403 where the person may say nothing there
 */
export async function roomToSpeakIn(
  request: FastifyRequest,
  slug: string,
  id: string | undefined,
): Promise<FoundRoom> {
  const room = await openRoom(request, slug)
  if (may(room, 'speak')) return room
  const { writer } = request.server.chat
  if (id !== undefined && (await writer.hasPosted(room.id, identityOf(request).user, id))) return room
  throw notAllowed(room, 'speak')
}
