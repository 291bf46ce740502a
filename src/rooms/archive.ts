import type { Transaction } from 'kysely'
import { type Database, inTransaction, type Tables } from '../storage/index.ts'
import { noteAccessChange } from './access-changes.ts'

/** Makes a room read-only, and takes it off the directory. Its invitation ends. */
export async function archiveRoom(database: Database, room: number): Promise<void> {
  await inTransaction(database, async (transaction) => archiveIn(transaction, room, { always: true }))
}

/** Takes a room into use again. */
export async function unarchiveRoom(database: Database, room: number): Promise<void> {
  await inTransaction(database, async (transaction) => {
    await transaction.updateTable('rooms').set({ archived_at: null }).where('id', '=', room).execute()
    await noteAccessChange(transaction, { room, user: null })
  })
}

/**
 * Archives a room within a transaction.
 * @param always also the lobby, which is not archived for being empty: it is where everybody begins
 */
export async function archiveIn(
  transaction: Transaction<Tables>,
  room: number,
  { always = false } = {},
): Promise<void> {
  const archived = await transaction
    .updateTable('rooms')
    .set({ archived_at: new Date().toISOString() })
    .where('id', '=', room)
    .where('archived_at', 'is', null)
    .$if(!always, (query) => query.where('slug', '!=', 'lobby'))
    .returning('id')
    .executeTakeFirst()
  if (!archived) return
  await transaction.deleteFrom('invitations').where('room_id', '=', room).execute()
  await noteAccessChange(transaction, { room, user: null })
}
