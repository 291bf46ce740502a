import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { type Placeholder, prepared, type Tables } from '../storage/index.ts'
import type { MessageWriter } from './message-writer.ts'

/** Milliseconds between two times that messages are looked for that are too old. */
const INTERVAL = 60_000

/** Rooms that are looked at in one statement, and messages of a room that are deleted before others have a turn. */
const ROOMS = 200
const MESSAGES = 50

/** Milliseconds between two pieces: as many again are free for everyone else. */
const PAUSE = 50

/**
 * Deletes messages that are a number of days old, as somebody who may moderate would: each is a change of its room, which everyone
 * hears who follows it. How far that has come is kept for each room, so that nothing is looked at twice.
 */
export function deleteOldMessages(app: FastifyInstance, writer: MessageWriter, days: number): void {
  const { database } = app
  app.jobs.every('delete-old-messages', INTERVAL, async ({ after = 0 }, job) => {
    const before = Temporal.Now.instant()
      .subtract({ hours: 24 * days })
      .toString({ fractionalSecondDigits: 3 })
    const rooms = await selectOldest.execute(database, { after, limit: ROOMS })
    const room = rooms.find(({ oldest }) => oldest !== null && oldest < before)
    if (!room) {
      const last = rooms.at(-1)
      return rooms.length === ROOMS && last
        ? { again: 0, payload: { after: last.id } }
        : { again: INTERVAL, payload: {} }
    }
    const first = await selectFirst.execute(database, { room: room.id, limit: MESSAGES })
    const messages = first.filter(({ at }) => at < before)
    job.signal.throwIfAborted()
    await Promise.all(
      messages.filter(({ deleted }) => deleted === null).map(({ seq }) => writer.expire(room.id, seq)),
    )
    const last = messages.at(-1)
    if (last) await job.transaction((transaction) => noteDeleted(transaction, room.id, last.seq))
    // This room once more, for it may have others.
    return { again: PAUSE, payload: { after: room.id - 1 } }
  })
}

/** Within the lease, so that a process that was held up does not say again how far it had come. */
async function noteDeleted(database: Transaction<Tables>, room: number, seq: number): Promise<void> {
  await database
    .insertInto('retentions')
    .values({ room_id: room, seq })
    .onConflict((conflict) => conflict.column('room_id').doUpdateSet({ seq }))
    .execute()
}

/** Rooms, and when the first of their messages was said that was not looked at. */
const selectOldest = prepared((database, value: Placeholder<{ after: number; limit: number }>) =>
  database
    .selectFrom('rooms')
    .leftJoin('retentions', 'retentions.room_id', 'rooms.id')
    .select(({ selectFrom }) => [
      'rooms.id',
      selectFrom('messages')
        .select('messages.created_at')
        .whereRef('messages.room_id', '=', 'rooms.id')
        .where(({ eb, fn, val }) => eb('messages.seq', '>', fn.coalesce('retentions.seq', val(0))))
        .orderBy('messages.seq')
        .limit(1)
        .as('oldest'),
    ])
    .where('rooms.id', '>', value('after'))
    .orderBy('rooms.id')
    .limit(value('limit')),
)

/** The first messages of a room that were not looked at. */
const selectFirst = prepared((database, value: Placeholder<{ room: number; limit: number }>) =>
  database
    .selectFrom('messages')
    .leftJoin('retentions', 'retentions.room_id', 'messages.room_id')
    .select(['messages.seq', 'messages.created_at as at', 'messages.deleted_at as deleted'])
    .where('messages.room_id', '=', value('room'))
    .where(({ eb, fn, val }) => eb('messages.seq', '>', fn.coalesce('retentions.seq', val(0))))
    .orderBy('messages.seq')
    .limit(value('limit')),
)
