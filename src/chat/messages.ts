import { wellFormed } from '../channels/frames.ts'
import type { Database } from '../storage/database.ts'
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
  const rows = await selectMessages(database)
    .where('room_id', '=', room)
    .$if(before !== undefined, (query) => query.where('seq', '<', before ?? 0))
    .orderBy('seq', 'desc')
    .limit(limit + 1)
    .execute()
  return { messages: rows.slice(0, limit).reverse(), more: rows.length > limit }
}

/** The oldest messages after a `seq`; ascending. */
export async function messagesAfter(
  database: Database,
  room: number,
  after: number,
  limit: number,
): Promise<Page> {
  const rows = await selectMessages(database)
    .where('room_id', '=', room)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit + 1)
    .execute()
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
  const changes = selectMessages(database)
    .where('room_id', '=', room)
    .where('messages.rev', '>', after)
    .$if(upTo !== undefined, (query) => query.where('messages.rev', '<=', upTo ?? 0))
    .limit(limit)
  // In two parts, each of which has its index; in one statement, so that both see the same.
  const said = changes
    .whereRef('messages.rev', '=', 'messages.seq')
    .where('messages.seq', '>', after)
    .orderBy('messages.seq')
  const changed = changes.whereRef('messages.rev', '<>', 'messages.seq').orderBy('messages.rev')
  return database
    .selectFrom(said.as('said'))
    .selectAll()
    .unionAll(database.selectFrom(changed.as('changed')).selectAll())
    .orderBy('rev')
    .limit(limit)
    .execute()
}

/** The latest `rev` of each room. */
export async function revsOf(database: Database, rooms: readonly number[]): Promise<Map<number, number>> {
  const rows = await database.selectFrom('rooms').select(['id', 'rev']).where('id', 'in', rooms).execute()
  return new Map(rows.map((row) => [row.id, row.rev]))
}

function selectMessages(database: Database) {
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
