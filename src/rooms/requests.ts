import type { FastifyRequest } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { HttpError, isSpeculative } from '../web/index.ts'
import { announceMember } from './announcements.ts'
import { enterRoom, type FoundRoom, findRoom } from './rooms.ts'

/** Opens the room that a request is about, which joins it if it is open. @throws HttpError 404 */
export async function openRoom(request: FastifyRequest, slug: string): Promise<FoundRoom> {
  if (isSpeculative(request)) return roomOf(request, slug)
  const room = await enterRoom(request.server.database, slug, identityOf(request).user.id)
  if (!room) throw noSuchRoom()
  if (!room.joined) announceMember(request.server, room, identityOf(request).user.id)
  return room
}

/** Finds the room that a request is about, and changes nothing. @throws HttpError 404 */
export async function roomOf(request: FastifyRequest, slug: string): Promise<FoundRoom> {
  const room = await findRoom(request.server.database, slug, identityOf(request).user.id)
  if (!room) throw noSuchRoom()
  return room
}

function noSuchRoom(): HttpError {
  return new HttpError(404, 'There is no such room', 'It may be mistyped. Your rooms are on the front page.')
}
