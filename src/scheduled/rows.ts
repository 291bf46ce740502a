import type { ExpressionBuilder, Transaction } from 'kysely'
import { runsSideBySide, type Tables } from '../storage/index.ts'
import type { Scheduled } from './tables.ts'

/** Locks an entry before its job is: in this order everybody does, so that no two wait for each other. */
export function lockEntry(transaction: Transaction<Tables>, id: string): Promise<Scheduled | undefined> {
  const query = transaction.selectFrom('scheduled').selectAll().where('id', '=', id)
  return (runsSideBySide(transaction) ? query.forUpdate() : query).executeTakeFirst()
}

/**
 * Changes an entry, unless its person has cancelled it or changed its time since it was read.
 * @returns it as it is now, which may have another text than the one that was read
 */
export function updateAsRead(
  transaction: Transaction<Tables>,
  read: Scheduled,
  changes: Partial<Pick<Scheduled, 'state' | 'text' | 'failure'>>,
): Promise<Scheduled | undefined> {
  return transaction
    .updateTable('scheduled')
    .set(changes)
    .where(isAsRead(read))
    .returningAll()
    .executeTakeFirst()
}

/** Deletes an entry as `updateAsRead` changes it. */
export function deleteAsRead(
  transaction: Transaction<Tables>,
  read: Scheduled,
): Promise<Scheduled | undefined> {
  return transaction.deleteFrom('scheduled').where(isAsRead(read)).returningAll().executeTakeFirst()
}

function isAsRead({ due_at, id, key_id }: Scheduled) {
  return ({ and, eb }: ExpressionBuilder<Tables, 'scheduled'>) =>
    and([
      eb('id', '=', id),
      eb('due_at', '=', due_at),
      // Whoever changes something of a key takes it over.
      key_id === null ? eb('key_id', 'is', null) : eb('key_id', '=', key_id),
    ])
}
