import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { identityOf, keyOf, requireUser } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import { findRoom, may, notAllowed } from '../rooms/index.ts'
import { sentence } from '../text/sentence.ts'
import { HttpError } from '../web/index.ts'
import { assertText, assertZone, entry, noSuchThing } from './answers.ts'
import { EditBody, EditForm, ScheduledEntry, ScheduledParams } from './protocol.ts'
import type { Schedule } from './schedule.ts'
import type { Scheduled } from './tables.ts'
import { fieldTime, readTime } from './times.ts'

/** Routes that change what is scheduled, and send messages before their time. */
export async function editRoutes(
  instance: FastifyInstance,
  { schedule }: { readonly schedule: Schedule },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { rateLimits, timeZones } = app
  app.addHook('onRequest', requireUser)

  app.get(
    '/scheduled/:id/edit',
    { schema: { params: ScheduledParams }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const one = await changeable(request, request.params.id)
      return editPage(reply, one, { message: one.text, at: await suggestedTime(one) })
    },
  )

  app.post(
    '/scheduled/:id/edit',
    {
      schema: { params: ScheduledParams, body: EditForm },
      config: { written: 'message' },
      onRequest: rateLimits.sending,
    },
    async (request, reply) => {
      const one = await changeable(request, request.params.id)
      const { at } = request.body
      const message = request.body.message.replaceAll('\r\n', '\n')
      // The field has no seconds: a time that was left alone is not rounded, nor looked for in the future.
      const isSameTime = one.state !== 'failed' && at === fieldTime(await localTime(one))
      try {
        await edit(request, one, { text: message, at: isSameTime ? undefined : at })
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        return editPage(reply.code(400), one, { message, at }, sentence(error.message))
      }
      return reply.redirect(`/scheduled?changed=${one.id}`, 303)
    },
  )

  app.post(
    '/scheduled/:id/send',
    { schema: { params: ScheduledParams }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const { user } = identityOf(request)
      const one = await schedule.find(user.id, request.params.id)
      if (one?.kind !== 'message') throw noSuchThing()
      if (one.state === 'waiting' || one.state === 'failed') await assertMaySpeak(request, one)
      if (!(await schedule.sendNow(user.id, one.id))) throw noSuchThing()
      app.jobs.wake()
      return reply.redirect('/scheduled', 303)
    },
  )

  app.patch(
    '/api/scheduled/:id',
    {
      schema: { params: ScheduledParams, body: EditBody },
      config: {
        scope: 'write',
        docs: {
          summary: 'Change the text or time of a scheduled message or reminder',
          answers: { 200: ScheduledEntry },
        },
      },
      onRequest: rateLimits.sending,
    },
    async (request) => {
      const { at, message, text = message, zone } = request.body
      if (text === undefined && at === undefined)
        throw new FrameError('invalid', 'name what is to change: message, at or both')
      if (message !== undefined && message !== text)
        throw new FrameError('invalid', 'message and text are the same field; leave one of them out')
      assertZone(zone)
      const one = await changeable(request, request.params.id)
      if (zone) await timeZones.set(one.user_id, zone)
      return entry(await edit(request, one, { text, at }))
    },
  )

  /** @throws HttpError 404, 409 if it is too late, and 403 for a message in a room where its person may not write now */
  async function changeable(request: FastifyRequest, id: string): Promise<Scheduled> {
    const one = await schedule.find(identityOf(request).user.id, id)
    if (!one) throw noSuchThing()
    if (one.state === 'sending' || one.state === 'done') throw tooLate(one)
    await assertMaySpeak(request, one)
    return one
  }

  async function assertMaySpeak(request: FastifyRequest, one: Scheduled): Promise<void> {
    if (one.kind === 'reminder') return
    const room = await findRoom(app.database, one.room_slug, identityOf(request).user)
    if (room && may(room, 'speak')) return
    if (room) throw notAllowed(room, 'speak')
    const advice = 'Its text is still listed under Scheduled, where you can copy or delete it.'
    throw new HttpError(403, 'You can no longer write in this room', advice, undefined, 'forbidden')
  }

  /** @throws FrameError with what is wrong, HttpError if it was sent or cancelled meanwhile */
  async function edit(
    request: FastifyRequest,
    one: Scheduled,
    { at, text }: { at: string | undefined; text: string | undefined },
  ): Promise<Scheduled> {
    if (text !== undefined) assertText(one.kind, text)
    const standing = one.state === 'failed' ? undefined : Temporal.Instant.from(one.due_at)
    const edited = await schedule.edit(one, {
      text,
      at: at === undefined ? undefined : readTime(at, await clock(one), standing),
      key: keyOf(identityOf(request)),
    })
    if (edited === undefined) throw noSuchThing()
    if (edited === 'begun') throw tooLate(one)
    return edited
  }

  async function editPage(
    reply: FastifyReply,
    one: Scheduled,
    form: { message: string; at: string },
    error?: string,
  ): Promise<FastifyReply> {
    const { user } = identityOf(reply.request)
    const room = one.kind === 'message' ? await findRoom(app.database, one.room_slug, user) : undefined
    return reply.page('scheduled/edit', {
      title: room ? `Edit message to ${room.name}` : 'Edit reminder',
      id: one.id,
      room: room ?? null,
      isReminder: one.kind === 'reminder',
      failure: one.failure,
      zone: await timeZones.of(one.user_id),
      form,
      error: error ?? null,
    })
  }

  /** One that has failed gets a new time: the next morning, as for a new message. */
  async function suggestedTime(one: Scheduled): Promise<string> {
    if (one.state !== 'failed') return fieldTime(await localTime(one))
    return `${(await clock(one)).toPlainDate().add({ days: 1 })}T09:00`
  }

  async function localTime({ due_at, user_id }: Scheduled): Promise<Temporal.ZonedDateTime> {
    return Temporal.Instant.from(due_at).toZonedDateTimeISO(await timeZones.of(user_id))
  }

  async function clock({ user_id }: Scheduled): Promise<Temporal.ZonedDateTime> {
    return Temporal.Now.zonedDateTimeISO(await timeZones.of(user_id))
  }
}

function tooLate({ kind, state }: Scheduled): HttpError {
  const heading = state === 'done' ? 'It was sent already' : 'It is being sent'
  const advice =
    kind === 'reminder'
      ? 'It can no longer be changed. Set another reminder instead.'
      : 'It can no longer be changed here. Edit the message in its room.'
  return new HttpError(409, heading, advice)
}
