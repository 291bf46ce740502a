/** Belongings of people in the examples: they take them away in their own export, and these go with their account. */
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { Belonging } from '../src/accounts/index.ts'
import { openStreams, type StreamKind, type StreamRow } from '../src/streams/index.ts'
import { polls, type Tally } from './poll/polls.ts'
import { type Question, questionWalls } from './questions/questions.ts'

/** Rows that are read, and streams that are changed, in one go. */
const AT_ONCE = 100

/** The text of a question whose person wanted what they had said to go. */
const DELETED = 'This question was deleted.'

/** A thing of somebody, with its place among theirs, by which the next page begins. */
type Row = Readonly<Record<string, unknown>> & { readonly place: number }

/** A person whose votes are taken back. @param keeps whether what they asked stays, without their name */
type Forget = Readonly<{ user: number; keeps: boolean }>

/** Adds what the examples keep to `app.belongings`. */
export async function exampleBelongings(app: FastifyInstance): Promise<void> {
  const { database } = app
  const { writer: tallies } = openStreams(app, forgetfulPolls)
  const { writer: walls } = openStreams(app, forgetfulWalls)

  /** A place by room and number in it; a room has fewer than 1,000 of a kind. */
  const placeIn = (column: string) => sql<number>`${sql.ref(column)} * 1000 + seq`

  const pollsOf = (user: number, after: number) =>
    database
      .selectFrom('polls')
      .innerJoin('rooms', 'rooms.id', 'room_id')
      .select(['polls.id as place', 'slug as room', 'question', 'options', 'closes_at'])
      .where('polls.created_by', '=', user)
      .where('polls.id', '>', after)
      .orderBy('polls.id')
      .limit(AT_ONCE)
      .execute()
  const votesOf = (user: number, after: number) =>
    database
      .selectFrom('votes')
      .innerJoin('polls', 'polls.id', 'poll_id')
      .innerJoin('rooms', 'rooms.id', 'room_id')
      .select(['poll_id as place', 'slug as room', 'question', 'options', 'option'])
      .where('user_id', '=', user)
      .where('poll_id', '>', after)
      .orderBy('poll_id')
      .limit(AT_ONCE)
      .execute()
  const questionsOf = (user: number, after: number) =>
    database
      .selectFrom('questions')
      .innerJoin('rooms', 'rooms.id', 'wall_id')
      .select([placeIn('wall_id').as('place'), 'slug as room', 'seq', 'text', 'votes'])
      .where('asked_by', '=', user)
      .where(placeIn('wall_id'), '>', after)
      .orderBy('place')
      .limit(AT_ONCE)
      .execute()
  const questionVotesOf = (user: number, after: number) =>
    database
      .selectFrom('question_votes')
      .innerJoin('rooms', 'rooms.id', 'wall_id')
      .select([placeIn('wall_id').as('place'), 'slug as room', 'seq'])
      .where('user_id', '=', user)
      .where(placeIn('wall_id'), '>', after)
      .orderBy('place')
      .limit(AT_ONCE)
      .execute()
  const notesOf = (user: number, after: number) =>
    database
      .selectFrom('note_fields')
      .innerJoin('rooms', 'rooms.id', 'note_id')
      .select([placeIn('note_id').as('place'), 'slug as room', 'seq', 'text'])
      .where('written_by', '=', user)
      .where(placeIn('note_id'), '>', after)
      .orderBy('place')
      .limit(AT_ONCE)
      .execute()
  const gamesOf = (user: number, after: number) =>
    database
      .selectFrom('connect_four')
      .innerJoin('rooms', 'rooms.id', 'connect_four.id')
      .select(['connect_four.id as place', 'slug as room', 'game', 'moves'])
      .where(({ eb, or }) => or([eb('red', '=', user), eb('yellow', '=', user)]))
      .where('connect_four.id', '>', after)
      .orderBy('connect_four.id')
      .limit(AT_ONCE)
      .execute()
  const answersOf = (user: number, after: number) =>
    database
      .selectFrom('support_messages')
      .select([placeIn('chat_id').as('place'), 'text'])
      .where('answered_by', '=', user)
      .where(placeIn('chat_id'), '>', after)
      .orderBy('place')
      .limit(AT_ONCE)
      .execute()

  app.belongings.add(
    {
      name: 'polls',
      read: pages(async (user, after) => (await pollsOf(user, after)).map(withOptions)),
      async erase({ id, keepsMessages }, _after, job) {
        if (keepsMessages) return undefined
        const found = await pollsOf(id, 0)
        // PostgreSQL takes no empty list.
        if (found.length === 0) return undefined
        const ids = found.map(({ place }) => place)
        await job.transaction(async (transaction) => {
          await transaction.deleteFrom('polls').where('id', 'in', ids).execute()
          await app.eraseDeleted(transaction)
        })
        return found.length === AT_ONCE ? 'more' : undefined
      },
    },
    {
      name: 'poll_votes',
      read: pages(async (user, after) =>
        (await votesOf(user, after)).map(({ option, options, ...vote }) => ({
          ...vote,
          option: optionsIn(options)[option],
        })),
      ),
      async erase({ id: user }, _after, job) {
        const found = await votesOf(user, 0)
        job.signal.throwIfAborted()
        await Promise.all(found.map(({ place }) => tallies.run(place, { user, keeps: false })))
        return found.length === AT_ONCE ? 'more' : undefined
      },
    },
    {
      name: 'questions',
      read: pages(questionsOf),
      async erase({ id: user, keepsMessages: keeps }, after, job) {
        const mine = await database
          .selectFrom('question_walls')
          .select('id')
          .where('id', '>', Number(after))
          .where(({ exists, or, selectFrom }) =>
            or([
              exists(
                selectFrom('questions')
                  .select('seq')
                  .whereRef('wall_id', '=', 'question_walls.id')
                  .where('asked_by', '=', user),
              ),
              exists(
                selectFrom('question_votes')
                  .select('seq')
                  .whereRef('wall_id', '=', 'question_walls.id')
                  .where('user_id', '=', user),
              ),
            ]),
          )
          .orderBy('id')
          .limit(AT_ONCE)
          .execute()
        job.signal.throwIfAborted()
        await Promise.all(mine.map(({ id }) => walls.run(id, { user, keeps })))
        if (!keeps) await job.transaction((transaction) => app.eraseDeleted(transaction))
        return mine.length === AT_ONCE ? String(mine.at(-1)?.id) : undefined
      },
    },
    { name: 'question_votes', read: pages(questionVotesOf) },
    // These stay with the others who wrote and played, without the name; answers go within a day.
    { name: 'notes', read: pages(notesOf) },
    { name: 'connect_four', read: pages(gamesOf) },
    { name: 'support_answers', read: pages(answersOf) },
  )
}

/** Polls that lose a person's vote: a change that everyone hears, as of any vote. */
const forgetfulPolls: StreamKind<StreamRow, Forget, { rev: number }, Tally> = {
  ...polls,
  apply: (transaction, items) =>
    Array.fromAsync(items, async ({ stream, command: { user } }) => {
      const vote = await transaction
        .deleteFrom('votes')
        .where('poll_id', '=', stream.id)
        .where('user_id', '=', user)
        .returning('option')
        .executeTakeFirst()
      if (!vote) return { rev: stream.rev }
      const poll = transaction.selectFrom('polls').select('counts').where('id', '=', stream.id)
      const before: number[] = JSON.parse((await poll.executeTakeFirstOrThrow()).counts)
      const counts = before.map((count, index) => count - Number(index === vote.option))
      const update = transaction.updateTable('polls').set({ counts: JSON.stringify(counts) })
      await update.where('id', '=', stream.id).execute()
      return { rev: stream.change((rev): Tally => ({ rev, seq: 0, counts })).rev }
    }),
}

/** Walls that lose a person's votes, and what they asked where that is wanted. */
const forgetfulWalls: StreamKind<StreamRow, Forget, { rev: number }, Question> = {
  ...questionWalls,
  apply: (transaction, items) =>
    Array.fromAsync(items, async ({ stream, command: { user, keeps } }) => {
      const votes = await transaction
        .deleteFrom('question_votes')
        .where('wall_id', '=', stream.id)
        .where('user_id', '=', user)
        .returning('seq')
        .execute()
      const voted = new Set(votes.map(({ seq }) => seq))
      const all = await transaction
        .selectFrom('questions')
        .innerJoin('users', 'users.id', 'asked_by')
        .select(['seq', 'text', 'votes', 'users.name as by', 'asked_by'])
        .where('wall_id', '=', stream.id)
        .execute()
      for (const { asked_by, ...question } of all) {
        const goes = asked_by === user && !keeps && question.text !== DELETED
        if (!goes && !voted.has(question.seq)) continue
        const text = goes ? DELETED : question.text
        const votes = question.votes - Number(voted.has(question.seq))
        const { rev, seq } = stream.change((rev): Question => ({ ...question, rev, text, votes }))
        const update = transaction.updateTable('questions').set({ rev, text, votes })
        await update.where('wall_id', '=', stream.id).where('seq', '=', seq).execute()
      }
      return { rev: stream.rev }
    }),
}

/** Pages of things that are found by their places. */
function pages(
  find: (user: number, after: number) => Promise<readonly Row[]>,
): NonNullable<Belonging['read']> {
  return async (user, after) => {
    const found = await find(user, Number(after))
    const next = found.length === AT_ONCE ? String(found.at(-1)?.place) : undefined
    return { items: found.map(({ place: _, ...item }) => item), next }
  }
}

function withOptions<Poll extends { readonly options: string }>(poll: Poll) {
  return { ...poll, options: optionsIn(poll.options) }
}

function optionsIn(options: string): readonly string[] {
  return JSON.parse(options)
}
