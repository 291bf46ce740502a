import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { showing } from '../chat/index.ts'
import { runsSideBySide, type Tables } from '../storage/index.ts'
import type { ExportQueue } from './export-job.ts'
import { isAnyWithin } from './parts.ts'

/**
 * Takes messages out of exported files in the transaction that deletes them: the parts that contain their texts are emptied, and
 * rewritten by a job. Until then the file cannot be downloaded. For a room without exports, a deletion costs one look-up, and
 * everything else nothing.
 */
export function keepDeletedOut(app: FastifyInstance, queue: ExportQueue): void {
  app.chat.within(async (transaction, rooms) => {
    for (const { id: room, changes } of rooms) {
      const deleted = changes.filter((message) => message.deleted).map(({ seq }) => seq)
      if (deleted.length === 0) continue
      const exports = await lockExports(transaction, room)
      if (exports.length === 0) continue
      const ids = exports.map(({ id }) => id)
      await emptyParts(transaction, ids, await showing(transaction, room, deleted))
      await queue.addAll(
        transaction,
        exports.map(({ user }) => ({ payload: { user, room }, key: `${user}.${room}` })),
      )
    }
  })
}

/** Exports of a room of which something was written; no job writes on one of them until the transaction ends. */
async function lockExports(
  transaction: Transaction<Tables>,
  room: number,
): Promise<{ id: string; user: number }[]> {
  const query = transaction
    .selectFrom('exports')
    .select(['id', 'user_id as user'])
    .where('room_id', '=', room)
    .where('parts', '>', 0)
    .orderBy('id')
  return (runsSideBySide(transaction) ? query.forUpdate() : query).execute()
}

/** @param messages whose parts are emptied; undefined: all parts are */
async function emptyParts(
  transaction: Transaction<Tables>,
  exports: readonly string[],
  messages: readonly number[] | undefined,
): Promise<void> {
  const ascending = messages?.toSorted((a, b) => a - b) ?? [0, Number.MAX_SAFE_INTEGER]
  const found = await transaction
    .selectFrom('export_parts')
    .select(['export_id', 'number', 'first_seq', 'last_seq'])
    .where('export_id', 'in', exports)
    .where('is_stale', '=', 0)
    .where('first_seq', '<=', ascending.at(-1) ?? 0)
    .where('last_seq', '>=', ascending[0] ?? 0)
    .execute()
  const stale = messages === undefined ? found : found.filter((part) => isAnyWithin(ascending, part))
  for (const [id, parts] of Map.groupBy(stale, ({ export_id }) => export_id)) {
    await transaction
      .updateTable('exports')
      .set(({ eb }) => ({ version: eb('version', '+', 1), stale: eb('stale', '+', parts.length) }))
      .where('id', '=', id)
      .execute()
    await transaction
      .updateTable('export_parts')
      .set({ is_stale: 1, file: null, content: null, files: null })
      .where('export_id', '=', id)
      .where(
        'number',
        'in',
        parts.map(({ number }) => number),
      )
      .execute()
  }
}
