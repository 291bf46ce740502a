import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { ResetFrame } from '../channels/index.ts'
import { EventsQuery, followByHttp, polledAnswer, RoomParams, roomOf, streamedEvent } from '../rooms/index.ts'
import { InputFrame, ResultFrame } from './sheet/result-frame.ts'
import { roomSheet, sheetOf } from './sheet/sheets.ts'

const frames = [ResultFrame, InputFrame, ResetFrame]

/** Changes on a room's sheet, for scripts. A `HEAD` would wait for it as well, and is not served. */
export async function eventRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { calculator, database } = app
  app.get(
    '/api/sheets/:room/events',
    {
      schema: { params: RoomParams, querystring: EventsQuery },
      config: {
        scope: ['read', 'sheets'],
        waits: true,
        docs: {
          summary: 'Follow what changes on the sheet of a room',
          answers: { 200: polledAnswer(frames) },
          events: streamedEvent(frames),
        },
      },
      exposeHeadRoute: false,
      onRequest: app.pace.reading,
    },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      const sheet = await sheetOf(database, roomSheet(room.id))
      await calculator.editor.ready(sheet.id)
      return followByHttp(request, reply, room, {
        feeds: calculator.feeds,
        stream: sheet.id,
        label: 'calculator-events',
        look: () => {
          calculator.clock.watch(sheet.id)
          return () => calculator.clock.unwatch(sheet.id)
        },
      })
    },
  )
}
