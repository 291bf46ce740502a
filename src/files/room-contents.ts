import type { FastifyInstance } from 'fastify'
import { type EraseContents, eraserOf } from '../rooms/index.ts'
import type { FileStore } from './store/file-store.ts'

/** Files that are removed in one go. */
const AT_ONCE = 20

/** Removes the files of a room that is being deleted. */
export function filesEraser({ database, rooms, usage }: FastifyInstance, store: FileStore): EraseContents {
  return eraserOf({
    atOnce: AT_ONCE,
    select: (room, limit) =>
      database.selectFrom('files').select('id').where('room_id', '=', room).limit(limit).execute(),
    async erase(files, job) {
      const ids = files.map(({ id }) => id)
      for (const id of ids) await store.remove(id)
      const deleted = await job.transaction(async (transaction) => {
        const rows = await transaction
          .deleteFrom('files')
          .where('id', 'in', ids)
          .returning(['user_id as user', 'bytes'])
          .execute()
        await rooms.deletion.deleted(
          transaction,
          rows.map(({ user }) => user),
        )
        return rows
      })
      await usage.freeAll(deleted.map(({ bytes, user }) => ({ bytes: Number(bytes), user })))
    },
  })
}
