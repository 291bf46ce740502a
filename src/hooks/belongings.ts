import type { FastifyInstance } from 'fastify'
import { type Belonging, usernameOf } from '../accounts/index.ts'
import { slugOf } from '../rooms/index.ts'

/** Hooks that are read or deleted at once. */
const AT_ONCE = 100

/** The hooks that people have created, without their secrets. They are deleted with their creator's account. */
export function hookBelongings({ database }: FastifyInstance): readonly Belonging[] {
  return [
    {
      name: 'hooks',
      async read(user, after) {
        const rows = await database
          .selectFrom('hooks')
          .select(({ ref }) => [
            'id',
            slugOf(ref('hooks.room_id')).as('room'),
            'direction',
            usernameOf(ref('hooks.user_id')).as('name'),
            'url',
            'events',
            'created_at',
          ])
          .where('created_by', '=', user)
          .where('id', '>', after)
          .orderBy('id')
          .limit(AT_ONCE)
          .execute()
        return { items: rows, next: rows.length === AT_ONCE ? rows.at(-1)?.id : undefined }
      },
      async erase({ id }, _after, job) {
        const { numDeletedRows } = await job.transaction((transaction) =>
          transaction
            .deleteFrom('hooks')
            .where('id', 'in', (some) =>
              some.selectFrom('hooks').select('id').where('created_by', '=', id).limit(AT_ONCE),
            )
            .executeTakeFirstOrThrow(),
        )
        return Number(numDeletedRows) === AT_ONCE ? 'more' : undefined
      },
    },
  ]
}
