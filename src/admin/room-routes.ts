import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { actorOf } from '../audit/index.ts'
import {
  type AdministeredRoom,
  administeredRoom,
  administeredRooms,
  archiveRoom,
  countDirectRooms,
  MEMBERS_COUNTED,
  noSuchRoom,
  unarchiveRoom,
} from '../rooms/index.ts'
import { adminPage, neighbours, PAGE_SIZE, placeIn } from './pages.ts'
import { EmptyForm, ListQuery, NumberParams } from './protocol.ts'

/**
 * `/admin/rooms`: open and private rooms, in which an administrator need not be. They see name, size and owner, and nothing that is
 * said there; of direct rooms they see only how many there are.
 */
export async function roomRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits, roomAnnouncements, rooms } = app
  const path = '/admin/rooms'
  const bare = { schema: { params: NumberParams, body: EmptyForm }, onRequest: rateLimits.sending }

  app.get(
    path,
    { schema: { querystring: ListQuery }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const place = placeIn(request.query)
      const found = await administeredRooms(database, place.q, place.page, PAGE_SIZE)
      return adminPage(reply, path, 'rooms', {
        title: 'Rooms',
        q: place.q,
        rooms: found.rooms,
        direct: await countDirectRooms(database),
        membersCounted: MEMBERS_COUNTED,
        ...neighbours(path, place, found.more),
      })
    },
  )

  for (const [name, change] of [
    ['archive', archiveRoom],
    ['unarchive', unarchiveRoom],
  ] as const) {
    app.post(`${path}/:id/${name}`, bare, async (request, reply) => {
      const room = await roomNumbered(request.params.id)
      await change(database, room.id, actorOf(request))
      await rooms.accessChanged()
      roomAnnouncements.roomChanged(room.id)
      return reply.redirect(path, 303)
    })
  }

  app.get(
    `${path}/:id/delete`,
    { schema: { params: NumberParams }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const room = await roomNumbered(request.params.id)
      return adminPage(reply, path, 'delete-room', {
        title: `Delete ${room.name}`,
        room,
        isLobby: room.slug === 'lobby',
        membersCounted: MEMBERS_COUNTED,
      })
    },
  )

  app.post(`${path}/:id/delete`, bare, async (request, reply) => {
    const room = await roomNumbered(request.params.id)
    if (!(await rooms.deletion.delete(room.id, actorOf(request)))) {
      if (room.slug !== 'lobby') throw noSuchRoom()
      return adminPage(reply.code(400), path, 'delete-room', {
        title: `Delete ${room.name}`,
        room,
        isLobby: true,
        membersCounted: MEMBERS_COUNTED,
      })
    }
    app.jobs.wake()
    await rooms.accessChanged()
    roomAnnouncements.roomChanged(room.id)
    return reply.redirect(path, 303)
  })

  /** @throws HttpError also for a direct room */
  async function roomNumbered(id: string): Promise<AdministeredRoom> {
    const room = await administeredRoom(database, Number(id))
    if (!room) throw noSuchRoom()
    return room
  }
}
