import { randomUUIDv7 } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import { rowSize, type Usage } from '../accounts/index.ts'
import type { MessagesTable, Tables } from '../storage/index.ts'
import {
  type Database,
  GroupCommit,
  inTransaction,
  type Placeholder,
  preparedForRows,
} from '../storage/index.ts'
import { type Message, messageText } from './messages.ts'
import { minuteOf } from './rooms.ts'

export interface Sender {
  readonly id: number
  readonly name: string
}

export interface Posted {
  readonly message: Message
  /** Whether the same sender had said this `id` before: the message is then the one that is stored. */
  readonly repeat: boolean
}

interface NewMessage {
  readonly room: number
  readonly sender: Sender
  readonly text: string
  readonly id: string
  /** Whether its sender may keep it; a retry of what is stored is answered all the same. */
  readonly fits: boolean
}

/**
 * Stores what is said: a turn in one transaction, which locks its rooms until it is committed, so that no `rev` is visible
 * before the one below it.
 */
export class MessageWriter {
  readonly #database: Database
  readonly #publish: (room: number, messages: readonly Message[]) => void
  readonly #usage: Usage
  readonly #commits: GroupCommit<NewMessage, Posted | 'out of space'>

  /** @param publish called with new messages of a room, in rising `rev`, once they are on disk */
  constructor(
    database: Database,
    publish: (room: number, messages: readonly Message[]) => void,
    usage: Usage,
  ) {
    this.#database = database
    this.#usage = usage
    this.#publish = publish
    this.#commits = new GroupCommit(database, (utterances, asked) => this.#store(utterances, asked))
  }

  /**
   * Says something in a room. When this resolves it is on disk.
   * @param id makes a retry safe: the same sender, room and id is stored once
   * @throws OutOfSpace when its sender may keep nothing more, and whatever the database throws that cannot store it; nothing
   *   is stored then
   */
  async post(room: number, sender: Sender, text: string, id: string = randomUUIDv7()): Promise<Posted> {
    const utterance = { room, sender, text: messageText(text), id }
    const size = rowSize(utterance.text, id)
    const fits = await this.#usage.spend(sender.id, size)
    let isNew = false
    try {
      const said = await this.#commits.add(room, { ...utterance, fits })
      if (said === 'out of space') throw this.#usage.outOfSpace()
      isNew = !said.repeat
      return said
    } finally {
      if (fits && !isNew) this.#usage.refund(sender.id, size)
    }
  }

  async #store(utterances: readonly NewMessage[], asked: number): Promise<(Posted | 'out of space')[]> {
    const store = async (transaction: Transaction<Tables>) => {
      const rooms = await lockRooms.execute(transaction, roomsOf(utterances))
      const known = await stored(transaction, utterances)
      const at = new Date().toISOString()
      const additions = new Map(rooms.map((room) => [room.id, new Additions(room, known, at)]))
      const said = utterances.map((utterance) => {
        const room = additions.get(utterance.room)
        if (!room) throw new Error(`there is no room ${utterance.room}`)
        return room.add(utterance)
      })
      await insert(transaction, [...additions.values()])
      return { said, additions }
    }
    const { said, additions } = await inTransaction(this.#database, store, asked)
    for (const [room, { fresh }] of additions) if (fresh.length > 0) this.#publish(room, fresh)
    return said
  }
}

interface LockedRoom {
  readonly id: number
  readonly slug: string
  readonly rev: number
  readonly active_minute: string
}

/** What one transaction adds to one room. */
class Additions {
  readonly fresh: Message[] = []
  readonly rows: MessagesTable[] = []
  readonly room: LockedRoom
  readonly #known: Map<string, Omit<Message, 'room'>>
  readonly at: string

  /** @param known messages that are stored, by `keyOf`; what is added joins them */
  constructor(room: LockedRoom, known: Map<string, Omit<Message, 'room'>>, at: string) {
    this.room = room
    this.#known = known
    this.at = at
  }

  get rev(): number {
    return this.room.rev + this.fresh.length
  }

  add({ room, sender, text, id, fits }: NewMessage): Posted | 'out of space' {
    const key = keyOf(room, sender.id, id)
    const before = this.#known.get(key)
    if (before) return { message: { room: this.room.slug, ...before }, repeat: true }
    if (!fits) return 'out of space'
    const seq = this.rev + 1
    const at = this.at
    const message: Message = { room: this.room.slug, seq, rev: seq, id, sender: sender.name, text, at }
    this.#known.set(key, message)
    this.fresh.push(message)
    this.rows.push({
      room_id: room,
      seq,
      rev: seq,
      sender_id: sender.id,
      client_id: id,
      text,
      created_at: at,
    })
    return { message, repeat: false }
  }
}

/** In one order everywhere, so that no two transactions wait for each other's rooms. */
function roomsOf(utterances: readonly NewMessage[]): { id: number }[] {
  return [...new Set(utterances.map(({ room }) => room))].sort((a, b) => a - b).map((id) => ({ id }))
}

const lockRooms = preparedForRows((database, rooms: readonly Placeholder<{ id: number }>[]) =>
  database
    .selectFrom('rooms')
    .select(['id', 'slug', 'rev', 'active_minute'])
    .where(
      'id',
      'in',
      rooms.map((room) => room('id')),
    )
    .orderBy('id')
    .forNoKeyUpdate(),
)

async function insert(transaction: Transaction<Tables>, additions: readonly Additions[]): Promise<void> {
  const added = additions.filter(({ rows }) => rows.length > 0)
  if (added.length === 0) return
  await insertMessages.execute(
    transaction,
    added.flatMap(({ rows }) => rows),
  )
  const changes = added.map(({ room, rev, at }) => ({ id: room.id, rev, at, before: room.active_minute }))
  await setRevs.execute(
    transaction,
    changes.filter(({ at, before }) => minuteOf(at) === before),
  )
  await setRevsAndMinutes.execute(
    transaction,
    changes.filter(({ at, before }) => minuteOf(at) !== before),
  )
}

const insertMessages = preparedForRows((database, messages: readonly Placeholder<MessagesTable>[]) =>
  database.insertInto('messages').values(
    messages.map((message) => ({
      room_id: message('room_id'),
      seq: message('seq'),
      rev: message('rev'),
      sender_id: message('sender_id'),
      client_id: message('client_id'),
      text: message('text'),
      created_at: message('created_at'),
    })),
  ),
)

interface Change {
  readonly id: number
  readonly rev: number
  readonly at: string
}

const setRevs = preparedForRows((database, rooms: readonly Placeholder<Change>[]) =>
  database
    .updateTable('rooms')
    .from(changed(rooms))
    .set(({ ref }) => ({ rev: ref('changed.column2'), active_at: ref('changed.column3') }))
    .whereRef('rooms.id', '=', 'changed.column1'),
)

/** As `setRevs`, once a minute for each room in which something is said: only then does an index change too. */
const setRevsAndMinutes = preparedForRows((database, rooms: readonly Placeholder<Change>[]) =>
  database
    .updateTable('rooms')
    .from(changed(rooms))
    .set(({ ref }) => ({
      rev: ref('changed.column2'),
      active_at: ref('changed.column3'),
      active_minute: sql<string>`substr(changed.column3, 1, 16)`,
    }))
    .whereRef('rooms.id', '=', 'changed.column1'),
)

function changed(rooms: readonly Placeholder<Change>[]) {
  const rows = rooms.map(
    (room) => sql`(cast(${room('id')} as bigint), cast(${room('rev')} as bigint), ${room('at')})`,
  )
  return sql<{ column1: number; column2: number; column3: string }>`(values ${sql.join(rows)})`.as('changed')
}

/** Looked up one by one in the index: lists would be every sender with every id. */
const selectKnown = preparedForRows(
  (database, keys: readonly Placeholder<{ room: number; sender: number; id: string }>[]) => {
    const wanted = keys.map(
      (key) => sql`(${key('id')}, cast(${key('room')} as bigint), cast(${key('sender')} as bigint))`,
    )
    return database
      .selectFrom('messages')
      .innerJoin('users', 'users.id', 'messages.sender_id')
      .select([
        'room_id',
        'seq',
        'rev',
        'client_id as id',
        'sender_id',
        'users.name as sender',
        'text',
        'messages.created_at as at',
      ])
      .where(sql<boolean>`(client_id, room_id, sender_id) in (values ${sql.join(wanted)})`)
  },
)

/** Which of these were said before. */
async function stored(
  transaction: Transaction<Tables>,
  utterances: readonly NewMessage[],
): Promise<Map<string, Omit<Message, 'room'>>> {
  const keys = utterances.map(({ room, sender, id }) => ({ room, sender: sender.id, id }))
  const rows = await selectKnown.execute(transaction, keys)
  return new Map(
    rows.map(({ room_id, sender_id, ...message }) => [keyOf(room_id, sender_id, message.id), message]),
  )
}

function keyOf(room: number, sender: number, id: string): string {
  return `${room} ${sender} ${id}`
}
