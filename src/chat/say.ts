import { randomUUID } from 'node:crypto'
import type { Insertable, Transaction } from 'kysely'
import { type Database, inTransaction } from '../storage/database.ts'
import type { MessagesTable, Tables } from '../storage/tables.ts'
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

interface Waiting {
  readonly utterance: Utterance
  readonly resolve: (said: Said) => void
  readonly reject: (error: unknown) => void
}

/** Messages of one transaction at most: each takes seven parameters of its insert. */
const BATCH = 200

/**
 * Stores what is said. What a room gets in one turn of the event loop is one transaction of that room, and the next
 * gathers while it runs: a busy room costs one commit a turn, and no `rev` is visible before the one below it.
 */
export class Speech {
  readonly #database: Database
  readonly #publish: (room: number, messages: readonly Message[]) => void
  readonly #waiting = new Map<number, Waiting[]>()

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
    return new Promise((resolve, reject) => {
      const waiting = { utterance: { sender, text: messageText(text), id }, resolve, reject }
      const queue = this.#waiting.get(room)
      if (queue) queue.push(waiting)
      else {
        this.#waiting.set(room, [waiting])
        setImmediate(() => void this.#storeAll(room))
      }
    })
  }

  async #storeAll(room: number): Promise<void> {
    for (let queue = this.#waiting.get(room); queue && queue.length > 0; queue = this.#waiting.get(room)) {
      await this.#storeTogether(room, queue.splice(0, BATCH))
    }
    this.#waiting.delete(room)
  }

  /** If the batch fails, each is tried alone: one that cannot be stored fails nobody else. */
  async #storeTogether(room: number, batch: readonly Waiting[]): Promise<void> {
    try {
      const said = await this.#store(
        room,
        batch.map((waiting) => waiting.utterance),
      )
      batch.forEach((waiting, index) => {
        const result = said[index]
        if (result) waiting.resolve(result)
        else waiting.reject(new Error('a message was neither stored nor found'))
      })
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      else for (const waiting of batch) await this.#storeTogether(room, [waiting])
    }
  }

  async #store(room: number, utterances: readonly Utterance[]): Promise<Said[]> {
    const { said, fresh } = await inTransaction(this.#database, async (transaction) => {
      const { rev, slug } = await transaction
        .selectFrom('rooms')
        .select(['rev', 'slug'])
        .where('id', '=', room)
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
