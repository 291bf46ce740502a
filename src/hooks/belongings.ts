import type { FastifyInstance } from 'fastify'
import type { Belonging } from '../accounts/index.ts'

/** Hooks that are read or deleted at once. */
const AT_ONCE = 100

/** The hooks that people have made, without what keeps them secret. They go with their maker's account. */
export function hookBelongings({ database }: FastifyInstance): readonly Belonging[] {
  return [
    {
      name: 'hooks',
      async read(user, after) {
        const rows = await database
          .selectFrom('hooks')
          .innerJoin('rooms', 'rooms.id', 'hooks.room_id')
          .leftJoin('users as speaker', 'speaker.id', 'hooks.user_id')
          .select([
            'hooks.id',
            'slug as room',
            'direction',
            'speaker.name',
            'url',
            'events',
            'hooks.created_at',
          ])
          .where('hooks.created_by', '=', user)
          .where('hooks.id', '>', after)
          .orderBy('hooks.id')
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
