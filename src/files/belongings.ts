import type { FastifyInstance } from 'fastify'
import type { Belonging } from '../accounts/index.ts'
import { slugOf } from '../rooms/index.ts'
import { fileAddress } from './presentation.ts'
import type { FileRemoval } from './removal.ts'

/** Files that are read at once, and that are removed in one transaction. */
const READ = 200
const REMOVED = 50

/**
 * The files that people have sent. Those of messages go with the messages, by the feature that has them; here go those that are in no
 * message.
 */
export function fileBelongings({ database }: FastifyInstance, removal: FileRemoval): readonly Belonging[] {
  return [
    {
      name: 'files',
      async read(user, after) {
        const files = await database
          .selectFrom('files')
          .select(({ ref }) => ['id', slugOf(ref('files.room_id')).as('room'), 'message_seq as seq', 'name'])
          .select(['type', 'size', 'created_at as at'])
          .where('user_id', '=', user)
          .where('id', '>', after)
          .where('is_stored', '=', 1)
          .where('removed_at', 'is', null)
          .orderBy('id')
          .limit(READ)
          .execute()
        return {
          items: files.map(({ id, ...file }) => ({ ...file, url: fileAddress({ id, name: file.name }) })),
          next: files.length === READ ? files.at(-1)?.id : undefined,
        }
      },
      async erase({ id: user }, _after, job) {
        const removed = await job.transaction(async (transaction) => {
          const unused = await transaction
            .selectFrom('files')
            .select('id')
            .where('user_id', '=', user)
            .where('message_seq', 'is', null)
            .where('removed_at', 'is', null)
            .limit(REMOVED)
            .execute()
          await removal.mark(
            transaction,
            unused.map(({ id }) => id),
          )
          return unused.length
        })
        return removed === REMOVED ? 'more' : undefined
      },
    },
  ]
}
