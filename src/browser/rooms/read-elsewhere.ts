import { isRoomEntry } from './room-entries.ts'

/** The event by which the script of every page hands on the rooms of its person. */
export const ROOMS_CHANGED = 'partyline:rooms'

/** Calls back when all of a room was read, here or on another device. @param onRead takes the `seq` of its last message */
export function whenRead(room: string, onRead: (seq: number) => void): void {
  document.addEventListener(ROOMS_CHANGED, (event) => {
    const rooms: unknown = event instanceof CustomEvent ? event.detail : []
    const found = Array.isArray(rooms)
      ? rooms.filter(isRoomEntry).find(({ slug }) => slug === room)
      : undefined
    if (found?.unread === 0) onRead(found.last?.seq ?? 0)
  })
}
