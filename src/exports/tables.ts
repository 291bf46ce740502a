/** The tables of exports as kysely sees them. */
import type { Generated } from 'kysely'

declare module '../storage/tables.ts' {
  interface Tables {
    exports: ExportsTable
    export_parts: ExportPartsTable
    account_exports: AccountExportsTable
    account_export_parts: AccountExportPartsTable
  }
}

export interface ExportsTable {
  id: string
  /** The person who asked for it, and alone gets it. */
  user_id: number
  room_id: number
  room_slug: string
  format: 'json' | 'csv' | 'html'
  state: 'waiting' | 'running' | 'done' | 'failed'
  /** The `seq` of the last message that is in the parts. */
  written_seq: number
  /** The room's `rev` when the export began: what is said later is not in it. */
  last_seq: number
  /** The number of messages in the parts. */
  messages: number
  parts: number
  /** Of all parts together. */
  bytes: number
  /** Bytes that the files of messages take up in the file beside these. They are read from where they are kept when it is fetched. */
  embedded: Generated<number>
  /** Parts that are to be written anew, because a message in them was deleted. Until then the file cannot be fetched. */
  stale: Generated<number>
  /** Rises when parts become stale: what is being fetched then is not the file any more. */
  version: Generated<number>
  /** Why it failed, for the person who asked. */
  error: string | null
  created_at: string
  /** When it was done or failed; null: it is under way. */
  ended_at: string | null
  /** When it is removed. */
  expires_at: string
}

/** The pieces of a file, in the order of `first_seq`. Each holds the messages from there to `last_seq`, which may be none. */
export interface ExportPartsTable {
  export_id: string
  number: number
  first_seq: Generated<number>
  last_seq: Generated<number>
  /** 1: the file ends with it. */
  is_last: Generated<number>
  /** 1: it is empty, and written anew. */
  is_stale: Generated<number>
  bytes: Generated<number>
  /** Bytes that the files of messages take up in it beside these. */
  embedded: Generated<number>
  /** The files that stand in it, as JSON of `EmbeddedFile[]`; null: none. */
  files: string | null
  /** The name of the file in the export's folder that holds it, where parts are kept in a folder. */
  file: string | null
  content: Uint8Array | null
}

/** All that is a person's, as a file: one for each person at most. */
export interface AccountExportsTable {
  id: string
  /** The person whose it is, and who alone gets it. */
  user_id: number
  state: 'waiting' | 'running' | 'done' | 'failed'
  /** The kind of belonging (`Belonging`) at which it is. */
  step: string
  /** The place at which the next page of that begins. */
  after: string
  /** The number of items of this kind in the parts. */
  items: number
  parts: number
  /** Of all parts together. */
  bytes: number
  /** Why it failed, for the person who asked. */
  error: string | null
  created_at: string
  /** When it is removed. */
  expires_at: string
}

/** The pieces of such a file, in the order of their numbers. */
export interface AccountExportPartsTable {
  export_id: string
  number: number
  /** The name of the file in the export's folder that holds it, where parts are kept in a folder. */
  file: string | null
  content: Uint8Array | null
}
