import type { Kysely } from 'kysely'
import { type Placeholder, prepared, type Tables } from '../storage/index.ts'

/**
 * Messages that are looked at in one go, of all senders: there is no index by sender, which would cost more with each message
 * than reading all of them the few times that it is wanted.
 */
const RANGE = 500

/** A place in the talk of all rooms. */
export interface Place {
  readonly room: number
  readonly seq: number
}

/** A stretch of the messages of all rooms, after one place and up to another. */
export interface Stretch {
  readonly after: Place
  /** Undefined: to the end. */
  readonly upTo: Place | undefined
}

/** The stretch of messages that begins after a place. @param after as `placeText` gives it; empty: the beginning */
export async function stretchAfter(database: Kysely<Tables>, after: string): Promise<Stretch> {
  const [room = 0, seq = 0] = after === '' ? [] : after.split(' ').map(Number)
  const place = { room, seq }
  const upTo = await selectEnd.executeTakeFirst(database, place)
  return { after: place, upTo }
}

/** Returns the place where the next stretch begins; undefined: there is none. */
export function placeText({ upTo }: Stretch): string | undefined {
  return upTo && `${upTo.room} ${upTo.seq}`
}

/** The values of a stretch for a query. */
export function boundsOf({ after, upTo }: Stretch): StretchBounds {
  const { room, seq } = upTo ?? { room: Number.MAX_SAFE_INTEGER, seq: 0 }
  return { room: after.room, seq: after.seq, lastRoom: room, lastSeq: seq }
}

export interface StretchBounds {
  readonly room: number
  readonly seq: number
  readonly lastRoom: number
  readonly lastSeq: number
}

/** The last place of a stretch, if it does not reach to the end. */
const selectEnd = prepared((database, value: Placeholder<Place>) =>
  database
    .selectFrom('messages')
    .select(['room_id as room', 'seq'])
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('room_id', 'seq'), '>', tuple(value('room'), value('seq'))),
    )
    .orderBy('room_id')
    .orderBy('seq')
    .limit(1)
    .offset(RANGE - 1),
)
