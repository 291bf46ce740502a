import type { FastifyInstance } from 'fastify'
import type { Belonging } from '../accounts/index.ts'

/** The browsers that receive a person's notifications: the address of each push service, without the keys. */
export function pushBelongings({ database }: FastifyInstance): readonly Belonging[] {
  return [
    {
      name: 'push_subscriptions',
      async read(user) {
        const items = await database
          .selectFrom('push_subscriptions')
          .select(['endpoint', 'created_at'])
          .where('user_id', '=', user)
          .orderBy('id')
          .execute()
        return { items }
      },
      async erase({ id }, _after, job) {
        await job.transaction((transaction) =>
          transaction.deleteFrom('push_subscriptions').where('user_id', '=', id).execute(),
        )
        return undefined
      },
    },
  ]
}
