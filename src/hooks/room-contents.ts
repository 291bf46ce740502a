import type { FastifyInstance } from 'fastify'
import type { EraseContents } from '../rooms/index.ts'

/** Deletes the hooks of a room that is being deleted, one at a time: each has its last deliveries. */
export function hooksEraser({ database }: FastifyInstance): EraseContents {
  return async (room, job) => {
    const hook = await database
      .selectFrom('hooks')
      .select('id')
      .where('room_id', '=', room)
      .limit(1)
      .executeTakeFirst()
    if (!hook) return false
    await job.transaction((transaction) =>
      transaction.deleteFrom('hooks').where('id', '=', hook.id).execute(),
    )
    return true
  }
}
