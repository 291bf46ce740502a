import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { DIRECTORY_PAGES, listRooms, searchRooms } from './directory.ts'
import { DirectoryQuery } from './protocol.ts'

/** Characters of a search that are looked at. */
const SEARCH_LENGTH = 100

export async function directoryRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits } = app

  app.get(
    '/rooms',
    { schema: { querystring: DirectoryQuery }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const { user } = identityOf(request)
      const q = (request.query.q ?? '').trim().slice(0, SEARCH_LENGTH).toWellFormed()
      const page = Math.min(Math.max(Number(request.query.page ?? 1), 1), DIRECTORY_PAGES)
      const { rooms, more } = q
        ? await searchRooms(database, user.id, q, page)
        : await listRooms(database, user.id, page)
      return reply.page('rooms/directory', {
        title: 'All rooms',
        q,
        rooms,
        page,
        earlier: page > 1 ? addressOf(q, page - 1) : null,
        later: more && page < DIRECTORY_PAGES ? addressOf(q, page + 1) : null,
      })
    },
  )
}

function addressOf(q: string, page: number): string {
  return `/rooms?${new URLSearchParams({ ...(q ? { q } : {}), page: String(page) })}`
}
