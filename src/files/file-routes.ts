import type { Readable } from 'node:stream'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { create as contentDisposition } from 'content-disposition'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parse as parseRange } from 'range-parser'
import { identityOf, requireUser } from '../accounts/index.ts'
import { repeat } from '../repeat.ts'
import { type FoundRoom, findRoom, may } from '../rooms/index.ts'
import { isLogged } from '../storage/index.ts'
import { ConcurrencyLimit, HttpError, TooManyRequests } from '../web/index.ts'
import { type FoundFile, findFile } from './files.ts'
import { fileKind } from './presentation.ts'
import { FileParams, FileQuery } from './protocol.ts'
import type { Part } from './store/file-store.ts'

/** Files that one person may ask for in a minute: a page may have a hundred pictures, and a film is fetched in pieces. */
const PER_MINUTE = 2_400
/** Large files that one person may be fetching at the same time, in this process. */
const AT_ONCE = 24
/** Bytes up to which a file is read into memory, and counts among the answers that a person leaves unread. */
const SMALL = 256 * 1024

/** Milliseconds after which a client should ask again. */
const RETRY_AFTER = 5_000

/** Milliseconds between two looks whether a file that is being fetched may still be read. */
const LOOK_INTERVAL = 1_000

/** Keeps the content of a file from running in our origin, also where somebody opens it by itself. */
const POLICY =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

const ONE_RANGE = /^bytes=(\d{1,15}-\d{0,15}|-\d{1,15})$/
/** The code of `range-parser` for a range that cannot be met. */
const UNSATISFIABLE = 2

/** Some of a file, or all of it. */
interface Wanted {
  readonly start: number
  /** The last byte, which is included. */
  readonly end: number
  /** True if it is some of it. */
  readonly isRange: boolean
}

/** `/files/:id/:name`: a file, to people who may read its message at that moment. */
export async function fileRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const limit = new ConcurrencyLimit(AT_ONCE)
  app.addHook('onRequest', requireUser)

  app.route({
    method: ['GET', 'HEAD'],
    url: '/files/:id/:name',
    schema: { params: FileParams, querystring: FileQuery },
    config: { scope: 'read' },
    onRequest: app.rateLimits.perMinute('files that are read', PER_MINUTE),
    handler: async (request, reply) => {
      const { file, room } = await readableFile(request, request.params.id)
      const part: Part =
        request.query.thumbnail !== undefined && file.thumbnailSize > 0 ? 'thumbnail' : 'content'
      const size = part === 'content' ? file.size : file.thumbnailSize
      const etag = `"${file.digest.slice(0, 32)}${part === 'content' ? '' : '-thumbnail'}"`
      if (holds(request.headers['if-none-match'], etag))
        return setHeaders(reply, file, part).header('etag', etag).code(304).send()
      const wanted = wantedOf(request, size, etag)
      if (!wanted) {
        reply.code(416).header('content-range', `bytes */${size}`).type('text/plain; charset=utf-8')
        return reply.send(`There is no such part of this file: it has ${size} bytes.`)
      }
      const answer = async () => {
        if (wanted.end < wanted.start) return ''
        const span = { start: wanted.start, end: wanted.end }
        const opened = await app.files.store.read(file.id, part, span)
        if (!opened) throw noSuchFile()
        return wanted.end - wanted.start < SMALL ? whole(opened) : guarded(request, reply, room, file, opened)
      }
      if (wanted.end - wanted.start >= SMALL && request.method === 'GET') {
        const end = limit.begin(identityOf(request).user.id)
        if (!end) throw tooMany()
        reply.raw.once('close', end)
      }
      const payload = request.method === 'HEAD' ? undefined : await answer()
      setHeaders(reply, file, part)
        .header('etag', etag)
        .header('content-length', wanted.end - wanted.start + 1)
      if (wanted.isRange)
        reply.code(206).header('content-range', `bytes ${wanted.start}-${wanted.end}/${size}`)
      return reply.send(payload)
    },
  })

  /** Ends an answer when its person may not read the room any more, or the file is removed. */
  async function guarded(
    request: FastifyRequest,
    reply: FastifyReply,
    room: FoundRoom,
    file: FoundFile,
    opened: Readable,
  ): Promise<Readable> {
    const { user } = identityOf(request)
    const visit = await app.rooms.attendance.arrive(room, {
      person: () => user,
      end: () => reply.raw.destroy(),
    })
    const looking = repeat(
      LOOK_INTERVAL,
      (error) => {
        if (!isLogged(error))
          request.log.warn(
            { err: error },
            'it could not be looked up whether a file may still be read; this will be tried again',
          )
      },
      async () => {
        const [present, found] = await Promise.all([
          app.presentIdentity(identityOf(request)),
          findFile(app.database, file.id),
        ])
        if (!present || !found) reply.raw.destroy()
      },
    )
    reply.raw.once('close', () => {
      void looking.stop()
      app.rooms.attendance.leave(visit)
      opened.destroy()
    })
    return opened
  }
}

/**
 * A file, and its room, as the person who asks for it may read them.
 * @throws HttpError 404, in the same words whether there is none or it is not for them
 */
async function readableFile(
  request: FastifyRequest,
  id: string,
): Promise<{ file: FoundFile; room: FoundRoom }> {
  const { database } = request.server
  const { user } = identityOf(request)
  const file = await findFile(database, id)
  const room = file && (await findRoom(database, file.room, user))
  if (!file || !room || !may(room, 'see')) throw noSuchFile()
  // One that stands in no message yet is its sender's alone.
  if (file.seq === null && file.user !== user.id) throw noSuchFile()
  return { file, room }
}

function setHeaders(reply: FastifyReply, file: FoundFile, part: Part): FastifyReply {
  const kind = fileKind(file)
  const type = part === 'thumbnail' ? 'image/webp' : file.type
  const disposition = kind === 'file' ? 'attachment' : 'inline'
  return (
    reply
      .header('content-type', type === 'text/plain' ? 'text/plain; charset=utf-8' : type)
      .header('content-disposition', contentDisposition(file.name, { type: disposition }))
      .header('content-security-policy', POLICY)
      .header('cross-origin-resource-policy', 'same-origin')
      .header('referrer-policy', 'no-referrer')
      .header('x-content-type-options', 'nosniff')
      .header('accept-ranges', 'bytes')
      // Asked for each time, so that nobody sees it from the cache who may not any more.
      .header('cache-control', 'private, no-cache')
  )
}

/**
 * Returns the part of a file that is asked for; undefined: one that it does not have. Several parts at once are answered with all
 * of it, as RFC 9110 allows: a header of thousands costs nothing.
 */
function wantedOf({ headers }: FastifyRequest, size: number, etag: string): Wanted | undefined {
  const all = { start: 0, end: size - 1, isRange: false }
  const { range = '', 'if-range': ifRange } = headers
  if (!ONE_RANGE.test(range) || (ifRange !== undefined && ifRange !== etag)) return all
  const { code, ranges } = parseRange(size, range)
  const [first] = ranges
  if (first) return { ...first, isRange: true }
  return code & UNSATISFIABLE ? undefined : all
}

/** Tells whether a client says that it has what a tag names (RFC 9110, section 13.1.2). */
function holds(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}

async function whole(source: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function tooMany(): TooManyRequests {
  return new TooManyRequests(
    'Too many files at once',
    'Wait until one of them has finished, then try again.',
    RETRY_AFTER,
  )
}

function noSuchFile(): HttpError {
  const advice = 'It may have been deleted, or the address may be wrong.'
  return new HttpError(404, 'There is no such file', advice, undefined, 'not_found')
}
