import type { Transaction } from 'kysely'
import type { Tables } from '../storage/index.ts'
import { skeletons } from '../text/look-alike.ts'
import { indexedWords } from '../text/words.ts'
import type { RoomLink } from './rooms.ts'

/** Thrown if the name of a room could be mistaken for that of another open room. */
export class NameTaken extends Error {
  readonly room: RoomLink

  constructor(room: RoomLink) {
    super(`the name looks like that of ${room.slug}`)
    this.room = room
  }
}

/**
 * Gives a name to an open room alone, and lets the room be found by its words.
 * @throws NameTaken, also where another transaction is about to take it
 */
export async function claimName(
  transaction: Transaction<Tables>,
  { id, name }: { readonly id: number; readonly name: string },
): Promise<void> {
  const wanted = skeletons(name)
  const claimed = await transaction
    .insertInto('room_names')
    .values(wanted.map((skeleton) => ({ skeleton, room_id: id })))
    .onConflict((conflict) => conflict.column('skeleton').doNothing())
    .returning('skeleton')
    .execute()
  if (claimed.length < wanted.length) {
    const other = await transaction
      .selectFrom('room_names')
      .innerJoin('rooms', 'rooms.id', 'room_id')
      .select(['slug', 'name'])
      .where('skeleton', 'in', wanted)
      .where('room_id', '!=', id)
      .executeTakeFirstOrThrow()
    throw new NameTaken(other)
  }
  const words = indexedWords(name).map((word) => ({ word, room_id: id }))
  if (words.length > 0) await transaction.insertInto('room_words').values(words).execute()
}

/** Takes from an open room the name that it had. */
export async function releaseName(transaction: Transaction<Tables>, room: number): Promise<void> {
  await transaction.deleteFrom('room_names').where('room_id', '=', room).execute()
  await transaction.deleteFrom('room_words').where('room_id', '=', room).execute()
}
