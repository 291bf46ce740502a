import type { LastMessage, RoomEntry } from '../../chat/protocol.ts'
import { isObject } from '../client/index.ts'

/** Tells whether a frame describes one of one's own rooms. */
export function isRoomEntry(value: unknown): value is RoomEntry {
  return (
    isObject(value) &&
    typeof value.slug === 'string' &&
    typeof value.name === 'string' &&
    typeof value.unread === 'number' &&
    typeof value.members === 'number' &&
    typeof value.online === 'number' &&
    (value.last === undefined || isLastMessage(value.last))
  )
}

function isLastMessage(value: unknown): value is LastMessage {
  return (
    isObject(value) &&
    typeof value.seq === 'number' &&
    typeof value.sender === 'string' &&
    typeof value.at === 'string'
  )
}
