import type { FastifyInstance } from 'fastify'
import type { Belonging } from '../../src/accounts/index.ts'
import type { HandsStreams } from './hands.ts'

/** Rooms that are looked at, or changed, in one go. */
const AT_ONCE = 100

/** The rooms in which a person has their hand up: part of the export of their data, and deleted with their account. */
export function handsBelongings({ database }: FastifyInstance, { writer }: HandsStreams): Belonging {
  const ofPerson = (user: number, after: number) =>
    database
      .selectFrom('hands_up')
      .innerJoin('hands', 'hands.id', 'hands_up.hands_id')
      .innerJoin('rooms', 'rooms.id', 'hands.room_id')
      .select(['hands.id', 'rooms.slug as room'])
      .where('hands_up.user_id', '=', user)
      .where('hands.id', '>', after)
      .orderBy('hands.id')
      .limit(AT_ONCE)
      .execute()

  return {
    name: 'hands',
    async read(user, after) {
      const found = await ofPerson(user, Number(after))
      const last = found.length === AT_ONCE ? found.at(-1) : undefined
      return { items: found.map(({ room }) => ({ room })), next: last && String(last.id) }
    },
    async erase({ id }, _after, job) {
      const found = await ofPerson(id, 0)
      job.signal.throwIfAborted()
      // Each is a change of its room, which everyone there hears.
      await Promise.all(found.map((hands) => writer.run(hands.id, { by: id, on: false, fits: true })))
      return found.length === AT_ONCE ? 'more' : undefined
    },
  }
}
