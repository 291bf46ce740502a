import type { FastifyInstance } from 'fastify'
import type { EraseContents } from '../rooms/index.ts'

/** Notifications that are deleted in one transaction. */
const ROWS = 500

/** Deletes the notifications of what was said in a room that is being deleted. */
export function notificationsEraser({ database, eraseDeleted }: FastifyInstance): EraseContents {
  return async (room, job) => {
    const some = await database
      .selectFrom('notifications')
      .select('id')
      .where('room_id', '=', room)
      .limit(ROWS)
      .execute()
    if (some.length === 0) return false
    const ids = some.map(({ id }) => id)
    await job.transaction(async (transaction) => {
      await transaction.deleteFrom('notifications').where('id', 'in', ids).execute()
      await eraseDeleted(transaction)
    })
    return some.length === ROWS
  }
}
