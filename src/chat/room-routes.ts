import { randomUUIDv7 } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { identityOf, zoneNamed } from '../accounts/index.ts'
import { FrameError, type FrameErrorCode } from '../channels/index.ts'
import { endDraft } from '../drafts/index.ts'
import { filesOfForm, readFileForm, takeFileForms } from '../files/index.ts'
import {
  type Action,
  type FoundRoom,
  may,
  openRoom,
  RoomParams,
  roomOf,
  tryMarkRead,
} from '../rooms/index.ts'
import { HttpError } from '../web/index.ts'
import { firstSince } from './messages.ts'
import { MESSAGE_LENGTH, MessageForm, ReadForm, RoomQuery } from './protocol.ts'
import { emptyForm, numberOf, roomPage } from './room-page.ts'
import { roomToSpeakIn } from './speaking.ts'
import { answeredBy, filesIn, textOf, typedLines } from './typed-text.ts'

/** Errors after which the form comes again, with what was written in it. */
const STATUS: Partial<Record<FrameErrorCode, number>> = {
  invalid: 400,
  limit: 413,
  // The message that was to be answered.
  not_found: 400,
  syntax: 400,
  evaluation: 400,
  // A command that is another's to give.
  forbidden: 403,
}

/** The `seq` of the first message of a day, or after it; undefined: there is none. @param told the zone of the person's clock; else as they have said it before */
async function firstOfDay(
  request: FastifyRequest,
  room: FoundRoom,
  date: string,
  told: string | undefined,
): Promise<number | undefined> {
  const { database, timeZones } = request.server
  const start = startOfDay(date, told ?? (await timeZones.of(identityOf(request).user.id)))
  if (start === undefined) throw unreadable('There is no such day. Write it like 2026-12-24.')
  return firstSince(database, room.id, start, room.rev)
}

/** When a day begins, as ISO 8601 in UTC; undefined where the calendar has no such day. */
function startOfDay(date: string, zone: string): string | undefined {
  try {
    const start = Temporal.PlainDate.from(date).toZonedDateTime(zone)
    return new Date(start.epochMilliseconds).toISOString()
  } catch {
    return undefined
  }
}

function unreadable(advice: string): HttpError {
  return new HttpError(400, 'That could not be read', advice)
}

/** The page of a room, and its forms for use without JavaScript. */
export async function roomRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { chat, rateLimits } = app
  await takeFileForms(app)

  app.get(
    '/rooms/:room',
    { schema: { params: RoomParams, querystring: RoomQuery }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const room = await openRoom(request, request.params.room)
      const { after, at, before, date, zone } = request.query
      if ([after, at, before, date].filter((place) => place !== undefined).length > 1)
        throw unreadable('Use only one of before, after, at and date.')
      const from = date ? await firstOfDay(request, room, date, zoneNamed(zone || undefined)) : undefined
      const place = { before: numberOf(before), after: numberOf(after), at: numberOf(at), from }
      return roomPage(reply, room, emptyForm(), place)
    },
  )

  app.post(
    '/rooms/:room/messages',
    {
      schema: { params: RoomParams, body: MessageForm },
      config: { written: 'message', takesLong: true },
      attachValidation: true,
      onRequest: rateLimits.sending,
      preValidation: [readFileForm, typedLines],
    },
    async (request, reply) => {
      const { validationError } = request
      const run = validationError ? undefined : chat.commands.find(request.body.message)
      const id = validationError ? undefined : request.body.id || undefined
      const room = await roomToSpeakIn(request, request.params.room, { id, isCommand: run !== undefined })
      const sent = await filesOfForm(request, room, filesIn(request.body))
      const { fileFault } = request
      const isEmpty = !validationError && request.body.message === '' && filesIn(request.body).length === 0
      if (validationError || isEmpty || fileFault !== null) {
        const error =
          fileFault ??
          `A message must have 1 to ${MESSAGE_LENGTH.toLocaleString('en')} characters, and must not be blank.`
        const form = {
          ...emptyForm(),
          message: textOf(request.body),
          reply: answeredBy(request.body),
          files: sent,
        }
        return roomPage(reply.code(400), room, { ...form, error })
      }
      const { message, reply: answers, zone, files = [] } = request.body
      try {
        if (run) {
          const by = { by: identityOf(request).user, key: undefined }
          const mayDo = (action: Action) => may(room, action)
          const { page = `/rooms/${room.slug}` } = await run({
            ...{ room, ...by, may: mayDo, text: message, id: id ?? randomUUIDv7(), zone },
          })
          await endDraft(request, room, request.body.draft)
          return reply.redirect(page, 303)
        }
        const answered = numberOf(answers || undefined)
        await chat.writer.post(room.id, identityOf(request).user, message, id, answered, files)
        await endDraft(request, room, request.body.draft)
      } catch (error) {
        const status = error instanceof FrameError ? STATUS[error.code] : undefined
        if (!(error instanceof FrameError) || status === undefined) throw error
        const form = { ...emptyForm(), message, reply: numberOf(answers || undefined) ?? null, files: sent }
        return roomPage(reply.code(status), room, { ...form, error: error.message })
      }
      return reply.redirect(`/rooms/${room.slug}`, 303)
    },
  )

  app.post(
    '/rooms/:room/read',
    { schema: { params: RoomParams, body: ReadForm }, attachValidation: true, onRequest: rateLimits.sending },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      if (request.validationError) {
        const error = 'The number of the last message you have read is missing.'
        return roomPage(reply.code(400), room, { ...emptyForm(), error })
      }
      const seq = Math.min(Number(request.body.seq), room.rev)
      if (!(await tryMarkRead(app, request.log, room.id, identityOf(request).user.id, seq)))
        throw new HttpError(503, 'This could not be saved', 'Try again in a moment.')
      chat.seen.tell(room.id)
      return reply.redirect(`/rooms/${room.slug}`, 303)
    },
  )
}
