import type { Kysely } from 'kysely'
import type { Tables } from '../storage/index.ts'

/** The most messages that these queries look for; if there are more, they return `undefined`. */
const MOST = 1_000

/** The `seq` of each message of a room that was deleted after a `rev`; undefined: there are very many. */
export async function deletedAfter(
  database: Kysely<Tables>,
  room: number,
  rev: number,
): Promise<readonly number[] | undefined> {
  const rows = await database
    .selectFrom('messages')
    .select('seq')
    .where('room_id', '=', room)
    .where('rev', '>', rev)
    .whereRef('rev', '<>', 'seq')
    .where('deleted_at', 'is not', null)
    .limit(MOST + 1)
    .execute()
  return rows.length > MOST ? undefined : rows.map(({ seq }) => seq)
}

/**
 * The `seq`s of the messages that contain text of these messages: themselves, and replies, which quote their beginnings;
 * undefined: there are very many.
 */
export async function showing(
  database: Kysely<Tables>,
  room: number,
  messages: readonly number[],
): Promise<readonly number[] | undefined> {
  if (messages.length === 0) return []
  if (messages.length > MOST) return undefined
  const answers = await database
    .selectFrom('messages')
    .select('seq')
    .where('room_id', '=', room)
    .where('reply_seq', 'is not', null)
    .where('reply_seq', 'in', messages)
    .limit(MOST + 1)
    .execute()
  return answers.length > MOST ? undefined : [...messages, ...answers.map(({ seq }) => seq)]
}
