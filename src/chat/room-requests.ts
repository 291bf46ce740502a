import type { FastifyRequest } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { HttpError, isSpeculative } from '../web/index.ts'
import { type EnteredRoom, enterRoom, viewRoom } from './rooms.ts'

/** The room that a request is about, with the person in it: opening an open room joins it. @throws HttpError 404 */
export async function roomOf(request: FastifyRequest, slug: string): Promise<EnteredRoom> {
  const find = isSpeculative(request) ? viewRoom : enterRoom
  const room = await find(request.server.database, slug, identityOf(request).user.id)
  if (!room) throw noSuchRoom()
  return room
}

export function noSuchRoom(): HttpError {
  return new HttpError(404, 'There is no such room', 'It may be mistyped. Your rooms are on the front page.')
}
