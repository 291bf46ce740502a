/** The tables of chat as kysely sees them. */

declare module '../storage/tables.ts' {
  interface Tables {
    messages: MessagesTable
    reactions: ReactionsTable
    retentions: RetentionsTable
  }
}

export interface MessagesTable {
  room_id: number
  /** The room's `rev` when the message was first said. */
  seq: number
  /** The room's `rev` when it last changed. */
  rev: number
  sender_id: number
  /** The sender's own id, which makes a retry safe: unique for a room and sender. */
  client_id: string
  /** Empty when the message was deleted. */
  text: string
  created_at: string
  edited_at: string | null
  deleted_at: string | null
  /** JSON of `Reactions`: a summary of the table `reactions`, so that a page of history needs no other rows. */
  reactions: string | null
  /** The `seq` of the message that it answers. */
  reply_seq: number | null
  /** JSON of the values of the expressions in its text, as they were when it was said. */
  expression_values: string | null
  /** JSON of the usernames that its text mentions, of those who may read the room. */
  mentions: string | null
  /** JSON of what is shown of its files. */
  files: string | null
  /** Since when it is pinned. */
  pinned_at: string | null
}

export interface ReactionsTable {
  room_id: number
  seq: number
  emoji: string
  user_id: number
  /** The room's `rev` when it came, by which they follow each other. */
  rev: number
}

/** The position up to which old messages have been looked at for deletion. */
export interface RetentionsTable {
  room_id: number
  /** The `seq` of the last one that was deleted, or had been before. */
  seq: number
}
