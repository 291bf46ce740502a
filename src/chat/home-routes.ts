import type { FastifyInstance, FastifyReply } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { emptyRoomForm, isShown, otherRooms } from '../rooms/index.ts'
import { utcCalendar } from '../web/presentation.ts'
import { roomEntry, roomList } from './room-list.ts'
import { roomCardView } from './room-presentation.ts'

export async function homeRoutes(app: FastifyInstance): Promise<void> {
  app.get('/', { onRequest: app.rateLimits.reading }, async (request, reply) =>
    request.identity
      ? homePage(reply)
      : reply.page('chat/welcome', { title: 'Partyline', open: await app.signUpPolicy.isOpen() }),
  )
}

async function homePage(reply: FastifyReply): Promise<FastifyReply> {
  const { database, rooms: roomsHere } = reply.server
  const { user } = identityOf(reply.request)
  const [rooms, others] = await Promise.all([
    roomList(database, roomsHere.online, user.id),
    otherRooms(database, user.id),
  ])
  const cards = rooms.filter(isShown).map((room) => roomCardView(roomEntry(room, 0), utcCalendar))
  return reply.page('chat/home', { title: 'Rooms', rooms: cards, others, form: emptyRoomForm })
}
