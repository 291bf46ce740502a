import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf, requireUser } from '../accounts/index.ts'
import { roomEntry, roomList } from '../chat/index.ts'
import { isShown } from '../rooms/index.ts'
import { unreadMentions } from './notification-rows.ts'
import { notificationsPage } from './page.ts'
import { NotificationsQuery } from './protocol.ts'

export async function notificationRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('onRequest', requireUser)

  app.get('/api/rooms', { config: { scope: 'read' }, onRequest: app.pace.reading }, async (request) => {
    const { id } = identityOf(request).user
    const rooms = await roomList(app.database, app.rooms.online, id)
    const mentions = (await unreadMentions(app.database, [id])).get(id)
    return { rooms: rooms.filter(isShown).map((room) => roomEntry(room, mentions?.get(room.id) ?? 0)) }
  })

  app.get(
    '/api/notifications',
    {
      schema: { querystring: NotificationsQuery },
      config: { scope: 'read' },
      onRequest: app.pace.reading,
    },
    async (request) => {
      const { before } = request.query
      const { user } = identityOf(request)
      return notificationsPage(app.database, user.id, before === undefined ? undefined : Number(before))
    },
  )
}
