import { randomUUIDv7 } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf, keyOf } from '../accounts/index.ts'
import { type Action, may, RoomParams, roomOf } from '../rooms/index.ts'
import { HttpError } from '../web/index.ts'
import { fittingPage, fittingPageAround } from './history.ts'
import { messageFrame } from './message.ts'
import { messagesAfter, messagesAround, messagesBefore } from './messages.ts'
import { PAGE } from './page-cache.ts'
import {
  checkMessage,
  HistoryQuery,
  MessageBody,
  MessageFields,
  MessageFrame,
  MessagePage,
  Notice,
} from './protocol.ts'
import { numberOf } from './room-page.ts'
import { roomToSpeakIn } from './speaking.ts'

/** A room's history for programs, and saying something there. */
export async function historyRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, chat, rateLimits } = app
  const path = '/api/rooms/:room/messages'

  app.get(
    path,
    {
      schema: { params: RoomParams, querystring: HistoryQuery },
      config: {
        scope: 'read',
        docs: { summary: 'Read messages of a room', answers: { 200: MessagePage } },
      },
      onRequest: rateLimits.reading,
    },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      const before = numberOf(request.query.before)
      const after = numberOf(request.query.after)
      const around = numberOf(request.query.around)
      const limit = numberOf(request.query.limit) ?? PAGE
      if ([before, after, around].filter((place) => place !== undefined).length > 1) {
        throw new HttpError(400, 'That could not be read', 'Use only one of before, after and around.')
      }
      reply.type('application/json; charset=utf-8')
      if (around !== undefined)
        return reply.send(
          fittingPageAround(await messagesAround(database, room.id, around, limit), around).json,
        )
      const page =
        after === undefined
          ? await messagesBefore(database, room.id, before, limit)
          : await messagesAfter(database, room.id, after, limit)
      return reply.send(fittingPage(page, after === undefined ? 'last' : 'first').json)
    },
  )

  app.post(
    path,
    {
      schema: { params: RoomParams, body: MessageBody },
      config: {
        scope: 'write',
        docs: {
          summary: 'Post a message, or give a command',
          body: MessageFields,
          answers: { 201: MessageFrame, 202: Notice },
        },
      },
      onRequest: rateLimits.sending,
    },
    async (request, reply): Promise<MessageFrame | { readonly notice: string }> => {
      const { message, id, reply: answers, zone, files } = messageOf(request.body)
      const run = chat.commands.find(message)
      const room = await roomToSpeakIn(request, request.params.room, { id, isCommand: run !== undefined })
      if (run) {
        const identity = identityOf(request)
        const by = { by: identity.user, key: keyOf(identity) }
        const mayDo = (action: Action) => may(room, action)
        const command = { room, ...by, may: mayDo, text: message, id: id ?? randomUUIDv7(), zone }
        const { notice } = await run(command)
        reply.code(202)
        return { notice }
      }
      const said = await chat.writer.post(room.id, identityOf(request).user, message, id, answers, files)
      reply.code(201)
      return messageFrame(said.message)
    },
  )
}

/** @throws FrameError that says what is wrong with which field */
function messageOf({ _csrf, ...fields }: Record<string, unknown>) {
  return checkMessage(fields)
}
