import type { FastifyReply, FastifyRequest } from 'fastify'
import { findPerson, identityOf, type Person } from '../accounts/index.ts'
import { HttpError } from '../web/index.ts'
import { avatarOf, personName } from '../web/presentation.ts'
import { isMuted, may } from './access.ts'
import { isBarred } from './members.ts'
import { MUTE_TIMES } from './mutes.ts'
import { type FoundRoom, findRoom } from './rooms.ts'

/** `/rooms/:room/members/:name`: the actions on a person in a room, for its owner and administrators. */
export async function memberPage(
  reply: FastifyReply,
  room: FoundRoom,
  person: Person,
  error?: string,
): Promise<FastifyReply> {
  const theirs = await findRoom(reply.server.database, room.slug, person)
  const { shown, username } = personName(person.name, person.displayName)
  return reply.page('rooms/member', {
    title: `${shown} in ${room.name}`,
    room,
    person: { avatar: avatarOf(person.name, false, person.displayName, person.picture), shown, username },
    path: `/rooms/${room.slug}/members/${person.name}`,
    times: Object.keys(MUTE_TIMES),
    mutedUntil: theirs && isMuted(theirs) ? theirs.mutedUntil : null,
    isBarred: await isBarred(reply.server.database, room.id, person.id),
    fault: (await faultOf(reply.request, room, person)) ?? null,
    error: error ?? null,
  })
}

/** The person whom an address names. @throws HttpError */
export async function personNamedIn(request: FastifyRequest, name: string): Promise<Person> {
  const person = await findPerson(request.server.database, name)
  if (!person)
    throw new HttpError(404, 'There is nobody here with that name', 'Check that the name is correct.')
  return person
}

/** Why a person cannot be muted in a room; undefined: they can. */
export async function faultOf(
  request: FastifyRequest,
  room: FoundRoom,
  person: Person,
): Promise<string | undefined> {
  if (person.id === identityOf(request).user.id) return 'You cannot mute yourself.'
  const theirs = await findRoom(request.server.database, room.slug, person)
  if (theirs && may(theirs, 'administer')) return 'Owners and administrators cannot be muted.'
}
