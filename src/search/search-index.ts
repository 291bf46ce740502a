import type { IndexedMessage } from './words/tokens.ts'

/** A message to index. */
export interface MessageToIndex extends Omit<IndexedMessage, 'room' | 'open' | 'words'> {
  readonly seq: number
  readonly rev: number
  /** Null if it was deleted. */
  readonly text: string | null
}

/** Changes in one room. */
export interface RoomChanges {
  readonly room: number
  readonly open: boolean
  /** The `rev` up to which the room was indexed when this was read. */
  readonly from: number
  /** The `rev` up to which it is indexed afterwards. */
  readonly to: number
  readonly messages: readonly MessageToIndex[]
}

/** Messages of several rooms from before the index existed. */
export interface EarlierMessages {
  /** Sorted by `at`, oldest first. */
  readonly messages: readonly (MessageToIndex & Pick<IndexedMessage, 'room' | 'open'>)[]
  /** In each of these rooms, all messages with a `seq` of `down` or higher are then indexed. */
  readonly rooms: readonly { readonly room: number; readonly down: number }[]
}

/** The position up to which a room is indexed. */
export interface RoomPosition {
  readonly room: number
  readonly rev: number
  /** Messages with a lower `seq` are still missing; 0: none are. */
  readonly filled: number
}

/** Tokens that a message must have: all of `all`, and at least one of each list in `any`. */
export interface Condition {
  readonly all: readonly string[]
  readonly any: readonly (readonly string[])[]
}

/** Two sets of tokens for the same words. Which of them finds messages faster depends on how common the words are. */
export interface IndexedWords {
  /** For common words. */
  readonly often: readonly string[]
  /** For rare words: fewer tokens, each in few messages. */
  readonly seldom: readonly string[]
}

/** The rooms to search in. */
export interface Scope {
  /** Only these; undefined: all that the person may read. */
  readonly only: readonly number[] | undefined
  /** Open rooms that the person may not read. */
  readonly barred: readonly number[]
  /** Rooms other than open ones that the person may read. */
  readonly members: readonly number[]
}

export interface IndexQuery {
  /** Words that must all occur in a message. */
  readonly words: IndexedWords
  /** Lists of tokens; a message must have at least one of each list. */
  readonly any: readonly (readonly string[])[]
  /** Tokens of the days from `after` to `before`; undefined: any day. */
  readonly dates: readonly string[] | undefined
  readonly scope: Scope
  /** Texts that the words of a message must contain, with a space at both ends. */
  readonly needles: readonly string[]
  /** Milliseconds since 1970. */
  readonly after: number | undefined
  readonly before: number | undefined
  /** Finds only lower places than this one, from an earlier answer; undefined: starts at the newest. */
  readonly below: number | undefined
  readonly limit: number
}

/** A message that was found. */
export interface FoundPlace {
  /** The place in the index. */
  readonly place: number
  readonly room: number
  readonly seq: number
  /** The `rev` of the version that was indexed. */
  readonly rev: number
}

export interface FoundPlaces {
  /** Newest first. */
  readonly places: readonly FoundPlace[]
  /** The place below which the search can be continued; undefined: there are no more. */
  readonly next: number | undefined
}

/** The index of messages, on SQLite or PostgreSQL. */
export interface SearchIndex {
  /** Returns the positions of these rooms; rooms that are not indexed are left out. */
  positions(rooms: readonly number[]): Promise<readonly RoomPosition[]>
  /** Returns the rooms whose earlier messages are still missing. */
  unfilled(): Promise<readonly RoomPosition[]>
  /** Tells whether `begin` has never been called. */
  isNew(): Promise<boolean>
  /** Registers rooms whose existing messages are added afterwards by `fill`. Rooms that are known already do not change. */
  begin(rooms: readonly { readonly room: number; readonly rev: number }[]): Promise<void>
  /**
   * Applies changes in rooms. Rooms whose position is not `from` do not change.
   * @returns the position of each of them afterwards
   */
  apply(changes: readonly RoomChanges[]): Promise<readonly RoomPosition[]>
  /** Adds messages that are older than all that were added this way before, except those that changed since `begin`. */
  fill(earlier: EarlierMessages): Promise<void>
  /** Removes some of a room's messages. @returns whether there are more */
  forget(room: number): Promise<boolean>
  find(query: IndexQuery): Promise<FoundPlaces>
  close(): Promise<void>
}

/** The index cannot be read or written at the moment. */
export class IndexAway extends Error {}
