/** The group of those who follow the talk of a room, for what is of use only now: who is typing. */
export function liveGroup(room: number): string {
  return `room.${room}.live`
}
