import type { MultipartFile } from '@fastify/multipart'
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import { type FoundRoom, openRoom } from '../rooms/index.ts'
import { HttpError } from '../web/index.ts'
import { FILES_OF_MESSAGE } from './attaching.ts'
import { findFile } from './files.ts'
import type { FileFacts } from './protocol.ts'
import { mayStillSend } from './upload-routes.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Why a file of a form was not taken, for its sender; null: all were. */
    fileFault: string | null
  }
}

/** Bytes of a field: a message of four-byte characters, each encoded. */
const FIELD = 64 * 1024
const FIELDS = 24

/** Makes forms of a plugin's routes accept files: `readFileForm` reads them. */
export async function takeFileForms(app: FastifyInstance): Promise<void> {
  app.decorateRequest('fileFault', null)
  await app.register(multipart, {
    limits: {
      // Counted where it is received: busboy would hand on a shorter file as if it were whole.
      fileSize: Number.POSITIVE_INFINITY,
      files: FILES_OF_MESSAGE,
      fields: FIELDS,
      fieldSize: FIELD,
      parts: FIELDS + FILES_OF_MESSAGE,
      headerPairs: 20,
    },
  })
}

/**
 * For `preValidation` of a form about a room: reads it, and stores its files as they arrive. Their ids are then in the field
 * `files` of the body, as a list, after those that the form named. A form without files is otherwise left as it is.
 */
export async function readFileForm(
  request: FastifyRequest<{ Params: { room: string } }>,
  reply: FastifyReply,
): Promise<void> {
  if (request.isMultipart()) request.body = await readParts(request, reply)
  const { body } = request
  if (typeof body !== 'object' || body === null) return
  const given: unknown = 'files' in body ? body.files : undefined
  Object.assign(body, { files: given === undefined || given === '' ? [] : [given].flat() })
}

async function readParts(
  request: FastifyRequest<{ Params: { room: string } }>,
  reply: FastifyReply,
): Promise<Record<string, unknown>> {
  const fields: Record<string, unknown> = {}
  const files: unknown[] = []
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') {
        if (!part.filename || files.length >= FILES_OF_MESSAGE) part.file.resume()
        else {
          const kept = await keepPart(request, reply, part, fields)
          if (kept) files.push(kept.id)
        }
      } else if (part.fieldname === 'files') files.push(part.value)
      else fields[part.fieldname] = part.value
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('FST_'))
      throw new HttpError(413, 'That is too large', `Send up to ${FILES_OF_MESSAGE} files at once.`)
    throw error
  }
  return { ...fields, files }
}

/** Takes in one file, where its sender may send it. A refusal is shown by the form, with what was written in it. */
async function keepPart(
  request: FastifyRequest<{ Params: { room: string } }>,
  reply: FastifyReply,
  part: MultipartFile,
  { _csrf: token }: Record<string, unknown>,
): Promise<FileFacts | undefined> {
  const { files } = request.server
  // A person who may not send the form is told so when all of it was read.
  const room = await roomFor(request, token)
  if (!room) {
    part.file.resume()
    return undefined
  }
  const { user } = identityOf(request)
  try {
    return await files.uploads.during(user.id, reply.raw, () =>
      files.keeper.keep(part.file, part.filename, {
        user: user.id,
        room: room.id,
        check: () => mayStillSend(request, room),
      }),
    )
  } catch (error) {
    const words =
      error instanceof HttpError ? error.sentences : error instanceof FrameError ? error.message : undefined
    if (words === undefined || reply.raw.destroyed) throw error
    part.file.resume()
    request.fileFault ??= `${part.filename.slice(0, 100)} was not sent: ${words}`
    return undefined
  }
}

async function roomFor(
  request: FastifyRequest<{ Params: { room: string } }>,
  token: unknown,
): Promise<FoundRoom | undefined> {
  if (!request.identity || typeof token !== 'string' || !request.holdsToken(token)) return undefined
  return openRoom(request, request.params.room, 'speak').catch((error: unknown) => {
    if (error instanceof HttpError) return undefined
    throw error
  })
}

/** The files of a form that comes again: those of the ids that its person has sent in this room, and that no message has yet. */
export async function filesOfForm(
  request: FastifyRequest,
  room: FoundRoom,
  ids: readonly unknown[],
): Promise<FileFacts[]> {
  const { user } = identityOf(request)
  const found: FileFacts[] = []
  for (const id of ids.slice(0, FILES_OF_MESSAGE)) {
    const file = typeof id === 'string' ? await findFile(request.server.database, id) : undefined
    if (!file || file.seq !== null || file.user !== user.id || file.room !== room.slug) continue
    const { height, name, size, type, width } = file
    found.push({ id: file.id, name, type, size, width, height })
  }
  return found
}
