import type { FastifyRequest } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { type FoundRoom, may, notAllowed, openRoom } from '../rooms/index.ts'

/** A text that somebody sends to a room. */
interface Written {
  /** The id of the message. */
  readonly id: string | undefined
  readonly isCommand: boolean
}

/**
 * Opens the room in which a request says something. A message that is stored may be sent again, also where the room was archived
 * meanwhile, and a command decides for itself: a reminder is for its person alone.
 * @throws HttpError 404, or 403 where the person may say nothing there
 */
export async function roomToSpeakIn(
  request: FastifyRequest,
  slug: string,
  { id, isCommand }: Written,
): Promise<FoundRoom> {
  const room = await openRoom(request, slug)
  if (isCommand || may(room, 'speak')) return room
  const { writer } = request.server.chat
  if (id !== undefined && (await writer.hasPosted(room.id, identityOf(request).user, id))) return room
  throw notAllowed(room, 'speak')
}
