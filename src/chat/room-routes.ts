import { randomUUIDv7 } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { FrameError, type FrameErrorCode } from '../channels/index.ts'
import { openRoom, RoomParams, roomOf, tryMarkRead } from '../rooms/index.ts'
import { HttpError } from '../web/index.ts'
import { MESSAGE_LENGTH, MessageForm, ReadForm, RoomQuery } from './protocol.ts'
import { emptyForm, numberOf, roomPage } from './room-page.ts'
import { roomToSpeakIn } from './speaking.ts'
import { answeredBy, textOf, typedLines } from './typed-text.ts'

/** Errors after which the form comes again, with what was written in it. */
const STATUS: Partial<Record<FrameErrorCode, number>> = {
  invalid: 400,
  limit: 413,
  // The message that was to be answered.
  not_found: 400,
  syntax: 400,
  evaluation: 400,
}

/** The page of a room, and what its forms do without JavaScript. */
export async function roomRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { chat, pace } = app

  app.get(
    '/rooms/:room',
    { schema: { params: RoomParams, querystring: RoomQuery }, onRequest: pace.reading },
    async (request, reply) => {
      const room = await openRoom(request, request.params.room)
      const { at, before } = request.query
      return roomPage(reply, room, emptyForm(), { before: numberOf(before), at: numberOf(at) })
    },
  )

  app.post(
    '/rooms/:room/messages',
    {
      schema: { params: RoomParams, body: MessageForm },
      config: { written: 'message' },
      attachValidation: true,
      onRequest: pace.sending,
      preValidation: typedLines,
    },
    async (request, reply) => {
      const { validationError } = request
      const run = validationError ? undefined : chat.commands.find(request.body.message)
      const retried = validationError || run ? undefined : request.body.id || undefined
      const room = await roomToSpeakIn(request, request.params.room, retried)
      if (validationError) {
        const error = `A message has 1 to ${MESSAGE_LENGTH.toLocaleString('en')} characters, and is not blank.`
        const form = { ...emptyForm(), message: textOf(request.body), reply: answeredBy(request.body) }
        return roomPage(reply.code(400), room, { ...form, error })
      }
      const { message, id, reply: answers, zone } = request.body
      try {
        if (run) {
          const by = { by: identityOf(request).user, key: undefined }
          await run({ room, ...by, text: message, id: id || randomUUIDv7(), zone })
          return reply.redirect('/scheduled', 303)
        }
        const answered = numberOf(answers || undefined)
        await chat.writer.post(room.id, identityOf(request).user, message, id || undefined, answered)
      } catch (error) {
        const status = error instanceof FrameError ? STATUS[error.code] : undefined
        if (!(error instanceof FrameError) || status === undefined) throw error
        const form = { ...emptyForm(), message, reply: numberOf(answers || undefined) ?? null }
        return roomPage(reply.code(status), room, { ...form, error: error.message })
      }
      return reply.redirect(`/rooms/${room.slug}`, 303)
    },
  )

  app.post(
    '/rooms/:room/read',
    { schema: { params: RoomParams, body: ReadForm }, attachValidation: true, onRequest: pace.sending },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      if (request.validationError) {
        const error = 'The number of the last message that you have read is missing.'
        return roomPage(reply.code(400), room, { ...emptyForm(), error })
      }
      const seq = Math.min(Number(request.body.seq), room.rev)
      if (!(await tryMarkRead(app, request.log, room.id, identityOf(request).user.id, seq)))
        throw new HttpError(503, 'This could not be stored', 'Try again in a moment.')
      return reply.redirect(`/rooms/${room.slug}`, 303)
    },
  )
}
