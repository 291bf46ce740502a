import type { FastifyInstance } from 'fastify'
import type { Belonging } from '../accounts/index.ts'
import { slugOf } from '../rooms/index.ts'
import { type Placeholder, prepared } from '../storage/index.ts'
import { filesOf } from './message.ts'
import type { MessageWriter } from './message-writer.ts'
import { boundsOf, placeText, type StretchBounds, stretchAfter } from './places-of-person.ts'

/** Changes that are made at once: they share transactions, and others have their turn between them. */
const AT_ONCE = 50

/**
 * The messages and reactions of people. Deleting an account takes back its reactions, which name people, and deletes its messages
 * where that was chosen: each is a change of its room that its followers receive, also in an archived room.
 */
export function chatBelongings({ database }: FastifyInstance, writer: MessageWriter): readonly Belonging[] {
  return [
    {
      name: 'messages',
      async read(user, after) {
        const stretch = await stretchAfter(database, after)
        const items = await selectMessages.execute(database, { ...boundsOf(stretch), user })
        const shown = items.map(({ roomId: _, files, ...message }) =>
          files === null ? message : { ...message, files: filesOf({ files }) },
        )
        return { items: shown, next: placeText(stretch) }
      },
      async erase({ id, keepsMessages }, after, job) {
        if (keepsMessages) return undefined
        const stretch = await stretchAfter(database, after)
        const found = await selectMessages.execute(database, { ...boundsOf(stretch), user: id })
        for (let start = 0; start < found.length; start += AT_ONCE) {
          job.signal.throwIfAborted()
          await Promise.all(
            found.slice(start, start + AT_ONCE).map(({ roomId, seq }) => writer.expire(roomId, seq)),
          )
        }
        return placeText(stretch)
      },
    },
    {
      name: 'reactions',
      async read(user, after) {
        const stretch = await stretchAfter(database, after)
        const items = await selectReactions.execute(database, { ...boundsOf(stretch), user })
        return { items: items.map(({ roomId: _, ...reaction }) => reaction), next: placeText(stretch) }
      },
      async erase({ id, name }, after, job) {
        const stretch = await stretchAfter(database, after)
        const found = await selectReactions.execute(database, { ...boundsOf(stretch), user: id })
        for (let start = 0; start < found.length; start += AT_ONCE) {
          job.signal.throwIfAborted()
          await Promise.all(
            found
              .slice(start, start + AT_ONCE)
              .map(({ emoji, roomId, seq }) => writer.withdraw(roomId, { id, name }, seq, emoji)),
          )
        }
        return placeText(stretch)
      },
    },
  ]
}

const selectMessages = prepared((database, value: Placeholder<StretchBounds & { user: number }>) =>
  database
    .selectFrom('messages')
    .select(({ ref }) => [
      'room_id as roomId',
      slugOf(ref('messages.room_id')).as('room'),
      'seq',
      'created_at as at',
      'edited_at as edited',
      'reply_seq as reply',
      'text as message',
      'files',
    ])
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('room_id', 'seq'), '>', tuple(value('room'), value('seq'))),
    )
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('room_id', 'seq'), '<=', tuple(value('lastRoom'), value('lastSeq'))),
    )
    .where('sender_id', '=', value('user'))
    .where('deleted_at', 'is', null)
    .orderBy('room_id')
    .orderBy('seq'),
)

const selectReactions = prepared((database, value: Placeholder<StretchBounds & { user: number }>) =>
  database
    .selectFrom('reactions')
    .select(({ ref }) => ['room_id as roomId', slugOf(ref('reactions.room_id')).as('room'), 'seq', 'emoji'])
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('room_id', 'seq'), '>', tuple(value('room'), value('seq'))),
    )
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('room_id', 'seq'), '<=', tuple(value('lastRoom'), value('lastSeq'))),
    )
    .where('user_id', '=', value('user'))
    .orderBy('room_id')
    .orderBy('seq'),
)
