import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/index.ts'
import { plainExcerpt, QUOTED } from './excerpts.ts'
import { filesOf, type Message, type Reply } from './message.ts'

/** A message as stored, with the message that it replies to. */
export interface MessageRow {
  readonly room: string
  readonly seq: number
  readonly rev: number
  readonly id: string
  readonly sender: string
  readonly senderName: string | null
  readonly senderPicture: string | null
  readonly senderKind: 'person' | 'bot' | 'hook'
  readonly text: string
  readonly at: string
  readonly editedAt: string | null
  readonly deletedAt: string | null
  readonly reactions: string | null
  readonly replySeq: number | null
  readonly replySender: string | null
  readonly replySenderName: string | null
  readonly replyText: string | null
  readonly replyFiles: string | null
  readonly values: string | null
  readonly mentions: string | null
  readonly files: string | null
  readonly pinnedAt: string | null
}

export function messageOf(row: MessageRow): Message {
  return {
    room: row.room,
    seq: row.seq,
    rev: row.rev,
    id: row.id,
    sender: row.sender,
    senderName: row.senderName,
    senderPicture: row.senderPicture,
    bot: row.senderKind !== 'person',
    text: row.text,
    at: row.at,
    editedAt: row.editedAt,
    deleted: row.deletedAt !== null,
    reactions: row.reactions,
    reply: replyOf(row),
    values: row.values,
    mentions: row.mentions,
    files: row.files,
    pinnedAt: row.pinnedAt,
  }
}

function replyOf({
  replyFiles,
  replySender,
  replySenderName,
  replySeq,
  replyText,
}: MessageRow): Reply | null {
  if (replySeq === null) return null
  const excerpt = plainExcerpt(replyText ?? '', filesOf({ files: replyFiles }))
  return { seq: replySeq, sender: replySender ?? '', senderName: replySenderName, excerpt }
}

/** Messages as `MessageRow`. */
export function selectMessages(database: Kysely<Tables>) {
  return database
    .selectFrom('messages')
    .innerJoin('rooms', 'rooms.id', 'messages.room_id')
    .innerJoin('users', 'users.id', 'messages.sender_id')
    .leftJoin('messages as original', (join) =>
      join
        .onRef('original.room_id', '=', 'messages.room_id')
        .onRef('original.seq', '=', 'messages.reply_seq'),
    )
    .leftJoin('users as author', 'author.id', 'original.sender_id')
    .select([
      'rooms.slug as room',
      'messages.seq',
      'messages.rev',
      'messages.client_id as id',
      'users.name as sender',
      'users.display_name as senderName',
      'users.picture as senderPicture',
      'users.account_kind as senderKind',
      'messages.text',
      'messages.created_at as at',
      'messages.edited_at as editedAt',
      'messages.deleted_at as deletedAt',
      'messages.reactions',
      'messages.reply_seq as replySeq',
      'author.name as replySender',
      'author.display_name as replySenderName',
      sql<string | null>`substr(original.text, 1, ${sql.lit(QUOTED)})`.as('replyText'),
      'original.files as replyFiles',
      'messages.expression_values as values',
      'messages.mentions',
      'messages.files',
      'messages.pinned_at as pinnedAt',
    ])
}
