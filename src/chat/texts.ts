import { type Database, type Placeholder, prepared } from '../storage/index.ts'
import { inRisingRev } from '../streams/index.ts'
import { filesOf } from './message.ts'

/** The text of a message, for features that read all of a room's talk. */
export interface MessageText {
  readonly seq: number
  readonly rev: number
  /** The sender's account. */
  readonly sender: number
  /** ISO 8601. */
  readonly at: string
  /** With the names of its files, each on a line. Null: it was deleted. */
  readonly text: string | null
  /** True if there are files in it. */
  readonly file: boolean
}

/** The texts that changed in a room after a `rev`, in rising `rev`. A change that a later one replaced is missing. */
export async function textsChangedAfter(
  database: Database,
  room: number,
  after: number,
  limit: number,
): Promise<MessageText[]> {
  const rows = await selectChanged.execute(database, { room, after, limit })
  return rows.map(textOf)
}

/** The newest texts of a room before a `seq`, in falling `seq`. */
export async function textsBefore(
  database: Database,
  room: number,
  before: number,
  limit: number,
): Promise<MessageText[]> {
  const rows = await selectBefore.execute(database, { room, before, limit })
  return rows.map(textOf)
}

interface Row extends Pick<MessageText, 'seq' | 'rev' | 'sender' | 'at'> {
  readonly text: string
  readonly files: string | null
  readonly deleted: string | null
}

function textOf({ deleted, files, text, ...row }: Row): MessageText {
  return { ...row, text: deleted === null ? withFileNames({ text, files }) : null, file: files !== null }
}

/** All that can be found of a message, as a search shows it. */
export function withFileNames({ text, files }: Pick<Row, 'text' | 'files'>): string {
  const names = filesOf({ files }).map(({ name }) => `📎 ${name}`)
  return [...(text === '' ? [] : [text]), ...names].join('\n')
}

const COLUMNS = [
  'seq',
  'rev',
  'sender_id as sender',
  'created_at as at',
  'text',
  'files',
  'deleted_at as deleted',
] as const

const selectChanged = prepared(
  (database, value: Placeholder<{ room: number; after: number; limit: number }>) => {
    const all = database
      .selectFrom('messages')
      .select(COLUMNS)
      .where('room_id', '=', value('room'))
      .where('rev', '>', value('after'))
      .limit(value('limit'))
    const said = all.whereRef('rev', '=', 'seq').where('seq', '>', value('after')).orderBy('seq')
    const changed = all.whereRef('rev', '<>', 'seq').orderBy('rev')
    return inRisingRev(said, changed, value('limit'))
  },
)

const selectBefore = prepared(
  (database, value: Placeholder<{ room: number; before: number; limit: number }>) =>
    database
      .selectFrom('messages')
      .select(COLUMNS)
      .where('room_id', '=', value('room'))
      .where('seq', '<', value('before'))
      .orderBy('seq', 'desc')
      .limit(value('limit')),
)
