import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { ChannelEvent, ChannelLayer } from '../channels/index.ts'
import { Throttle } from './throttle.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly roomAnnouncements: RoomAnnouncements
  }
}

/** The group of a room, for the lists that it is in. */
export function listedGroup(room: number): string {
  return `room.${room}.listed`
}

/** The group of a person, for changes of their own list of rooms. */
export function listGroup(user: number): string {
  return `person.${user}.rooms`
}

/** A property of a room that lists show has changed: its last message, its name, its number of members. */
export interface ListedRoomChanged extends ChannelEvent {
  readonly type: 'rooms.changed'
}

/** Others are in a room than before. */
export interface RoomOnlineChanged extends ChannelEvent {
  readonly type: 'rooms.online'
}

/** A person has another list of rooms, or another standing in one of them. */
export interface RoomListChanged extends ChannelEvent {
  readonly type: 'rooms.list'
}

/** A person has read a room up to a `seq`. */
export interface RoomRead extends ChannelEvent {
  readonly type: 'rooms.read'
  readonly room: number
  readonly seq: number
}

/** Milliseconds between two announcements of one room: a list changes at most twice a second. */
const INTERVAL = 500

/** Milliseconds between two announcements that people came to a room or left it. */
const ONLINE_INTERVAL = 2_000

/**
 * Tells the lists of rooms in all processes to look again. An announced change is already in the database; a lost announcement
 * is made up for when the lists are compared with it.
 */
export class RoomAnnouncements {
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  readonly #rooms = new Throttle<number>(INTERVAL)
  readonly #online = new Throttle<number>(ONLINE_INTERVAL)

  constructor(layer: ChannelLayer, log: FastifyBaseLogger) {
    this.#layer = layer
    this.#log = log
  }

  /** Announces that a room's entry in everyone's list has changed. To be called as often as that happens. */
  roomChanged(room: number): void {
    if (this.#rooms.waits(room)) return
    const event: ListedRoomChanged = { type: 'rooms.changed' }
    this.#rooms.run(room, () => this.#send(listedGroup(room), event))
  }

  /** Others are in a room than before. To be called as often as that happens. */
  onlineChanged(room: number): void {
    const event: RoomOnlineChanged = { type: 'rooms.online' }
    this.#online.run(room, () => this.#send(listedGroup(room), event))
  }

  /** A person has joined a room or left it, or stands in it in another way. */
  listChanged(user: number): void {
    const event: RoomListChanged = { type: 'rooms.list' }
    this.#send(listGroup(user), event)
  }

  /** A person has read a room up to `seq`. */
  wasRead(user: number, room: number, seq: number): void {
    const event: RoomRead = { type: 'rooms.read', room, seq }
    this.#send(listGroup(user), event)
  }

  close(): void {
    this.#rooms.close()
    this.#online.close()
  }

  #send(group: string, event: ChannelEvent): void {
    this.#layer
      .groupSend(group, event)
      .catch((error) => this.#log.warn({ err: error }, 'a change of a list of rooms was not announced'))
  }
}

/** Adds `app.roomAnnouncements`. */
export const roomAnnouncements = fp(async (app: FastifyInstance) => {
  const announcements = new RoomAnnouncements(app.channelLayer, app.log)
  app.decorate('roomAnnouncements', announcements)
  app.addHook('onClose', async () => announcements.close())
})

/** Announces that a person has become a member of a room, or is no longer one. */
export function announceMember(
  { roomAnnouncements }: FastifyInstance,
  room: { readonly id: number },
  user: number,
): void {
  roomAnnouncements.listChanged(user)
  roomAnnouncements.roomChanged(room.id)
}
