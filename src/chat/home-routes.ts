import type { FastifyInstance, FastifyReply } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { emptyRoomForm, otherRooms } from '../rooms/index.ts'
import { listedByName } from './room-list.ts'

export async function homeRoutes(app: FastifyInstance): Promise<void> {
  app.get('/', { onRequest: app.pace.reading }, async (request, reply) =>
    request.identity
      ? homePage(reply)
      : reply.page('chat/welcome', { title: 'Partyline', open: await app.signUpPolicy.isOpen() }),
  )
}

async function homePage(reply: FastifyReply): Promise<FastifyReply> {
  const { database } = reply.server
  const { user } = identityOf(reply.request)
  const [rooms, others] = await Promise.all([listedByName(database, user.id), otherRooms(database, user.id)])
  return reply.page('chat/home', { title: 'Rooms', rooms, others, form: emptyRoomForm })
}
