/** A room's group for what is of use only now, to consumers: who is here and who is typing. */
export function liveGroup(room: number): string {
  return `room.${room}.live`
}

/** A room's group for what happens to memberships, to every consumer that is open to members alone. */
export function membersGroup(room: number): string {
  return `room.${room}.members`
}

/** Somebody left the room: all their sockets there are closed, in whichever tab and feature. */
export interface RoomLeft {
  readonly type: 'chat.left'
  readonly user: number
  readonly [field: string]: unknown
}
