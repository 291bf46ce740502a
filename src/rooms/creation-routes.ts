import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { HttpError, refuse } from '../web/index.ts'
import { createRoom, RoomsUsedUp } from './creation.ts'
import { DIRECT_PEOPLE, directRoom } from './direct.ts'
import { NameTaken } from './name-claims.ts'
import { roomNameFault } from './names.ts'
import { type NamedPerson, namesIn, peopleNamed } from './people.ts'
import {
  emptyDirectForm,
  emptyRoomForm,
  type NewDirectView,
  type NewRoomView,
  nameTaken,
} from './presentation.ts'
import { DirectForm, RoomForm } from './protocol.ts'
import { descriptionFault, roomDescription } from './settings.ts'

/** Characters of usernames that are looked at. */
const NAMES_LENGTH = 1_000

export interface CreationOptions {
  /** Rooms that one person may make a day; 0: no limit. */
  readonly roomsPerUser: number
}

export async function creationRoutes(
  instance: FastifyInstance,
  { roomsPerUser }: CreationOptions,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits } = app

  app.get('/rooms/new', { onRequest: rateLimits.reading }, (_request, reply) => newRoomPage(reply, {}))

  app.post(
    '/rooms',
    { schema: { body: RoomForm }, config: { written: 'name' }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const { name = '', description = '', private: hidden } = request.body
      const form = { name, description, isPrivate: hidden === 'on' }
      const error = roomNameFault(name) ?? descriptionFault(description)
      if (error) return newRoomPage(reply.code(400), { room: { ...form, error, taken: null } })
      const { user } = identityOf(request)
      const kind = form.isPrivate ? 'private' : 'open'
      const room = { name, description: roomDescription(description), kind } as const
      try {
        const { slug } = await createRoom(database, room, user.id, roomsPerUser)
        app.roomAnnouncements.listChanged(user.id)
        return reply.redirect(`/rooms/${slug}`, 303)
      } catch (error) {
        if (error instanceof RoomsUsedUp)
          return newRoomPage(refuse(reply, error), { room: { ...form, error: error.message, taken: null } })
        if (!(error instanceof NameTaken)) throw error
        return newRoomPage(reply.code(400), { room: { ...form, ...nameTaken(error) } })
      }
    },
  )

  // Otherwise it would be looked for among the rooms.
  app.get('/rooms/direct', { onRequest: rateLimits.reading }, (_request, reply) =>
    reply.redirect('/rooms/new', 303),
  )

  app.post(
    '/rooms/direct',
    { schema: { body: DirectForm }, config: { written: 'with' }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const { with: typed = '' } = request.body
      const { user } = identityOf(request)
      try {
        const people = await participants(typed, user)
        const slug = await directRoom(database, user, people, roomsPerUser)
        app.roomAnnouncements.listChanged(user.id)
        return reply.redirect(`/rooms/${slug}`, 303)
      } catch (error) {
        if (!(error instanceof HttpError)) throw error
        return newRoomPage(refuse(reply, error), { direct: { people: typed, error: error.message } })
      }
    },
  )

  /** @throws HttpError 400 with what is wrong with what was typed */
  async function participants(typed: string, user: NamedPerson): Promise<readonly NamedPerson[]> {
    const tooMany = unfit(`A direct room can have at most ${DIRECT_PEOPLE} people.`)
    const names = namesIn(typed.slice(0, NAMES_LENGTH))
    if (names.length === 0) throw unfit('Enter a username, or several separated by commas.')
    if (names.length > DIRECT_PEOPLE || typed.length > NAMES_LENGTH) throw tooMany
    const { people, fault } = await peopleNamed(database, names)
    if (fault) throw unfit(fault)
    const blocked = await app.blocks.namesOf(user.id)
    const theirs = people.find(({ name }) => blocked.has(name))
    if (theirs) throw unfit(`You blocked ${theirs.name}. To message them, first unblock them on their page.`)
    if (new Set([user, ...people].map(({ id }) => id)).size > DIRECT_PEOPLE) throw tooMany
    return people
  }
}

function unfit(message: string): HttpError {
  return new HttpError(400, 'That could not be read', message)
}

function newRoomPage(
  reply: FastifyReply,
  { room = emptyRoomForm, direct = emptyDirectForm }: { room?: NewRoomView; direct?: NewDirectView },
): FastifyReply {
  return reply.page('rooms/new', { title: 'Create a room', form: room, direct, scripts: ['new-room.js'] })
}
