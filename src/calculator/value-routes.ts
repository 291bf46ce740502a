import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { identityOf } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import { openRoom, RoomParams, roomOf } from '../rooms/index.ts'
import { Time } from '../web/index.ts'
import { checkName, definitionOf } from './live-value-input.ts'
import { liveValueOf } from './sheet/line.ts'
import { liveInputsOf } from './sheet/line-rows.ts'
import { roomSheet, sheetOf } from './sheet/sheets.ts'

const ValueParams = Type.Object({ ...RoomParams.properties, name: Type.String() })
const ValueBody = Type.Object({ value: Type.Unknown() })

const Value = Type.Object({
  name: Type.String(),
  value: Type.String({ description: 'as it was set' }),
  text: Type.String({ description: 'as the calculator shows it' }),
  at: Time,
  sender: Type.String({ description: 'the username of the person who set it last' }),
})
const ValuesAnswer = Type.Object({ rev: Type.Integer(), values: Type.Array(Value) })

/** Values that one person may set in a minute. More than four a second would only replace values that are still waiting. */
const PER_MINUTE = 6_000

/** The live values of a room: inputs of its sheet that scripts set. */
export async function valueRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { calculator, database, rateLimits } = app
  const path = '/api/rooms/:room/values'
  const setting = rateLimits.perMinute('live values', PER_MINUTE)

  app.get(
    path,
    {
      schema: { params: RoomParams },
      config: {
        scope: ['read', 'sheets'],
        docs: { summary: 'Read the live values of a room', answers: { 200: ValuesAnswer } },
      },
      onRequest: rateLimits.reading,
    },
    async (request) => {
      const room = await roomOf(request, request.params.room)
      const { id, rev } = await sheetOf(database, roomSheet(room.id))
      return { rev, values: (await liveInputsOf(database, id)).map(liveValueOf) }
    },
  )

  app.put(
    `${path}/:name`,
    {
      schema: { params: ValueParams, body: ValueBody },
      config: {
        scope: 'sheets',
        docs: {
          summary: 'Set a live value',
          body: Type.Object({ value: Type.Union([Type.Number(), Type.String()]) }),
          answers: { 200: Type.Object({ ...Value.properties, rev: Type.Integer() }) },
        },
      },
      onRequest: setting,
    },
    async (request) => {
      const name = checkName(request.params.name)
      const room = await openRoom(request, request.params.room, 'speak')
      const expression = await definitionOf(name, request.body.value, (definition) =>
        calculator.evaluateAlone(definition, identityOf(request).user),
      )
      const { id: sheet } = await sheetOf(database, roomSheet(room.id))
      const { user: sender } = identityOf(request)
      const input = await calculator.liveValues.set(sheet, { name, expression, sender })
      // Somebody deleted it in the same moment.
      if (!input) throw new FrameError('not_found', 'this value has been deleted')
      return { ...liveValueOf(input), rev: input.rev }
    },
  )

  app.delete(
    `${path}/:name`,
    {
      schema: { params: ValueParams },
      config: { scope: 'sheets', docs: { summary: 'Delete a live value', answers: { 204: null } } },
      onRequest: setting,
    },
    async (request, reply) => {
      const name = checkName(request.params.name)
      const room = await openRoom(request, request.params.room, 'speak')
      const { id: sheet } = await sheetOf(database, roomSheet(room.id))
      await calculator.liveValues.set(sheet, {
        name,
        expression: undefined,
        sender: identityOf(request).user,
      })
      return reply.code(204).send()
    },
  )
}
