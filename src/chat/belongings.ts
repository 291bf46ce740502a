import type { FastifyInstance } from 'fastify'
import type { Belonging } from '../accounts/index.ts'
import { type Placeholder, prepared } from '../storage/index.ts'
import type { MessageWriter } from './message-writer.ts'
import { boundsOf, placeText, type StretchBounds, stretchAfter } from './places-of-person.ts'

/** Changes that are made at once: they share transactions, and others have their turn between them. */
const AT_ONCE = 50

/**
 * What people said, and their reactions. With an account its reactions go, which name people, and what it said where that was
 * chosen: each is a change of its room, which everyone hears who follows it, also in a room that is archived.
 */
export function chatBelongings({ database }: FastifyInstance, writer: MessageWriter): readonly Belonging[] {
  return [
    {
      name: 'messages',
      async read(user, after) {
        const stretch = await stretchAfter(database, after)
        const items = await selectMessages.execute(database, { ...boundsOf(stretch), user })
        return { items: items.map(({ roomId: _, ...message }) => message), next: placeText(stretch) }
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
    .innerJoin('rooms', 'rooms.id', 'messages.room_id')
    .select([
      'messages.room_id as roomId',
      'slug as room',
      'seq',
      'messages.created_at as at',
      'edited_at as edited',
      'reply_seq as reply',
      'text as message',
    ])
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('messages.room_id', 'messages.seq'), '>', tuple(value('room'), value('seq'))),
    )
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('messages.room_id', 'messages.seq'), '<=', tuple(value('lastRoom'), value('lastSeq'))),
    )
    .where('sender_id', '=', value('user'))
    .where('messages.deleted_at', 'is', null)
    .orderBy('messages.room_id')
    .orderBy('messages.seq'),
)

const selectReactions = prepared((database, value: Placeholder<StretchBounds & { user: number }>) =>
  database
    .selectFrom('reactions')
    .innerJoin('rooms', 'rooms.id', 'reactions.room_id')
    .select(['reactions.room_id as roomId', 'slug as room', 'seq', 'emoji'])
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('reactions.room_id', 'reactions.seq'), '>', tuple(value('room'), value('seq'))),
    )
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('reactions.room_id', 'reactions.seq'), '<=', tuple(value('lastRoom'), value('lastSeq'))),
    )
    .where('user_id', '=', value('user'))
    .orderBy('reactions.room_id')
    .orderBy('reactions.seq'),
)
