import type { FastifyInstance } from 'fastify'
import type { Belonging } from '../accounts/index.ts'
import { PER_PERSON } from './exports.ts'
import type { PartStore } from './part-store.ts'

/** The files that people have had made, which go with their accounts. */
export function exportBelongings({ usage }: FastifyInstance, store: PartStore): readonly Belonging[] {
  return [
    {
      name: 'exports',
      async erase({ id }, _after, job) {
        const deleted = await job.transaction((transaction) =>
          transaction
            .deleteFrom('exports')
            .where('id', 'in', (some) =>
              some.selectFrom('exports').select('id').where('user_id', '=', id).limit(PER_PERSON),
            )
            .returning(['id', 'bytes'])
            .execute(),
        )
        for (const one of deleted) {
          await usage.free(id, one.bytes)
          await store.remove(one.id)
        }
        return deleted.length === PER_PERSON ? 'more' : undefined
      },
    },
  ]
}
