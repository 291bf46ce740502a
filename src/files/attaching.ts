import type { Transaction } from 'kysely'
import { FrameError } from '../channels/index.ts'
import { type Placeholder, preparedForRows, runsSideBySide, type Tables } from '../storage/index.ts'
import type { FileFacts } from './protocol.ts'

/** Files of one message. */
export const FILES_OF_MESSAGE = 10

interface Unused {
  readonly room: number
  readonly user: number
  readonly facts: FileFacts
}

interface Attached {
  readonly id: string
  readonly seq: number
  readonly position: number
}

/** The files that are attached to messages in one transaction. */
export class FilesToAttach {
  readonly #unused: Map<string, Unused>
  readonly #attached: Attached[] = []

  private constructor(unused: Map<string, Unused>) {
    this.#unused = unused
  }

  /** Reads files that may be attached, and keeps others from removing them until the transaction ends. */
  static async read(transaction: Transaction<Tables>, ids: readonly string[]): Promise<FilesToAttach> {
    const distinct = [...new Set(ids)].sort()
    const found = distinct.length === 0 ? [] : await readUnused(transaction, distinct)
    return new FilesToAttach(
      new Map(
        found.map(({ room_id: room, user_id: user, ...facts }) => [facts.id, { room, user, facts }] as const),
      ),
    )
  }

  /**
   * Takes files for a message, each of which is somebody's own, of the same room, and in no message yet.
   * @returns what the message shows of them
   */
  take(room: number, user: number, ids: readonly string[]): readonly FileFacts[] | FrameError {
    if (ids.length === 0) return []
    if (ids.length > FILES_OF_MESSAGE || new Set(ids).size < ids.length)
      return new FrameError('invalid', `files: takes up to ${FILES_OF_MESSAGE} different ids`)
    const files = ids.map((id) => this.#unused.get(id))
    if (!files.every((file) => file?.room === room && file.user === user))
      return new FrameError('not_found', 'a file of this message no longer exists; send it again')
    return files.flatMap((file) => file?.facts ?? [])
  }

  /** Notes to which message the files belong that were taken. */
  attach(files: readonly FileFacts[], seq: number): void {
    for (const [position, { id }] of files.entries()) {
      this.#unused.delete(id)
      this.#attached.push({ id, seq, position })
    }
  }

  async write(transaction: Transaction<Tables>): Promise<void> {
    for (const { id, position, seq } of this.#attached)
      await transaction
        .updateTable('files')
        .set({ message_seq: seq, position })
        .where('id', '=', id)
        .execute()
  }
}

async function readUnused(transaction: Transaction<Tables>, ids: readonly string[]) {
  const rows = ids.map((id) => ({ id }))
  return (runsSideBySide(transaction) ? lockUnused : selectUnused).execute(transaction, rows)
}

const unusedQuery = (isLocked: boolean) =>
  preparedForRows((database, files: readonly Placeholder<{ id: string }>[]) => {
    const query = database
      .selectFrom('files')
      .select(['id', 'room_id', 'user_id', 'name', 'type', 'size', 'width', 'height'])
      .where(
        'id',
        'in',
        files.map((file) => file('id')),
      )
      .where('is_stored', '=', 1)
      .where('message_seq', 'is', null)
      .where('removed_at', 'is', null)
      .orderBy('id')
    return isLocked ? query.forUpdate() : query
  })

const selectUnused = unusedQuery(false)
const lockUnused = unusedQuery(true)
