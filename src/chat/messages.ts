import type { Kysely } from 'kysely'
import { wellFormed } from '../channels/index.ts'
import type { Database, Tables } from '../storage/index.ts'
import { type Placeholder, prepared, preparedForRows } from '../storage/index.ts'
import { linkedHtml } from './links.ts'
import type { MessageFrame } from './protocol.ts'

/** A message as it is stored and published. */
export interface Message {
  /** The room's slug. */
  readonly room: string
  readonly seq: number
  readonly rev: number
  readonly id: string
  readonly sender: string
  readonly text: string
  readonly at: string
}

export interface Page {
  readonly messages: Message[]
  /** Whether there are more in the direction that was asked for. */
  readonly more: boolean
}

/** No `seq` and no `rev` is larger. */
const ALL = Number.MAX_SAFE_INTEGER

/** A message as everyone gets it. */
export function messageFrame(message: Message): MessageFrame {
  const html = linkedHtml(message.text)
  return {
    type: 'message',
    room: message.room,
    seq: message.seq,
    rev: message.rev,
    id: message.id,
    sender: message.sender,
    message: message.text,
    at: message.at,
    ...(html === undefined ? {} : { html }),
  }
}

/** Bytes of JSON that a page of history may take. */
const PAGE_BYTES = 1024 * 1024

/**
 * The messages of a page that fit into 1 MiB of JSON: those nearest to where it was asked for, and one at least.
 * @param from the end of the page that is nearest
 */
export function fittingPage({ messages, more }: Page, from: 'first' | 'last'): FittingPage {
  const nearestFirst = from === 'first' ? messages : messages.toReversed()
  const frames: MessageFrame[] = []
  const json: string[] = []
  let bytes = 0
  for (const message of nearestFirst) {
    const frame = messageFrame(message)
    const text = JSON.stringify(frame)
    bytes += Buffer.byteLength(text) + 1
    if (frames.length > 0 && bytes > PAGE_BYTES - ENVELOPE) break
    frames.push(frame)
    json.push(text)
  }
  if (from === 'last') {
    frames.reverse()
    json.reverse()
  }
  const isMore = more || frames.length < messages.length
  return { frames, more: isMore, json: `{"messages":[${json.join(',')}],"more":${isMore}}` }
}

/** What stands around the messages. */
const ENVELOPE = 100

export interface FittingPage {
  readonly frames: MessageFrame[]
  readonly more: boolean
  /** The page as it is answered. */
  readonly json: string
}

/** The text of a message as it is stored. */
export function messageText(text: string): string {
  return wellFormed(text)
}

/** The newest messages of a room, or the newest before a `seq`; ascending. */
export async function messagesBefore(
  database: Database,
  room: number,
  before: number | undefined,
  limit: number,
): Promise<Page> {
  const rows = await selectBefore.execute(database, { room, before: before ?? ALL, limit: limit + 1 })
  return { messages: rows.slice(0, limit).reverse(), more: rows.length > limit }
}

/** The oldest messages after a `seq`; ascending. */
export async function messagesAfter(
  database: Database,
  room: number,
  after: number,
  limit: number,
): Promise<Page> {
  const rows = await selectAfter.execute(database, { room, after, limit: limit + 1 })
  return { messages: rows.slice(0, limit), more: rows.length > limit }
}

/** What changed in a room after a `rev`, in rising `rev`. */
export async function changesAfter(
  database: Database,
  room: number,
  after: number,
  upTo: number | undefined,
  limit: number,
): Promise<Message[]> {
  return changes.execute(database, { room, after, upTo: upTo ?? ALL, limit })
}

/** The latest `rev` of each room. */
export async function revsOf(database: Database, rooms: readonly number[]): Promise<Map<number, number>> {
  const rows = await selectRevs.execute(
    database,
    rooms.map((id) => ({ id })),
  )
  return new Map(rows.map((row) => [row.id, row.rev]))
}

const selectRevs = preparedForRows((database, rooms: readonly Placeholder<{ id: number }>[]) =>
  database
    .selectFrom('rooms')
    .select(['id', 'rev'])
    .where(
      'id',
      'in',
      rooms.map((room) => room('id')),
    ),
)

const selectBefore = prepared(
  (database, value: Placeholder<{ room: number; before: number; limit: number }>) =>
    selectMessages(database)
      .where('room_id', '=', value('room'))
      .where('seq', '<', value('before'))
      .orderBy('seq', 'desc')
      .limit(value('limit')),
)

const selectAfter = prepared((database, value: Placeholder<{ room: number; after: number; limit: number }>) =>
  selectMessages(database)
    .where('room_id', '=', value('room'))
    .where('seq', '>', value('after'))
    .orderBy('seq')
    .limit(value('limit')),
)

const changes = prepared(
  (database, value: Placeholder<{ room: number; after: number; upTo: number; limit: number }>) => {
    const all = selectMessages(database)
      .where('room_id', '=', value('room'))
      .where('messages.rev', '>', value('after'))
      .where('messages.rev', '<=', value('upTo'))
      .limit(value('limit'))
    // In two parts, each of which has its index; in one statement, so that both see the same.
    const said = all
      .whereRef('messages.rev', '=', 'messages.seq')
      .where('messages.seq', '>', value('after'))
      .where('messages.seq', '<=', value('upTo'))
      .orderBy('messages.seq')
    const changed = all.whereRef('messages.rev', '<>', 'messages.seq').orderBy('messages.rev')
    return database
      .selectFrom(said.as('said'))
      .selectAll()
      .unionAll(database.selectFrom(changed.as('changed')).selectAll())
      .orderBy('rev')
      .limit(value('limit'))
  },
)

function selectMessages(database: Kysely<Tables>) {
  return database
    .selectFrom('messages')
    .innerJoin('rooms', 'rooms.id', 'messages.room_id')
    .innerJoin('users', 'users.id', 'messages.sender_id')
    .select([
      'rooms.slug as room',
      'messages.seq',
      'messages.rev',
      'messages.client_id as id',
      'users.name as sender',
      'messages.text',
      'messages.created_at as at',
    ])
}
