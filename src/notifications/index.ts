import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { identityOf, requireUser } from '../accounts/index.ts'
import { roomEntry, roomList } from '../chat/index.ts'
import { isShown } from '../rooms/index.ts'
import { NotificationsConsumer } from './consumer.ts'
import { RoomLists } from './room-lists.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly roomLists: RoomLists
  }
}

/** What concerns a person wherever they are: the list of their rooms, live. */
export const notifications = fp(async (app: FastifyInstance) => {
  const { channelLayer, database, log, rooms } = app
  const roomLists = new RoomLists(database, channelLayer, rooms.online, log)
  app.decorate('roomLists', roomLists)
  app.addHook('onClose', () => roomLists.close())

  app.consumer('/ws/notifications', NotificationsConsumer)
  await app.register(listRoutes)
})

async function listRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('onRequest', requireUser)

  app.get('/api/rooms', { onRequest: app.pace.reading }, async (request) => {
    const rooms = await roomList(app.database, app.rooms.online, identityOf(request).user.id)
    return { rooms: rooms.filter(isShown).map(roomEntry) }
  })
}
