import type { Generated, Kysely } from 'kysely'
import { FrameError } from '../../src/channels/index.ts'
import type { Database, Tables } from '../../src/storage/index.ts'
import {
  type Change,
  type OpenStream,
  type StreamKind,
  type StreamRow,
  streamTable,
} from '../../src/streams/index.ts'

declare module '../../src/storage/tables.ts' {
  interface Tables {
    polls: PollsTable
    votes: { poll_id: number; user_id: number; option: number }
  }
}

interface PollsTable {
  id: Generated<number>
  rev: Generated<number>
  room_id: number
  created_by: number
  question: string
  /** JSON of texts, and of how many chose each. */
  options: string
  counts: string
  closes_at: string
}

/** The state of a poll. Each one replaces the one before. */
export type Tally = Change & { readonly seq: 0; readonly counts: readonly number[] }

/** `fits`: whether its person may keep one more; `changed`: whether they do. */
type Vote = { readonly by: number; readonly option: number; readonly fits: boolean }

/** Polls as streams: a vote is a command, and how the poll stands is what everyone is sent. */
export const polls: StreamKind<StreamRow, Vote, { rev: number; changed: boolean }, Tally> = {
  name: 'poll',
  table: streamTable('polls'),
  group: (poll) => `poll.${poll}`,
  // One after the other, as `fromAsync` waits for each.
  apply: (transaction, items) =>
    Array.fromAsync(items, ({ stream, command }) => storeVote(transaction, stream, command)),
  async changes(database, poll, after) {
    const query = database.selectFrom('polls').select(['rev', 'counts']).where('id', '=', poll)
    const rows = await query.where('rev', '>', after).execute()
    return rows.map(({ rev, counts }) => ({ rev, seq: 0, counts: JSON.parse(counts) }))
  },
  countChanged: async () => 1,
  fingerprint: ({ counts }) => counts.join(),
  frame: ({ rev, counts }) => ({ type: 'poll', rev, counts }),
}

async function storeVote(transaction: Kysely<Tables>, stream: OpenStream<StreamRow, Tally>, vote: Vote) {
  const { poll_id, user_id, option, fits } = { ...vote, poll_id: stream.id, user_id: vote.by }
  const query = transaction.selectFrom('polls').select(['counts', 'closes_at']).where('id', '=', poll_id)
  const poll = await query.executeTakeFirstOrThrow()
  const counts: number[] = JSON.parse(poll.counts)
  if (Date.parse(poll.closes_at) <= Date.now()) return new FrameError('forbidden', 'this poll has closed')
  if (option >= counts.length) return new FrameError('invalid', 'option: takes the number of an option')
  const votes = transaction.selectFrom('votes').select('option').where('poll_id', '=', poll_id)
  const before = await votes.where('user_id', '=', user_id).executeTakeFirst()
  if (before?.option === option) return { rev: stream.rev, changed: false }
  if (!before && !fits) return new FrameError('limit', 'there is no space left for this')
  const insert = transaction.insertInto('votes').values({ poll_id, user_id, option })
  await insert.onConflict((vote) => vote.columns(['poll_id', 'user_id']).doUpdateSet({ option })).execute()
  const now = counts.map((n, index) => n + Number(index === option) - Number(index === before?.option))
  const update = transaction.updateTable('polls').set({ counts: JSON.stringify(now) })
  await update.where('id', '=', poll_id).execute()
  const { rev } = stream.change((rev): Tally => ({ rev, seq: 0, counts: now }))
  return { rev, changed: !before }
}

/** A poll of a room as a person sees it, with the option that they chose. @param id digits, or anything that is no poll */
export async function findPoll(database: Database, room: number, id = '', user: number) {
  if (!/^\d{1,15}$/.test(id)) return undefined
  const row = await database
    .selectFrom('polls')
    .leftJoin('votes', (join) => join.onRef('poll_id', '=', 'polls.id').on('user_id', '=', user))
    .select(['id', 'rev', 'question', 'options', 'counts', 'closes_at', 'option as mine'])
    .where(({ and }) => and({ id: Number(id), room_id: room }))
    .executeTakeFirst()
  const isOpen = row && Date.parse(row.closes_at) > Date.now()
  return row && { ...row, isOpen, options: JSON.parse(row.options), counts: JSON.parse(row.counts) }
}
