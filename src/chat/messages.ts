import { type Kysely, sql } from 'kysely'
import { isNotBlocked } from '../accounts/index.ts'
import type { Kind } from '../rooms/index.ts'
import { type Database, type Placeholder, prepared, preparedForRows, type Tables } from '../storage/index.ts'
import { inRisingRev } from '../streams/index.ts'
import { colouring } from './markdown/colouring.ts'
import type { Message } from './message.ts'
import { type MessageRow, messageOf, selectMessages } from './stored-message.ts'

export interface Page {
  readonly messages: Message[]
  /** True if there are more in the direction that was asked for. */
  readonly more: boolean
}

/** No `seq` and no `rev` is larger. */
const ALL = Number.MAX_SAFE_INTEGER

/** The newest messages of a room, or the newest before a `seq`; ascending. */
export async function messagesBefore(
  database: Database,
  room: number,
  before: number | undefined,
  limit: number,
): Promise<Page> {
  const rows = await selectBefore.execute(database, { room, before: before ?? ALL, limit: limit + 1 })
  return { messages: await messagesOf(rows.slice(0, limit).reverse()), more: rows.length > limit }
}

/** The oldest messages after a `seq`; ascending. */
export async function messagesAfter(
  database: Database,
  room: number,
  after: number,
  limit: number,
): Promise<Page> {
  const rows = await selectAfter.execute(database, { room, after, limit: limit + 1 })
  return { messages: await messagesOf(rows.slice(0, limit)), more: rows.length > limit }
}

/** A page around a message, or around the place where it would be. */
export interface PageAround {
  readonly messages: Message[]
  /** True if there are earlier ones. */
  readonly earlier: boolean
  readonly later: boolean
}

/**
 * The messages around a `seq`, half of them before it; ascending.
 * @param after how many from that `seq` on, where that is not the other half
 */
export async function messagesAround(
  database: Database,
  room: number,
  seq: number,
  limit: number,
  after = Math.ceil(limit / 2),
): Promise<PageAround> {
  const [earlier, later] = await Promise.all([
    messagesBefore(database, room, seq, Math.floor(limit / 2)),
    messagesAfter(database, room, seq - 1, after),
  ])
  return { messages: [...earlier.messages, ...later.messages], earlier: earlier.more, later: later.more }
}

/**
 * The `seq` of the first message of a room posted at a time or later; undefined: there is none. It is found by binary search:
 * messages are numbered in the order in which they are posted, and their times have no index.
 * @param at ISO 8601, in UTC
 * @param last no message has a higher `seq`
 */
export async function firstSince(
  database: Database,
  room: number,
  at: string,
  last: number,
): Promise<number | undefined> {
  let low = 0
  let high = last + 1
  let found: number | undefined
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const next = await selectNext.executeTakeFirst(database, { room, seq: middle })
    if (!next || next.seq >= high) high = middle
    else if (next.at >= at) {
      found = next.seq
      high = middle
    } else low = next.seq + 1
  }
  return found
}

/**
 * The `seq` of the first message after `seq`, among the next `among`, that is not from the person or somebody they have blocked;
 * undefined: there is none.
 */
export async function firstOfOthers(
  database: Database,
  { room, user, after, among }: { room: number; user: number; after: number; among: number },
): Promise<number | undefined> {
  return (await selectFirstOfOthers.executeTakeFirst(database, { room, user, after, among }))?.seq
}

/** One message of a room. */
export async function messageAt(database: Database, room: number, seq: number): Promise<Message | undefined> {
  const row = await selectOne.executeTakeFirst(database, { room, seq })
  return row && (await messagesOf([row]))[0]
}

/** Returns the pinned messages of a room, the one that was pinned last first. */
export async function pinnedMessages(database: Database, room: number): Promise<Message[]> {
  return messagesOf(await selectPinned.execute(database, { room }))
}

/** A place in a room's talk. */
export interface MessagePlace {
  readonly room: number
  readonly seq: number
}

/** A message with facts about its room and sender, for use outside the room. */
export interface FoundMessage extends Message {
  readonly roomId: number
  readonly kind: Kind
  /** True if somebody may want to be notified of everything that is said in the room. */
  readonly isWatched: boolean
  readonly senderId: number
}

/** The messages at these places, in no order; those that are deleted are left out. */
export async function messagesIn(
  database: Kysely<Tables>,
  places: readonly MessagePlace[],
): Promise<FoundMessage[]> {
  const rows = await selectPlaces.execute(database, places)
  return rows.map(({ kind, roomId, senderId, watched, ...row }) => ({
    ...messageOf(row),
    ...{ kind, roomId, senderId, isWatched: watched !== 0 },
  }))
}

/** Tells whether a sender said something in a room under this id before. */
export async function isPosted(
  database: Database,
  room: number,
  sender: number,
  id: string,
): Promise<boolean> {
  return (await selectPosted.executeTakeFirst(database, { room, sender, id })) !== undefined
}

/** Returns the changes in a room after a `rev`, in rising `rev`. */
export async function changesAfter(
  database: Kysely<Tables>,
  room: number,
  after: number,
  upTo: number | undefined,
  limit: number,
): Promise<Message[]> {
  return messagesOf(await changes.execute(database, { room, after, upTo: upTo ?? ALL, limit }))
}

/** Returns the message with a `seq`, even if it was deleted. */
export function standingAt(
  database: Kysely<Tables>,
  room: number,
  seq: number,
): Promise<{ rev: number; id: string } | undefined> {
  return selectStanding.executeTakeFirst(database, { room, seq })
}

/** Counts the messages that changed after a `rev`, up to `limit`. */
export async function countChanged(
  database: Kysely<Tables>,
  room: number,
  after: number,
  limit: number,
): Promise<number> {
  const row = await selectCount.executeTakeFirst(database, { room, after, limit })
  return Math.min(Number(row?.said ?? 0) + Number(row?.changed ?? 0), limit)
}

const selectStanding = prepared((database, value: Placeholder<{ room: number; seq: number }>) =>
  database
    .selectFrom('messages')
    .select(['rev', 'client_id as id'])
    .where('room_id', '=', value('room'))
    .where('seq', '=', value('seq')),
)

/** In two parts, each of which has its index, and of neither more than `limit` rows are looked at. */
const selectCount = prepared(
  (database, value: Placeholder<{ room: number; after: number; limit: number }>) => {
    const rows = database
      .selectFrom('messages')
      .select('seq')
      .where('room_id', '=', value('room'))
      .where('rev', '>', value('after'))
      .limit(value('limit'))
    const said = rows.whereRef('rev', '=', 'seq').where('seq', '>', value('after'))
    const changed = rows.whereRef('rev', '<>', 'seq')
    return database.selectNoFrom(({ selectFrom }) => [
      selectFrom(said.as('said'))
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('said'),
      selectFrom(changed.as('changed'))
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('changed'),
    ])
  },
)

const selectBefore = prepared(
  (database, value: Placeholder<{ room: number; before: number; limit: number }>) =>
    selectMessages(database)
      .where('messages.room_id', '=', value('room'))
      .where('messages.seq', '<', value('before'))
      .orderBy('messages.seq', 'desc')
      .limit(value('limit')),
)

const selectAfter = prepared((database, value: Placeholder<{ room: number; after: number; limit: number }>) =>
  selectMessages(database)
    .where('messages.room_id', '=', value('room'))
    .where('messages.seq', '>', value('after'))
    .orderBy('messages.seq')
    .limit(value('limit')),
)

const changes = prepared(
  (database, value: Placeholder<{ room: number; after: number; upTo: number; limit: number }>) => {
    const all = selectMessages(database)
      .where('messages.room_id', '=', value('room'))
      .where('messages.rev', '>', value('after'))
      .where('messages.rev', '<=', value('upTo'))
      .limit(value('limit'))
    const said = all
      .whereRef('messages.rev', '=', 'messages.seq')
      .where('messages.seq', '>', value('after'))
      .where('messages.seq', '<=', value('upTo'))
      .orderBy('messages.seq')
    const changed = all.whereRef('messages.rev', '<>', 'messages.seq').orderBy('messages.rev')
    return inRisingRev(said, changed, value('limit'))
  },
)

const selectNext = prepared((database, value: Placeholder<{ room: number; seq: number }>) =>
  database
    .selectFrom('messages')
    .select(['seq', 'created_at as at'])
    .where('room_id', '=', value('room'))
    .where('seq', '>=', value('seq'))
    .orderBy('seq')
    .limit(1),
)

const selectFirstOfOthers = prepared(
  (database, value: Placeholder<{ room: number; user: number; after: number; among: number }>) => {
    const next = database
      .selectFrom('messages')
      .select(['seq', 'sender_id', 'deleted_at'])
      .where('room_id', '=', value('room'))
      .where('seq', '>', value('after'))
      .orderBy('seq')
      .limit(value('among'))
    return database
      .selectFrom(next.as('next'))
      .select('seq')
      .where('sender_id', '!=', value('user'))
      .where(({ ref }) => isNotBlocked(value('user'), ref('sender_id')))
      .where('deleted_at', 'is', null)
      .orderBy('seq')
      .limit(1)
  },
)

const selectOne = prepared((database, value: Placeholder<{ room: number; seq: number }>) =>
  selectMessages(database)
    .where('messages.room_id', '=', value('room'))
    .where('messages.seq', '=', value('seq')),
)

const selectPinned = prepared((database, value: Placeholder<{ room: number }>) =>
  selectMessages(database)
    .where('messages.room_id', '=', value('room'))
    .where('messages.pinned_at', 'is not', null)
    .orderBy('messages.pinned_at', 'desc')
    .orderBy('messages.seq', 'desc'),
)

const selectPlaces = preparedForRows(
  (database, places: readonly Placeholder<MessagePlace>[]) => {
    const wanted = places.map(
      (place) => sql`(cast(${place('room')} as bigint), cast(${place('seq')} as bigint))`,
    )
    return selectMessages(database)
      .select(['messages.room_id as roomId', 'rooms.kind', 'rooms.watched', 'messages.sender_id as senderId'])
      .where('messages.deleted_at', 'is', null)
      .where(sql<boolean>`(messages.room_id, messages.seq) in (values ${sql.join(wanted)})`)
  },
  { repeatable: true },
)

const selectPosted = prepared((database, value: Placeholder<{ room: number; sender: number; id: string }>) =>
  database
    .selectFrom('messages')
    .select('seq')
    .where('room_id', '=', value('room'))
    .where('sender_id', '=', value('sender'))
    .where('client_id', '=', value('id')),
)

/** Messages with all that their HTML needs: it waits for the colours of code in them. */
async function messagesOf(rows: readonly MessageRow[]): Promise<Message[]> {
  await colouring.prepare(rows.map(({ sender, text }) => ({ text, author: sender })))
  return rows.map(messageOf)
}
