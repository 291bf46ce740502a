import type { Transaction } from 'kysely'
import { runsSideBySide, type Tables } from '../storage/index.ts'

/**
 * Makes other transactions wait that lock the same person, or that are about to write a notification for them
 * (`blockersAmong`), until this one ends: two that come together could otherwise both be the last within a limit. On SQLite all
 * transactions run one after another.
 */
export async function lockPerson(transaction: Transaction<Tables>, user: number): Promise<void> {
  if (!runsSideBySide(transaction)) return
  await transaction.selectFrom('users').select('id').where('id', '=', user).forNoKeyUpdate().execute()
}
