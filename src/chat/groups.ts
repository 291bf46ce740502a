/** The group of people who follow the chat of a room, for events that matter only now, such as typing. */
export function liveGroup(room: number): string {
  return `room.${room}.live`
}
