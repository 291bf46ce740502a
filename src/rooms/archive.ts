import type { Transaction } from 'kysely'
import { type Actor, type AuditedRoom, recordAudit } from '../audit/index.ts'
import { type Database, inTransaction, type Tables } from '../storage/index.ts'
import { noteAccessChange } from './access-changes.ts'

/** Makes a room read-only, and removes it from the directory. Its invitation ends. */
export async function archiveRoom(database: Database, room: number, by: Actor): Promise<void> {
  await inTransaction(database, async (transaction) => {
    const archived = await archiveIn(transaction, room, { always: true })
    if (archived) await recordAudit(transaction, { action: 'room.archive', by, room: archived })
  })
}

/** Takes a room into use again. */
export async function unarchiveRoom(database: Database, room: number, by: Actor): Promise<void> {
  await inTransaction(database, async (transaction) => {
    const back = await transaction
      .updateTable('rooms')
      .set({ archived_at: null })
      .where('id', '=', room)
      .where('archived_at', 'is not', null)
      .where('deleted_at', 'is', null)
      .returning(['id', 'name', 'kind'])
      .executeTakeFirst()
    if (!back) return
    await recordAudit(transaction, { action: 'room.unarchive', by, room: back })
    await noteAccessChange(transaction, { room, user: null })
  })
}

/**
 * Archives a room within a transaction.
 * @param always also the lobby, which is not archived for being empty: it is where everybody begins
 * @returns the room; undefined where it was archived already
 */
export async function archiveIn(
  transaction: Transaction<Tables>,
  room: number,
  { always = false } = {},
): Promise<AuditedRoom | undefined> {
  const archived = await transaction
    .updateTable('rooms')
    .set({ archived_at: new Date().toISOString() })
    .where('id', '=', room)
    .where('archived_at', 'is', null)
    .$if(!always, (query) => query.where('slug', '!=', 'lobby'))
    .returning(['id', 'name', 'kind'])
    .executeTakeFirst()
  if (!archived) return undefined
  await transaction.deleteFrom('invitations').where('room_id', '=', room).execute()
  await noteAccessChange(transaction, { room, user: null })
  return archived
}
