import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type {
  EarlierMessages,
  IndexQuery,
  MessageToIndex,
  RoomChanges,
  RoomPosition,
} from '../search-index.ts'
import { type IndexedMessage, tokensOf } from '../words/tokens.ts'
import { writtenWords } from '../words/written-words.ts'
import { type SteppedSearch, searchFile } from './search-file.ts'

/** Entries of a room that are removed at once. */
const FORGOTTEN_AT_ONCE = 200

const OPEN = 1
const FILE = 2

interface Entry extends IndexedMessage {
  readonly place: number
  readonly rev: number
}

/** The index in a SQLite file. Everything here blocks its thread. */
export class IndexFile {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #hasRemains = false

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** True if removed words are still in the write-ahead log: `emptyLog` is to be called soon. */
  get hasRemains(): boolean {
    return this.#hasRemains
  }

  isNew(): boolean {
    return this.#get('select begun from state')?.begun === 0
  }

  positions(rooms: readonly number[]): RoomPosition[] {
    return rooms.flatMap((room) => this.#position(room) ?? [])
  }

  unfilled(): RoomPosition[] {
    return this.#all('select room, rev, filled from rooms where filled > 0').map(positionOf)
  }

  begin(rooms: readonly { readonly room: number; readonly rev: number }[]): void {
    this.#transaction(() => {
      this.#run('update state set begun = 1')
      for (const { room, rev } of rooms)
        this.#run('insert or ignore into rooms (room, rev, filled) values (?, ?, ?)', room, rev, rev + 1)
    })
  }

  apply(changes: readonly RoomChanges[]): RoomPosition[] {
    this.#transaction(() => {
      const added = changes.flatMap((change) => this.#applyRoom(change))
      // Sorted across all rooms, so that places follow time.
      added.sort((one, other) => one.message.at - other.message.at)
      const first = this.#newPlaces(added.length)
      for (const [at, { message, open, room }] of added.entries())
        this.#insert(first + at, message, room, open)
    })
    return changes.map(({ room }) => this.#position(room) ?? { room, rev: 0, filled: 0 })
  }

  fill({ messages, rooms }: EarlierMessages): void {
    this.#transaction(() => {
      const wanted = messages.filter(
        ({ room, seq, text }) =>
          text !== null &&
          !this.#entry(room, seq) &&
          !this.#get('select 1 from touched where room = ? and seq = ?', room, seq),
      )
      const low = Number(this.#get('select low from state')?.low) - wanted.length
      for (const [at, message] of wanted.entries())
        this.#insert(low + at, message, message.room, message.open)
      this.#run('update state set low = ?', low)
      for (const { room, down } of rooms) {
        this.#run('update rooms set filled = ? where room = ? and filled > ?', down, room, down)
        if (down === 0) this.#run('delete from touched where room = ?', room)
      }
    })
  }

  /** @returns whether there is more */
  forget(room: number): boolean {
    return this.#transaction(() => {
      const rows = this.#all(`${ENTRIES} where room = ? order by place limit ?`, room, FORGOTTEN_AT_ONCE)
      for (const row of rows) this.#remove(entryOf(row))
      if (rows.length === FORGOTTEN_AT_ONCE) return true
      this.#run('delete from touched where room = ?', room)
      this.#run('delete from rooms where room = ?', room)
      return false
    })
  }

  find(query: IndexQuery): SteppedSearch {
    return searchFile(this.#database, query)
  }

  /** Empties the write-ahead log. @returns false if somebody was reading, and it has to be tried again */
  emptyLog(): boolean {
    const isEmptied = this.#get('pragma wal_checkpoint(truncate)')?.busy === 0
    if (isEmptied) this.#hasRemains = false
    return isEmptied
  }

  /** @returns new messages, which are still to be added */
  #applyRoom({ from, messages, open, room, to }: RoomChanges): NewMessage[] {
    const { filled = 0, rev = 0 } = this.#position(room) ?? {}
    if (rev !== from) return []
    const known = messages.map((message) => ({ message, entry: this.#entry(room, message.seq) }))
    const added: NewMessage[] = []
    // Sorted by place, because FTS5 flushes its pending rows whenever a lower place follows.
    for (const { entry, message } of known.toSorted(byPlace)) {
      if (entry) this.#remove(entry)
      if (message.seq < filled)
        this.#run('insert or ignore into touched (room, seq) values (?, ?)', room, message.seq)
      if (message.text === null) continue
      if (entry) this.#insert(entry.place, message, room, open)
      else added.push({ message, room, open })
    }
    this.#run(
      'insert into rooms (room, rev, filled) values (?, ?, 0) on conflict (room) do update set rev = excluded.rev',
      room,
      to,
    )
    return added
  }

  /**
   * Takes places for all messages at once: between two rows for FTS5, a statement that returns something would have it write the
   * rows before to disk, each as a segment of its own.
   * @returns the first of them
   */
  #newPlaces(count: number): number {
    const { high } = this.#get('update state set high = high + ? returning high', count) ?? {}
    return Number(high) - count
  }

  #insert(place: number, message: MessageToIndex, room: number, open: boolean): void {
    const { at, file, rev, sender, seq, text } = message
    const words = writtenWords(text ?? '')
    this.#run(
      'insert into entries (place, room, seq, rev, sender, at, flags, words) values (?, ?, ?, ?, ?, ?, ?, ?)',
      ...[place, room, seq, rev, sender, at, (open ? OPEN : 0) | (file ? FILE : 0), words],
    )
    const tokens = tokensOf({ room, open, sender, at, file, words })
    this.#run('insert into grams (rowid, tokens) values (?, ?)', place, tokens.join(' '))
  }

  #remove(entry: Entry): void {
    this.#hasRemains = true
    this.#run(
      "insert into grams (grams, rowid, tokens) values ('delete', ?, ?)",
      entry.place,
      tokensOf(entry).join(' '),
    )
    this.#run('delete from entries where place = ?', entry.place)
  }

  #entry(room: number, seq: number): Entry | undefined {
    const row = this.#get(`${ENTRIES} where room = ? and seq = ?`, room, seq)
    return row && entryOf(row)
  }

  #position(room: number): RoomPosition | undefined {
    const row = this.#get('select room, rev, filled from rooms where room = ?', room)
    return row && positionOf(row)
  }

  #transaction<Result>(work: () => Result): Result {
    this.#database.exec('begin immediate')
    try {
      const result = work()
      this.#database.exec('commit')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  #statement(sql: string): StatementSync {
    const kept = this.#statements.get(sql) ?? this.#database.prepare(sql)
    this.#statements.set(sql, kept)
    return kept
  }

  #run(sql: string, ...values: (number | string)[]): void {
    this.#statement(sql).run(...values)
  }

  #get(sql: string, ...values: number[]): Row | undefined {
    return this.#statement(sql).get(...values)
  }

  #all(sql: string, ...values: number[]): Row[] {
    return this.#statement(sql).all(...values)
  }
}

/** A message that is new to the index. */
interface NewMessage {
  readonly message: MessageToIndex
  readonly room: number
  readonly open: boolean
}

type Row = Record<string, unknown>

const ENTRIES = 'select place, room, rev, sender, at, flags, words from entries'

function entryOf(row: Row): Entry {
  const flags = Number(row.flags)
  return {
    place: Number(row.place),
    room: Number(row.room),
    rev: Number(row.rev),
    sender: Number(row.sender),
    at: Number(row.at),
    open: (flags & OPEN) !== 0,
    file: (flags & FILE) !== 0,
    words: String(row.words),
  }
}

function positionOf({ filled, rev, room }: Row): RoomPosition {
  return { room: Number(room), rev: Number(rev), filled: Number(filled) }
}

/** A changed message, with its entry in the index if it has one. */
interface MessageWithEntry {
  readonly message: MessageToIndex
  readonly entry: Entry | undefined
}

function byPlace(one: MessageWithEntry, other: MessageWithEntry): number {
  const last = Number.MAX_SAFE_INTEGER
  return (one.entry?.place ?? last) - (other.entry?.place ?? last) || one.message.seq - other.message.seq
}
