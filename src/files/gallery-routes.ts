import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf, requireUser } from '../accounts/index.ts'
import { RoomParams, roomOf } from '../rooms/index.ts'
import { personName } from '../web/presentation.ts'
import { galleryPage } from './gallery.ts'
import { fileView } from './presentation.ts'
import { GalleryQuery } from './protocol.ts'

/** `/rooms/:room/files`: the pictures and files of a room, the newest first. */
export async function galleryRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('onRequest', requireUser)

  app.get(
    '/rooms/:room/files',
    { schema: { params: RoomParams, querystring: GalleryQuery }, onRequest: app.rateLimits.reading },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      const { before, kind } = request.query
      const last = before === undefined ? Number.MAX_SAFE_INTEGER : Number(before)
      const { files, next } = await galleryPage(app.database, room.id, last, kind)
      const blocked = await app.blocks.namesOf(identityOf(request).user.id)
      return reply.page('files/gallery', {
        title: `Files in ${room.name}`,
        room,
        kind: kind ?? null,
        isFirst: before === undefined,
        next,
        files: files.map(({ at, sender, senderName, seq, ...file }) => ({
          file: blocked.has(sender) ? null : fileView(file),
          at,
          sender: personName(sender, senderName ?? undefined),
          message: `/rooms/${room.slug}?at=${seq}#message-${seq}`,
        })),
      })
    },
  )
}
