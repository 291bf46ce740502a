import { setImmediate as nextTurn } from 'node:timers/promises'
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { type Database, inTransaction, type Tables } from '../../storage/index.ts'
import type {
  EarlierMessages,
  FoundPlaces,
  IndexQuery,
  MessageToIndex,
  RoomChanges,
  RoomPosition,
  SearchIndex,
} from '../search-index.ts'
import { TOKENS_VERSION, tokensOf } from '../words/tokens.ts'
import { writtenWords } from '../words/written-words.ts'
import { searchTables } from './search-tables.ts'
import { stretchesOf } from './stretches.ts'
import type {} from './tables.ts'

/** The place of the first new message; messages from before the index existed get lower ones. */
const MIDDLE = 2 ** 31

/** The version of the stretches of places and of the tokens; an index of another version is rebuilt. */
const VERSION = 100 + TOKENS_VERSION

/** Milliseconds for which tokens are computed before others get a turn on the event loop. */
const TURN = 5

/** Entries of a room that are removed at once. */
const FORGOTTEN_AT_ONCE = 500

type Read = Transaction<Tables> | Database

/** The index in tables of the PostgreSQL database that has the messages. */
export class PostgresIndex implements SearchIndex {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Empties an index of another version, so that it is rebuilt. To be called before anything else. */
  async open(): Promise<void> {
    await inTransaction(this.#database, async (transaction) => {
      await transaction
        .insertInto('search_state')
        .values({ id: 1, version: VERSION, low: MIDDLE, high: MIDDLE, begun: 0 })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
      const state = await this.#lockState(transaction)
      if (state.version === VERSION) return
      for (const table of ['search_entries', 'search_rooms', 'search_touched'] as const)
        await sql`truncate ${sql.table(table)}`.execute(transaction)
      const anew = { version: VERSION, low: MIDDLE, high: MIDDLE, begun: 0 }
      await transaction.updateTable('search_state').set(anew).execute()
    })
  }

  async positions(rooms: readonly number[]): Promise<readonly RoomPosition[]> {
    return positionsIn(this.#database, rooms)
  }

  async unfilled(): Promise<readonly RoomPosition[]> {
    return this.#database
      .selectFrom('search_rooms')
      .select(['room_id as room', 'rev', 'filled'])
      .where('filled', '>', 0)
      .execute()
  }

  async isNew(): Promise<boolean> {
    const state = await this.#database.selectFrom('search_state').select('begun').executeTakeFirstOrThrow()
    return state.begun === 0
  }

  async begin(rooms: readonly { readonly room: number; readonly rev: number }[]): Promise<void> {
    await inTransaction(this.#database, async (transaction) => {
      await transaction.updateTable('search_state').set({ begun: 1 }).execute()
      if (rooms.length === 0) return
      await transaction
        .insertInto('search_rooms')
        .values(rooms.map(({ room, rev }) => ({ room_id: room, rev, filled: rev + 1 })))
        .onConflict((conflict) => conflict.column('room_id').doNothing())
        .execute()
    })
  }

  async apply(changes: readonly RoomChanges[]): Promise<readonly RoomPosition[]> {
    const rooms = changes.map(({ room }) => room)
    return inTransaction(this.#database, async (transaction) => {
      // One process at a time: the next one sees the positions that it left.
      const state = await this.#lockState(transaction)
      const positions = new Map((await positionsIn(transaction, rooms)).map((one) => [one.room, one]))
      const said: Omit<NewEntry, 'place'>[] = []
      for (const change of changes) {
        const { filled = 0, rev = 0 } = positions.get(change.room) ?? {}
        if (rev === change.from) said.push(...(await this.#applyRoom(transaction, change, filled)))
      }
      // Sorted across all rooms, so that places follow time.
      said.sort((one, other) => one.at - other.at)
      await insertEntries(
        transaction,
        said.map((entry, index) => ({ ...entry, place: state.high + index })),
      )
      await transaction
        .updateTable('search_state')
        .set({ high: state.high + said.length })
        .execute()
      return positionsIn(transaction, rooms)
    })
  }

  async fill({ messages, rooms }: EarlierMessages): Promise<void> {
    await inTransaction(this.#database, async (transaction) => {
      const state = await this.#lockState(transaction)
      const there = await this.#there(transaction, messages)
      const wanted = messages.filter(({ room, seq, text }) => text !== null && !there.has(`${room} ${seq}`))
      const low = state.low - wanted.length
      await insertEntries(
        transaction,
        wanted.map((message, at) => ({ ...message, place: low + at })),
      )
      await transaction.updateTable('search_state').set({ low }).execute()
      for (const { room, down } of rooms) {
        await transaction
          .updateTable('search_rooms')
          .set({ filled: down })
          .where('room_id', '=', room)
          .where('filled', '>', down)
          .execute()
        if (down === 0) await transaction.deleteFrom('search_touched').where('room_id', '=', room).execute()
      }
    })
  }

  async forget(room: number): Promise<boolean> {
    return inTransaction(this.#database, async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('search_entries')
        .where('place', 'in', (some) =>
          some
            .selectFrom('search_entries')
            .select('place')
            .where('room_id', '=', room)
            .limit(FORGOTTEN_AT_ONCE),
        )
        .executeTakeFirstOrThrow()
      if (Number(numDeletedRows) === FORGOTTEN_AT_ONCE) return true
      await transaction.deleteFrom('search_touched').where('room_id', '=', room).execute()
      await transaction.deleteFrom('search_rooms').where('room_id', '=', room).execute()
      return false
    })
  }

  find(query: IndexQuery): Promise<FoundPlaces> {
    return searchTables(this.#database, query)
  }

  async close(): Promise<void> {}

  #lockState(transaction: Transaction<Tables>) {
    return transaction.selectFrom('search_state').selectAll().forUpdate().executeTakeFirstOrThrow()
  }

  /** @returns new messages, which are still to be added */
  async #applyRoom(
    transaction: Transaction<Tables>,
    { messages, open, room, to }: RoomChanges,
    filled: number,
  ): Promise<Omit<NewEntry, 'place'>[]> {
    const seqs = messages.map(({ seq }) => seq)
    const known = new Map<number, number>()
    if (seqs.length > 0) {
      const rows = await transaction
        .deleteFrom('search_entries')
        .where('room_id', '=', room)
        .where('seq', 'in', seqs)
        .returning(['seq', 'place'])
        .execute()
      for (const row of rows) known.set(row.seq, row.place)
    }
    const standing = messages
      .filter(({ text }) => text !== null)
      .map((message) => ({ ...message, room, open }))
    await insertEntries(
      transaction,
      standing.flatMap((message) => {
        const place = known.get(message.seq)
        return place === undefined ? [] : [{ ...message, place }]
      }),
    )
    const touched = seqs.filter((seq) => seq < filled)
    if (touched.length > 0)
      await transaction
        .insertInto('search_touched')
        .values(touched.map((seq) => ({ room_id: room, seq })))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    await transaction
      .insertInto('search_rooms')
      .values({ room_id: room, rev: to, filled: 0 })
      .onConflict((conflict) => conflict.column('room_id').doUpdateSet({ rev: to }))
      .execute()
    return standing.filter(({ seq }) => !known.has(seq))
  }

  /** Finds which of these messages are indexed, or changed since their room was registered. */
  async #there(
    transaction: Transaction<Tables>,
    messages: EarlierMessages['messages'],
  ): Promise<Set<string>> {
    const found = new Set<string>()
    for (const [room, own] of Map.groupBy(messages, ({ room }) => room)) {
      const seqs = own.map(({ seq }) => seq)
      for (const table of ['search_entries', 'search_touched'] as const) {
        const rows = await transaction
          .selectFrom(table)
          .select('seq')
          .where('room_id', '=', room)
          .where('seq', 'in', seqs)
          .execute()
        for (const { seq } of rows) found.add(`${room} ${seq}`)
      }
    }
    return found
  }
}

async function positionsIn(database: Read, rooms: readonly number[]): Promise<RoomPosition[]> {
  if (rooms.length === 0) return []
  return database
    .selectFrom('search_rooms')
    .select(['room_id as room', 'rev', 'filled'])
    .where('room_id', 'in', rooms)
    .execute()
}

type NewEntry = MessageToIndex & { readonly room: number; readonly open: boolean; readonly place: number }

async function insertEntries(transaction: Transaction<Tables>, entries: readonly NewEntry[]): Promise<void> {
  if (entries.length === 0) return
  const rows: RawBuilder<unknown>[] = []
  let turn = performance.now()
  for (const { place, text, ...entry } of entries) {
    const words = writtenWords(text ?? '')
    const tokens = [...tokensOf({ ...entry, words }), ...stretchesOf(place)]
    // No token contains an apostrophe or a backslash.
    const vector = tokens.map((token) => `'${token}'`).join(' ')
    const { at, rev, room, seq } = entry
    rows.push(
      sql`(${place}::bigint, ${room}::bigint, ${seq}::bigint, ${rev}::bigint, ${at}::bigint, ${words}, ${vector}::tsvector)`,
    )
    if (performance.now() - turn < TURN) continue
    await nextTurn()
    turn = performance.now()
  }
  await sql`insert into search_entries (place, room_id, seq, rev, said_at, words, tokens) values ${sql.join(rows)}`.execute(
    transaction,
  )
}
