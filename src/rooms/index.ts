import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { repeat } from '../repeat.ts'
import { isLogged } from '../storage/index.ts'
import { roomAnnouncements } from './announcements.ts'
import { Attendance } from './attendance.ts'
import { roomBelongings } from './belongings.ts'
import { RoomDeletion } from './deletion.ts'
import { Glances } from './glances.ts'
import { handOverRooms } from './handing-over.ts'
import { sweepInvitations } from './invitations.ts'
import { migrations } from './migrations/index.ts'
import { sweepMutes } from './mutes.ts'
import { OnlineCounts } from './online.ts'
import { readableAmong } from './readers.ts'
import { type RoomsOptions, roomRoutes } from './routes.ts'
import { tellOfPeople } from './shown-people.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly rooms: Rooms
  }
}

export interface Rooms {
  /** The people who are connected to rooms in this process, and what they may do there. */
  readonly attendance: Attendance
  /** Tells those who are in one part of a room what happens in the other. */
  readonly glances: Glances
  /** Counts the people in rooms, for lists of rooms. */
  readonly online: OnlineCounts
  /** Deletes rooms, with what each feature keeps of them. */
  readonly deletion: RoomDeletion
  /**
   * Has all processes look up what was changed about who may do what. To be called after such a change was stored; when it resolves,
   * this process knows of it. It never rejects.
   */
  accessChanged(): Promise<void>
}

/** The layer's group on which processes tell each other that there is something to look up. */
const GROUP = 'rooms'

/** Milliseconds between two looks, in case the layer lost an event. */
const LOOK_INTERVAL = 1_000

/** Milliseconds between two times that invitations and mutes that have expired are deleted. */
const SWEEP_INTERVAL = 60 * 60 * 1_000

/** Rooms: who is in them, and who may do what there. What happens in them is up to other features. */
export const rooms = fp(async (app: FastifyInstance, options: RoomsOptions) => {
  const { channelLayer: layer, database, log } = app
  await app.migrate('rooms', migrations)
  await app.register(roomAnnouncements)
  app.blocks.listen((user) => app.roomAnnouncements.listChanged(user))
  app.blocks.findReadableWith((user, rooms) => readableAmong(database, user, rooms))
  const attendance = new Attendance(database)
  await attendance.start()

  const complain = (error: unknown) => {
    if (!isLogged(error))
      log.warn({ err: error }, 'changes of access to rooms could not be looked up; this will be tried again')
  }
  const channel = layer.newChannel(() => {
    attendance.look().catch(complain)
    return true
  })
  await layer.groupAdd(GROUP, channel)
  const looking = repeat(LOOK_INTERVAL, complain, () => attendance.look())
  // Not waited for: a database that hangs would keep the server.
  app.addHook('onClose', async () => void looking.stop())

  const glances = new Glances(layer, log)
  app.addHook('onClose', async () => glances.close())

  const online = new OnlineCounts(app.presence)
  online.onRoomChange((room) => app.roomAnnouncements.onlineChanged(room))

  app.decorate('rooms', {
    attendance,
    glances,
    online,
    deletion: new RoomDeletion(app),
    async accessChanged() {
      layer
        .groupSend(GROUP, { type: 'rooms.access' })
        .catch((error) =>
          log.warn(
            { err: error },
            'other processes were not told that somebody’s access changed; they will find out themselves',
          ),
        )
      await attendance.look().catch(complain)
    },
  })
  app.jobs.every('sweep-invitations', SWEEP_INTERVAL, async () => {
    if (await sweepInvitations(app.database)) return { again: 0 }
  })
  app.jobs.every('sweep-mutes', SWEEP_INTERVAL, async () => {
    if (await sweepMutes(app.database)) return { again: 0 }
  })
  app.belongings.add(...roomBelongings(app))
  handOverRooms(app)
  tellOfPeople(app)
  await app.register(roomRoutes, options)
})

export { type Access, type Action, type Kind, LEVELS, may } from './access.ts'
export {
  type AdministeredRoom,
  administeredRoom,
  administeredRooms,
  countDirectRooms,
  largestRooms,
  MEMBERS_COUNTED,
} from './administered-rooms.ts'
export {
  type ListedRoomChanged,
  listedGroup,
  listGroup,
  type RoomListChanged,
  type RoomOnlineChanged,
  type RoomRead,
} from './announcements.ts'
export { archiveRoom, unarchiveRoom } from './archive.ts'
export { slugOf } from './columns.ts'
export { RoomConsumer } from './consumer.ts'
export { type EraseContents, eraserOf } from './deletion.ts'
export { otherRooms } from './directory.ts'
export { eventRouteOptions, followByHttp } from './following.ts'
export { presentGroup } from './glances.ts'
export { endInvitation, goodInvitationsOn, invitationOf, renewInvitation } from './invitations.ts'
export { LiveRoomConsumer, liveFrame } from './live-consumer.ts'
export { byName, isShown, type MemberRoom, memberRooms } from './member-rooms.ts'
export { keepHidden, roomNumbersOf } from './members.ts'
export { tryMarkRead } from './memberships.ts'
export { mutedEnd } from './mutes.ts'
export type { OnlineCounts } from './online.ts'
export { emptyRoomForm } from './presentation.ts'
export { RoomParams } from './protocol.ts'
export { type ReadPosition, readPositions } from './read-positions.ts'
export {
  hasRead,
  mayRead,
  type ReadableRoom,
  readableRooms,
  readableScope,
  readableSlugs,
} from './readers.ts'
export { membersAfter, type Recipient, readersNamed } from './recipients.ts'
export { configurableRoomOf, noSuchRoom, notAllowed, openRoom, roomOf } from './requests.ts'
export { lockRoom, lockRoomShared } from './room-lock.ts'
export {
  auditedRoom,
  type FoundRoom,
  findRoom,
  minuteOf,
  type Room,
  roomNamed,
  roomsNumbered,
  roomTitles,
} from './rooms.ts'
export { changeDescription, descriptionFault, roomDescription } from './settings.ts'
export { type MemberStanding, memberStandings } from './standings.ts'
export { latestRev, type TalkingRoom, talkingRooms, talkingRoomsAfter } from './talking-rooms.ts'
export { Throttle } from './throttle.ts'
