import { displayNameOf, usernameOf } from '../accounts/index.ts'
import type { Database } from '../storage/index.ts'
import type { FileFacts } from './protocol.ts'

/** Files of a page. */
const PAGE = 60

/** Which files of a room are shown: all, or those of one sort. */
export type GalleryKind = 'pictures' | 'files' | undefined

/** A file of a room, with its message, time and sender. */
export interface GalleryFile extends FileFacts {
  readonly seq: number
  readonly at: string
  readonly sender: string
  readonly senderName: string | null
}

export interface GalleryPage {
  /** The newest first. */
  readonly files: readonly GalleryFile[]
  /** The `before` of the next page; null: there is none. */
  readonly next: number | null
}

/** The files of a room's messages. @param before the `seq` of the message before which they stand */
export async function galleryPage(
  database: Database,
  room: number,
  before: number,
  kind: GalleryKind,
): Promise<GalleryPage> {
  const all = database
    .selectFrom('files')
    .select(['id', 'name', 'type', 'size', 'width', 'height', 'message_seq as seq', 'created_at as at'])
    .select(({ ref }) => [
      usernameOf(ref('files.user_id')).as('sender'),
      displayNameOf(ref('files.user_id')).as('senderName'),
    ])
    .where('room_id', '=', room)
    .where('message_seq', '<', before)
    .where('removed_at', 'is', null)
    .orderBy('message_seq', 'desc')
    .orderBy('position')
    .limit(PAGE + 1)
  const chosen = kind === undefined ? all : all.where('width', kind === 'pictures' ? 'is not' : 'is', null)
  const rows = await chosen.execute()
  const files = rows.flatMap((row) => (row.seq === null ? [] : [{ ...row, seq: row.seq }]))
  const [beyond] = files.slice(PAGE)
  // Files of one message stand on one page.
  const shown = beyond ? files.filter(({ seq }) => seq !== beyond.seq) : files
  return { files: shown, next: beyond ? (shown.at(-1)?.seq ?? null) : null }
}
