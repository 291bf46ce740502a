import { sql, type Transaction } from 'kysely'
import { type Placeholder, preparedForRows, type Tables } from '../storage/index.ts'
import type { Item } from '../streams/index.ts'
import type { MessageCommand } from './commands.ts'
import type { Message } from './message.ts'
import { deleteReactions } from './reactions.ts'
import type { LockedRoom } from './room-table.ts'
import { type MessageRow, selectMessages } from './stored-message.ts'

/** A message that commands are about. */
export interface KnownMessage {
  readonly row: MessageRow
  readonly senderId: number
}

interface PostedMessage extends KnownMessage {
  readonly roomId: number
}

interface InsertedMessage {
  readonly room_id: number
  readonly seq: number
  readonly sender_id: number
  readonly client_id: string
  readonly text: string
  readonly created_at: string
  readonly reply_seq: number | null
  readonly expression_values: string | null
  readonly mentions: string | null
  readonly files: string | null
}

interface UpdatedMessage {
  readonly room: number
  readonly seq: number
  readonly rev: number
  readonly text: string
  readonly editedAt: string | null
  readonly deletedAt: string | null
  readonly reactions: string | null
  readonly values: string | null
  readonly mentions: string | null
  readonly files: string | null
  readonly pinnedAt: string | null
}

/** The messages that the commands of one transaction refer to, and the changes to them. */
export class MessageRows {
  readonly #bySeq = new Map<string, KnownMessage>()
  /** Messages that were posted before with an id that is posted now, by that id, which another sender may have chosen too. */
  readonly #posted = new Map<string, PostedMessage[]>()
  /** The messages whose text is changed now, for replies that were read before and quote it. */
  readonly #newTexts = new Map<string, Pick<MessageRow, 'text' | 'files'>>()
  readonly #inserted: InsertedMessage[] = []
  readonly #updated = new Map<string, UpdatedMessage>()
  readonly #withoutReactions = new Map<string, { room: number; seq: number }>()
  /** The number of pins in each room that has any. */
  readonly #pins = new Map<number, number>()

  static async read(
    transaction: Transaction<Tables>,
    items: readonly Item<LockedRoom, MessageCommand, Message>[],
  ): Promise<MessageRows> {
    const rows = new MessageRows()
    const posts: { room: number; sender: number; id: string }[] = []
    const places = new Map<string, { room: number; seq: number }>()
    for (const { stream, command } of items) {
      if (command.type === 'post') posts.push({ room: stream.id, sender: command.by.id, id: command.id })
      const seq = command.type === 'post' ? command.reply : command.seq
      if (seq !== undefined) places.set(seqKey(stream.id, seq), { room: stream.id, seq })
      if (command.type === 'pin') rows.#pins.set(stream.id, 0)
    }
    const pinned = [...rows.#pins.keys()].map((room) => ({ room }))
    for (const { room, pins } of await countPins.execute(transaction, pinned))
      rows.#pins.set(room, Number(pins))
    for (const { roomId, senderId, ...row } of await selectPosted.execute(transaction, posts))
      rows.#addPosted({ roomId, senderId, row })
    for (const { roomId, senderId, ...row } of await selectPlaces.execute(transaction, [...places.values()]))
      rows.#bySeq.set(seqKey(roomId, row.seq), { row, senderId })
    return rows
  }

  at(room: number, seq: number): KnownMessage | undefined {
    return this.#asItReadsNow(room, this.#bySeq.get(seqKey(room, seq)))
  }

  /** The message that this sender posted with this id before. */
  posted(room: number, sender: number, id: string): KnownMessage | undefined {
    const posted = this.#posted.get(id)?.find((one) => one.senderId === sender && one.roomId === room)
    return this.#asItReadsNow(room, posted)
  }

  insert(room: number, senderId: number, row: MessageRow): void {
    this.#addPosted({ roomId: room, senderId, row })
    this.#inserted.push({
      room_id: room,
      seq: row.seq,
      sender_id: senderId,
      client_id: row.id,
      text: row.text,
      created_at: row.at,
      reply_seq: row.replySeq,
      expression_values: row.values,
      mentions: row.mentions,
      files: row.files,
    })
  }

  #addPosted(posted: PostedMessage): void {
    const { id } = posted.row
    const others = this.#posted.get(id)
    if (others) others.push(posted)
    else this.#posted.set(id, [posted])
  }

  update(room: number, row: MessageRow): void {
    const key = seqKey(room, row.seq)
    const known = this.#bySeq.get(key)
    if (!known) throw new Error('a message was to be changed that was not read')
    this.#bySeq.set(key, { ...known, row })
    if (row.text !== known.row.text || row.files !== known.row.files) this.#newTexts.set(key, row)
    const pins = this.#pins.get(room)
    const added = Number(row.pinnedAt !== null) - Number(known.row.pinnedAt !== null)
    if (pins !== undefined) this.#pins.set(room, pins + added)
    const { seq, rev, text, editedAt, deletedAt, reactions, values, mentions, files, pinnedAt } = row
    const held = { reactions, values, mentions, files, pinnedAt }
    const updated = { room, seq, rev, text, editedAt, deletedAt, ...held }
    this.#updated.set(key, updated)
  }

  #asItReadsNow(room: number, known: KnownMessage | undefined): KnownMessage | undefined {
    if (!known || known.row.replySeq === null) return known
    const original = this.#newTexts.get(seqKey(room, known.row.replySeq))
    if (!original) return known
    return { ...known, row: { ...known.row, replyText: original.text, replyFiles: original.files } }
  }

  /** The number of pinned messages in a room. Known only if one of the commands pins. */
  pinsOf(room: number): number {
    return this.#pins.get(room) ?? 0
  }

  forgetReactions(room: number, seq: number): void {
    this.#withoutReactions.set(seqKey(room, seq), { room, seq })
  }

  async write(transaction: Transaction<Tables>): Promise<void> {
    if (this.#inserted.length > 0) await insertMessages.execute(transaction, this.#inserted)
    if (this.#updated.size > 0) await updateMessages.execute(transaction, [...this.#updated.values()])
    if (this.#withoutReactions.size > 0)
      await deleteReactions.execute(transaction, [...this.#withoutReactions.values()])
  }
}

const insertMessages = preparedForRows((database, messages: readonly Placeholder<InsertedMessage>[]) =>
  database.insertInto('messages').values(
    messages.map((message) => ({
      room_id: message('room_id'),
      seq: message('seq'),
      rev: message('seq'),
      sender_id: message('sender_id'),
      client_id: message('client_id'),
      text: message('text'),
      created_at: message('created_at'),
      reply_seq: message('reply_seq'),
      expression_values: message('expression_values'),
      mentions: message('mentions'),
      files: message('files'),
    })),
  ),
)

const updateMessages = preparedForRows((database, messages: readonly Placeholder<UpdatedMessage>[]) => {
  const values = messages.map(
    (message) =>
      sql`(cast(${message('room')} as bigint), cast(${message('seq')} as bigint), cast(${message('rev')} as bigint), ${message('text')}, cast(${message('editedAt')} as text), cast(${message('deletedAt')} as text), cast(${message('reactions')} as text), cast(${message('values')} as text), cast(${message('mentions')} as text), cast(${message('files')} as text), cast(${message('pinnedAt')} as text))`,
  )
  return database
    .updateTable('messages')
    .from(
      sql<{
        column1: number
        column2: number
        column3: number
        column4: string
        column5: string | null
        column6: string | null
        column7: string | null
        column8: string | null
        column9: string | null
        column10: string | null
        column11: string | null
      }>`(values ${sql.join(values)})`.as('changed'),
    )
    .set(({ ref }) => ({
      rev: ref('changed.column3'),
      text: ref('changed.column4'),
      edited_at: ref('changed.column5'),
      deleted_at: ref('changed.column6'),
      reactions: ref('changed.column7'),
      expression_values: ref('changed.column8'),
      mentions: ref('changed.column9'),
      files: ref('changed.column10'),
      pinned_at: ref('changed.column11'),
    }))
    .whereRef('messages.room_id', '=', 'changed.column1')
    .whereRef('messages.seq', '=', 'changed.column2')
})

const countPins = preparedForRows((database, rooms: readonly Placeholder<{ room: number }>[]) =>
  database
    .selectFrom('messages')
    .select(({ fn }) => ['room_id as room', fn.countAll<number>().as('pins')])
    .where(
      'room_id',
      'in',
      rooms.map((value) => value('room')),
    )
    .where('pinned_at', 'is not', null)
    .groupBy('room_id'),
)

/** Looked up one by one in the index: lists would be every sender with every id. */
const selectPosted = preparedForRows(
  (database, keys: readonly Placeholder<{ room: number; sender: number; id: string }>[]) => {
    const wanted = keys.map(
      (key) => sql`(${key('id')}, cast(${key('room')} as bigint), cast(${key('sender')} as bigint))`,
    )
    return selectMessages(database)
      .select(['messages.room_id as roomId', 'messages.sender_id as senderId'])
      .where(
        sql<boolean>`(messages.client_id, messages.room_id, messages.sender_id) in (values ${sql.join(wanted)})`,
      )
  },
)

const selectPlaces = preparedForRows(
  (database, places: readonly Placeholder<{ room: number; seq: number }>[]) => {
    const wanted = places.map(
      (place) => sql`(cast(${place('room')} as bigint), cast(${place('seq')} as bigint))`,
    )
    return selectMessages(database)
      .select(['messages.room_id as roomId', 'messages.sender_id as senderId'])
      .where(sql<boolean>`(messages.room_id, messages.seq) in (values ${sql.join(wanted)})`)
  },
)

function seqKey(room: number, seq: number): string {
  return `${room} ${seq}`
}
