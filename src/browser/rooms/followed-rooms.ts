import type { RoomEntry } from '../../chat/protocol.ts'
import type { ServerObject } from '../client/index.ts'
import { LiveSocket } from '../live/socket.ts'
import { BLOCKED_CHANGED } from './blocked-changes.ts'
import { DRAFT_CHANGED } from './draft-changes.ts'
import { isJobFrame, JOB_CHANGED } from './job-changes.ts'
import { isRoomEntry } from './room-entries.ts'

/**
 * Follows the rooms of a person, wherever in them something happens and on whatever device it was read.
 * @param onChange called with all of them, whenever one has changed
 * @param onOther called with what else the server says over this socket
 * @param onLive called whenever there is a connection, and nothing is known on it yet of what was sent on an earlier one
 * @returns the socket
 */
export function followRooms(
  user: string,
  onChange: (rooms: readonly RoomEntry[]) => void,
  onOther: (frame: ServerObject) => void,
  onLive: () => void,
): LiveSocket {
  const rooms = new Map<string, RoomEntry>()
  const receive = (frame: ServerObject) => {
    if (isJobFrame(frame)) {
      document.dispatchEvent(new CustomEvent(JOB_CHANGED, { detail: frame }))
      return
    }
    if (frame.type === 'draft') {
      document.dispatchEvent(new CustomEvent(DRAFT_CHANGED, { detail: frame }))
      return
    }
    if (frame.type === 'blocked') {
      document.dispatchEvent(new CustomEvent(BLOCKED_CHANGED, { detail: [frame.people, frame.hooks].flat() }))
      return
    }
    if (frame.type === 'rooms' && Array.isArray(frame.rooms)) {
      rooms.clear()
      for (const room of frame.rooms.filter(isRoomEntry)) rooms.set(room.slug, room)
    } else if (frame.type === 'room' && frame.gone === true) rooms.delete(String(frame.slug))
    else if (frame.type === 'room' && isRoomEntry(frame)) rooms.set(frame.slug, frame)
    else return onOther(frame)
    onChange([...rooms.values()])
  }
  return new LiveSocket({
    path: '/ws/notifications',
    greeting: 'rooms',
    user,
    onFrame: receive,
    onReset: receive,
    onState: ({ kind }) => kind === 'live' && onLive(),
  })
}
