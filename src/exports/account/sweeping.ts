import type { FastifyInstance } from 'fastify'
import { inTransaction } from '../../storage/index.ts'
import type { PartStore } from '../part-store.ts'
import type { AccountExportQueue } from './account-export-job.ts'

/** Milliseconds between two times that expired files are removed. */
const INTERVAL = 10 * 60_000

/** Exports that are looked at in one go. */
const AT_ONCE = 50

/** Removes exports that are a day old and the remains of deleted ones, and continues those that were interrupted. */
export function sweepAccountExports(app: FastifyInstance, store: PartStore, queue: AccountExportQueue): void {
  const { database } = app
  app.jobs.every('sweep-account-exports', INTERVAL, async () => {
    const now = new Date().toISOString()
    const old = await database
      .deleteFrom('account_exports')
      .where('id', 'in', (some) =>
        some
          .selectFrom('account_exports')
          .select('id')
          .where('expires_at', '<=', now)
          .orderBy('expires_at')
          .limit(AT_ONCE),
      )
      .returning('id')
      .execute()
    for (const { id } of old) await store.remove(id)
    if (old.length === AT_ONCE) return { again: 0 }
    for (const id of await store.kept()) {
      const found = await database
        .selectFrom('account_exports')
        .select('id')
        .where('id', '=', id)
        .executeTakeFirst()
      if (!found) await store.remove(id)
    }
    const waiting = await database
      .selectFrom('account_exports')
      .select('user_id as user')
      .where('state', 'in', ['waiting', 'running'])
      .limit(AT_ONCE)
      .execute()
    await inTransaction(database, (transaction) =>
      queue.addAll(
        transaction,
        waiting.map(({ user }) => ({ payload: { user }, key: String(user) })),
      ),
    )
  })
}
