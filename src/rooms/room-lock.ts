import type { Transaction } from 'kysely'
import { runsSideBySide, type Tables } from '../storage/index.ts'

/**
 * Keeps a room's members, bars and invitation as they are until the transaction ends, but for what it changes itself. On SQLite
 * transactions follow each other anyway.
 */
export async function lockRoom(transaction: Transaction<Tables>, room: number): Promise<void> {
  if (!runsSideBySide(transaction)) return
  await transaction.selectFrom('rooms').select('id').where('id', '=', room).forNoKeyUpdate().execute()
}

/** As `lockRoom`, for those who come into a room: they do not wait for each other. */
export async function lockRoomShared(transaction: Transaction<Tables>, room: number): Promise<void> {
  if (!runsSideBySide(transaction)) return
  await transaction.selectFrom('rooms').select('id').where('id', '=', room).forShare().execute()
}
