import { sql } from 'kysely'
import { type Database, type Placeholder, prepared } from '../storage/index.ts'
import { colouring } from './markdown/colouring.ts'
import type { Message } from './message.ts'
import { messagesIn } from './messages.ts'

/** Messages of a conversation that are shown, and steps back to its first one. */
const MOST = 200

/** Messages of a room that answer each other. */
export interface ConversationOf {
  /** In the order in which they were said, without those that are deleted. */
  readonly messages: Message[]
  /** True if there are more than can be shown. */
  readonly more: boolean
}

/** The conversation that a message belongs to: all messages that are connected with it by replies. */
export async function conversationOf(database: Database, room: number, seq: number): Promise<ConversationOf> {
  const first = await selectFirst.executeTakeFirst(database, { room, seq, limit: MOST })
  const seqs = await selectAnswers.execute(database, { room, seq: first?.seq ?? seq, limit: MOST + 1 })
  const places = seqs.slice(0, MOST).map((answer) => ({ room, seq: answer.seq }))
  const messages = await messagesIn(database, places)
  await colouring.prepare(messages.map(({ sender, text }) => ({ text, author: sender })))
  return { messages: messages.toSorted((one, other) => one.seq - other.seq), more: seqs.length > MOST }
}

/** Tells whether a message answers another one or was answered. */
export async function isInConversation(database: Database, room: number, seq: number): Promise<boolean> {
  return (await selectNeighbour.executeTakeFirst(database, { room, seq })) !== undefined
}

const selectNeighbour = prepared((database, value: Placeholder<{ room: number; seq: number }>) =>
  database
    .selectFrom('messages')
    .select('seq')
    .where('room_id', '=', value('room'))
    .where('reply_seq', '=', value('seq'))
    .limit(1)
    .unionAll(
      database
        .selectFrom('messages')
        .select('seq')
        .where('room_id', '=', value('room'))
        .where('seq', '=', value('seq'))
        .where('reply_seq', 'is not', null),
    ),
)

/** Goes up from a message to what it answers, and so on. */
const selectFirst = prepared((database, value: Placeholder<{ room: number; seq: number; limit: number }>) =>
  database
    .withRecursive('answered(seq, reply_seq, step)', (recursive) =>
      recursive
        .selectFrom('messages')
        .select(['seq', 'reply_seq', sql<number>`0`.as('step')])
        .where('room_id', '=', value('room'))
        .where('seq', '=', value('seq'))
        .unionAll(
          recursive
            .selectFrom('answered')
            .innerJoin('messages', (join) =>
              join
                .on('messages.room_id', '=', value('room'))
                .onRef('messages.seq', '=', 'answered.reply_seq'),
            )
            .select(['messages.seq', 'messages.reply_seq', sql<number>`answered.step + 1`.as('step')])
            .where('answered.step', '<', value('limit')),
        ),
    )
    .selectFrom('answered')
    .select('seq')
    .orderBy('step', 'desc')
    .limit(1),
)

/** Goes down to all answers. Nothing sorts them, so that no more are looked for than the limit. */
const selectAnswers = prepared((database, value: Placeholder<{ room: number; seq: number; limit: number }>) =>
  database
    .withRecursive('answers(seq)', (recursive) =>
      recursive
        .selectFrom('messages')
        .select('seq')
        .where('room_id', '=', value('room'))
        .where('seq', '=', value('seq'))
        .unionAll(
          recursive
            .selectFrom('answers')
            .innerJoin('messages', (join) =>
              join.on('messages.room_id', '=', value('room')).onRef('messages.reply_seq', '=', 'answers.seq'),
            )
            .select('messages.seq'),
        ),
    )
    .selectFrom('answers')
    .select('seq')
    .limit(value('limit')),
)
