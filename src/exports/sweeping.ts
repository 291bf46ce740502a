import type { FastifyInstance } from 'fastify'
import { inTransaction } from '../storage/index.ts'
import type { ExportQueue } from './export-job.ts'
import { unfinished } from './exports.ts'
import type { PartStore } from './part-store.ts'

/** Milliseconds between two times that expired files are removed. */
const INTERVAL = 10 * 60_000

/** Exports that are looked at in one go. */
const AT_ONCE = 50

/** Removes exports that are a day old, and the remains of deleted ones. */
export function sweepExports(app: FastifyInstance, store: PartStore, queue: ExportQueue): void {
  const { database, usage } = app
  app.jobs.every('sweep-exports', INTERVAL, async () => {
    const now = new Date().toISOString()
    const old = await database
      .selectFrom('exports')
      .select(['id', 'user_id', 'bytes'])
      .where('expires_at', '<=', now)
      .orderBy('expires_at')
      .limit(AT_ONCE)
      .execute()
    for (const { bytes, id, user_id: user } of old) {
      const { numDeletedRows } = await database
        .deleteFrom('exports')
        .where('id', '=', id)
        .where('expires_at', '<=', now)
        .executeTakeFirst()
      if (numDeletedRows > 0n) await usage.free(user, bytes)
      await store.remove(id)
    }
    if (old.length === AT_ONCE) return { again: 0 }
    await removeOrphans()
    await goOn()
  })

  async function removeOrphans(): Promise<void> {
    for (const id of await store.kept()) {
      const found = await database.selectFrom('exports').select('id').where('id', '=', id).executeTakeFirst()
      if (!found) await store.remove(id)
    }
  }

  /** A job that failed for good, or was left too often, leaves an export that would never end. */
  async function goOn(): Promise<void> {
    const waiting = await database
      .selectFrom('exports')
      .select(['user_id as user', 'room_id as room'])
      .distinct()
      .where(unfinished)
      .limit(AT_ONCE)
      .execute()
    await inTransaction(database, (transaction) =>
      queue.addAll(
        transaction,
        waiting.map(({ user, room }) => ({ payload: { user, room }, key: `${user}.${room}` })),
      ),
    )
  }
}
