import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf, requireUser } from '../accounts/index.ts'
import { filesOf } from '../chat/index.ts'
import { HttpError } from '../web/index.ts'
import { utcCalendar } from '../web/presentation.ts'
import { Cursors } from './cursor.ts'
import { type HitView, hitView, type Viewer } from './presentation.ts'
import { SearchAnswer, SearchPageQuery, SearchQuery } from './protocol.ts'
import { type Query, QueryFault, readQuery } from './query.ts'
import type { Hits, Search, Searcher } from './search.ts'
import { IndexAway } from './search-index.ts'

/** Messages in one answer, unless the request says how many, and on one page. */
const LIMIT = 30
const PAGE = 20

/** Searches that one person may make in a minute. */
const PER_MINUTE = 120

export interface SearchRoutesOptions {
  readonly search: Search
  /** Of the installation. */
  readonly secret: string
}

/** The routes for searching, for programs and as a page. */
export async function searchRoutes(
  instance: FastifyInstance,
  { search, secret }: SearchRoutesOptions,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const cursors = new Cursors(secret)
  const onRequest = [...app.rateLimits.reading, ...app.rateLimits.perMinute('searches', PER_MINUTE)]
  app.addHook('onRequest', requireUser)

  app.get(
    '/api/search',
    {
      schema: { querystring: SearchQuery },
      config: { scope: 'read', docs: { summary: 'Search messages', answers: { 200: SearchAnswer } } },
      onRequest,
    },
    async (request) => {
      const { q = '', cursor, limit } = request.query
      const count = limit === undefined ? LIMIT : Number(limit)
      const { hits, next } = await answered(() =>
        find(queryOf(q), identityOf(request).user, cursor, count),
      ).catch((error) => {
        throw error instanceof QueryFault ? faulty(error) : error
      })
      const messages = hits.map(({ message: { at, files, sender, seq, text }, room }) => {
        const shown = { room: room.slug, seq, sender, message: text, at }
        return files === null ? shown : { ...shown, files: [...filesOf({ files })] }
      })
      return {
        messages,
        more: next !== undefined,
        ...(next !== undefined && { cursor: cursors.write(next) }),
      }
    },
  )

  app.get('/search', { schema: { querystring: SearchPageQuery }, onRequest }, async (request, reply) => {
    const { cursor } = request.query
    const q = (request.query.q ?? '').trim()
    const { user } = identityOf(request)
    const page = {
      title: q === '' ? 'Search' : `Search: ${q.slice(0, 60).toWellFormed()}`,
      q,
      isFurther: cursor !== undefined,
    }
    const nothing = { hits: null, more: null, error: null, isWithin: false, name: user.name }
    if (q === '') return reply.page('search/search', { ...page, ...nothing })
    try {
      const query = readQuery(q)
      const found = await answered(() => find(query, user, cursor, PAGE))
      const blocked = await app.blocks.namesOf(user.id)
      return reply.page('search/search', {
        ...page,
        ...nothing,
        hits: await viewsOf(found, query, { name: user.name, blocked }),
        more: found.next === undefined ? null : addressOf(q, cursors.write(found.next)),
      })
    } catch (error) {
      if (!(error instanceof QueryFault)) throw error
      return reply.code(400).page('search/search', { ...page, ...nothing, error: error.message })
    }
  })

  async function find(
    query: Query,
    user: Searcher,
    cursor: string | undefined,
    limit: number,
  ): Promise<Hits> {
    const below = cursor === undefined ? undefined : cursors.read(cursor)
    if (cursor !== undefined && below === undefined)
      throw new HttpError(
        400,
        'That could not be read',
        'This cursor does not belong to a search here. Search again.',
      )
    return search.find(query, user, limit, below)
  }

  async function viewsOf({ hits }: Hits, { terms }: Query, viewer: Viewer): Promise<HitView[]> {
    const needles = terms.map(({ shown }) => shown)
    const contexts = await search.contexts(hits)
    const views: HitView[] = []
    for (const [at, hit] of hits.entries()) {
      views.push(hitView(hit, contexts[at], needles, viewer, utcCalendar))
      // Each message may be long, so others get their turn in between.
      await nextTurn()
    }
    return views
  }
}

/** @throws HttpError 400 that explains the fault of a query */
function queryOf(q: string): Query {
  try {
    return readQuery(q)
  } catch (error) {
    if (error instanceof QueryFault) throw faulty(error)
    throw error
  }
}

function faulty({ message }: QueryFault): HttpError {
  return new HttpError(400, 'That cannot be searched for', message)
}

/** @throws HttpError 503 if the index is not available */
async function answered<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof IndexAway)
      throw new HttpError(503, 'Search is not available right now', 'Try again in a moment.')
    throw error
  }
}

function addressOf(q: string, cursor: string): string {
  return `/search?${new URLSearchParams({ q, cursor })}`
}
