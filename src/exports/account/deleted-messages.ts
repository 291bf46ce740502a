import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { idsOfUsernames } from '../../accounts/index.ts'
import type { Tables } from '../../storage/index.ts'
import type { AccountExportQueue } from './account-export-job.ts'
import { lockOf } from './account-exports.ts'

/**
 * Discards exports of people whose messages are deleted, alone or with their room, in the transaction that deletes them, so that
 * no file contains a deleted message.
 */
export function giveUpWithDeleted(app: FastifyInstance, queue: AccountExportQueue): void {
  app.chat.within(async (transaction, rooms) => {
    const senders = new Set(
      rooms.flatMap(({ changes }) => changes.filter(({ deleted }) => deleted).map(({ sender }) => sender)),
    )
    if (senders.size === 0) return
    const exports = await transaction
      .selectFrom('account_exports')
      .select('user_id as user')
      .where('user_id', 'in', idsOfUsernames([...senders]))
      .where('state', '!=', 'failed')
      .orderBy('user_id')
      .execute()
    for (const { user } of exports) await giveUp(transaction, queue, user)
  })
  app.rooms.deletion.within(async (transaction, authors) => {
    if (authors.length === 0) return
    const exports = await transaction
      .selectFrom('account_exports')
      .select('user_id as user')
      .where('user_id', 'in', authors)
      .where('state', '!=', 'failed')
      .orderBy('user_id')
      .execute()
    for (const { user } of exports) await giveUp(transaction, queue, user)
  })
}

async function giveUp(
  transaction: Transaction<Tables>,
  queue: AccountExportQueue,
  user: number,
): Promise<void> {
  const one = await lockOf(transaction, user)
  // Nothing was read yet for one that waits.
  if (!one || one.state === 'failed' || one.state === 'waiting') return
  const error = 'A message in it was deleted. Export your data again.'
  await transaction
    .updateTable('account_exports')
    .set({ state: 'failed', error, parts: 0, bytes: 0 })
    .where('id', '=', one.id)
    .execute()
  await transaction.deleteFrom('account_export_parts').where('export_id', '=', one.id).execute()
  await queue.add(transaction, { payload: { user }, key: String(user) })
}
