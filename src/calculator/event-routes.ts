import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { ResetFrame } from '../channels/index.ts'
import { eventRouteOptions, followByHttp, roomOf } from '../rooms/index.ts'
import { InputFrame, ResultFrame } from './sheet/result-frame.ts'
import { roomSheet, sheetOf } from './sheet/sheets.ts'

const frames = [ResultFrame, InputFrame, ResetFrame]

/** Changes on a room's sheet, for scripts. */
export async function eventRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { calculator, database } = app
  app.get(
    '/api/sheets/:room/events',
    eventRouteOptions(app, {
      scope: ['read', 'sheets'],
      summary: 'Follow the changes of a room’s sheet',
      frames,
    }),
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
