import type { Generated, Transaction } from 'kysely'
import { FrameError, networkOf, wellFormed } from '../../src/channels/index.ts'
import { type Database, inTransaction, lockTable, type Tables } from '../../src/storage/index.ts'

declare module '../../src/storage/tables.ts' {
  interface Tables {
    /** `visitor` is what their cookie says, and `network` where they wrote from first. */
    support_chats: {
      id: Generated<number>
      visitor: string
      network: string
      created_at: string
      messages: number
    }
    support_messages: { chat_id: number; seq: number; id: string; text: string; answered_by: number | null }
  }
}

/** Chats that are kept at a time, of a network and in all, and messages of one. */
const LIMITS = { network: 5, all: 500, messages: 200 }
/** Milliseconds that a chat is kept. */
export const DAY = 24 * 60 * 60_000

/** Opens a chat for a visitor. @throws FrameError when there are too many */
export function openChat(database: Database, visitor: string, address: string): Promise<number> {
  const network = networkOf(address)
  return inTransaction(database, async (transaction) => {
    await lockTable(transaction, 'support_chats')
    const chats = await transaction.selectFrom('support_chats').select('network').execute()
    const ofNetwork = chats.filter((chat) => chat.network === network)
    if (ofNetwork.length >= LIMITS.network || chats.length >= LIMITS.all)
      throw new FrameError('limit', 'too many people are asking for help at the moment: try again later')
    const row = { visitor, network, created_at: new Date().toISOString(), messages: 0 }
    const insert = transaction.insertInto('support_chats').values(row).returning('id')
    return (await insert.executeTakeFirstOrThrow()).id
  })
}

/** `by` is the administrator who answers; null: the visitor. */
export type NewMessage = Readonly<{ id: string; text: string; by: number | null }>

/** Stores a message, once for each `id`. It locks the row of the chat, so that nobody who reads on by `seq` misses a message. */
export function post(database: Database, chat: number, { id, text, by }: NewMessage): Promise<void> {
  return inTransaction(database, async (transaction) => {
    const update = transaction.updateTable('support_chats').where('id', '=', chat).returning('messages')
    const row = await update.set(({ eb }) => ({ messages: eb('messages', '+', 1) })).executeTakeFirst()
    if (!row) throw new FrameError('not_found', 'this chat has ended')
    if (row.messages > LIMITS.messages) throw new FrameError('limit', 'this chat is full')
    const message = { chat_id: chat, seq: row.messages, id, text: wellFormed(text), answered_by: by }
    const insert = transaction.insertInto('support_messages').values(message)
    await insert.onConflict((conflict) => conflict.columns(['chat_id', 'id']).doNothing()).execute()
  })
}

/** The messages of a chat after one of them. */
export function messagesAfter(database: Database, chat: number, seq: number) {
  const messages = database.selectFrom('support_messages').leftJoin('users', 'users.id', 'answered_by')
  const ofChat = messages.where('chat_id', '=', chat).where('seq', '>', seq).orderBy('seq')
  return ofChat.select(['seq as rev', 'text', 'users.name as by']).execute()
}

export async function findChat(database: Database, chat: { id: number } | { visitor: string }) {
  const chats = database.selectFrom('support_chats').select('id')
  return (await chats.where(({ and }) => and(chat)).executeTakeFirst())?.id
}

/** All chats, the oldest first. */
export async function allChats(database: Database) {
  const chats = database.selectFrom('support_chats').select(['id', 'created_at', 'messages']).orderBy('id')
  const at = (time: string) => `${time.slice(0, 16).replace('T', ' ')} UTC`
  return (await chats.execute()).map(({ id, created_at, messages }) => ({ id, at: at(created_at), messages }))
}

/** Deletes the chats that were kept for long enough, with all that was written in them. */
export function sweep(database: Database, eraseDeleted: (transaction: Transaction<Tables>) => Promise<void>) {
  const before = new Date(Date.now() - DAY).toISOString()
  return inTransaction(database, async (transaction) => {
    await transaction.deleteFrom('support_chats').where('created_at', '<', before).execute()
    await eraseDeleted(transaction)
  })
}
