import type { FastifyRequest } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { HttpError, isSpeculative, type MessagePart } from '../web/index.ts'
import { type Access, type Action, may } from './access.ts'
import { announceMember } from './announcements.ts'
import type { InvitationOptions } from './invitations.ts'
import { mutedMessage } from './mutes.ts'
import { enterRoom, type FoundRoom, findRoom } from './rooms.ts'

/**
 * Opens the room that a request is about, which joins it if it is open.
 * @param action what the person is going to do there
 * @throws HttpError 404, or 403 for a person who may know of the room
 */
export async function openRoom(
  request: FastifyRequest,
  slug: string,
  action: Action = 'see',
): Promise<FoundRoom> {
  const { user } = identityOf(request)
  const find = isSpeculative(request) ? findRoom : enterRoom
  const room = await find(request.server.database, slug, user)
  if (room?.isNew) announceMember(request.server, room, user.id)
  return permitted(room, action)
}

/** Finds the room that a request is about, as `openRoom` does, and changes nothing. */
export async function roomOf(
  request: FastifyRequest,
  slug: string,
  action: Action = 'see',
): Promise<FoundRoom> {
  return permitted(await findRoom(request.server.database, slug, identityOf(request).user), action)
}

function permitted(room: FoundRoom | undefined, action: Action): FoundRoom {
  if (!room) throw noSuchRoom()
  if (!may(room, action)) throw notAllowed(room, action)
  return room
}

export function noSuchRoom(): HttpError {
  const advice = 'Check that the address is correct. Your rooms are on the front page.'
  return new HttpError(404, 'There is no such room', advice, undefined, 'not_found')
}

/**
 * Finds the room whose settings or members a request is about, as `roomOf` does. A direct room has neither.
 * @throws HttpError
 */
export async function configurableRoomOf(
  request: FastifyRequest,
  slug: string,
  action: Action,
): Promise<FoundRoom> {
  const room = await findRoom(request.server.database, slug, identityOf(request).user)
  return permitted(room?.kind === 'direct' ? undefined : room, action)
}

/** Explains why a person may not do something in a room, and what they can do about it. */
export function notAllowed(access: Access, action?: Action): HttpError {
  const { archived, standing } = access
  if (standing === 'barred') return removed()
  if (archived) return forbidden('This room is archived', 'It can be read, but nothing in it can be changed.')
  const muted =
    action === 'speak' || action === 'pin' || action === 'add' || action === 'invite'
      ? mutedMessage(access)
      : undefined
  if (muted !== undefined) return forbidden('You are muted in this room', muted)
  return forbidden('You cannot change this', 'Ask the owner of this room to do it.')
}

/** The answer to somebody who asks for something that only members have. */
export function notInRoom(): HttpError {
  return forbidden('You are not in this room', 'Open the room to join it, then try again.')
}

export function removed(): HttpError {
  return forbidden('You were removed from this room', 'Its owner or an administrator can add you again.')
}

/** Tells whether a person may invite others by a link. */
export function mayInvite(room: Access, { invitations }: InvitationOptions): boolean {
  return may(room, invitations === 'owners' ? 'inviteAsOwner' : 'invite')
}

function forbidden(heading: string, message: string | readonly MessagePart[]): HttpError {
  return new HttpError(403, heading, message, undefined, 'forbidden')
}
