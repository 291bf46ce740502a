import type { IndexedMessage } from './words/tokens.ts'

/** A message as it is given to the index. */
export interface MessageToIndex extends Omit<IndexedMessage, 'room' | 'open' | 'words'> {
  readonly seq: number
  readonly rev: number
  /** Null: it was deleted. */
  readonly text: string | null
}

/** What changed in one room. */
export interface RoomChanges {
  readonly room: number
  readonly open: boolean
  /** The `rev` up to which the room was in the index when this was read. */
  readonly from: number
  /** The `rev` up to which it is afterwards. */
  readonly to: number
  readonly messages: readonly MessageToIndex[]
}

/** Messages of several rooms that were there before the index. */
export interface EarlierMessages {
  /** In rising `at`. */
  readonly messages: readonly (MessageToIndex & Pick<IndexedMessage, 'room' | 'open'>)[]
  /** Of each of these rooms, all messages with a `seq` from `down` on are in the index now. */
  readonly rooms: readonly { readonly room: number; readonly down: number }[]
}

/** How far a room is in the index. */
export interface RoomPosition {
  readonly room: number
  readonly rev: number
  /** Messages with a lower `seq` are still to be added; 0: none are. */
  readonly filled: number
}

/** Tokens that a message must have: all of `all`, and one of each of `any`. */
export interface Condition {
  readonly all: readonly string[]
  readonly any: readonly (readonly string[])[]
}

/** The tokens of the words that are searched for: how these are best found depends on how often they were said. */
export interface IndexedWords {
  /** For words that are said often. */
  readonly often: readonly string[]
  /** For words that are said seldom: fewer tokens, of which each has few messages. */
  readonly seldom: readonly string[]
}

/** The rooms that are looked through. */
export interface Scope {
  /** The only ones; undefined: all that one may read. */
  readonly only: readonly number[] | undefined
  /** Open rooms that one may not read, and others that one may. */
  readonly barred: readonly number[]
  readonly members: readonly number[]
}

export interface IndexQuery {
  /** All of them have to be in a message. */
  readonly words: IndexedWords
  /** Each a list of which one must be there. */
  readonly any: readonly (readonly string[])[]
  /** Of the days from `after` to `before`; undefined: any. */
  readonly dates: readonly string[] | undefined
  readonly scope: Scope
  /** What the words of a message, with a space at both ends, have to hold. */
  readonly needles: readonly string[]
  /** Milliseconds since 1970. */
  readonly after: number | undefined
  readonly before: number | undefined
  /** Places lower than this one, which an earlier answer gave; undefined: from the newest on. */
  readonly below: number | undefined
  readonly limit: number
}

/** A message that was found. */
export interface FoundPlace {
  /** In the index. */
  readonly place: number
  readonly room: number
  readonly seq: number
  /** Of the change that was indexed last. */
  readonly rev: number
}

export interface FoundPlaces {
  /** The newest first. */
  readonly places: readonly FoundPlace[]
  /** The place below which it goes on, where there may be more; undefined: that was all. */
  readonly next: number | undefined
}

/** The index of what was said, of SQLite or of PostgreSQL. */
export interface SearchIndex {
  /** How far these rooms are; those that are not in the index are left out. */
  positions(rooms: readonly number[]): Promise<readonly RoomPosition[]>
  /** Rooms to which earlier messages have to be added. */
  unfilled(): Promise<readonly RoomPosition[]>
  /** True until `begin` was called for the first time. */
  isNew(): Promise<boolean>
  /** Takes rooms in, whose messages are added afterwards by `fill`; it changes nothing for those that are there. */
  begin(rooms: readonly { readonly room: number; readonly rev: number }[]): Promise<void>
  /**
   * Takes over what changed in rooms. Those that have come further, or less far, than `from` stay as they are.
   * @returns how far each of them is then
   */
  apply(changes: readonly RoomChanges[]): Promise<readonly RoomPosition[]>
  /** Adds messages that are earlier than all that were added so before. What changed since the room was begun stays. */
  fill(earlier: EarlierMessages): Promise<void>
  /** Forgets some of what it has of a room. @returns whether there is more */
  forget(room: number): Promise<boolean>
  find(query: IndexQuery): Promise<FoundPlaces>
  close(): Promise<void>
}
