import type { Generated, Kysely } from 'kysely'
import { FrameError, type Identity, wellFormed } from '../../src/channels/index.ts'
import type { Tables } from '../../src/storage/index.ts'
import {
  type Change,
  type OpenStream,
  type StreamKind,
  type StreamRow,
  streamTable,
} from '../../src/streams/index.ts'
import type { Frame } from './protocol.ts'

declare module '../../src/storage/tables.ts' {
  interface Tables {
    question_walls: { id: number; rev: Generated<number> }
    questions: { wall_id: number; id: string; asked_by: number } & Omit<Question, 'by'>
    question_votes: { wall_id: number; seq: number; user_id: number }
  }
}

const QUESTIONS_OF_ROOM = 500

/** A question as it is now. Each takes the place of the one before with that `seq`. */
export type Question = Change & Readonly<{ seq: number; text: string; by: string; votes: number }>

/** `fits`: whether its person may keep one more row; `changed`: whether they do. */
export type Command = Frame & { readonly by: Identity['user']; readonly fits: boolean }

export const questionWalls: StreamKind<StreamRow, Command, { rev: number; changed: boolean }, Question> = {
  name: 'questions',
  table: streamTable('question_walls'),
  group: (wall) => `questions.${wall}`,
  apply: (transaction, items) =>
    Array.fromAsync(items, ({ stream, command }) => change(transaction, stream, command)),
  changes(database, wall, after, upTo = Number.MAX_SAFE_INTEGER, limit) {
    const query = questionsOf(database, wall).where('questions.rev', '>', after)
    return query.where('questions.rev', '<=', upTo).orderBy('questions.rev').limit(limit).execute()
  },
  fingerprint: ({ seq, text, votes }) => `${seq} ${votes} ${text}`,
  frame: (question) => ({ type: 'question', ...question }),
}

async function change(
  transaction: Kysely<Tables>,
  stream: OpenStream<StreamRow, Question>,
  command: Command,
) {
  const { by, fits } = command
  const all = questionsOf(transaction, stream.id).orderBy('seq', 'desc')
  const unchanged = { rev: stream.rev, changed: false }
  const full = new FrameError('limit', 'there is no space left for this')
  if (command.type === 'ask') {
    const asked = all.where('asked_by', '=', by.id).where('questions.id', '=', command.id)
    if (await asked.executeTakeFirst()) return unchanged
    const seq = 1 + ((await all.executeTakeFirst())?.seq ?? 0)
    if (seq > QUESTIONS_OF_ROOM)
      return new FrameError('limit', `a room can have at most ${QUESTIONS_OF_ROOM} questions`)
    if (!fits) return full
    const row = { seq, text: wellFormed(command.text), votes: 0 }
    const { rev } = stream.change((rev) => ({ ...row, rev, by: by.name }))
    const stored = { ...row, wall_id: stream.id, rev, id: command.id, asked_by: by.id }
    await transaction.insertInto('questions').values(stored).execute()
    return { rev, changed: true }
  }
  const { on, seq } = command
  const found = await all.where('seq', '=', seq).executeTakeFirst()
  if (!found) return new FrameError('not_found', 'there is no such question')
  const vote = { wall_id: stream.id, seq, user_id: by.id }
  const votes = transaction.selectFrom('question_votes').where(({ and }) => and(vote))
  const isOn = (await votes.select('seq').executeTakeFirst()) !== undefined
  if (isOn === on) return unchanged
  if (on && !fits) return full
  const insert = transaction.insertInto('question_votes').values(vote)
  const take = transaction.deleteFrom('question_votes').where(({ and }) => and(vote))
  await (on ? insert : take).execute()
  const next = stream.change((rev) => ({ ...found, rev, votes: found.votes + (on ? 1 : -1) }))
  const update = transaction.updateTable('questions').set({ rev: next.rev, votes: next.votes })
  await update.where('wall_id', '=', stream.id).where('seq', '=', seq).execute()
  return { rev: next.rev, changed: on }
}

/** The questions of a wall, with the usernames of those who asked. */
export function questionsOf(database: Kysely<Tables>, wall: number) {
  const questions = database.selectFrom('questions').innerJoin('users', 'users.id', 'questions.asked_by')
  const columns = ['questions.rev', 'seq', 'text', 'users.name as by', 'votes'] as const
  return questions.select(columns).where('wall_id', '=', wall)
}
