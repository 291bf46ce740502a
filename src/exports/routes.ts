import { finished, Readable } from 'node:stream'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { identityOf, requireUser } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import { type FoundRoom, RoomParams, roomOf } from '../rooms/index.ts'
import { inTransaction } from '../storage/index.ts'
import { sentence } from '../text/sentence.ts'
import { HttpError } from '../web/index.ts'
import { utcCalendar } from '../web/presentation.ts'
import { accountJob } from './account/index.ts'
import { type Downloads, whole } from './downloads.ts'
import type { ExportQueue } from './export-job.ts'
import {
  deleteExport,
  type Export,
  exportOf,
  exportsOfRoom,
  isUnderWay,
  jobFrame,
  requestExport,
  sizeOf,
} from './exports.ts'
import { formats } from './formats.ts'
import type { PartStore } from './part-store.ts'
import { contentOf, isThere } from './parts.ts'
import { exportView } from './presentation.ts'
import {
  ExportBody,
  ExportForm,
  FileParams,
  FORMATS,
  type Format,
  Job,
  type JobFrame,
  JobParams,
  RoomExportParams,
} from './protocol.ts'

export interface ExportRoutesOptions {
  readonly store: PartStore
  readonly queue: ExportQueue
  readonly downloads: Downloads
  readonly announce: (user: number, frame: JobFrame) => void
}

export async function exportRoutes(
  instance: FastifyInstance,
  { announce, downloads, queue, store }: ExportRoutesOptions,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits, rooms, sessions, usage } = app
  app.addHook('onRequest', requireUser)

  app.get(
    '/rooms/:room/export',
    { schema: { params: RoomParams }, onRequest: rateLimits.reading },
    async (request, reply) => exportPage(reply, await roomOf(request, request.params.room)),
  )

  app.post(
    '/rooms/:room/export',
    { schema: { params: RoomParams, body: ExportForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      const format = FORMATS.find((one) => one === request.body.format)
      if (!format) return exportPage(reply.code(400), room, 'Choose one of the three formats.')
      try {
        await begin(identityOf(request).user.id, room, format)
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        return exportPage(reply.code(400), room, sentence(error.message))
      }
      return reply.redirect(`/rooms/${room.slug}/export`, 303)
    },
  )

  app.post(
    '/rooms/:room/export/:id/delete',
    { schema: { params: RoomExportParams }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const { id, room: slug } = request.params
      const room = await roomOf(request, slug)
      const { user } = identityOf(request)
      const found = await exportOf(database, user.id, id)
      if (found?.room_id !== room.id) throw noSuchJob()
      await remove(user.id, id)
      return reply.redirect(`/rooms/${room.slug}/export`, 303)
    },
  )

  app.post(
    '/api/rooms/:room/export',
    {
      schema: { params: RoomParams, body: ExportBody },
      config: {
        scope: 'read',
        docs: { summary: 'Export a room', answers: { 202: Type.Object({ id: Type.String() }) } },
      },
      onRequest: rateLimits.sending,
    },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      const { id } = await begin(identityOf(request).user.id, room, request.body?.format ?? 'json')
      return reply.code(202).send({ id })
    },
  )

  app.get(
    '/api/jobs/:id',
    {
      schema: { params: JobParams },
      config: { scope: 'read', docs: { summary: 'Read the state of an export', answers: { 200: Job } } },
      onRequest: rateLimits.reading,
    },
    async (request) => {
      const { id } = request.params
      const { user } = identityOf(request)
      const { type: _type, ...job } =
        (await accountJob(app, user.id, id)) ?? jobFrame(await ownExport(user.id, id))
      return job
    },
  )

  app.get(
    '/api/jobs/:id/:name',
    {
      schema: { params: FileParams },
      // It would read the whole file, for nothing and past the limit of downloads.
      exposeHeadRoute: false,
      config: {
        scope: 'read',
        docs: {
          summary: 'Get the file of an export',
          media: ['application/json', 'text/csv', 'text/html'],
        },
      },
      onRequest: rateLimits.reading,
    },
    async (request, reply) => {
      const { scopes, session, user } = identityOf(request)
      const one = await ownExport(user.id, request.params.id)
      if (one.state !== 'done') throw noSuchJob()
      const room = await roomOf(request, one.room_slug)
      if (one.stale > 0) throw writtenAnew()
      if (!(await isThere(database, store, one.id))) throw noSuchFile()
      // Also called where the client has gone meanwhile.
      finished(reply.raw, downloads.begin(user.id))
      const visit = await rooms.attendance.arrive(room, {
        person: () => user,
        end: () => reply.raw.destroy(),
      })
      finished(reply.raw, () => rooms.attendance.leave(visit))
      const content = contentOf(app, store, one.id, async () => {
        const found = await (scopes ? sessions.findKey(session.id) : sessions.find(session.id))
        const mayGoOn = found !== null && (await exportOf(database, user.id, one.id))?.version === one.version
        if (!mayGoOn) reply.raw.destroy()
        return mayGoOn
      })
      return reply
        .type(formats[one.format].type)
        .header('content-length', sizeOf(one))
        .header(
          'content-disposition',
          `attachment; filename="${room.slug}-${one.created_at.slice(0, 10)}.${one.format}"`,
        )
        .header(
          'content-security-policy',
          "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox",
        )
        .send(
          Readable.from(
            whole(content, sizeOf(one), () => reply.raw.destroy()),
            { highWaterMark: 1 },
          ),
        )
    },
  )

  async function begin(user: number, room: FoundRoom, format: Format): Promise<Export> {
    const one = await inTransaction(database, async (transaction) => {
      const one = await requestExport(transaction, user, room, format)
      await queue.add(transaction, {
        payload: { user, room: room.id },
        key: `${user}.${room.id}`,
        person: user,
      })
      return one
    })
    app.jobs.wake()
    announce(user, jobFrame(one))
    return one
  }

  async function remove(user: number, id: string): Promise<void> {
    const removed = await inTransaction(database, (transaction) => deleteExport(transaction, user, id))
    if (!removed) return
    await usage.free(user, removed.bytes)
    await store.remove(id)
  }

  async function ownExport(user: number, id: string): Promise<Export> {
    const found = await exportOf(database, user, id)
    if (!found) throw noSuchJob()
    return found
  }

  async function exportPage(reply: FastifyReply, room: FoundRoom, error?: string): Promise<FastifyReply> {
    const { user } = identityOf(reply.request)
    const kept = await exportsOfRoom(database, user.id, room.id)
    return reply.page('exports/exports', {
      title: `Export ${room.name}`,
      room,
      error: error ?? null,
      exports: kept.map((one) => exportView(jobFrame(one), `/rooms/${room.slug}/export`, utcCalendar)),
      isUnderWay: kept.some(isUnderWay),
    })
  }
}

function noSuchJob(): HttpError {
  const advice = 'Exported files are kept for a day.'
  return new HttpError(404, 'There is nothing here', advice, undefined, 'not_found')
}

/** A part of the file is empty. */
function writtenAnew(): HttpError {
  const advice = 'A message in it was deleted. Try again in a moment.'
  return new HttpError(404, 'This file is being created again', advice, undefined, 'not_found')
}

/** The database came here without the files. */
function noSuchFile(): HttpError {
  const advice =
    'This server’s data has since been moved or restored, without exported files. Export the room again.'
  return new HttpError(404, 'This file is no longer here', advice, undefined, 'not_found')
}
