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

/** Entries that one statement inserts: the number of its parameters is limited. */
const INSERTED_AT_ONCE = 1_000

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
      const next = changes.filter(({ from, room }) => (positions.get(room)?.rev ?? 0) === from)
      const changed = next.flatMap(({ messages, open, room }) =>
        messages.map((message) => ({ ...message, open, room })),
      )
      const places = await removeEntries(transaction, changed)
      // Sorted across all rooms, so that places follow time.
      const standing = changed.filter(({ text }) => text !== null).sort((one, other) => one.at - other.at)
      let { high } = state
      await insertEntries(
        transaction,
        standing.map((entry) => ({ ...entry, place: places.get(keyOf(entry)) ?? high++ })),
      )
      if (high > state.high) await transaction.updateTable('search_state').set({ high }).execute()
      await touch(
        transaction,
        changed.filter(({ room, seq }) => seq < (positions.get(room)?.filled ?? 0)),
      )
      if (next.length > 0)
        await sql`insert into search_rooms (room_id, rev, filled)
        select room_id, rev, 0 from ${given(next.map(({ room, to }) => ({ room_id: room, rev: to })))}
        on conflict (room_id) do update set rev = excluded.rev`.execute(transaction)
      return positionsIn(transaction, rooms)
    })
  }

  async fill({ messages, rooms }: EarlierMessages): Promise<void> {
    await inTransaction(this.#database, async (transaction) => {
      const state = await this.#lockState(transaction)
      const there = await findThere(transaction, messages)
      const wanted = messages.filter((message) => message.text !== null && !there.has(keyOf(message)))
      const low = state.low - wanted.length
      await insertEntries(
        transaction,
        wanted.map((message, at) => ({ ...message, place: low + at })),
      )
      await transaction.updateTable('search_state').set({ low }).execute()
      if (rooms.length > 0)
        await sql`update search_rooms set filled = down
        from ${given(rooms.map(({ down, room }) => ({ room_id: room, down })))}
        where search_rooms.room_id = given.room_id and filled > down`.execute(transaction)
      const filled = rooms.filter(({ down }) => down === 0).map(({ room }) => room)
      if (filled.length > 0)
        await transaction.deleteFrom('search_touched').where('room_id', 'in', filled).execute()
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
}

/** A message that the index may contain. */
interface Indexed {
  readonly room: number
  readonly seq: number
}

function keyOf({ room, seq }: Indexed): string {
  return `${room} ${seq}`
}

/** Rows named `given` of these numbers, in a single parameter. */
function given(rows: readonly Readonly<Record<string, number>>[]): RawBuilder<unknown> {
  const columns = Object.keys(rows[0] ?? {}).map((name) => sql`${sql.id(name)} bigint`)
  return sql`json_to_recordset(${JSON.stringify(rows)}) as given (${sql.join(columns)})`
}

function messagesOf(entries: readonly Indexed[]): RawBuilder<unknown> {
  return given(entries.map(({ room, seq }) => ({ room_id: room, seq })))
}

/** Removes messages from the index. @returns the places of those that were in it */
async function removeEntries(
  transaction: Transaction<Tables>,
  entries: readonly Indexed[],
): Promise<ReadonlyMap<string, number>> {
  if (entries.length === 0) return new Map()
  const { rows } = await sql<Indexed & { place: number }>`
    delete from search_entries using ${messagesOf(entries)}
    where search_entries.room_id = given.room_id and search_entries.seq = given.seq
    returning search_entries.room_id as room, search_entries.seq, place`.execute(transaction)
  return new Map(rows.map((row) => [keyOf(row), row.place]))
}

/** Notes that messages of rooms whose earlier messages are still being added have changed since. */
async function touch(transaction: Transaction<Tables>, entries: readonly Indexed[]): Promise<void> {
  if (entries.length === 0) return
  await sql`insert into search_touched (room_id, seq) select room_id, seq from ${messagesOf(entries)}
    on conflict do nothing`.execute(transaction)
}

/** Finds which of these messages are indexed, or changed since their room was registered. */
async function findThere(
  transaction: Transaction<Tables>,
  entries: readonly Indexed[],
): Promise<ReadonlySet<string>> {
  if (entries.length === 0) return new Set()
  const { rows } = await sql<Indexed>`
    select room_id as room, seq from search_entries join ${messagesOf(entries)} using (room_id, seq)
    union all select room_id, seq from search_touched join ${messagesOf(entries)} using (room_id, seq)`.execute(
    transaction,
  )
  return new Set(rows.map(keyOf))
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
  for (let start = 0; start < entries.length; start += INSERTED_AT_ONCE)
    await insertSome(transaction, entries.slice(start, start + INSERTED_AT_ONCE))
}

async function insertSome(transaction: Transaction<Tables>, entries: readonly NewEntry[]): Promise<void> {
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
