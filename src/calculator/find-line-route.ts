import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { RoomParams, roomOf } from '../rooms/index.ts'
import { Expression, SheetQuery } from './protocol.ts'

const FindQuery = Type.Object({ ...SheetQuery.properties, expression: Expression })

/** Leads to the line of a room's sheet that an expression in the chat refers to, as the sheet is now. */
export async function findLineRoute(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.get(
    '/rooms/:room/calculator/find',
    {
      schema: { params: RoomParams, querystring: FindQuery },
      config: { isFramed: true },
      onRequest: app.rateLimits.reading,
    },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      const { expression, beside } = request.query
      const seq = await app.calculator.findLine(room.id, expression)
      const query = beside === undefined ? '' : `?beside=${encodeURIComponent(beside)}`
      const fragment = seq === undefined ? '' : `#line-${seq}`
      return reply.redirect(`/rooms/${room.slug}/calculator${query}${fragment}`, 303)
    },
  )
}
