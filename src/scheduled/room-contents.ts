import type { FastifyInstance } from 'fastify'
import { rowSize } from '../accounts/index.ts'
import { type EraseContents, eraserOf } from '../rooms/index.ts'

/** Reminders and messages that are deleted in one transaction. */
const ROWS = 200

/** Deletes the scheduled messages and reminders of a room that is being deleted. Their jobs then find nothing to do. */
export function scheduledEraser({ database, eraseDeleted, usage }: FastifyInstance): EraseContents {
  return eraserOf({
    atOnce: ROWS,
    select: (room, limit) =>
      database.selectFrom('scheduled').select('id').where('room_id', '=', room).limit(limit).execute(),
    async erase(rows, job) {
      const ids = rows.map(({ id }) => id)
      const deleted = await job.transaction(async (transaction) => {
        const deleted = await transaction
          .deleteFrom('scheduled')
          .where('id', 'in', ids)
          .returning(['user_id as user', 'text'])
          .execute()
        await eraseDeleted(transaction)
        return deleted
      })
      await usage.freeAll(deleted.map(({ text, user }) => ({ user, bytes: rowSize(text) })))
    },
  })
}
