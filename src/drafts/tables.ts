/** The table of drafts as kysely sees it. */
declare module '../storage/tables.ts' {
  interface Tables {
    drafts: DraftsTable
  }
}

/** A draft that a person is writing in a room, and has not sent. */
export interface DraftsTable {
  user_id: number
  room_id: number
  room_slug: string
  text: string
  /** The message that it answers; null: none. */
  reply_seq: number | null
  /** Another one with each change, in the order of time. */
  version: string
}
