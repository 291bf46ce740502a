/** The tables of the search index on PostgreSQL as kysely sees them. They are derived: they are neither copied nor moved. */

declare module '../../storage/tables.ts' {
  interface Tables {
    search_state: SearchStateTable
    search_rooms: SearchRoomsTable
    search_entries: SearchEntriesTable
    search_touched: SearchTouchedTable
  }
}

/** One row. */
export interface SearchStateTable {
  id: number
  /** Of the tokens. */
  version: number
  /** The lowest place that was given to a message that was there before the index, and the next one for a new message. */
  low: number
  high: number
  begun: number
}

export interface SearchRoomsTable {
  room_id: number
  /** The room's `rev` up to which it is in the index. */
  rev: number
  /** Messages with a lower `seq` are still to be added; 0: none are. */
  filled: number
}

export interface SearchEntriesTable {
  /** It rises with time, but for what is found only later, as after a crash. */
  place: number
  room_id: number
  seq: number
  rev: number
  /** Milliseconds since 1970. */
  said_at: number
  words: string
  tokens: string
}

/** Messages that changed while those of their room were still being added. */
export interface SearchTouchedTable {
  room_id: number
  seq: number
}
