import multipart from '@fastify/multipart'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { FrameError } from '../../channels/index.ts'
import type { PictureRefusal } from '../../imaging/index.ts'
import { noteSaved } from '../../web/index.ts'
import { identityOf, requireUser } from '../access.ts'
import { accountPage } from '../account-page.ts'
import { setPicture } from '../people.ts'
import { type Picture, pictureBytes, pictureOf } from './pictures.ts'
import { PictureParams, PictureQuery } from './protocol.ts'
import { type Upload, Uploads } from './uploads.ts'

declare module 'fastify' {
  interface FastifyRequest {
    upload: Upload | null
  }
}

const MEBIBYTE = 1024 * 1024
/** Bytes of a picture that is sent: what a telephone's camera makes has three to six million. */
const LARGEST = 8 * MEBIBYTE
/** Pictures that one person may send in a minute: each takes a process a second or so. */
const PER_MINUTE = 10
/** Pictures that one person may look at in a minute: a page may have a hundred, and a browser keeps them. */
const SHOWN_PER_MINUTE = 1_200
/** Seconds that a browser keeps a picture whose address names its version. */
const YEAR = 365 * 24 * 60 * 60

const refusals: Readonly<Record<PictureRefusal, { readonly status: number; readonly words: string }>> = {
  kind: {
    status: 415,
    words: 'That picture cannot be shown here. Choose a JPEG, PNG, WebP, GIF or AVIF file.',
  },
  pixels: {
    status: 413,
    words: 'That picture has more than 50 million pixels. Make it smaller, then send it again.',
  },
  unreadable: {
    status: 400,
    words:
      'That picture could not be read. It may be damaged or too large. Choose another, or save it again.',
  },
  slow: {
    status: 503,
    words: 'That picture took too long to process. Make it smaller, or try again later.',
  },
  unavailable: { status: 503, words: 'This server cannot process pictures.' },
}

/** The words for a form that could not be read, by the code of the error. */
const unreadable: Readonly<Record<string, { readonly status: number; readonly words: string }>> = {
  FST_REQ_FILE_TOO_LARGE: {
    status: 413,
    words: `That file is larger than ${LARGEST / MEBIBYTE} MiB. Make the picture smaller, then send it again.`,
  },
  FST_FILES_LIMIT: { status: 413, words: 'Send one picture.' },
}

/** The picture of a person: it is sent and removed at `/account`, and shown to everyone who is signed in. */
export async function pictureRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const uploads = new Uploads()
  const sending = app.rateLimits.perMinute('pictures', PER_MINUTE)
  const showing = app.rateLimits.perMinute('shown pictures', SHOWN_PER_MINUTE)
  app.addHook('onRequest', requireUser)
  app.decorateRequest('upload', null)
  // Here alone: no other form takes files.
  await app.register(multipart, {
    attachFieldsToBody: 'keyValues',
    limits: { fileSize: LARGEST, files: 1, fields: 8, fieldSize: 1024, parts: 10, headerPairs: 20 },
  })

  app.post(
    '/account/picture',
    {
      onRequest: [
        ...app.rateLimits.sending,
        ...sending,
        async (request, reply) => {
          if (request.identity) request.upload = uploads.enter(request.identity.user.id, reply.raw)
        },
      ],
      errorHandler: (error, _request, reply) => {
        const refusal = unreadable[error.code]
        if (!refusal) throw error
        return accountPage(reply.code(refusal.status), { pictureError: refusal.words })
      },
    },
    async (request, reply) => {
      const { user } = identityOf(request)
      const bytes = fileOf(request)
      if (!bytes) return accountPage(reply.code(400), { pictureError: 'Choose a picture first.' })
      const work = async () => {
        const made = await app.pictureMaker.squares(bytes)
        return typeof made === 'string' ? refusals[made] : keep(user.id, made)
      }
      const refusal = await (request.upload?.during(work) ?? work())
      if (!refusal) return noteSaved(reply, 'picture').redirect('/account#picture-heading', 303)
      return accountPage(reply.code(refusal.status), { pictureError: refusal.words })
    },
  )

  app.post('/account/picture/remove', { onRequest: app.rateLimits.sending }, async (request, reply) => {
    const { user } = identityOf(request)
    await show(user.id, undefined)
    return reply.redirect('/account#picture-heading', 303)
  })

  app.get(
    '/people/:name/picture',
    {
      schema: { params: PictureParams, querystring: PictureQuery },
      onRequest: showing,
    },
    async (request, reply) => {
      const { size = 'small', v } = request.query
      const picture = await pictureOf(app.database, request.params.name, size)
      if (!picture) return reply.callNotFound()
      // An address that names another version is asked for where a page is older than the picture.
      const isCurrent = picture.version === v
      return reply
        .header('cache-control', isCurrent ? `private, max-age=${YEAR}, immutable` : 'private, no-cache')
        .header('content-security-policy', "default-src 'none'; sandbox")
        .type('image/webp')
        .send(Buffer.from(picture.content))
    },
  )

  /** @returns what is wrong; undefined: it is kept */
  async function keep(user: number, picture: Picture) {
    try {
      await app.usage.keep(user, pictureBytes(picture), async (fits) => {
        if (!fits) throw new FrameError('limit', app.usage.refusal)
        return { changed: await show(user, picture) }
      })
      return undefined
    } catch (error) {
      if (error instanceof FrameError) return { status: 413, words: error.message }
      throw error
    }
  }

  /** @returns whether it is shown now: an account may have been deactivated meanwhile */
  async function show(user: number, picture: Picture | undefined): Promise<boolean> {
    const { change, freed } = await setPicture(app.database, user, picture)
    if (freed > 0) await app.usage.free(user, freed)
    if (change?.changed) app.changedPeople.announce(change.person)
    return change?.changed === true
  }
}

/** The file of the form; undefined: none was chosen. */
function fileOf({ body }: FastifyRequest): Uint8Array | undefined {
  const file: unknown =
    typeof body === 'object' && body !== null && 'picture' in body ? body.picture : undefined
  return file instanceof Uint8Array && file.length > 0 ? file : undefined
}
