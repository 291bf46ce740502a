/** The group of a room for what happens to memberships: every consumer in it that is for members alone belongs to it. */
export function membersGroup(room: number): string {
  return `room.${room}.members`
}

/** A person left a room: all their sockets there are closed, in whichever tab and feature. */
export interface RoomLeft {
  readonly type: 'room.left'
  readonly user: number
  readonly [field: string]: unknown
}
