import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { addUser, administeredPeople, createPasswordLink, NameRefused } from '../accounts/index.ts'
import { actorOf } from '../audit/index.ts'
import { addressOf, adminPage, type ListPlace, neighbours, PAGE_SIZE, placeIn } from './pages.ts'
import { personPage } from './person-page.ts'
import { ListQuery, NameForm } from './protocol.ts'

/** Accounts that one administrator may make in a minute: each password that nobody knows costs as much as any. */
const ACCOUNTS_PER_MINUTE = 30

/** `/admin/people`: everyone who has an account, and a form for one more. */
export async function peopleRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits } = app
  const path = '/admin/people'

  app.get(path, { schema: { querystring: ListQuery }, onRequest: rateLimits.reading }, (request, reply) =>
    peoplePage(reply, placeIn(request.query)),
  )

  app.post(
    path,
    {
      schema: { body: NameForm },
      onRequest: [...rateLimits.sending, ...rateLimits.perMinute('accounts for others', ACCOUNTS_PER_MINUTE)],
    },
    async (request, reply) => {
      const name = (request.body.name ?? '').trim()
      const by = actorOf(request)
      try {
        const person = await addUser(database, name, false, by)
        const link = addressOf(request, await createPasswordLink(database, person.id, by))
        // Not a redirect: the link is shown in this answer, and kept nowhere.
        return personPage(reply, person.name, { link })
      } catch (error) {
        if (!(error instanceof NameRefused)) throw error
        const entered = { name: name.slice(0, 100).toWellFormed(), error: error.message }
        return peoplePage(reply.code(400), { q: '', page: 1 }, entered)
      }
    },
  )

  async function peoplePage(
    reply: FastifyReply,
    place: ListPlace,
    added: { readonly name: string; readonly error: string | null } = { name: '', error: null },
  ): Promise<FastifyReply> {
    const { more, people } = await administeredPeople(database, place.q, place.page, PAGE_SIZE)
    return adminPage(reply, path, 'people', {
      title: 'People',
      q: place.q,
      people,
      added,
      ...neighbours(path, place, more),
    })
  }
}
