import type { FastifyInstance } from 'fastify'
import { type EraseContents, eraserOf } from '../rooms/index.ts'
import { deleteExport } from './exports.ts'
import type { PartStore } from './part-store.ts'

/** Exports that are deleted in one go: each has its parts, which may be large. */
const EXPORTS = 5

/** Deletes the exports of a room that is being deleted. */
export function exportsEraser({ database, usage }: FastifyInstance, store: PartStore): EraseContents {
  return eraserOf({
    atOnce: EXPORTS,
    select: (room, limit) =>
      database
        .selectFrom('exports')
        .select(['id', 'user_id as user'])
        .where('room_id', '=', room)
        .limit(limit)
        .execute(),
    async erase(exports, job) {
      for (const { id, user } of exports) {
        const deleted = await job.transaction((transaction) => deleteExport(transaction, user, id))
        if (deleted) await usage.free(user, deleted.bytes)
        await store.remove(id)
      }
    },
  })
}
