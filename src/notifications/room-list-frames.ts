import { type Static, Type } from 'typebox'
import {
  type ListedRoom,
  type Reader,
  RoomEntry,
  type RoomNews,
  roomEntry,
  unreadAmong,
} from '../chat/index.ts'

/** A room in a person's list as it is now, or one that is no longer in it. */
export const RoomFrame = Type.Union([
  Type.Object({ type: Type.Literal('room'), ...RoomEntry.properties }),
  Type.Object({ type: Type.Literal('room'), slug: Type.String(), gone: Type.Literal(true) }),
])
export type RoomFrame = Static<typeof RoomFrame>

/** A person's whole list. */
export const RoomsFrame = Type.Object({
  type: Type.Literal('rooms'),
  rooms: Type.Immutable(Type.Array(RoomEntry)),
})
export type RoomsFrame = Static<typeof RoomsFrame>

/** A room in a list, with the number of mentions that was last sent. */
export type NotedRoom = ListedRoom & { readonly mentions: number }

export function roomFrame(room: NotedRoom): RoomFrame {
  return { type: 'room', ...entryOf(room) }
}

/** Tells that a room is no longer in a list. */
export function goneFrame({ slug }: NotedRoom): RoomFrame {
  return { type: 'room', slug, gone: true }
}

export function entryOf(room: NotedRoom): RoomEntry {
  return roomEntry(room, room.mentions)
}

/** Tells whether a room looks the same in a list. */
export function isSame(one: NotedRoom, other: NotedRoom): boolean {
  return JSON.stringify(entryOf(one)) === JSON.stringify(entryOf(other))
}

/**
 * Updates a room of a list. For somebody who is far behind, only new messages are counted, until the list is read again.
 */
export function withNews(known: ListedRoom, news: RoomNews, reader: Reader): ListedRoom {
  const { archived, description, last, members, rev, slug } = news
  // A direct room is named after the others in it, whenever the list is read.
  const name = known.kind === 'direct' ? known.name : news.name
  const { readSeq } = reader
  const since = () => unreadAmong(news, { ...reader, readSeq: known.rev }) ?? 0
  const unread = Math.min(unreadAmong(news, reader) ?? known.unread + since(), known.counted)
  return { ...known, slug, name, description, archived, rev, last, members, readSeq, unread }
}
