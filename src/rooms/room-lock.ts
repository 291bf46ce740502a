import type { Transaction } from 'kysely'
import { runsSideBySide, type Tables } from '../storage/index.ts'

/**
 * Locks a room's members, bars and invitation until the transaction ends, except for the transaction's own changes. On SQLite,
 * transactions run one after another anyway.
 */
export async function lockRoom(transaction: Transaction<Tables>, room: number): Promise<void> {
  if (!runsSideBySide(transaction)) return
  await transaction.selectFrom('rooms').select('id').where('id', '=', room).forNoKeyUpdate().execute()
}

/** As `lockRoom`, for people who join a room: they do not wait for each other. */
export async function lockRoomShared(transaction: Transaction<Tables>, room: number): Promise<void> {
  if (!runsSideBySide(transaction)) return
  await transaction.selectFrom('rooms').select('id').where('id', '=', room).forShare().execute()
}
