import { randomBytes } from 'node:crypto'
import type { Transaction } from 'kysely'
import { slugOf } from '../rooms/index.ts'
import { type Database, type Placeholder, prepared, type Tables } from '../storage/index.ts'
import type { FileFacts } from './protocol.ts'

/** Milliseconds for which a file is kept that no message uses. */
export const UNUSED_FOR = 24 * 60 * 60_000

/** Nobody asks the database for anything else: PostgreSQL refuses U+0000. */
const ID = /^[0-9a-f]{32}$/

/** A file as the person who asks for it finds it. */
export interface FoundFile extends FileFacts {
  readonly room: string
  readonly user: number
  /** The `seq` of its message; null: it has none yet. */
  readonly seq: number | null
  readonly thumbnailSize: number
  readonly digest: string
}

export interface NewFile {
  readonly room: number
  readonly user: number
  readonly name: string
  readonly type: string
  readonly size: number
  readonly thumbnailSize: number
  readonly width: number | null
  readonly height: number | null
  /** The bytes that it counts for. */
  readonly bytes: number
}

/** Notes a file that is going to be written. @returns its id, which cannot be guessed */
export async function noteFile(database: Database, file: NewFile): Promise<string> {
  const { room, user, thumbnailSize, ...facts } = file
  const id = randomBytes(16).toString('hex')
  await database
    .insertInto('files')
    .values({
      id,
      room_id: room,
      user_id: user,
      thumbnail_size: thumbnailSize,
      ...facts,
      message_seq: null,
      digest: '',
      created_at: new Date().toISOString(),
      removed_at: null,
    })
    .execute()
  return id
}

/** Records that a file is completely on disk. @returns false where it was removed meanwhile, such as with its room */
export async function noteStored(database: Database, id: string, digest: string): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('files')
    .set({ is_stored: 1, digest })
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Finds a file that is stored and was not removed. Whether somebody may read it is up to its room and message. */
export async function findFile(database: Database, id: string): Promise<FoundFile | undefined> {
  if (!ID.test(id)) return undefined
  return selectFile.executeTakeFirst(database, { id })
}

/** Marks files as removed: nobody can read them from then on, and their names are gone. */
export async function markRemoved(transaction: Transaction<Tables>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await transaction
    .updateTable('files')
    .set({ removed_at: new Date().toISOString(), message_seq: null, name: '', digest: '' })
    .where('id', 'in', ids)
    .where('removed_at', 'is', null)
    .execute()
}

/** The bytes of all files that are kept. */
export async function keptBytes(database: Database): Promise<number> {
  const row = await database
    .selectFrom('files')
    .select(({ fn }) => fn.sum<number>('bytes').as('bytes'))
    .executeTakeFirst()
  return Number(row?.bytes ?? 0)
}

const selectFile = prepared((database, value: Placeholder<{ id: string }>) =>
  database
    .selectFrom('files')
    .select(({ ref }) => [
      'id',
      slugOf(ref('files.room_id')).as('room'),
      'user_id as user',
      'message_seq as seq',
      'name',
      'type',
      'size',
      'thumbnail_size as thumbnailSize',
      'width',
      'height',
      'digest',
    ])
    .where('id', '=', value('id'))
    .where('is_stored', '=', 1)
    .where('removed_at', 'is', null),
)
