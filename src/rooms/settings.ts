import { type Actor, recordAudit } from '../audit/index.ts'
import { type Database, inTransaction } from '../storage/index.ts'
import { claimName, releaseName } from './name-claims.ts'
import { roomName } from './names.ts'
import { lockRoom } from './room-lock.ts'
import type { Room } from './rooms.ts'

/** Characters of a description. */
const DESCRIPTION_LENGTH = 500

export interface Settings {
  readonly name: string
  readonly description: string
}

/** Changes the name and description of a room; its address stays the same. @throws NameTaken */
export async function changeSettings(
  database: Database,
  { id, kind }: Pick<Room, 'id' | 'kind'>,
  { name: typed, description }: Settings,
  by: Actor,
): Promise<void> {
  const name = roomName(typed)
  await inTransaction(database, async (transaction) => {
    await lockRoom(transaction, id)
    const before = await transaction
      .selectFrom('rooms')
      .select('name')
      .where('id', '=', id)
      .executeTakeFirst()
    if (!before) return
    if (before.name !== name) {
      const detail = `formerly ${before.name}`
      await recordAudit(transaction, { action: 'room.rename', by, room: { id, name, kind }, detail })
    }
    await transaction.updateTable('rooms').set({ name, description }).where('id', '=', id).execute()
    if (kind !== 'open') return
    await releaseName(transaction, id)
    await claimName(transaction, { id, name })
  })
}

/** Changes a room's description, and nothing else. @param description as `roomDescription` gives it */
export async function changeDescription(
  database: Database,
  room: number,
  description: string,
): Promise<void> {
  await database.updateTable('rooms').set({ description }).where('id', '=', room).execute()
}

/** Finds the fault in a description, as a sentence for the person who typed it; undefined: there is none. */
export function descriptionFault(description: string): string | undefined {
  if ([...roomDescription(description)].length <= DESCRIPTION_LENGTH) return undefined
  return `A description can have at most ${DESCRIPTION_LENGTH} characters.`
}

/** A description as it is stored: one line of text, without characters that are invisible or cannot be stored. */
export function roomDescription(typed: string): string {
  // A form may bring 256 KiB. A character takes two units at most.
  return typed
    .slice(0, 16 * DESCRIPTION_LENGTH)
    .replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, ' ')
    .trim()
    .toWellFormed()
}
