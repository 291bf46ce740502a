import { randomUUIDv7 } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import { identityOf, keyOf, requireUser } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import { endDraft } from '../drafts/index.ts'
import { type FoundRoom, memberRooms, openRoom, RoomParams, roomOf } from '../rooms/index.ts'
import { sentence } from '../text/sentence.ts'
import { assertText, assertZone, entry, noSuchThing } from './answers.ts'
import {
  LaterBody,
  LaterForm,
  ReminderBody,
  ScheduledEntry,
  ScheduledParams,
  ScheduledQuery,
} from './protocol.ts'
import { remind, reminderWords } from './reminders.ts'
import type { Schedule } from './schedule.ts'
import type { Scheduled } from './tables.ts'
import { readTime, timeWords } from './times.ts'

export interface ScheduledRoutesOptions {
  readonly schedule: Schedule
}

export async function scheduledRoutes(
  instance: FastifyInstance,
  { schedule }: ScheduledRoutesOptions,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { rateLimits, timeZones } = app
  app.addHook('onRequest', requireUser)

  app.get(
    '/scheduled',
    { schema: { querystring: ScheduledQuery }, onRequest: rateLimits.reading },
    async (request, reply) => scheduledPage(reply, request.query),
  )

  app.post(
    '/scheduled/:id/cancel',
    { schema: { params: ScheduledParams }, onRequest: rateLimits.sending },
    async (request, reply) => {
      if (!(await schedule.cancel(identityOf(request).user.id, request.params.id))) throw noSuchThing()
      return reply.redirect('/scheduled', 303)
    },
  )

  app.get(
    '/rooms/:room/schedule',
    { schema: { params: RoomParams }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room, 'speak')
      return laterPage(reply, room, { message: '', at: '', id: randomUUIDv7(), draft: '' })
    },
  )

  app.post(
    '/rooms/:room/schedule',
    {
      schema: { params: RoomParams, body: LaterForm },
      config: { written: 'message' },
      onRequest: rateLimits.sending,
    },
    async (request, reply) => {
      const room = await openRoom(request, request.params.room, 'speak')
      const { at, draft = '', id, zone: told } = request.body
      const message = request.body.message.replaceAll('\r\n', '\n')
      const form = { message, at: at ?? '', id: id || randomUUIDv7(), draft }
      if (at === undefined) return laterPage(reply, room, form, told)
      try {
        const { id: added } = await sendLater(request, room, { message, at, zone: told, id: form.id })
        await endDraft(request, room, draft)
        return reply.redirect(`/scheduled?added=${added}`, 303)
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        return laterPage(reply.code(400), room, form, told, sentence(error.message))
      }
    },
  )

  app.post(
    '/api/rooms/:room/scheduled',
    {
      schema: { params: RoomParams, body: LaterBody },
      config: { scope: 'write', docs: { summary: 'Schedule a message', answers: { 201: ScheduledEntry } } },
      onRequest: rateLimits.sending,
    },
    async (request, reply) => {
      const room = await openRoom(request, request.params.room, 'speak')
      assertZone(request.body.zone)
      return reply.code(201).send(entry(await sendLater(request, room, request.body)))
    },
  )

  app.post(
    '/api/rooms/:room/reminders',
    {
      schema: { params: RoomParams, body: ReminderBody },
      config: {
        scope: 'write',
        docs: {
          summary: 'Set a reminder',
          answers: { 201: Type.Object({ ...ScheduledEntry.properties, notice: Type.String() }) },
        },
      },
      onRequest: rateLimits.sending,
    },
    async (request, reply) => {
      const room = await openRoom(request, request.params.room)
      const { text, zone, id } = request.body
      assertZone(zone)
      const identity = identityOf(request)
      const made = await remind(timeZones, schedule, {
        room,
        by: identity.user,
        key: keyOf(identity),
        text,
        zone,
        id: id || undefined,
      })
      return reply.code(201).send({ ...entry(made.reminder), notice: reminderWords(made) })
    },
  )

  const list = {
    summary: 'List your scheduled messages and reminders',
    answers: { 200: Type.Object({ scheduled: Type.Array(ScheduledEntry) }) },
  }
  app.get(
    '/api/scheduled',
    { config: { scope: 'read', docs: list }, onRequest: rateLimits.reading },
    async (request) => ({
      scheduled: (await schedule.of(identityOf(request).user.id)).map(entry),
    }),
  )

  app.delete(
    '/api/scheduled/:id',
    {
      schema: { params: ScheduledParams },
      config: {
        scope: 'write',
        docs: { summary: 'Cancel a scheduled message or reminder', answers: { 204: null } },
      },
      onRequest: rateLimits.sending,
    },
    async (request, reply) => {
      if (!(await schedule.cancel(identityOf(request).user.id, request.params.id))) throw noSuchThing()
      return reply.code(204).send()
    },
  )

  async function sendLater(
    request: Parameters<typeof identityOf>[0],
    room: FoundRoom,
    asked: { message: string; at: string; zone?: string | undefined; id?: string | undefined },
  ): Promise<Scheduled> {
    const identity = identityOf(request)
    const { user } = identity
    if (asked.zone) await timeZones.set(user.id, asked.zone)
    const clientId = asked.id || undefined
    const before = await schedule.before(user.id, clientId)
    if (before) return before
    assertText('message', asked.message)
    const now = Temporal.Now.zonedDateTimeISO(await timeZones.of(user.id))
    const at = readTime(asked.at, now)
    const by = { user: user.id, key: keyOf(identity) }
    return schedule.add({ ...by, room, kind: 'message', text: asked.message, at, clientId })
  }

  async function laterPage(
    reply: FastifyReply,
    room: FoundRoom,
    form: { message: string; at: string; id: string; draft: string },
    told?: string,
    error?: string,
  ): Promise<FastifyReply> {
    const { user } = identityOf(reply.request)
    if (told) await timeZones.set(user.id, told)
    const zone = await timeZones.of(user.id)
    const tomorrow = Temporal.Now.plainDateISO(zone).add({ days: 1 })
    return reply.page('scheduled/later', {
      title: `Schedule a message to ${room.name}`,
      room,
      zone,
      form: { ...form, at: form.at || `${tomorrow}T09:00` },
      error: error ?? null,
    })
  }

  async function scheduledPage(
    reply: FastifyReply,
    { added, changed }: Static<typeof ScheduledQuery>,
  ): Promise<FastifyReply> {
    const { user } = identityOf(reply.request)
    const zone = await timeZones.of(user.id)
    const now = Temporal.Now.zonedDateTimeISO(zone)
    const all = await schedule.of(user.id)
    const rooms = all.length > 0 ? await memberRooms(app.database, user.id) : []
    const names = new Map(rooms.map(({ name, slug }) => [slug, name]))
    return reply.page('scheduled/scheduled', {
      title: 'Scheduled',
      zone,
      scheduled: all.map(({ id, kind, room_slug: room, state, text, due_at, failure }) => {
        const at = Temporal.Instant.from(due_at).toZonedDateTimeISO(zone)
        return {
          id,
          room,
          // A room that the person has left is named nowhere.
          name: names.get(room) ?? 'Open the room',
          text,
          failure,
          mark: id === added ? 'new' : id === changed ? 'changed' : null,
          kind,
          what: kind === 'reminder' ? 'Reminder' : 'Message',
          at: due_at,
          words: timeWords(at, now),
          isDue: state !== 'failed' && Temporal.ZonedDateTime.compare(at, now) <= 0,
          isChangeable: state !== 'sending',
        }
      }),
    })
  }
}
