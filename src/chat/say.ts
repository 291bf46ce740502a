import { randomUUID } from 'node:crypto'
import type { Insertable, Transaction } from 'kysely'
import { type Database, inTransaction } from '../storage/database.ts'
import type { MessagesTable, Tables } from '../storage/tables.ts'
import { Turns } from '../storage/turns.ts'
import { type Message, messageText } from './messages.ts'

export interface Sender {
  readonly id: number
  readonly name: string
}

export interface Said {
  readonly message: Message
  /** Whether the same sender had said this `id` before: the message is then the one that is stored. */
  readonly repeat: boolean
}

interface Utterance {
  readonly sender: Sender
  readonly text: string
  readonly id: string
}

/**
 * Stores what is said: a room's part of a turn in one transaction, which locks the room until it is committed, so that no
 * `rev` is visible before the one below it.
 */
export class Speech {
  readonly #database: Database
  readonly #publish: (room: number, messages: readonly Message[]) => void
  readonly #turns = new Turns<Utterance, Said>((room, utterances) => this.#store(room, utterances))

  /** @param publish called with new messages, in rising `rev`, once they are on disk */
  constructor(database: Database, publish: (room: number, messages: readonly Message[]) => void) {
    this.#database = database
    this.#publish = publish
  }

  /**
   * Says something in a room. When this resolves it is on disk.
   * @param id makes a retry safe: the same sender, room and id is stored once
   * @throws when the database cannot store it; nothing is stored then
   */
  say(room: number, sender: Sender, text: string, id: string = randomUUID()): Promise<Said> {
    return this.#turns.add(room, { sender, text: messageText(text), id })
  }

  async #store(room: number, utterances: readonly Utterance[]): Promise<Said[]> {
    const { said, fresh } = await inTransaction(this.#database, async (transaction) => {
      const { rev, slug } = await transaction
        .selectFrom('rooms')
        .select(['rev', 'slug'])
        .where('id', '=', room)
        .forNoKeyUpdate()
        .executeTakeFirstOrThrow()
      const known = await stored(transaction, room, slug, utterances)
      const fresh: Message[] = []
      const rows: Insertable<MessagesTable>[] = []
      const at = new Date().toISOString()
      const said = utterances.map(({ sender, text, id }): Said => {
        const key = keyOf(sender.id, id)
        const before = known.get(key)
        if (before) return { message: before, repeat: true }
        const seq = rev + fresh.length + 1
        const message: Message = { room: slug, seq, rev: seq, id, sender: sender.name, text, at }
        known.set(key, message)
        fresh.push(message)
        rows.push({ room_id: room, seq, rev: seq, sender_id: sender.id, client_id: id, text, created_at: at })
        return { message, repeat: false }
      })
      if (rows.length > 0) {
        await transaction.insertInto('messages').values(rows).execute()
        await transaction
          .updateTable('rooms')
          .set({ rev: rev + rows.length })
          .where('id', '=', room)
          .execute()
      }
      return { said, fresh }
    })
    if (fresh.length > 0) this.#publish(room, fresh)
    return said
  }
}

/** Which of these were said before, by sender and id. */
async function stored(
  transaction: Transaction<Tables>,
  room: number,
  slug: string,
  utterances: readonly Utterance[],
): Promise<Map<string, Message>> {
  const rows = await transaction
    .selectFrom('messages')
    .innerJoin('users', 'users.id', 'messages.sender_id')
    .select([
      'seq',
      'rev',
      'client_id as id',
      'sender_id',
      'users.name as sender',
      'text',
      'messages.created_at as at',
    ])
    .where('room_id', '=', room)
    .where('sender_id', 'in', [...new Set(utterances.map(({ sender }) => sender.id))])
    .where('client_id', 'in', [...new Set(utterances.map(({ id }) => id))])
    .execute()
  return new Map(
    rows.map(({ sender_id, ...message }) => [keyOf(sender_id, message.id), { room: slug, ...message }]),
  )
}

function keyOf(sender: number, id: string): string {
  return `${sender} ${id}`
}
