import { filesOf, type Message, messagesIn, plainExcerpt } from '../chat/index.ts'
import { type ReadableRoom, readableRooms } from '../rooms/index.ts'
import type { Database } from '../storage/index.ts'
import { isOfMessage, type NotificationFrame, type Payload } from './notification.ts'
import type { StoredNotification } from './notification-rows.ts'

/** A notification that was composed, and whose it is. */
export interface Composed {
  readonly user: number
  readonly frame: NotificationFrame
  /** The room that it is about, where its person may read it. */
  readonly room: ReadableRoom | undefined
}

/**
 * Composes notifications in the given order, from the current state of their messages. Those from rooms that the person can no
 * longer read are left out, and so are those about deleted messages; a reminder is the person's own text, and only stops naming
 * such a room.
 */
export async function composeNotifications(
  database: Database,
  stored: readonly StoredNotification[],
): Promise<Composed[]> {
  const readers = stored.flatMap(({ room, user, username }) =>
    room === null ? [] : [{ room, user, username }],
  )
  const rooms = keyed(await readableRooms(database, distinct(readers)), ({ room, user }) => `${room} ${user}`)
  const places = stored.flatMap(({ event, room, seq }) =>
    isOfMessage(event) && room !== null && seq !== null ? [{ room, seq }] : [],
  )
  const messages = keyed(
    await messagesIn(database, distinct(places)),
    ({ roomId, seq }) => `${roomId} ${seq}`,
  )
  return stored.flatMap((row) => {
    const { at, id, user } = row
    const room = rooms.get(`${row.room} ${user}`)
    if (row.room !== null && !room && row.event !== 'reminder') return []
    const payload = payloadOf(row, room, messages.get(`${row.room} ${row.seq}`))
    return payload ? [{ user, room, frame: { type: 'notification' as const, id, payload, at } }] : []
  })
}

/** @returns undefined where there is nothing to say any more */
function payloadOf(
  { event, payload, seq }: StoredNotification,
  room: ReadableRoom | undefined,
  message: Message | undefined,
): Payload | undefined {
  // The payload was checked before it was stored.
  const said: Payload = payload === null ? {} : JSON.parse(payload)
  if (!isOfMessage(event))
    return {
      ...said,
      ...(event === 'push' ? {} : { event }),
      ...(room && { room: room.slug, room_name: room.name }),
      ...(seq === null ? {} : { seq }),
    }
  if (!room || !message) return undefined
  return {
    event,
    room: room.slug,
    room_name: room.name,
    seq: message.seq,
    sender: message.sender,
    ...(message.senderName === null ? {} : { sender_name: message.senderName }),
    excerpt: plainExcerpt(message.text, filesOf(message)),
  }
}

function distinct<One extends object>(all: readonly One[]): One[] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()]
}

function keyed<One>(all: readonly One[], keyOf: (one: One) => string): Map<string, One> {
  return new Map(all.map((one) => [keyOf(one), one]))
}
