import { type Database, inTransaction } from '../storage/index.ts'
import { claimName, releaseName } from './name-claims.ts'
import { roomName } from './names.ts'
import type { Room } from './rooms.ts'

/** Characters of a description. */
export const DESCRIPTION_LENGTH = 500

export interface Settings {
  readonly name: string
  readonly description: string
}

/** Changes the name and description of a room; its address stays the same. @throws NameTaken */
export async function changeSettings(
  database: Database,
  { id, kind }: Pick<Room, 'id' | 'kind'>,
  { name: typed, description }: Settings,
): Promise<void> {
  const name = roomName(typed)
  await inTransaction(database, async (transaction) => {
    await transaction.updateTable('rooms').set({ name, description }).where('id', '=', id).execute()
    if (kind !== 'open') return
    await releaseName(transaction, id)
    await claimName(transaction, { id, name })
  })
}

/** What is wrong with a description, in words for the person who typed it, or undefined. */
export function descriptionFault(description: string): string | undefined {
  if ([...roomDescription(description)].length <= DESCRIPTION_LENGTH) return undefined
  return `A description has at most ${DESCRIPTION_LENGTH} characters.`
}

/** A description as it is stored: one line of text, without what cannot be seen or stored. */
export function roomDescription(typed: string): string {
  // A form may bring 256 KiB. A character takes two units at most.
  return typed
    .slice(0, 16 * DESCRIPTION_LENGTH)
    .replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, ' ')
    .trim()
    .toWellFormed()
}
