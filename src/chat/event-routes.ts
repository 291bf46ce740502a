import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { ResetFrame } from '../channels/index.ts'
import { EventsQuery, followByHttp, polledAnswer, RoomParams, roomOf, streamedEvent } from '../rooms/index.ts'
import { MessageFrame } from './protocol.ts'

const frames = [MessageFrame, ResetFrame]

/** Changes in a room's talk, for scripts. A `HEAD` would wait for it as well, and is not served. */
export async function eventRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.get(
    '/api/rooms/:room/events',
    {
      schema: { params: RoomParams, querystring: EventsQuery },
      config: {
        scope: 'read',
        waits: true,
        docs: {
          summary: 'Follow what is said in a room',
          answers: { 200: polledAnswer(frames) },
          events: streamedEvent(frames),
        },
      },
      exposeHeadRoute: false,
      onRequest: app.pace.reading,
    },
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
