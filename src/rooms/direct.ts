import type { Transaction } from 'kysely'
import { type Database, inTransaction, type Tables } from '../storage/index.ts'
import { countRooms, insertUnlisted } from './creation.ts'
import { directKey, directName } from './direct-names.ts'
import { insertMember, showRoom } from './memberships.ts'
import type { Person } from './rooms.ts'

/** People in a direct room. */
export const DIRECT_PEOPLE = 8

interface Participant {
  readonly id: number
  readonly name: string
}

/**
 * Finds the direct room of some people, or makes it. Those whom it is made for see it when something is said there.
 * @param others whom it is with; the person who asks is always in it
 * @param perDay rooms that one person may make in 24 hours; 0: as many as they like
 * @returns its slug
 * @throws RoomsUsedUp
 */
export async function directRoom(
  database: Database,
  person: Pick<Person, 'id' | 'name'>,
  others: readonly Participant[],
  perDay: number,
): Promise<string> {
  const people = [person, ...others.filter(({ id }) => id !== person.id)]
  const key = directKey(people.map(({ id }) => id))
  return inTransaction(database, async (transaction) => {
    const known = await roomWithKey(transaction, key).executeTakeFirst()
    if (known) {
      await showRoom(transaction, known.id, person.id)
      return known.slug
    }
    await countRooms(transaction, person.id, perDay)
    const room = await insertUnlisted(transaction, {
      name: directName(people.map(({ name }) => name)),
      description: '',
      kind: 'direct',
      created_by: person.id,
      direct_key: key,
    })
    if (!room) return (await roomWithKey(transaction, key).executeTakeFirstOrThrow()).slug
    for (const { id } of people) await insertMember(transaction, room, id, 'member')
    await transaction
      .updateTable('memberships')
      .set({ hidden_after: room.rev })
      .where('room_id', '=', room.id)
      .where('user_id', '!=', person.id)
      .execute()
    return room.slug
  })
}

function roomWithKey(transaction: Transaction<Tables>, key: string) {
  return transaction.selectFrom('rooms').select(['id', 'slug']).where('direct_key', '=', key)
}
