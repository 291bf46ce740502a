import type { FastifyInstance } from 'fastify'
import type { AccountExportQueue } from './account-export-job.ts'
import { isUnderWay, lockOf } from './account-exports.ts'

/**
 * Gives up exports of people whose messages are deleted, in the transaction that deletes them: what was deleted is in no file any
 * more.
 */
export function giveUpWithDeleted(app: FastifyInstance, queue: AccountExportQueue): void {
  app.chat.within(async (transaction, rooms) => {
    const senders = new Set(
      rooms.flatMap(({ changes }) => changes.filter(({ deleted }) => deleted).map(({ sender }) => sender)),
    )
    if (senders.size === 0) return
    const exports = await transaction
      .selectFrom('account_exports')
      .innerJoin('users', 'users.id', 'account_exports.user_id')
      .select('user_id as user')
      .where('users.name', 'in', [...senders])
      .where('state', '!=', 'failed')
      .orderBy('user_id')
      .execute()
    for (const { user } of exports) {
      const one = await lockOf(transaction, user)
      // Nothing was written yet of one that waits.
      if (!one || one.state === 'failed' || (isUnderWay(one) && one.parts === 0 && one.state === 'waiting'))
        continue
      const error = 'A message in it was deleted. Export your data again.'
      await transaction
        .updateTable('account_exports')
        .set({ state: 'failed', error, parts: 0, bytes: 0 })
        .where('id', '=', one.id)
        .execute()
      await transaction.deleteFrom('account_export_parts').where('export_id', '=', one.id).execute()
      await queue.add(transaction, { payload: { user }, key: String(user) })
    }
  })
}
