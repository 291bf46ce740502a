import multipart, { type MultipartFile } from '@fastify/multipart'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { identityOf, requireUser } from '../accounts/index.ts'
import { type FoundRoom, openRoom, RoomParams, roomOf } from '../rooms/index.ts'
import { HttpError } from '../web/index.ts'
import { tooLarge } from './file-keeper.ts'
import { FileFacts, UploadFields } from './protocol.ts'

/** Files that one person may send in a minute: a picture takes a process a second or so. */
const PER_MINUTE = 120

/** Bytes that a request has beside its file. */
const ENVELOPE = 64 * 1024

/** `POST /api/rooms/:room/files`: a file for a message that is posted afterwards. */
export async function uploadRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { files, rateLimits } = app
  app.addHook('onRequest', requireUser)
  // Here alone: no other route below /api takes files.
  await app.register(multipart, {
    limits: {
      // Counted where it is received: busboy would hand on a shorter file as if it were whole.
      fileSize: Number.POSITIVE_INFINITY,
      files: 1,
      fields: 8,
      fieldSize: 1024,
      parts: 10,
      headerPairs: 20,
    },
  })

  app.post(
    '/api/rooms/:room/files',
    {
      schema: { params: RoomParams },
      config: {
        scope: 'write',
        takesLong: true,
        docs: { summary: 'Upload a file for a message', body: UploadFields, answers: { 201: FileFacts } },
      },
      onRequest: [...rateLimits.sending, ...rateLimits.perMinute('files', PER_MINUTE)],
    },
    async (request, reply): Promise<FileFacts> => {
      const room = await openRoom(request, request.params.room, 'speak')
      const { user } = identityOf(request)
      if (Number(request.headers['content-length']) > files.keeper.largest + ENVELOPE)
        throw tooLarge(files.keeper.largest)
      const kept = await files.uploads.during(user.id, reply.raw, async () => {
        const part = await filePart(request)
        return files.keeper.keep(part.file, part.filename, {
          user: user.id,
          room: room.id,
          check: () => mayStillSend(request, room),
        })
      })
      reply.code(201)
      return kept
    },
  )
}

async function filePart(request: FastifyRequest): Promise<MultipartFile> {
  const part = request.isMultipart() ? await request.file().catch(() => undefined) : undefined
  if (part?.fieldname === 'file') return part
  part?.file.resume()
  throw new HttpError(
    400,
    'There is no file',
    'Send it as the field “file” of multipart/form-data.',
    undefined,
    'invalid',
  )
}

/** A file may take long to come: its sender may have been signed out, muted or removed meanwhile. @throws HttpError */
export async function mayStillSend(request: FastifyRequest, room: FoundRoom): Promise<void> {
  request.identity = await request.server.presentIdentity(identityOf(request))
  const found = await roomOf(request, room.slug, 'speak')
  if (found.id !== room.id)
    throw new HttpError(404, 'There is no such room', 'It may be gone.', undefined, 'not_found')
}
