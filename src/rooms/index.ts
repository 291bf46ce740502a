import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { roomAnnouncements } from './announcements.ts'
import { type RoomsOptions, roomRoutes } from './routes.ts'

/** Rooms: who is in them, and who may do what there. What happens in them is up to other features. */
export const rooms = fp(async (app: FastifyInstance, options: RoomsOptions) => {
  await app.register(roomAnnouncements)
  await app.register(roomRoutes, options)
})

export { moderates } from './access.ts'
export {
  type ListedRoomChanged,
  listedGroup,
  listGroup,
  type RoomListChanged,
  type RoomRead,
} from './announcements.ts'
export { RoomConsumer } from './consumer.ts'
export { otherRooms } from './directory.ts'
export { membersGroup, type RoomLeft } from './groups.ts'
export { byName, type MemberRoom, memberRooms, tryMarkRead } from './memberships.ts'
export { emptyRoomForm } from './presentation.ts'
export { RoomParams } from './protocol.ts'
export { openRoom, roomOf } from './requests.ts'
export { enterRoom, type FoundRoom, minuteOf, type Room } from './rooms.ts'
export { type MemberStanding, memberStandings } from './standings.ts'
