import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { statusView } from '../web/presentation.ts'
import { identityOf, requireUser } from './access.ts'
import { DIRECTORY_PAGES, listPeople, searchPeople } from './directory.ts'
import { FoundPeople, foundPerson } from './found-people.ts'
import { DirectoryQuery, NameQuery } from './protocol.ts'

/** Characters of a search that are looked at. */
const SEARCH_LENGTH = 100

/** People who are offered for a name. */
const OFFERED = 8

/** `/people`: everyone who has an account here, to be found and written to; `/api/people` offers them while a name is typed. */
export async function peopleRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('onRequest', requireUser)

  app.get(
    '/people',
    { schema: { querystring: DirectoryQuery }, onRequest: app.rateLimits.reading },
    async (request, reply) => {
      const { user } = identityOf(request)
      const q = (request.query.q ?? '').trim().slice(0, SEARCH_LENGTH).toWellFormed()
      const page = Math.min(Math.max(Number(request.query.page ?? 1), 1), DIRECTORY_PAGES)
      const { people, more } = q
        ? await searchPeople(app.database, q, page)
        : await listPeople(app.database, page)
      const { statuses = {} } = await app.personBook.describe(people.map(({ username }) => username))
      return reply.page('accounts/people', {
        title: 'People',
        q,
        people: people.map((person) => ({
          ...person,
          status: statusView(statuses[person.username]),
          own: person.username === user.name,
        })),
        page,
        earlier: page > 1 ? addressOf(q, page - 1) : null,
        later: more && page < DIRECTORY_PAGES ? addressOf(q, page + 1) : null,
      })
    },
  )

  const docs = {
    summary: 'Find people to write to by the beginning of a name',
    answers: { 200: FoundPeople },
  }
  app.get(
    '/api/people',
    { schema: { querystring: NameQuery }, config: { docs }, onRequest: app.rateLimits.reading },
    async (request) => {
      const { user } = identityOf(request)
      const q = (request.query.q ?? '').trim().slice(0, SEARCH_LENGTH).toWellFormed()
      const [{ people }, blocked] = await Promise.all([
        searchPeople(app.database, q, 1),
        app.blocks.namesOf(user.id),
      ])
      const others = people.filter(({ username }) => username !== user.name && !blocked.has(username))
      return { people: others.slice(0, OFFERED).map((one) => foundPerson({ ...one, name: one.username })) }
    },
  )
}

function addressOf(q: string, page: number): string {
  return `/people?${new URLSearchParams({ ...(q ? { q } : {}), page: String(page) })}`
}
