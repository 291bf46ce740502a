/** The tables of files as kysely sees them. */
import type { Generated } from 'kysely'

declare module '../storage/tables.ts' {
  interface Tables {
    files: FilesTable
    file_parts: FilePartsTable
  }
}

export interface FilesTable {
  /** Random, so that it cannot be guessed. */
  id: string
  room_id: number
  /** The sender. */
  user_id: number
  /** The message that it belongs to, and its place in that; null: none. */
  message_seq: number | null
  position: Generated<number>
  /** Empty when it is to be removed. */
  name: string
  type: string
  /** Bytes of the content, and of the thumbnail; 0: there is none. */
  size: number
  thumbnail_size: number
  /** In pixels, of a picture that can be shown. */
  width: number | null
  height: number | null
  /** SHA-256 of the content. */
  digest: string
  /** The bytes that it takes of what its sender may keep. */
  bytes: number
  created_at: string
  /** 1: all of it is on disk. */
  is_stored: Generated<number>
  /** Since when nobody may read it; its bytes are removed by a job. */
  removed_at: string | null
}

/** The bytes of files, if they are kept in the database: in PostgreSQL, in backups, and after restoring one. */
export interface FilePartsTable {
  file_id: string
  kind: 'content' | 'thumbnail'
  number: number
  content: Uint8Array
}
