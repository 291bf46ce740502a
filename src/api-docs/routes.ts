import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { docsView } from './presentation.ts'

/** What is registered after this route is not described. */
export const LAST = '/api/docs/asyncapi.json'

/** `/api/docs`: the documents, and a page with what is in them. The same for everyone, signed in or not. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  const { apiDocs, pace } = app
  let texts: { readonly openApi: string; readonly asyncApi: string } | undefined
  let view: ReturnType<typeof docsView> | undefined

  /** Made when somebody asks first: all routes are there by then. */
  const documents = () => {
    texts ??= { openApi: JSON.stringify(apiDocs.openApi()), asyncApi: JSON.stringify(apiDocs.asyncApi()) }
    return texts
  }

  const page = { summary: 'Read all of this on a page', media: ['text/html'], isOpen: true } as const
  app.get('/api/docs', { config: { docs: page }, onRequest: pace.reading }, async (_request, reply) => {
    view ??= docsView(apiDocs.openApi(), apiDocs.asyncApi())
    return reply.page('api-docs/docs', { title: 'For programs', docs: view })
  })

  const configOf = (summary: string) => ({
    docs: { summary, answers: { 200: Type.Record(Type.String(), Type.Unknown()) }, isOpen: true } as const,
  })
  const openConfig = configOf('Read the description of what is asked for by HTTP')
  const asyncConfig = configOf('Read the description of the sockets')

  app.get(
    '/api/docs/openapi.json',
    { config: openConfig, onRequest: pace.reading },
    async (_request, reply) => reply.type('application/json; charset=utf-8').send(documents().openApi),
  )

  app.get(LAST, { config: asyncConfig, onRequest: pace.reading }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(documents().asyncApi),
  )
}
