import type { FastifyInstance } from 'fastify'
import { type EraseContents, eraserOf } from '../rooms/index.ts'

/** Notifications that are deleted in one transaction. */
const ROWS = 500

/** Deletes the notifications about messages in a room that is being deleted. */
export function notificationsEraser({ database, eraseDeleted }: FastifyInstance): EraseContents {
  return eraserOf({
    atOnce: ROWS,
    select: (room, limit) =>
      database.selectFrom('notifications').select('id').where('room_id', '=', room).limit(limit).execute(),
    async erase(rows, job) {
      const ids = rows.map(({ id }) => id)
      await job.transaction(async (transaction) => {
        await transaction.deleteFrom('notifications').where('id', 'in', ids).execute()
        await eraseDeleted(transaction)
      })
    },
  })
}
