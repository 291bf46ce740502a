/** The group of a room for what is of use only now: who is here, and who is typing. */
export function liveGroup(room: number): string {
  return `room.${room}.live`
}
