/** A room's group in the channel layer on which its changes are published, to feeds. */
export function feedGroup(room: number): string {
  return `room.${room}`
}

/** A room's group for what is of use only now, to consumers: who is here and who is typing. */
export function liveGroup(room: number): string {
  return `room.${room}.live`
}
