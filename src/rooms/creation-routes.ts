import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { refuse } from '../web/index.ts'
import { createRoom, NameTaken, RoomsUsedUp } from './creation.ts'
import { roomNameFault } from './names.ts'
import type { NewRoomView } from './presentation.ts'
import { RoomForm } from './protocol.ts'

const NEW_ROOMS_PER_MINUTE = 20

const NAME_TAKEN = 'There is already a room whose name looks like this one. Choose another name, or go there:'

export interface RoomsOptions {
  /** Rooms that one person may make a day; 0: no limit. */
  readonly roomsPerUser: number
}

export async function creationRoutes(
  instance: FastifyInstance,
  { roomsPerUser }: RoomsOptions,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, pace } = app

  app.post(
    '/rooms',
    {
      schema: { body: RoomForm },
      config: { written: 'name' },
      onRequest: pace.perMinute('new rooms', NEW_ROOMS_PER_MINUTE),
    },
    async (request, reply) => {
      const { name = '', private: hidden } = request.body
      const error =
        hidden === undefined
          ? roomNameFault(name)
          : 'Private rooms are not made here yet. This one would be open to everyone.'
      if (error) return newRoomPage(reply.code(400), { name, error, taken: null })
      const { user } = identityOf(request)
      try {
        const room = await createRoom(database, name, user.id, roomsPerUser)
        return reply.redirect(`/rooms/${room.slug}`, 303)
      } catch (error) {
        if (error instanceof RoomsUsedUp)
          return newRoomPage(refuse(reply, error), { name, error: error.message, taken: null })
        if (!(error instanceof NameTaken)) throw error
        return newRoomPage(reply.code(400), { name, error: NAME_TAKEN, taken: error.room })
      }
    },
  )
}

function newRoomPage(reply: FastifyReply, form: NewRoomView): FastifyReply {
  return reply.page('rooms/new', { title: 'Create a room', form })
}
