import type { FastifyInstance } from 'fastify'
import { rowSize } from '../accounts/index.ts'
import { type EraseContents, eraserOf } from '../rooms/index.ts'

/** Messages that are deleted in one transaction, with their reactions. */
const MESSAGES = 200

/** Deletes the talk of a room that is being deleted, and gives its authors back the bytes that it took. */
export function talkEraser({ database, eraseDeleted, rooms, usage }: FastifyInstance): EraseContents {
  return eraserOf({
    atOnce: MESSAGES,
    select: (room, limit) =>
      database
        .selectFrom('messages')
        .select('seq')
        .where('room_id', '=', room)
        .orderBy('seq')
        .limit(limit)
        .execute(),
    async erase(messages, job, room) {
      const last = messages.at(-1)
      if (!last) return
      const deleted = await job.transaction(async (transaction) => {
        const reactions = await transaction
          .deleteFrom('reactions')
          .where('room_id', '=', room)
          .where('seq', '<=', last.seq)
          .returning(['user_id as user', 'emoji'])
          .execute()
        const texts = await transaction
          .deleteFrom('messages')
          .where('room_id', '=', room)
          .where('seq', '<=', last.seq)
          .returning(['sender_id as user', 'text', 'client_id', 'expression_values', 'mentions'])
          .execute()
        await rooms.deletion.deleted(
          transaction,
          texts.map(({ user }) => user),
        )
        await eraseDeleted(transaction)
        return [
          ...reactions.map(({ emoji, user }) => ({ user, bytes: rowSize(emoji) })),
          ...texts.map(({ client_id, expression_values, mentions, text, user }) => ({
            user,
            bytes: rowSize(text, client_id, expression_values, mentions),
          })),
        ]
      })
      await usage.freeAll(deleted)
    },
  })
}
