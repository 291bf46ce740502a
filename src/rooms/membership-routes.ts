import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { announceMember } from './announcements.ts'
import { membersGroup } from './groups.ts'
import { leaveRoom } from './memberships.ts'
import { RoomParams } from './protocol.ts'
import { roomOf } from './requests.ts'

export async function membershipRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { channelLayer, database, pace } = app

  app.post(
    '/rooms/:room/leave',
    { schema: { params: RoomParams }, onRequest: pace.sending },
    async (request, reply) => {
      const { user } = identityOf(request)
      const room = await roomOf(request, request.params.room)
      await leaveRoom(database, room.id, user.id)
      await channelLayer.groupSend(membersGroup(room.id), { type: 'room.left', user: user.id })
      announceMember(app, room, user.id)
      return reply.redirect('/', 303)
    },
  )
}
