import type { FastifyInstance } from 'fastify'
import type { Belonging } from '../accounts/index.ts'
import { mayRead, slugOf } from '../rooms/index.ts'
import { isShown } from './notification-rows.ts'

/** Notifications that are read or deleted at once. */
const AT_ONCE = 200

/** The notifications of people, and their quiet hours. */
export function notificationBelongings({ database }: FastifyInstance): readonly Belonging[] {
  return [
    {
      name: 'notifications',
      async read(user, after) {
        const rows = await database
          .selectFrom('notifications')
          .select(['id', 'event', 'seq', 'payload', 'created_at as at'])
          .select(({ ref }) => [
            slugOf(ref('notifications.room_id')).as('room'),
            mayRead(ref('notifications.room_id'), ref('notifications.user_id')).as('isReadable'),
          ])
          .where('user_id', '=', user)
          .where(isShown)
          .where('id', '>', Number(after))
          .orderBy('id')
          .limit(AT_ONCE)
          .execute()
        const items = rows.map(({ id: _, isReadable, payload, room, ...row }) => ({
          ...row,
          // Of a reminder that was typed where its person is no longer, only the room is not told.
          room: isReadable ? room : null,
          ...(payload !== null && { payload: JSON.parse(payload) as unknown }),
        }))
        return { items, next: rows.length === AT_ONCE ? String(rows.at(-1)?.id) : undefined }
      },
      async erase({ id }, _after, job) {
        return job.transaction(async (transaction) => {
          const { numDeletedRows } = await transaction
            .deleteFrom('notifications')
            .where('id', 'in', (some) =>
              some.selectFrom('notifications').select('id').where('user_id', '=', id).limit(AT_ONCE),
            )
            .executeTakeFirstOrThrow()
          if (Number(numDeletedRows) === AT_ONCE) return 'more'
          await transaction.deleteFrom('notification_marks').where('user_id', '=', id).execute()
          await transaction.deleteFrom('quiet_hours').where('user_id', '=', id).execute()
          return undefined
        })
      },
    },
    {
      name: 'quiet_hours',
      async read(user) {
        const items = await database
          .selectFrom('quiet_hours')
          .select(['starts_at as starts_at_minute', 'ends_at as ends_at_minute'])
          .where('user_id', '=', user)
          .execute()
        return { items }
      },
    },
  ]
}
