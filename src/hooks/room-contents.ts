import type { FastifyInstance } from 'fastify'
import { type EraseContents, eraserOf } from '../rooms/index.ts'

/** Hooks that are deleted in one transaction: each has its last deliveries. */
const HOOKS = 1

/** Deletes the hooks of a room that is being deleted. */
export function hooksEraser({ database }: FastifyInstance): EraseContents {
  return eraserOf({
    atOnce: HOOKS,
    select: (room, limit) =>
      database.selectFrom('hooks').select('id').where('room_id', '=', room).limit(limit).execute(),
    async erase(hooks, job) {
      const ids = hooks.map(({ id }) => id)
      await job.transaction((transaction) => transaction.deleteFrom('hooks').where('id', 'in', ids).execute())
    },
  })
}
