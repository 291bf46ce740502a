import type { FastifyInstance } from 'fastify'
import type { Belonging } from '../accounts/index.ts'
import type { EraseContents } from '../rooms/index.ts'

/** Rows that are deleted in one transaction. */
const ROWS = 200

/** The drafts of a person, for their export and for the deletion of their account. */
export function draftBelongings({ database }: FastifyInstance): readonly Belonging[] {
  return [
    {
      name: 'drafts',
      async read(user) {
        const items = await database
          .selectFrom('drafts')
          .select(['room_slug as room', 'text'])
          .where('user_id', '=', user)
          .orderBy('room_id')
          .execute()
        return { items }
      },
      async erase({ id }, _after, job) {
        await job.transaction((transaction) =>
          transaction.deleteFrom('drafts').where('user_id', '=', id).execute(),
        )
        return undefined
      },
    },
  ]
}

/** Deletes people's drafts in a room that is being deleted. */
export function draftsEraser({ database, eraseDeleted }: FastifyInstance): EraseContents {
  return async (room, job) => {
    const some = await database
      .selectFrom('drafts')
      .select('user_id')
      .where('room_id', '=', room)
      .limit(ROWS)
      .execute()
    if (some.length === 0) return false
    const users = some.map(({ user_id }) => user_id)
    await job.transaction(async (transaction) => {
      await transaction
        .deleteFrom('drafts')
        .where('room_id', '=', room)
        .where('user_id', 'in', users)
        .execute()
      await eraseDeleted(transaction)
    })
    return some.length === ROWS
  }
}
