import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { FoundPeople, foundPerson, identityOf } from '../accounts/index.ts'
import { membersNamed } from './named-members.ts'
import { PeopleQuery, RoomParams } from './protocol.ts'
import { roomOf } from './requests.ts'

/** Characters of a name that are looked at. */
const NAME_LENGTH = 60

/** The people whom one can mention in a room; no other names are revealed. */
export async function peopleRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/api/rooms/:room/people',
    {
      schema: { params: RoomParams, querystring: PeopleQuery },
      config: {
        scope: 'read',
        docs: { summary: 'Find people in a room by the beginning of a name', answers: { 200: FoundPeople } },
      },
      onRequest: app.rateLimits.reading,
    },
    async (request) => {
      const room = await roomOf(request, request.params.room)
      const typed = (request.query.q ?? '').trim().slice(0, NAME_LENGTH).toWellFormed()
      const members = await membersNamed(app.database, room.id, typed, identityOf(request).user.id)
      return { people: members.map(foundPerson) }
    },
  )
}
