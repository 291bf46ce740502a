import type { FastifyInstance } from 'fastify'
import { type Belonging, rowSize } from '../accounts/index.ts'
import type { Schedule } from './schedule.ts'

/** Rows that are deleted at once. */
const AT_ONCE = 100

/** The messages and reminders that people have scheduled. */
export function scheduledBelongings({ usage }: FastifyInstance, schedule: Schedule): readonly Belonging[] {
  return [
    {
      name: 'scheduled',
      async read(user) {
        const rows = await schedule.of(user)
        return {
          items: rows.map(({ created_at, due_at, kind, room_slug: room, state, text }) => ({
            kind,
            room,
            text,
            due_at,
            state,
            created_at,
          })),
        }
      },
      async erase({ id }, _after, job) {
        const deleted = await job.transaction(async (transaction) => {
          return transaction
            .deleteFrom('scheduled')
            .where('id', 'in', (some) =>
              some.selectFrom('scheduled').select('id').where('user_id', '=', id).limit(AT_ONCE),
            )
            .returning('text')
            .execute()
        })
        const bytes = deleted.reduce((sum, { text }) => sum + rowSize(text), 0)
        if (bytes > 0) await usage.free(id, bytes)
        return deleted.length === AT_ONCE ? 'more' : undefined
      },
    },
  ]
}
