import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { ResetFrame } from '../channels/index.ts'
import { eventRouteOptions, followByHttp, roomOf } from '../rooms/index.ts'
import { MessageFrame } from './protocol.ts'

const frames = [MessageFrame, ResetFrame]

/** Changes in a room's talk, for scripts. */
export async function eventRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.get(
    '/api/rooms/:room/events',
    eventRouteOptions(app, { scope: 'read', summary: 'Follow the messages of a room', frames }),
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      return followByHttp(request, reply, room, {
        feeds: app.chat.feeds,
        stream: room.id,
        label: 'chat-events',
      })
    },
  )
}
